"""Peaks to matrix: the binning beside a plain loop, names of samples, and the script as users run it."""

from __future__ import annotations

import gzip
import hashlib
import subprocess

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genloom import console
from genloom.errors import InputError
from genloom.formats import bins, intervals, matrix, samples
from genloom.formats.chromosomes import Region

SIZES = {"chr2": 95, "chr10": 40, "chr1": 130}
SIZES_FILE = "".join(f"{chrom}\t{size}\n" for chrom, size in SIZES.items())


def narrow(chrom, start, end, score=500, signal=2.0, p=5.0, q=4.0, summit=0):
    return f"{chrom}\t{start}\t{end}\tx\t{score}\t.\t{signal}\t{p}\t{q}\t{summit}\n"


@st.composite
def peaks(draw):
    chrom = draw(st.sampled_from([*SIZES, "chrUn_1"]))
    start = draw(st.integers(0, SIZES.get(chrom, 50) - 1))
    end = draw(st.integers(start + 1, SIZES.get(chrom, 50)))
    return (
        chrom,
        start,
        end,
        draw(st.integers(0, 2000)),
        draw(st.sampled_from([0.5, 1, 3, 8.25])),
        draw(st.sampled_from([-1, 0.5, 3])),
        draw(st.sampled_from([0, 2, 7.5])),
        draw(st.integers(0, end - start - 1)),
    )


@st.composite
def regions(draw):
    chrom = draw(st.sampled_from([*SIZES]))
    start = draw(st.integers(0, SIZES[chrom] - 1))
    return Region(chrom, start, draw(st.integers(start + 1, SIZES[chrom])))


rules = st.builds(
    bins.Rule,
    st.sampled_from(["midpoint", "overlap", "summit"]),
    st.sampled_from(["binary", "count", "max-signal", "mean-signal", "width-x-score"]),
    st.fixed_dictionaries(
        {}, optional={"score": st.sampled_from([0, 700]), "signal": st.just(1), "p": st.just(0.5), "q": st.just(2)}
    ),
)


def plain(rows, size, wanted, rule):
    """What `profile` does, base by base."""
    inside = {(chrom, at) for chrom, start, end in wanted for at in range(start, end)}
    inside = inside or {(chrom, at) for chrom in SIZES for at in range(SIZES[chrom])}
    # A bin is known by the run of bases that it holds: a cell of the grid may lie in two regions.
    first = {}
    for chrom, at in sorted(inside):
        starts = at % size == 0 or (chrom, at - 1) not in inside
        first[chrom, at] = at if starts else first[chrom, at - 1]
    tally = dict.fromkeys(
        ["read", "kept", "unknown_chromosome", "low_score", "low_signal", "low_p", "low_q", "outside_regions"], 0
    )
    found = {}
    for chrom, start, end, score, signal, p, q, summit in rows:
        tally["read"] += 1
        low = [
            name
            for name, value in (("score", score), ("signal", signal), ("p", p), ("q", q))
            if value < rule.minimum.get(name, -np.inf)
        ]
        if chrom not in SIZES:
            tally["unknown_chromosome"] += 1
            continue
        if low:
            tally[f"low_{low[0]}"] += 1
            continue
        at = {"midpoint": [(start + end) // 2], "summit": [start + summit], "overlap": range(start, end)}[rule.assign]
        hit = [(chrom, first[chrom, base]) for base in at if (chrom, base) in inside]
        tally["kept" if hit else "outside_regions"] += 1
        for each in dict.fromkeys(hit):
            width = hit.count(each) if rule.assign == "overlap" else end - start
            found.setdefault(each, []).append((signal, width * score))
    value = {
        "binary": lambda v: 1,
        "count": len,
        "max-signal": lambda v: max(s for s, _ in v),
        "mean-signal": lambda v: np.mean([s for s, _ in v]),
        "width-x-score": lambda v: sum(w for _, w in v),
    }
    return {each: value[rule.value](v) for each, v in found.items()}, tally


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(peaks(), min_size=1, max_size=30),
    size=st.integers(1, 140),
    wanted=st.lists(regions(), max_size=4),
    rule=rules,
)
def test_binning_agrees_with_a_plain_loop(tmp_path, rows, size, wanted, rule):
    rows = [("chr1", 0, 1, 0, 0.5, 0.5, 0, 0), *rows]  # a known chromosome, a p-value
    path = tmp_path / "peaks"
    path.write_text("".join(narrow(*row) for row in rows))
    grid = bins.Bins(size, SIZES, wanted)
    numbers, values, tally = bins.profile(intervals.read(path, rule.columns), grid, rule)
    table = grid.table(numbers)
    expected, expected_tally = plain(rows, size, wanted, rule)
    assert tally == expected_tally
    assert (np.diff(numbers.astype(int)) > 0).all()
    found = dict(zip(zip(table["chrom"], table["start"], strict=True), values.tolist(), strict=True))
    assert found == pytest.approx(expected)
    if rule.value == "count" and rule.assign != "overlap":
        assert values.sum() == tally["kept"]  # no peak is lost, none counts twice


@settings(max_examples=100, deadline=None)
@given(size=st.integers(1, 140), wanted=st.lists(regions(), max_size=4))
def test_bins_cover_their_regions_once(size, wanted):
    grid = bins.Bins(size, SIZES, wanted)
    table = grid.table(np.arange(grid.count))
    covered = [(chrom, at) for chrom, start, end in table.itertuples(index=False) for at in range(start, end)]
    expected = {(r.chrom, at) for r in wanted for at in range(r.start, r.end)}
    assert len(covered) == len(set(covered))
    assert set(covered) == (expected or {(chrom, at) for chrom, length in SIZES.items() for at in range(length)})
    assert (table["end"] - table["start"]).between(1, size).all()
    assert ((table["end"] - 1) // size == table["start"] // size).all()  # within one cell of the grid
    assert table.index[0] == "{}:{}-{}".format(*table.iloc[0]) and table.index.is_unique


def test_an_interval_that_ends_with_a_bin_is_not_in_the_next():
    grid = bins.Bins(10, {"a": 100, "b": 30})
    index, number, bases = grid.over(np.array([0, 1]), np.array([5, 0]), np.array([20, 1]))
    assert (index.tolist(), number.tolist(), bases.tolist()) == ([0, 0, 1], [0, 1, 10], [5, 10, 1])


def test_too_many_bins():
    with pytest.raises(InputError, match="bin size 1: 3000000000 bins are too many"):
        bins.Bins(1, {"chr1": 3_000_000_000})


@pytest.fixture
def folder(tmp_path):
    """Three samples, the sizes, and a place for outputs."""
    (tmp_path / "sizes").write_text(SIZES_FILE)
    (tmp_path / "A_peaks.narrowPeak").write_text(
        "track x\n"
        + narrow("chr1", 10, 30, 900, 4, summit=1)
        + narrow("chr1", 15, 27, 1000, 6)
        + narrow("chr2", 90, 95, 100, 1)
        + narrow("chrUn_1", 5, 9)
    )
    (tmp_path / "B.bed.gz").write_bytes(
        gzip.compress((narrow("2", 94, 95, 1000, 3) + narrow("10", 0, 40, 700, 2)).encode())
    )
    (tmp_path / "C.broadPeak").write_text("chr10\t0\t3\tx\t1000\t.\t9.5\t3\t2\n")
    (tmp_path / "out").mkdir()
    return tmp_path


ALL = ("A_peaks.narrowPeak", "B.bed.gz", "C.broadPeak")


def arguments(*options, files=ALL):
    options = [name for option in options for name in option.split()]
    return ["--peaks", *files, "--sizes", "sizes", "--output", "out/bins.h5ad", "--summary", "out/peaks.tsv", *options]


@pytest.fixture
def run(folder, monkeypatch, capsys):
    """The script in this process, which spares the start of another."""
    import bin_peaks

    def run(*options, files=ALL):
        try:
            status = console.run(bin_peaks.build_parser, bin_peaks.main, arguments(*options, files=files))
        except SystemExit as stop:
            status = stop.code
        return subprocess.CompletedProcess([], status, "", capsys.readouterr().err)

    monkeypatch.chdir(folder)
    return run


def cells(folder):
    """The matrix as {sample: {bin: value}} without zeros."""
    data = matrix.read(folder / "out/bins.h5ad", "bins")
    return {
        sample: {name: value for name, value in zip(data.var_names, row.tolist(), strict=True) if value}
        for sample, row in zip(data.obs_names, matrix.dense(data), strict=True)
    }


def test_the_script_writes_matrix_and_table(folder, run_script):
    result = run_script("bin_peaks", *arguments("--bin-size 20 --value count --assembly toy1"), cwd=folder)
    assert result.returncode == 0, result.stderr
    assert result.stderr == "6 of 7 peaks of 3 samples lie in 4 bins; dropped: 1 unknown chromosome\n"
    assert cells(folder) == {
        "A": {"chr1:20-40": 2, "chr2:80-95": 1},
        "B": {"chr2:80-95": 1, "chr10:20-40": 1},
        "C": {"chr10:0-20": 1},
    }
    data = matrix.read(folder / "out/bins.h5ad")
    assert data.var_names.tolist() == ["chr2:80-95", "chr10:0-20", "chr10:20-40", "chr1:20-40"]  # as in the sizes
    assert data.var["chrom"].tolist() == ["chr2", "chr10", "chr10", "chr1"]
    assert data.var["start"].tolist() == [80, 0, 20, 20] and data.var["end"].dtype == np.int64
    assert data.X.format == "csr" and data.X.dtype == np.float32
    about = matrix.about(data)
    text = (folder / "A_peaks.narrowPeak").read_bytes()
    assert about["kind"] == "bins" and about["assembly"] == "toy1"
    assert about["sources"]["A"] == hashlib.sha256(text).hexdigest()
    assert about["settings"] == {
        "bin_size": 20,
        "bins": 14,
        "regions": ["chr2:0-95", "chr10:0-40", "chr1:0-130"],
        "assign": "midpoint",
        "value": "count",
        "minimum": {},
        "normalise": "none",
        "keep_empty": False,
    }
    assert (folder / "out/peaks.tsv").read_text().splitlines() == [
        "sample\tread\tkept\tunknown_chromosome\tlow_score\tlow_signal\tlow_p\tlow_q\toutside_regions\tbins\tskipped_lines",
        "A\t4\t3\t1\t0\t0\t0\t0\t0\t2\t1",
        "B\t2\t2\t0\t0\t0\t0\t0\t0\t2\t0",
        "C\t1\t1\t0\t0\t0\t0\t0\t0\t1\t0",
    ]


def test_the_first_try_of_every_user(folder, run):
    """The sum of width by score in bins of a region, only strong peaks; bins that are empty are features too."""
    result = run("--bin-size 10 --value width-x-score --min-score 900 --region chr1:1-40 --keep-empty")
    assert result.returncode == 0, result.stderr
    assert "dropped: 1 unknown chromosome, 2 low score, 2 outside regions; without any peak: B, C" in result.stderr
    data = matrix.read(folder / "out/bins.h5ad")
    assert data.var_names.tolist() == ["chr1:0-10", "chr1:10-20", "chr1:20-30", "chr1:30-40"]
    assert matrix.dense(data).tolist() == [[0, 0, 20 * 900 + 12 * 1000, 0], [0] * 4, [0] * 4]


def test_regions_may_repeat_and_overlap(folder, run):
    assert run("--bin-size 20 --region chr1:1-25 chr1:21-50 --region 2:91-95 --keep-empty").returncode == 0
    assert matrix.read(folder / "out/bins.h5ad").var_names.tolist() == [
        "chr2:90-95",
        "chr1:0-20",
        "chr1:20-40",
        "chr1:40-50",
    ]


def test_overlap_counts_in_every_bin_and_summit_in_one(folder, run):
    files = ["A_peaks.narrowPeak", "B.bed.gz"]
    assert run("--bin-size 10 --assign overlap --value max-signal", files=files).returncode == 0
    assert cells(folder)["A"] == {"chr1:10-20": 6, "chr1:20-30": 6, "chr2:90-95": 1}
    assert run("--bin-size 10 --assign summit --value mean-signal", files=files).returncode == 0
    assert cells(folder)["A"] == {"chr1:10-20": 5, "chr2:90-95": 1}


def test_depth_makes_samples_of_unequal_depth_equal(folder, run):
    assert run("--bin-size 20 --value count --normalise depth").returncode == 0
    found = cells(folder)
    assert [sum(row.values()) for row in found.values()] == pytest.approx([1e6] * 3)
    assert found["A"]["chr1:20-40"] == pytest.approx(2e6 / 3)


def test_quantile_gives_samples_one_distribution_and_keeps_order():
    from scipy.sparse import csr_matrix

    rng = np.random.default_rng(1)
    rows = np.where(rng.random((3, 200)) < 0.5, 0, rng.gamma(2, 3, (3, 200)) * [[1], [10], [0.1]]).astype(np.float32)
    values = csr_matrix(rows)
    bins.quantile(values)
    normalised = values.toarray()
    for before, after in zip(rows, normalised, strict=True):
        filled = before > 0
        assert (after[~filled] == 0).all()
        assert (np.argsort(after[filled], kind="stable") == np.argsort(before[filled], kind="stable")).all()
    quartiles = [np.quantile(row[row > 0], [0.25, 0.5, 0.75]) for row in normalised]
    assert np.allclose(quartiles, quartiles[0], rtol=0.02)

    ties = csr_matrix(np.array([[1, 1, 2, 0], [5, 7, 9, 0]], np.float32))
    bins.quantile(ties)
    means = [3, 4, 5.5]  # of the sorted values
    assert ties.toarray().tolist() == [[3.5, 3.5, 5.5, 0], [*means, 0]]


def test_threads_and_packing_change_nothing(folder, run):
    assert run("--bin-size 20 --value count").returncode == 0
    one = matrix.digest(matrix.read(folder / "out/bins.h5ad"))
    content = (folder / "A_peaks.narrowPeak").read_bytes()
    (folder / "A_peaks.narrowPeak").write_bytes(gzip.compress(content))
    assert run("--bin-size 20 --value count --threads 2").returncode == 0
    data = matrix.read(folder / "out/bins.h5ad")
    assert matrix.digest(data) == one
    assert matrix.about(data)["sources"]["A"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x/B_peaks.narrowPeak.gz", "B"),
        ("GMP-A.bed", "GMP-A"),
        ("s.1.broadPeak.bgz", "s.1"),
        ("1.dat", "1.dat"),
        ("a.b.txt", "a.b"),
        ("peaks.BED.GZ", "peaks"),
        (".bed", ".bed"),
    ],
)
def test_names_from_files(name, expected):
    assert samples.stem(name) == expected


def test_samples_from_a_sheet(tmp_path):
    files = ["in/B_peaks.narrowPeak.gz", "in/x.bed"]
    path = tmp_path / "sheet"
    path.write_text("sample\tfile\tlineage\nS1\tx.bed\tmyeloid\nS2\tB\tlymphoid\nS3\t\tlymphoid\n")
    table = samples.identify(files, None, path)
    assert table.index.tolist() == ["S2", "S1"] and table.index.name == "sample"
    assert table.to_dict("list") == {"lineage": ["lymphoid", "myeloid"]}
    # Galaxy's files are dataset_1.dat: names tell which is which
    assert samples.identify(
        ["dataset_1.dat", "dataset_2.dat"], ["x.bed", "B_peaks.narrowPeak.gz"], path
    ).index.tolist() == ["S1", "S2"]
    path.write_text("file\tsample\nx.bed\tS1\nB_peaks.narrowPeak.gz\tS2\n")
    assert samples.identify(files, None, path).index.tolist() == ["S2", "S1"]
    path.write_text("id\tlineage\nx\tm\nother\tm\nB\tl\n")
    assert samples.identify(files, None, path)["lineage"].to_dict() == {"B": "l", "x": "m"}


@pytest.mark.parametrize(
    ("sheet", "names", "what"),
    [
        (None, ["a"], "1 names for 2 files"),
        (None, ["a", "a"], "'a'"),
        (None, ["a", " "], "no name for a sample"),
        ("sample\tfile\nS1\tx.bed\n", None, "file 'y.bed' is not in the sheet"),
        ("sample\tfile\nS1\tx.bed\nS2\ty.bed\nS3\tz.bed\n", None, "files z.bed are not given"),
        ("sample\tfile\nS1\tx.bed\nS2\tx.bed\nS3\ty.bed\n", None, "may be sample S1, S2"),
        ("file\tsample\nx.bed\tS1\ny.bed\tS1\n", None, "'S1' is there twice"),
        ("file\tgroup\nx.bed\tS1\ny.bed\tS1\n", None, "no column 'sample'"),
        ("sample\nx\n", None, "file 'y.bed' is not in the sheet"),
    ],
)
def test_samples_that_cannot_be_told(tmp_path, sheet, names, what):
    path = None
    if sheet:
        path = tmp_path / "sheet"
        path.write_text(sheet)
    with pytest.raises(InputError, match=what):
        samples.identify(["in/x.bed", "in/y.bed"], names, path)


@pytest.mark.parametrize(
    ("bad", "texts"),
    [
        (narrow("chr1", 20, 20), ["bad.bed:2", "end 20 is not above start 20"]),
        (narrow("chr1", -5, 20), ["bad.bed:2", "start -5 is negative"]),
        (narrow("chr1", "x", 20), ["bad.bed:2", "start 'x' is not a number"]),
        ("chr1\t5\n", ["bad.bed:2", "too few columns: 2"]),
        (narrow("chr1", 100, 131), ["bad.bed:2", "end 131 is beyond the 130 bases of chr1"]),
    ],
)
def test_a_bad_peak_stops_the_script(folder, run_script, assert_one_line_error, bad, texts):
    (folder / "bad.bed").write_text(narrow("chr1", 1, 5) + bad)
    result = run_script("bin_peaks", *arguments(files=["A_peaks.narrowPeak", "bad.bed"]), cwd=folder)
    assert_one_line_error(result, *texts, "; ")
    assert not [*(folder / "out").iterdir()]


@pytest.mark.parametrize(
    ("options", "files", "texts"),
    [
        ("", {"bad.bed": b""}, ["bad.bed: is empty"]),
        (
            "",
            {"bad.bed": gzip.compress(narrow("chr1", 1, 5).encode() * 99, mtime=0)[:-9]},
            ["bad.bed: cannot be read", "cut off"],
        ),
        ("", {"bad.bed": narrow("NC_1", 1, 5).encode()}, ["bad.bed", "chromosomes NC_1", "chr2, chr10, chr1"]),
        ("", {"bad.bed": (narrow("1", 1, 5) + narrow("chr1", 1, 5)).encode()}, ["1 and chr1 both match chr1"]),
        ("", {"no.bed": None}, ["no.bed: no such file"]),
        ("", {"a/x.bed": b"chr1\t1\t5\n", "b/x.bed": b"chr1\t1\t5\n"}, ["sample 'x'", "a/x.bed", "b/x.bed"]),
        ("--names a b c", {"x.bed": b"chr1\t1\t5\n"}, ["3 names for 1 files"]),
        ("--min-score 5", {"x.bed": b"chr1\t1\t5\n"}, ["x.bed", "3 columns", "no score"]),
        ("--assign summit", {"x.bed": b"chr1\t1\t5\n"}, ["x.bed", "no summit"]),
        ("--min-signal 99", {"A_peaks.narrowPeak": None}, ["no sample has a peak left", "3 low signal"]),
        ("--region chr7", {"A_peaks.narrowPeak": None}, ["region 'chr7'", "known chromosome"]),
        ("--bin-size 0", {"A_peaks.narrowPeak": None}, ["--bin-size", "0 is not within 1"]),
        ("--value most", {"A_peaks.narrowPeak": None}, ["--value", "invalid choice"]),
        ("--min-p nan", {"A_peaks.narrowPeak": None}, ["--min-p"]),
        ("--output none/x.h5ad", {"A_peaks.narrowPeak": None}, ["no such folder none"]),
        ("--value width-x-score --normalise depth", {"x.bed": b"chr1\t1\t5\tx\t0\n"}, ["sample 'x'", "do not sum"]),
    ],
)
def test_bad_input_stops_the_script(folder, run, assert_one_line_error, options, files, texts):
    for name, content in files.items():
        if content is not None:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
    assert_one_line_error(run(options, files=files), *texts)
    assert not [*(folder / "out").iterdir()]


def test_blood_populations(real_data, tmp_path, run_script):
    files = sorted(real_data("atac_blood/peaks").glob("*.gz"))[:3]
    sizes = tmp_path / "sizes"
    sizes.write_text("".join(f"chr{name}\t250000000\n" for name in [*range(1, 23), "X"]))
    result = run_script(
        "bin_peaks",
        "--peaks",
        *files,
        "--sizes",
        sizes,
        "--region",
        "chr1:1-1000000",
        "--value",
        "count",
        "--min-score",
        1000,
        "--output",
        tmp_path / "o.h5ad",
        "--summary",
        tmp_path / "o.tsv",
    )
    assert result.returncode == 0, result.stderr
    table = pl.read_csv(tmp_path / "o.tsv", separator="\t")
    assert table["sample"].to_list() == ["B", "CD4", "CD8"]
    assert table["read"].to_list()[0] == 166_422
    expected = [0] * 3
    for i, file in enumerate(files):
        for line in gzip.decompress(file.read_bytes()).decode().splitlines():
            chrom, start, end, _, score = line.split("\t")[:5]
            expected[i] += chrom == "chr1" and int(score) >= 1000 and (int(start) + int(end)) // 2 < 1_000_000
    assert matrix.dense(matrix.read(tmp_path / "o.h5ad")).sum(axis=1).tolist() == expected == table["kept"].to_list()
