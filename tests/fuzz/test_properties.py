"""What is written is read again as it was; both strands are treated alike; what is predicted in tiles is as of the whole."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from genloom.formats import extraction, matrix, modelfile, split, tracks, windows
from genloom.formats.choices import Options
from genloom.formats.genome import Genome, decode, encode

from .readers import STEPS

_names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)  # no blanks, nothing unseen
_seed = st.integers(0, 2**32 - 1)
few = settings(max_examples=max(20, settings.default.max_examples // 10))


def place(name: str) -> Path:
    return Path(tempfile.gettempdir(), f"genloom-{name}")


@given(st.lists(_names, min_size=3, max_size=9, unique=True), _seed, st.booleans())
def test_splits(tmp_path_factory, ids, seed, grouped):
    random = np.random.default_rng(seed)
    folds = []
    for name in ("1", "2.1"):
        parts = ["train", "test", *random.choice(split.PARTS, len(ids) - 2)]
        folds.append(split.Fold(name, tuple(ids), tuple(ids) if grouped else ("",) * len(ids), tuple(map(str, parts))))
    made = split.Split(tuple(folds))
    path = tmp_path_factory.getbasetemp() / "split.tsv"
    split.write(made, path)
    assert split.read(path).folds == made.folds and split.read(path).digest == made.digest


_arrays = st.dictionaries(
    _names, st.tuples(_seed, st.sampled_from(["f4", "f8", "i4", "i8", "u1"]), st.integers(0, 3)), max_size=4
)
_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


CARD = modelfile.read(STEPS / "boundaries.safetensors")[0]


@given(_arrays, st.dictionaries(_names, _json, max_size=4))
def test_models(tmp_path_factory, given_arrays, facts):
    arrays = {
        name: np.random.default_rng(seed).integers(0, 100, (2,) * rank).astype(kind)
        for name, (seed, kind, rank) in given_arrays.items()
    }
    card = {**CARD, "notes": facts}
    path = tmp_path_factory.getbasetemp() / "model.safetensors"
    modelfile.write(path, arrays, card)
    found, read = modelfile.read(path)
    assert found == card and set(read) == set(arrays)
    assert all(np.array_equal(read[name], arrays[name]) and read[name].dtype == arrays[name].dtype for name in arrays)


@few
@given(
    st.lists(_names, min_size=1, max_size=4, unique=True), st.lists(_names, min_size=1, max_size=5, unique=True), _seed
)
def test_matrices(tmp_path_factory, samples, genes, seed):
    values = np.random.default_rng(seed).normal(size=(len(samples), len(genes))).astype(np.float32)
    tables = [pd.DataFrame(index=pd.Index(names, dtype=object)) for names in (samples, genes)]
    made = matrix.build(values, *tables, "genes", {"unit": samples[0]}, {genes[0]: "x"}, "y")
    path = tmp_path_factory.getbasetemp() / "m.h5ad"
    matrix.write(made, path)
    found = matrix.read(path, "genes")
    assert list(found.obs_names) == samples and list(found.var_names) == genes and np.array_equal(found.X, values)
    assert matrix.about(found) == matrix.about(made) and matrix.digest(found) == matrix.digest(made)


@given(
    st.lists(st.text("ACGTNacgtnRYK", min_size=1, max_size=90), min_size=1, max_size=4),
    st.integers(1, 40),
    _seed,
    st.booleans(),
)
def test_genomes(tmp_path_factory, sequences, width, seed, packed):
    """Whatever the width of lines, the ends of them and the packing: any stretch is as it was written."""
    random = np.random.default_rng(seed)
    end = ["\n", "\r\n"][int(random.integers(2))]
    records = [
        f">s{i} x{end}" + end.join(letters[at : at + width] for at in range(0, len(letters), width))
        for i, letters in enumerate(sequences)
    ]
    content = (end.join(records) + end * int(random.integers(2))).encode()
    path = tmp_path_factory.getbasetemp() / "genome.fa"
    path.write_bytes(gzip.compress(content) if packed else content)
    try:
        genome = Genome(path)
    except Exception as error:
        assert "mostly ambiguity codes" in str(error)  # it is taken for protein
        return
    with genome:
        for i, letters in enumerate(sequences):
            start = int(random.integers(-3, len(letters)))
            stop = int(random.integers(start, len(letters) + 4))
            padded = "N" * 3 + letters + "N" * 4
            assert decode(genome.fetch(f"s{i}", start, stop)) == decode(encode(padded[start + 3 : stop + 3]))


@given(st.lists(st.sampled_from([0, 0.0004, 0.001, 0.25, 0.2504, -0.5, 1]), max_size=60), st.integers(0, 1000))
def test_runs_of_tracks(values, start):
    begin, end, value = tracks.run_lengths(np.array(values, np.float64), start)
    again = np.zeros(len(values))
    for a, b, each in zip(begin - start, end - start, value, strict=True):
        again[a:b] = each
    np.testing.assert_array_equal(again, np.round(np.array(values), tracks.DIGITS) + 0.0)
    assert (begin[1:] >= end[:-1]).all() and not (value == 0).any()


def annotated(path: Path, genes: list[tuple[bool, list[tuple[int, int]]]], size: int, mirrored: bool) -> Path:
    lines = []
    for number, (plus, exons) in enumerate(genes):
        for a, b in exons:
            a, b = (size - b, size - a) if mirrored else (a, b)
            sign = "+" if plus != mirrored else "-"
            ids = f'gene_id "g{number}"; transcript_id "t{number}";'
            lines.append(f"c\tx\texon\t{a + 1}\t{b}\t.\t{sign}\t.\t{ids}\n")
    path.write_text("".join(lines))
    return path


_exons = st.lists(st.integers(5, 295), min_size=2, max_size=8, unique=True).map(
    lambda cuts: [(a, b) for a, b in zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False)]
)


@few
@given(
    _seed,
    st.lists(st.tuples(st.booleans(), _exons), min_size=1, max_size=3),
    st.sampled_from([10, 30, 100]),
    st.sampled_from([0, 8, 40]),
)
def test_strands_of_windows(tmp_path_factory, seed, genes, window, context):
    """Of the reverse complement of a genome with its genes, the windows of one strand are those of the other before."""
    folder, size = tmp_path_factory.getbasetemp(), 300
    codes = np.random.default_rng(seed).integers(0, 5, size).astype(np.uint8)
    found = []
    for mirrored in (False, True):
        letters = decode(codes if not mirrored else np.where(codes[::-1] < 4, 3 - codes[::-1], 4).astype(np.uint8))
        (folder / "c.fa").write_text(f">c\n{letters}\n")
        options = Options(window=window, context=context, max_n=1.0, transcripts="all", without_stop="keep")
        out = folder / f"{mirrored}.h5"
        extraction.extract(folder / "c.fa", annotated(folder / "c.gtf", genes, size, mirrored), None, options, out)
        with windows.Windows(out) as made:
            table = zip(*(made.table[name].tolist() for name in ("start", "end", "strand")), strict=True)
            places = [(size - b, size - a, "+" if s == "-" else "-") if mirrored else (a, b, s) for a, b, s in table]
            rows = zip(made.codes(), made.dense(), made.table["gene"].tolist(), strict=True)
            found.append(
                {at: (c.tobytes(), d.tobytes(), set(g.split(","))) for at, (c, d, g) in zip(places, rows, strict=True)}
            )
    assert found[0] == found[1] and len(found[0]) == 2 * size // window
