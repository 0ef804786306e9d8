"""assemble_expression: every format gives the planted values, sums and scales are right, and bad tables are refused."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pytest

import assemble_expression
from genloom import console
from genloom.formats import expression, lines, matrix, quantifications, samples, scratch, textmatrix

GENES = ["ENSG00000000001", "ENSG00000000002", "ENSG00000000003", "ENSG00000000004"]
COUNTS = {"S1": [10, 0, 30, 60], "S2": [5, 20, 25, 50]}  # each sums to 100
TPMS = {"S1": [100000.5, 0, 300000, 600000], "S2": [50000, 200000, 250000, 500000]}
LENGTHS = [1000, 500, 2000, 1000]


def _table(head: str, row: Callable[[int, str], str], tail: str = "") -> Callable[[str], str]:
    return lambda sample: head + "".join(row(i, sample) + "\n" for i in range(4)) + tail


RSEM_HEAD = "gene_id\ttranscript_id(s)\tlength\teffective_length\texpected_count\tTPM\tFPKM"


def _transcript(i: int) -> str:
    return f"ENST0000000000{i + 1}.2"


# one sample's file in every format: gene i has TPMS[sample][i] and COUNTS[sample][i]
FORMATS = {
    "rsem": _table(
        f"{RSEM_HEAD}\n", lambda i, s: f"{GENES[i]}.7\tT1,T2\t9\t{LENGTHS[i]}\t{COUNTS[s][i]}.00\t{TPMS[s][i]}\t1.0"
    ),
    "encode": _table(
        f"{RSEM_HEAD}\tposterior_mean_count\n",
        lambda i, s: f"{GENES[i]}.7\tT\t9\t{LENGTHS[i]}\t{COUNTS[s][i]}.00\t{TPMS[s][i]}\t1.0\t3",
    ),
    "salmon": _table(
        "Name\tLength\tEffectiveLength\tTPM\tNumReads\n",
        lambda i, s: f"{GENES[i]}.7\t9\t{LENGTHS[i]}\t{TPMS[s][i]}\t{COUNTS[s][i]}",
    ),
    "kallisto": _table(
        "target_id\tlength\teff_length\test_counts\ttpm\n",
        lambda i, s: f"{GENES[i]}.7\t9\t{LENGTHS[i]}\t{COUNTS[s][i]}\t{TPMS[s][i]}",
    ),
    "stringtie": _table(
        "Gene ID\tGene Name\tReference\tStrand\tStart\tEnd\tCoverage\tFPKM\tTPM\n",
        lambda i, s: f"{GENES[i]}.7\tSYM{i}\tchr1\t+\t1\t9\t2.0\t1.0\t{TPMS[s][i]}",
    ),
    "featurecounts": _table(
        '# Program:featureCounts v2.0.6; Command:"featureCounts"\nGeneid\tChr\tStart\tEnd\tStrand\tLength\tx/S.bam\n',
        lambda i, s: f"{GENES[i]}.7\tchr1;chr1\t1;5\t3;9\t+;+\t{LENGTHS[i]}\t{COUNTS[s][i]}",
    ),
    "star": _table(
        "".join(f"N_{name}\t7\t7\t7\n" for name in ("unmapped", "multimapping", "noFeature", "ambiguous")),
        lambda i, s: f"{GENES[i]}.7\t{COUNTS[s][i]}\t{COUNTS[s][i] + 1}\t{COUNTS[s][i] + 2}",
    ),
    "htseq": _table(
        "",
        lambda i, s: f"{GENES[i]}.7\t{COUNTS[s][i]}",
        "__no_feature\t99\n__ambiguous\t9\n__too_low_aQual\t0\n__not_aligned\t0\n__alignment_not_unique\t8\n",
    ),
    "table": _table("id\ttpm\n", lambda i, s: f"{GENES[i]}.7\t{TPMS[s][i]}"),
}
WITH_TPM = {"rsem", "encode", "salmon", "kallisto", "stringtie", "table"}
GTF = "".join(
    f"chr{1 + i // 2}\tx\texon\t{start + 1}\t{start + LENGTHS[i]}\t.\t{strand}\t.\t"
    f'gene_id "{GENES[i]}.3"; transcript_id "{_transcript(i)}"; gene_name "SYM{i}";\n'
    for i, (start, strand) in enumerate(((1000, "+"), (5000, "-"), (1000, "+"), (9000, "-")))
)


@pytest.fixture
def tables(tmp_path: Path):
    """`tables("rsem")` writes S1 and S2 in that format, under names that tell nothing; gives the script's arguments."""

    def write(format: str, edit: Callable[[str], str] = lambda text: text, samples=("S1", "S2")) -> list[object]:
        files = []
        for number, sample in enumerate(samples):
            path = tmp_path / f"dataset_{number}.dat"
            text = FORMATS[format](sample)
            path.write_text(edit(text) if number == len(samples) - 1 else text)
            files.append(path)
        return ["--tables", *files, "--names", *samples]

    return write


@pytest.fixture
def made(tmp_path, capsys):
    """`made(arguments…)` runs the script in this process and reads the matrix and the table of counts."""

    def run(*args: object):
        output, table = tmp_path / "out.h5ad", tmp_path / "out.tsv"
        status = console.run(
            assemble_expression.build_parser,
            assemble_expression.main,
            [*map(str, args), "--output", str(output), "--summary", str(table)],
        )
        said = capsys.readouterr().err
        assert status == 0, said
        summary = pl.read_csv(table, separator="\t")
        # each row that was read is kept, or dropped for one reason
        assert (summary["rows"] == summary.select(pl.sum_horizontal("kept", *expression.DROPPED)).to_series()).all()
        return matrix.read(output, "genes"), summary

    return run


@pytest.fixture
def refused(tmp_path, capsys):
    """`refused(arguments, texts…)`: status 2, one line that holds every text, and no output."""

    def run(args, *texts: object) -> None:
        folder = tmp_path / "outputs"
        folder.mkdir(exist_ok=True)
        command = [*map(str, args), "--output", str(folder / "o.h5ad"), "--summary", str(folder / "o.tsv")]
        assert console.run(assemble_expression.build_parser, assemble_expression.main, command) == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1, lines
        for text in texts:
            assert str(text) in lines[0]
        assert not list(folder.iterdir())

    return run


@pytest.fixture
def written(tmp_path):
    def write(content: str | bytes, name: str = "input.dat") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


# --- tables, one a sample


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("told", [False, True])
def test_every_format_is_recognised_and_read(tables, made, format, told):
    data, summary = made(*tables(format), *(["--format", format] if told else []))
    values, unit = (TPMS, "TPM") if format in WITH_TPM else (COUNTS, "counts")
    assert data.obs_names.to_list() == ["S1", "S2"] and data.var_names.to_list() == GENES
    assert data.X.dtype == np.float32
    np.testing.assert_allclose(data.X, [values["S1"], values["S2"]], rtol=1e-6)
    settings = matrix.about(data)["settings"]
    assert (settings["unit"], settings["formats"]) == (unit, [format])
    assert summary["summary_rows"].to_list() == [{"star": 4, "htseq": 5}.get(format, 0)] * 2
    assert data.var["symbol"].to_list() == ([f"SYM{i}" for i in range(4)] if format == "stringtie" else GENES)


@pytest.mark.parametrize("format", sorted(WITH_TPM - {"stringtie", "table"}))
def test_counts_by_their_common_name_or_by_the_column_s(tables, made, format):
    name = {"salmon": "NumReads", "kallisto": "est_counts"}.get(format, "expected_count")
    for column in ("count", name):
        data, _ = made(*tables(format), "--column", column)
        np.testing.assert_array_equal(data.X, [COUNTS["S1"], COUNTS["S2"]])
        assert matrix.about(data)["settings"]["unit"] == "counts"


@pytest.mark.parametrize(("strand", "more"), [("unstranded", 0), ("forward", 1), ("reverse", 2)])
def test_strand_of_star(tables, made, strand, more):
    data, _ = made(*tables("star"), "--strand", strand)
    np.testing.assert_array_equal(data.X[0], np.array(COUNTS["S1"]) + more)


def test_packed_files_windows_lines_and_digests(tables, made, tmp_path):
    plain, _ = made(*tables("rsem"))
    for path in tmp_path.glob("dataset_*.dat"):
        path.write_bytes(gzip.compress(path.read_bytes()))
    packed, _ = made(*(args := tables("rsem"))[:1], *args[1:3], *args[3:])
    assert matrix.about(packed)["sources"] == matrix.about(plain)["sources"]
    assert matrix.about(plain)["sources"]["S1"] == hashlib.sha256(FORMATS["rsem"]("S1").encode()).hexdigest()
    windows, _ = made(*tables("htseq", lambda text: text.replace("\n", "\r\n")))
    np.testing.assert_array_equal(windows.X[1], COUNTS["S2"])


def test_a_header_may_begin_with_a_mark(tables, made):
    data, _ = made(*tables("table", lambda text: "## made by hand\n# see below\n#" + text))
    np.testing.assert_allclose(data.X, [TPMS["S1"], TPMS["S2"]], rtol=1e-6)


def test_three_columns_of_htseq_hold_symbols(written, made):
    text = "ENSG00000000001.1\tABC\t3\nENSG00000000002.1\tDEF\t4\n__no_feature\t\t9\n"
    data, _ = made("--tables", written(text), "--names", "S")
    assert data.var["symbol"].to_list() == ["ABC", "DEF"] and data.X.tolist() == [[3, 4]]


def test_names_of_files_and_folders_tell_samples(tmp_path, made):
    files = []
    for name, format in (("K562.genes.results", "rsem"), ("liver/quant.sf", "salmon"), ("heart.tsv", "table")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(FORMATS[format]("S1"))
        files.append(path)
    data, _ = made("--tables", *files)
    assert data.obs_names.to_list() == ["K562", "liver", "heart"]


@pytest.mark.parametrize(
    ("name", "sample"),
    [
        ("K562.isoforms.results.gz", "K562"),
        ("brain_ReadsPerGene.out.tab", "brain"),
        ("x/ReadsPerGene.out.tab", "x"),
        ("lung/abundance.tsv", "lung"),
        ("A.1.counts.txt", "A.1"),
        ("GM12878.tsv", "GM12878"),
    ],
)
def test_samples_of_file_names(name, sample):
    assert samples.stem(f"runs/{name}") == sample


def test_labels_of_the_sheet(tables, made, written):
    data, _ = made(*tables("rsem"), "--sheet", written("sample\tdonor\nS2\tb\nS1\ta\nS3\tc\n", "sheet.tsv"))
    assert data.obs["donor"].to_dict() == {"S1": "a", "S2": "b"}


def test_versions(tables, made, written):
    data, _ = made(*tables("rsem"), "--keep-versions")
    assert data.var_names[0] == f"{GENES[0]}.7"
    data, _ = made("--tables", written("id\tTPM\nENSG00000182378.13\t1\nENSG00000182378.13_PAR_Y\t2\n"), "--names", "S")
    assert data.var_names.to_list() == ["ENSG00000182378", "ENSG00000182378_PAR_Y"]


# --- scales


def test_cpm_takes_counts_and_is_made_before_genes_are_chosen(tables, made, written):
    data, _ = made(*tables("rsem"), "--scale", "cpm", "--log2", "--genes", written(f"{GENES[2]}\n{GENES[0]}.9\n"))
    assert data.var_names.to_list() == [GENES[0], GENES[2]]
    np.testing.assert_allclose(data.X, np.log2(np.array([[10, 30], [5, 25]]) * 1e4 + 1), rtol=1e-6)
    assert matrix.about(data)["settings"]["unit"] == "log2(CPM+1)"


def _tpm(sample: str, lengths=LENGTHS) -> np.ndarray:
    rate = np.array(COUNTS[sample]) / lengths
    return rate / rate.sum() * 1e6


@pytest.mark.parametrize("format", ["rsem", "salmon", "kallisto", "featurecounts"])
def test_tpm_by_the_lengths_of_the_table(tables, made, format):
    data, _ = made(*tables(format), "--scale", "tpm")
    np.testing.assert_allclose(data.X, [_tpm("S1"), _tpm("S2")], rtol=1e-6)


def test_tpm_by_the_exons_of_the_annotation(tables, made, written, refused):
    data, _ = made(*tables("htseq"), "--scale", "tpm", "--annotation", written(GTF))
    np.testing.assert_allclose(data.X, [_tpm("S1"), _tpm("S2")], rtol=1e-6)
    refused([*tables("htseq"), "--scale", "tpm"], "no lengths", "--annotation")
    less = written("".join(GTF.splitlines(keepends=True)[1:]))
    refused([*tables("htseq"), "--scale", "tpm", "--annotation", less], "1 genes have no length", GENES[0])


def test_fpkm_becomes_tpm(tables, made):
    data, _ = made(*tables("rsem"), "--scale", "tpm", "--column", "fpkm")
    np.testing.assert_allclose(data.X, 250_000)


def test_what_is_tpm_is_not_scaled_again(tables, refused):
    refused([*tables("rsem"), "--scale", "cpm", "--column", "tpm"], "is in TPM", "--column count")


def test_a_sample_without_reads_cannot_be_scaled(written, refused):
    refused(["--tables", written("a\t0\nb\t0\n"), "--names", "S", "--scale", "cpm"], "sum of 0")


# --- which genes


def test_annotation_tells_symbol_and_place(tables, made, written):
    data, _ = made(*tables("rsem"), "--annotation", written(GTF), "--assembly", "test1")
    assert data.var.loc[GENES[1]].to_dict() == {
        "symbol": "SYM1",
        "chrom": "chr1",
        "start": 5000,
        "end": 5500,
        "strand": "-",
        "tss": 5499,
    }
    assert matrix.about(data)["assembly"] == "test1" and "--annotation" in matrix.about(data)["sources"]
    data, _ = made(*tables("rsem"), "--annotation", written("".join(GTF.splitlines(keepends=True)[1:])))
    assert data.var.loc[GENES[0], ["chrom", "tss"]].to_list() == ["", -1]


def test_genes_are_found_by_symbols_too(written, made):
    text = "gene\tS1\tS2\nSYM0\t1\t2\nSYM3\t3\t4\nOTHER\t5\t6\n"
    data, _ = made("--matrix", written(text), "--annotation", written(GTF, "genes.gtf"))
    assert data.var["tss"].to_list() == [1000, 9999, -1] and data.var_names.to_list() == ["SYM0", "SYM3", "OTHER"]
    twice = GTF.replace("SYM3", "SYM0")  # a symbol of two genes tells neither
    data, _ = made("--matrix", written(text), "--annotation", written(twice, "genes.gtf"))
    assert data.var["tss"].to_list() == [-1, -1, -1]


@pytest.mark.parametrize(
    ("regions", "more", "kept"),
    [
        (["chr1"], [], [0, 1]),
        (["1:1001-1001"], [], [0]),
        (["chr1:1002-5000"], [], []),
        (["chr1:1002-5000"], ["--region-by", "body"], [0]),
        (["chr1:1-2,000", "chr2:9000-20000"], [], [0, 3]),
    ],
)
def test_regions(tables, made, refused, written, regions, more, kept):
    args = [*tables("rsem"), "--annotation", written(GTF), "--region", *regions, *more]
    if not kept:
        return refused(args, regions[0], "no genes")
    data, summary = made(*args)
    assert data.var_names.to_list() == [GENES[i] for i in kept]
    assert summary["outside_region"].to_list() == [4 - len(kept)] * 2


def test_wanted_genes_that_are_missing(tables, made, refused, written):
    listed = ["--genes", written(f"gene_id\n{GENES[1]}\nNOWHERE\n# a comment\n", "list.txt")]
    refused([*tables("rsem"), *listed], "1 genes have no value", "NOWHERE", "--missing")
    data, summary = made(*tables("rsem"), *listed, "--missing", "drop")
    assert data.var_names.to_list() == [GENES[1]] and summary["absent"].to_list() == [1, 1]
    data, summary = made(*tables("rsem"), *listed, "--missing", "zero")
    assert data.var_names.to_list() == [GENES[1], "NOWHERE"] and data.X[:, 1].tolist() == [0, 0]
    assert summary["filled"].to_list() == [1, 1] and summary["not_listed"].to_list() == [3, 3]


def test_genes_missing_in_some_samples(tables, made, refused):
    def edit(text: str) -> str:
        return "".join(line for line in text.splitlines(keepends=True) if GENES[1] not in line) + "extra\t4\n"

    refused([*tables("htseq", edit)], "2 genes", f"{GENES[1]} (in S2)", "extra (in S1)", "--missing zero")
    data, summary = made(*tables("htseq", edit), "--missing", "zero")
    assert data.var_names.to_list() == [*GENES, "extra"]
    assert data.X.tolist() == [[10, 0, 30, 60, 0], [5, 0, 25, 50, 4]] and summary["filled"].to_list() == [1, 1]
    data, summary = made(*tables("htseq", edit), "--missing", "drop")
    assert data.X.tolist() == [[10, 30, 60], [5, 25, 50]] and summary["missing_elsewhere"].to_list() == [1, 1]


def test_duplicates_may_be_numbered(written, made, refused):
    text = "gene\tsymbol\ts\nENSG00000000001.1\tA\t3\nx\tB\t7\nENSG00000000001.2\tA\t1\nx\tC\t5\n"
    data, summary = made("--matrix", path := written(text), "--fact-columns", "symbol", "--duplicates", "number")
    assert data.var_names.to_list() == [GENES[0], "x", f"{GENES[0]}_2", "x_2"] and data.X.tolist() == [[3, 7, 1, 5]]
    assert data.var["symbol"].to_list()[0::2] == ["A", "A"] and summary["merged"].to_list() == [0]
    path.write_text(text + "x_2\tD\t4\n")
    refused(["--matrix", path, "--fact-columns", "symbol", "--duplicates", "number"], "'x_2' beside one")


@pytest.mark.parametrize(("policy", "value"), [("sum", 9), ("max", 5), ("mean", 3), ("first", 3)])
def test_duplicates(written, made, refused, policy, value):
    args = ["--tables", written("a\t3\nb\t7\na\t1\na\t5\n"), "--names", "S"]
    refused(args, "1 ids in more than one row: a", "--duplicates")
    data, summary = made(*args, "--duplicates", policy)
    assert data.X.tolist() == [[value, 7]] and summary["merged"].to_list() == [2]


def test_two_versions_of_an_id_are_one_gene(written, refused):
    refused(["--tables", written("ENSG00000000001.1\t3\nENSG00000000001.2\t7\n"), "--names", "S"], "ENSG00000000001")


def test_min_max_looks_at_the_final_values(tables, made, refused):
    args = [*tables("rsem"), "--column", "count", "--log2", "--min-max"]
    data, summary = made(*args, np.log2(21))  # above, not equal: 20 counts are not enough
    assert data.var_names.to_list() == GENES[2:] and summary["low"].to_list() == [2, 2]
    refused([*args, "99"], "no gene is left", "--min-max")


def test_transcripts_are_summed_to_genes(written, made, refused):
    text = "Name\tLength\tEffectiveLength\tTPM\tNumReads\n" + "".join(
        f"{_transcript(i)}|{GENES[i]}.3|-|\t9\t{LENGTHS[i]}\t{i + 1}\t{COUNTS['S1'][i]}\n" for i in range(4)
    )
    both = GTF.replace(GENES[1], GENES[0])  # genes 1 and 2 become one
    table, gtf = ["--tables", written(text), "--names", "S1", "--gene-level"], written(both, "genes.gtf")
    data, summary = made(*table, "--annotation", gtf)
    assert data.var_names.to_list() == [GENES[0], GENES[2], GENES[3]] and data.X.tolist() == [[3, 3, 4]]
    assert summary["merged"].to_list() == [1]
    data, _ = made(*table, "--annotation", gtf, "--scale", "tpm")  # by the lengths of transcripts, then the sum
    np.testing.assert_allclose(data.X[0], np.add.reduceat(_tpm("S1"), [0, 2, 3]), rtol=1e-6)
    refused(table, "genes of transcripts", "--annotation")
    part = written("".join(both.splitlines(keepends=True)[:3]), "part.gtf")
    refused([*table, "--annotation", part], "1 of 4 transcripts", "--missing drop")
    data, summary = made(*table, "--annotation", part, "--missing", "drop")
    assert data.n_vars == 2 and summary["unknown_transcript"].to_list() == [1]


def test_isoforms_of_rsem_tell_their_genes(written, made, tables, refused):
    text = "transcript_id\tgene_id\tlength\teffective_length\texpected_count\tTPM\tFPKM\tIsoPct\n" + "".join(
        f"T{i}\tENSG0000000000{i // 2}.1\t9\t9\t4\t{i + 1}\t1\t100\n" for i in range(4)
    )
    data, _ = made("--tables", written(text), "--names", "S", "--gene-level")
    assert data.var_names.to_list() == ["ENSG00000000000", "ENSG00000000001"] and data.X.tolist() == [[3, 7]]
    assert made("--tables", written(text), "--names", "S")[0].var_names.to_list() == ["T0", "T1", "T2", "T3"]
    refused([*tables("rsem"), "--gene-level"], "of genes, not of transcripts")


# --- whole matrices


VALUES = np.array([[1.5, 0, 3, 8], [2, 4, 6, 0.25], [9, 8, 7, 6]])
SAMPLES = ["a", "b", "c"]


def _rows(separator: str, transposed: bool = False, corner: str = "gene_id") -> str:
    across, down, values = (GENES, SAMPLES, VALUES) if transposed else (SAMPLES, GENES, VALUES.T)
    lines = [separator.join([corner, *across])] + [
        separator.join([name, *map(str, row)]) for name, row in zip(down, values.tolist(), strict=True)
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (_rows("\t"), "tsv"),
        (_rows(","), "csv"),
        (_rows(";"), "csv"),
        (_rows("\t", True, "sample"), "tsv"),
        (_rows(",", True, ""), "csv"),
        ("# made by hand\n# twice\n" + _rows("\t"), "tsv"),
        ('"' + _rows("\t")[:-1].replace("\t", '"\t"').replace("\n", '"\n"') + '"\n', "tsv"),
        (_rows("\t").replace("gene_id\t", "", 1), "tsv"),
        (_rows(",").replace("\n", "\r\n"), "csv"),
        ("\ufeff" + _rows(","), "csv"),
        (gzip.compress(_rows("\t").encode()), "tsv"),
        (
            "#1.2\n4\t3\nName\tDescription\ta\tb\tc\n"
            + "".join(f"{gene}\tSYM{i}\t" + "\t".join(map(str, VALUES[:, i])) + "\n" for i, gene in enumerate(GENES)),
            "gct",
        ),
    ],
    ids=("tsv", "csv", "semicolons", "turned", "pandas", "comments", "quotes", "R", "windows", "mark", "gz", "gct"),
)
def test_matrices_of_every_kind(written, made, content, format):
    data, _ = made("--matrix", written(content))
    assert data.obs_names.to_list() == SAMPLES and data.var_names.to_list() == GENES
    np.testing.assert_array_equal(data.X, VALUES)
    assert matrix.about(data)["settings"]["formats"] == [format]
    if format == "gct":
        assert data.var["symbol"].to_list() == ["SYM0", "SYM1", "SYM2", "SYM3"]


def test_gct_1_3_has_facts_on_samples(written, made, refused):
    text = "#1.3\n2\t3\t1\t1\nid\tpr_gene_symbol\ta\tb\tc\ncell\tna\tA375\tMCF7\tPC3\ng1\tX\t1\t2\t3\ng2\tY\t4\t5\t6\n"
    data, _ = made("--matrix", written(text))
    assert data.obs["cell"].to_list() == ["A375", "MCF7", "PC3"] and data.var["symbol"].to_list() == ["X", "Y"]
    assert data.X.tolist() == [[1, 4], [2, 5], [3, 6]]
    refused(["--matrix", written(text[: text.index("g2")])], "has 1 rows", ":2", "cut off")


def test_xlsx(tmp_path, made, refused):
    book = openpyxl.Workbook()
    book.active.append(["nothing"])
    sheet = book.create_sheet("values")
    for line in _rows("\t").splitlines():
        sheet.append([float(field) if field[0].isdigit() else field for field in line.split("\t")])
    path = tmp_path / "dataset_9.dat"
    book.save(path)
    data, _ = made("--matrix", path, "--sheet-name", "values")
    np.testing.assert_array_equal(data.X, VALUES)
    refused(["--matrix", path, "--sheet-name", "other"], "'other'", "values")
    path.write_bytes(path.read_bytes()[:-200])
    refused(["--matrix", path, "--sheet-name", "values"], "XLSX", "cut off")


def test_xlsx_with_a_title_above_the_table(tmp_path, made):
    book = openpyxl.Workbook()
    for row in (["Table S1"], [], ["gene", "description", "a", "b"], ["g1", "one", 1, 2], ["g2", "two", 3, 4]):
        book.active.append(row)
    book.save(path := tmp_path / "genes.xlsx")
    data, _ = made("--matrix", path, "--value-columns", "b")
    assert data.X.tolist() == [[2, 4]] and data.var["symbol"].to_list() == ["one", "two"]


PUBLISHED = (
    '"## Supplementary table, version 2"\n"# RPKM, see methods"\n\n'
    '"#gene_id"\t"name"\t"E003"\t"E123"\t"note"\n'
    '"ENSG00000000001.4"\t"ONE"\t"1.5"\t"2.5"\t"a, b"\n"ENSG00000000002.1"\t"TWO"\t"0"\t"7"\t"x"\n'
)


def test_columns_of_a_published_table_are_chosen_by_their_header(written, made, refused):
    path = written(PUBLISHED)
    data, _ = made("--matrix", path, "--value-columns", "E123")
    assert data.obs_names.to_list() == ["E123"] and data.var_names.to_list() == GENES[:2]
    assert data.X.tolist() == [[2.5, 7]]
    data, _ = made("--matrix", path, "--value-columns", "E123", "E003", "--id-column", "name")
    assert data.obs_names.to_list() == ["E003", "E123"] and data.var_names.to_list() == ["ONE", "TWO"]
    refused(["--matrix", path, "--value-columns", "E124"], "no column 'E124'", "E123")
    refused(["--matrix", path, "--value-columns", "note"], ":5", "'note' of 'ENSG00000000001.4'", "'a, b'")
    refused(["--matrix", path, "--value-columns", "E003", "--fact-columns", "E003"], "'E003'", "one thing")
    refused(["--matrix", path], ":5", "'name' of 'ENSG00000000001.4'")


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a\tb\n", 0),
        ("# x\n\n#a\tb\nc\t1\n", 5),
        ("#a\tb\nc\td\ne\t1\n", 5),  # a comment with a tab above the header
        ('"## x"\n"#a","b"\n"c","NA"\n', 7),
        ("# made by hand, twice\ngene,a\nc,1\n", 22),
        ("#a\tb\n## x\nc\t1\n", 10),
        ("# nothing\n", 10),
    ],
)
def test_where_a_table_starts(text, start):
    from genloom.formats.text import table_start

    assert table_start(text.encode()) == (start, text[:start].count("\n") + 1)


def test_a_spreadsheet_s_dates_are_not_genes(tmp_path, refused):
    import datetime

    book = openpyxl.Workbook()
    for row in (["gene", "a", "b"], ["TP53", 1, 2], [datetime.datetime(2024, 3, 1), 3, 4]):
        book.active.append(row)
    path = tmp_path / "genes.xlsx"
    book.save(path)
    refused(["--matrix", path], f"{path}:3", "2024-03-01", "MARCH1")


def test_orientation_by_known_names(written, made, refused):
    square = "x\ta\tb\ng1\t1\t2\ng2\t3\t4\n"
    refused(["--matrix", written(square)], "--orientation")
    for args in (
        ["--orientation", "genes-in-rows"],
        ["--genes", written("g1\ng2\n", "list")],
        ["--sheet", written("sample\na\nb\n", "sheet")],
    ):
        assert made("--matrix", written(square), *args)[0].obs_names.to_list() == ["a", "b"]
    for args in (["--orientation", "samples-in-rows"], ["--sheet", written("sample\ng1\ng2\n", "sheet")]):
        assert made("--matrix", written(square), *args)[0].obs_names.to_list() == ["g1", "g2"]


def test_fact_columns_are_labels_or_symbols(written, made, refused):
    text = "sample,type,G1,G2,G3\ns1,NEG,1,2,3\ns2,BCR/ABL,4,5,6\n"
    refused(["--matrix", written(text)], ":2", "'type'", "'NEG'", "--fact-columns")
    data, _ = made("--matrix", written(text), "--fact-columns", "type")
    assert data.obs["type"].to_list() == ["NEG", "BCR/ABL"] and data.shape == (2, 3)
    text = "Geneid\tChr\tgene_name\tx.bam\ty.bam\ng1\tchr1\tONE\t1\t2\ng2\tchr2\tTWO\t3\t4\ng3\tchr2\tTRE\t3\t4\n"
    data, _ = made("--matrix", written(text), "--fact-columns", "Chr", "gene_name")
    assert data.var["symbol"].to_list() == ["ONE", "TWO", "TRE"] and data.obs_names.to_list() == ["x.bam", "y.bam"]


def test_labels_lose_the_blanks_around_them(tmp_path, written, capsys):
    text = "samples,type,P1,P2,P3\ns1, NEG,1,2,3\ns2,NEG ,4,5,6\ns3,POS,7,8,9\n"
    words = ["--matrix", written(text), "--fact-columns", "type", "--output", tmp_path / "o.h5ad"]
    sheet = written("sample\tdonor\ns1\ta \ns2\t a\ns3\tb\n", "sheet.tsv")
    words += ["--sheet", sheet]
    assert console.run(assemble_expression.build_parser, assemble_expression.main, list(map(str, words))) == 0
    said = capsys.readouterr().err
    assert "input.dat: 2 labels had blanks around them" in said and "sheet.tsv: 2 fields had blanks" in said
    data = matrix.read(tmp_path / "o.h5ad", "genes")
    assert data.obs["type"].to_list() == ["NEG", "NEG", "POS"] and data.obs["donor"].to_list() == ["a", "a", "b"]
    assert matrix.about(data)["settings"]["trimmed"] == 2


SERIES = """!Series_title\t"Leukemia, two kinds"
!Series_sample_id\t"GSM1 GSM2 GSM3 "

!Sample_title\t"one"\t"two"\t"three"
!Sample_geo_accession\t"GSM1"\t"GSM2"\t"GSM3"
!Sample_source_name_ch1\t"blood"\t"blood"\t"marrow"
!Sample_organism_ch1\t"Homo sapiens"\t"Homo sapiens"\t"Homo sapiens"
!Sample_characteristics_ch1\t"type: AML "\t"age: 7"\t"type: ALL"
!Sample_characteristics_ch1\t"age: 5"\t"type: AML"\t"title: Dr"
!Sample_contact_name\t"a"\t"a"\t"a"
!Sample_data_row_count\t"2"\t"2"\t"2"
!Sample_label_ch1\t"biotin"\t"biotin"\t"cy3"
!series_matrix_table_begin
"ID_REF"\t"GSM1"\t"GSM2"\t"GSM3"
"1007_s_at"\t10.5\t9\t8
"1053_at"\t1\t\t-3.5
!series_matrix_table_end
"""


def test_series_matrix_of_geo(written, made, refused):
    args = ["--negative", "keep", "--missing", "zero"]
    data, summary = made("--matrix", path := written(gzip.compress(SERIES.encode())), *args)
    assert data.obs_names.to_list() == ["GSM1", "GSM2", "GSM3"] and data.var_names.to_list() == ["1007_s_at", "1053_at"]
    assert data.X.tolist() == [[10.5, 1], [9, 0], [8, -3.5]] and summary["no_value"].to_list() == [0, 1, 0]
    assert list(data.obs) == [
        "title",
        "source_name_ch1",
        "organism_ch1",
        "label_ch1",
        "type",
        "age",
        "title_characteristic",
    ]
    assert data.obs["title_characteristic"].to_list() == ["", "", "Dr"]
    assert data.obs["type"].to_list() == ["AML", "AML", "ALL"] and data.obs["age"].to_list() == ["5", "7", ""]
    assert matrix.about(data)["settings"]["formats"] == ["series"]
    data, _ = made("--matrix", path, "--value-columns", "GSM3", "GSM1", *args)
    assert data.obs["title"].to_dict() == {"GSM1": "one", "GSM3": "three"}
    refused(["--matrix", written(SERIES), *args, "--format", "csv"], "is not CSV but SERIES", "--format auto")


@pytest.mark.parametrize(
    ("edit", "texts"),
    [
        (lambda t: t[:-30], ("!series_matrix_table_end", "cut off")),
        (lambda t: t[: t.index("!series_matrix")], ("!series_matrix_table_begin", "cut off")),
        (lambda t: t.replace('"one"\t', ""), (":4", "!Sample_title tells of 2 samples, the table has 3")),
        (lambda t: t.replace('accession\t"GSM1"', 'accession\t"GSM9"'), ("samples that its table lacks: GSM9",)),
        (lambda t: t.replace("10.5", "high"), (":15", "'GSM1' of '1007_s_at'", "'high'")),
        (lambda t: t[: t.index('"1007')] + "!series_matrix_table_end\n", (":14", "without rows", "supplementary")),
    ],
)
def test_bad_series_matrices(written, refused, edit, texts):
    refused(["--matrix", path := written(edit(SERIES))], path, *texts)


GCT = "#1.2\n2\t4\nName\tDescription\ta\tb\tc\td\ng1\tX\t1\t2\t3\t4\ng2\tY\t5\t6\t7\t8\n"


@pytest.mark.parametrize("third", ["0 0 1 1", "healthy healthy ill ill"])
def test_classes_of_cls(written, made, third):
    cls = written(f"4 2 1\n# healthy ill\n{third}\n", "classes")
    data, _ = made("--matrix", written(GCT), "--cls", cls)
    assert data.obs["class"].to_list() == ["healthy", "healthy", "ill", "ill"]
    assert matrix.about(data)["sources"]["--cls"] == hashlib.sha256(cls.read_bytes()).hexdigest()
    data, _ = made(
        "--matrix", written(GCT), "--cls", cls, "--sheet", written("sample\na\nd\n", "s"), "--unlisted", "drop"
    )
    assert data.obs["class"].to_dict() == {"a": "healthy", "d": "ill"}


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("4 2 1\n# healthy ill\n1 1 0 0\n", (":3", "calls the classes 1, 0", "healthy, ill", "names")),
        ("4 2 1\n# healthy ill\n0 0 1\n", ("3 samples", "2 classes", "4 and 2")),
        ("3 2 1\n# healthy ill\n0 0 1\n", ("the classes of 3 samples, the matrix has 4",)),
        ("4 3 1\n# healthy ill\n0 0 1 1\n", ("2 names",)),
        ("#numeric\n#x\n1 2 3 4\n", ("continuous",)),
        ("a b\n", ("is not CLS",)),
    ],
)
def test_bad_cls(written, refused, text, texts):
    refused(["--matrix", written(GCT), "--cls", written(text, "classes")], *texts)


def _gctx(path: Path, values: np.ndarray, genes: list[str], **facts: list) -> Path:
    """As cmapPy writes it: samples × genes."""
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["version"] = "GCTX1.0"
        file.create_dataset("0/DATA/0/matrix", data=values, chunks=(min(2, len(values)), values.shape[1]))
        file["0/META/ROW/id"] = np.array(genes, "S")
        file["0/META/ROW/pr_gene_symbol"] = np.array([f"SYM{i}" for i in range(len(genes))], "S")
        for name, column in facts.items():
            file[f"0/META/COL/{name}"] = np.array(column, "S") if isinstance(column[0], str) else column
    return path


def test_gctx(tmp_path, made, refused):
    path = _gctx(
        tmp_path / "dataset_1.dat", VALUES.astype("f4"), GENES, id=SAMPLES, cell=["A ", "B", "A"], dose=[1, 2, 3]
    )
    data, _ = made("--matrix", path)
    np.testing.assert_array_equal(data.X, VALUES)
    assert data.var_names.to_list() == GENES and data.var["symbol"].to_list() == ["SYM0", "SYM1", "SYM2", "SYM3"]
    assert data.obs["cell"].to_list() == ["A", "B", "A"] and data.obs["dose"].to_list() == ["1", "2", "3"]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert matrix.about(data)["sources"]["--matrix"] == digest
    data, _ = made("--matrix", path, "--value-columns", "c", "a", "--id-column", "pr_gene_symbol")
    np.testing.assert_array_equal(data.X, VALUES[[0, 2]])
    assert data.var_names[0] == "SYM0" and data.obs["dose"].to_dict() == {"a": "1", "c": "3"}
    refused(["--matrix", path, "--value-columns", "x"], "no sample 'x'", "a, b, c")
    refused(["--matrix", path, "--fact-columns", "x"], "--fact-columns has no effect")
    refused(["--matrix", path, "--id-column", "gene"], "no fact 'gene'")
    refused(["--matrix", path, "--format", "gct"], "is not GCT but HDF5")
    content = path.read_bytes()
    path.write_bytes(gzip.compress(content))
    data, _ = made("--matrix", path)
    assert data.X[1, 3] == 0.25 and matrix.about(data)["sources"]["--matrix"] == digest
    path.write_bytes(content[:3000])
    refused(["--matrix", path], "cannot be read as HDF5", "cut off")
    values = VALUES.astype("f4")
    values[1, 2] = np.inf
    refused(["--matrix", _gctx(path, values, GENES, id=SAMPLES)], f"{GENES[2]} of b is not finite")
    refused(["--matrix", _gctx(path, VALUES.T, GENES, id=SAMPLES)], "shape (4, 3)", "3 samples and 4 genes")
    matrix.write(data, path)
    refused(["--matrix", path], "HDF5 but not GCTX", ".h5ad")


def test_gctx_is_read_in_blocks(tmp_path, monkeypatch):
    """However few samples a block has, the same values come out; blocks without a wanted sample are passed over."""
    from genloom.formats import gctx

    values = np.arange(9 * 4, dtype="f4").reshape(9, 4)
    path = _gctx(tmp_path / "m.gctx", values, GENES, id=[f"s{i}" for i in range(9)])
    for block in (1, 40, 1 << 20):
        monkeypatch.setattr(gctx, "_BLOCK", block)
        file = gctx.read(path)
        np.testing.assert_array_equal(list(file.rows(range(9))), values)
        np.testing.assert_array_equal(list(file.rows([1, 7])), values[[1, 7]])
        np.testing.assert_array_equal(list(file.choose([2, 5, 8]).rows([0, 2])), values[[2, 8]])


def test_unknown_cells_are_missing_values(written, made, refused):
    text = _rows("\t").replace("\t4.0\t", "\tNA\t")
    refused(["--matrix", written(text)], f"1 genes have no value in some samples: {GENES[1]} (in b)")
    data, summary = made("--matrix", written(text), "--missing", "zero")
    assert data.X[1].tolist() == [2, 0, 6, 0.25] and summary["no_value"].to_list() == [0, 1, 0]
    data, summary = made("--matrix", written(text), "--missing", "drop")
    assert data.var_names.to_list() == [GENES[i] for i in (0, 2, 3)]
    assert summary["missing_elsewhere"].to_list() == [1, 0, 1]


def test_negative_values_of_a_matrix(written, made, refused):
    text = _rows("\t").replace("\t4.0\t", "\t-4.0\t")
    refused(["--matrix", written(text)], "1 values are negative", GENES[1], "--negative keep")
    data, _ = made("--matrix", written(text), "--negative", "keep", "--unit", "log ratio")
    assert data.X[1, 1] == -4 and matrix.about(data)["settings"]["unit"] == "log ratio"
    refused(["--matrix", written(text), "--negative", "keep", "--log2"], "negative")


def test_samples_that_the_sheet_lacks(written, made, refused):
    args = ["--matrix", written(_rows("\t")), "--sheet", written("sample\tlineage\nc\tx\na\ty\n", "sheet.tsv")]
    refused(args, "1 samples", "b", "--unlisted drop")
    data, summary = made(*args, "--unlisted", "drop")
    assert data.obs["lineage"].to_dict() == {"a": "y", "c": "x"}
    assert summary.filter(sample="b").select("rows", "kept", "sample_not_listed").row(0) == (4, 0, 4)


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        (_rows("\t").replace("\tb\t", "\ta\t"), ("'a'", "twice")),
        (_rows("\t") + "g\t1\n", (":6", "2 columns")),
        (_rows("\t").replace("4.0", "four"), (":3", "'four'")),
        (_rows("\t").replace("4.0", "inf"), (":3", "not finite")),
        ("gene\ta\n", ("no rows",)),
        ("gene\na\n", ("one column",)),
        ("gene\ta\tb\n\t1\t2\nx\t3\t4\n", (":2", "no name")),
        (b"\xd0\xcf\x11\xe0 old", (".xlsx",)),
        ("sample\tG1\tG2\tG3\na\t1\t2\t3\na\t1\t2\t3\n", ("sample 'a'", "twice")),
        (b"PK\x03\x04 cut", ("XLSX",)),
        ("#1.3\n2\n", (":1", "GCT")),
        (b"g\x8b\ta\tb\nx\t1\t2\n", (":1", "not text")),
        (b"g\ta\tb\nx\t1\t2\nRen\xe9\t3\t4\n", (":3", "not text in UTF-8: Ren\\xe9;")),
    ],
)
def test_bad_matrices(written, refused, text, texts):
    refused(["--matrix", path := written(text)], path, *texts)


# --- bad tables, and options


RSEM = FORMATS["rsem"]("S2")


@pytest.mark.parametrize(
    ("edit", "texts"),
    [
        (lambda t: t.replace("TPM", "TPN").replace("FPKM", "X"), ("no column 'TPM'", "it has gene_id")),
        (lambda t: t.replace("200000", "NaN"), (":3", "TPM is NaN")),
        (lambda t: t.replace("200000", "inf"), (":3", "TPM is inf")),
        (lambda t: t.replace("200000", "-0.1"), (":3", "TPM -0.1 is negative")),
        (lambda t: t.replace("200000", "1e39"), ("above 3e38",)),
        (lambda t: t.replace("200000", "many"), (":3", "'many' is no number")),
        (lambda t: t.replace("200000", ""), (":3", "'' is no number")),
        (lambda t: t.replace(f"{GENES[2]}.7", ""), (":4", "has no id")),
        (lambda t: t[:-20], (":5", "columns, not 7")),
        (lambda t: t.replace("\nENSG", "\n\nENSG", 1), (":2", "is empty")),
        (lambda t: t.replace(GENES[1], GENES[0]), ("1 ids in more than one row", GENES[0])),
        (lambda t: "", ("is empty",)),
        (lambda t: t.split("\n")[0] + "\n", ("no genes",)),
        (lambda t: "a,b\n1,2\n", ("one column",)),
        (lambda t: "x\ty\n1\tz\n", ("no known format", "--format")),
    ],
)
def test_bad_tables(tables, refused, tmp_path, edit, texts):
    refused(tables("rsem", edit), tmp_path / "dataset_1.dat", *texts)


def test_damaged_gzip_and_binary(written, refused):
    packed = gzip.compress(RSEM.encode() * 50)
    refused(["--tables", written(packed[:-30])], "input.dat", "cut off")
    refused(["--tables", written(b"\x00\xff\xfe\t\n" * 9)], "not text in UTF-8")
    refused(["--tables", written(RSEM.encode().replace(b"\nENSG", b"\nRen\xe9", 1))], "input.dat:2", r"UTF-8: Ren\xe9;")
    refused(["--tables", "nowhere.tsv"], "nowhere.tsv", "no such file")


def test_samples_and_units_that_do_not_go_together(tables, refused, written):
    args = tables("rsem")
    refused([*args[:-1], "S1"], "'S1'")
    refused(args[:-1], "1 names for 2 files")
    refused(["--tables", args[1], other := written(FORMATS["star"]("S2"))], other, "is in counts", "in TPM", "--column")
    refused([*args, "--column", "pme_TPM"], "no column 'pme_TPM'", "FPKM")
    refused([*args, "--format", "salmon"], "not in the format salmon", "--format auto")
    refused([*args, "--region", "chr1"], "--annotation")
    refused([*args, "--orientation", "genes-in-rows"], "--orientation", "--matrix")
    refused([*args, "--format", "gct"], "--matrix")
    two = written(FORMATS["featurecounts"]("S1").replace("S.bam", "S.bam\tT.bam").replace("0\n", "0\t1\n"), "two")
    refused(["--tables", two], "2 columns of counts", "--column")


def test_a_refusal_is_one_line_and_leaves_no_output(tables, tmp_path, run_script, assert_one_line_error):
    args = tables("rsem", lambda text: text.replace("200000", "NaN"))
    result = run_script("assemble_expression", *args, "--output", tmp_path / "o.h5ad", "--table", tmp_path / "o.tsv")
    assert_one_line_error(result, "dataset_1.dat:3", "TPM is NaN")
    assert not list(tmp_path.glob("*o.*"))


# --- outputs, and the parser


def test_text_outputs_read_back(tables, made, tmp_path):
    data, _ = made(*tables("rsem"), "--log2", "--table", tmp_path / "m.tsv", "--gct", tmp_path / "m.gct")
    assert (tmp_path / "m.tsv").read_text().splitlines()[0] == "gene_id\tsymbol\tS1\tS2"
    for path, facts in ((tmp_path / "m.tsv", ["symbol"]), (tmp_path / "m.gct", [])):
        again = textmatrix.read(path, facts=facts)
        assert again.genes.to_list() == data.var_names.to_list() and again.samples == ["S1", "S2"]
        np.testing.assert_allclose(np.stack(list(again.rows([0, 1]))), data.X, rtol=1e-5)


def _large(folder: Path) -> list[list[object]]:
    """The arguments for a matrix either way round and as GCT, and for tables that do not all have the same genes."""
    random = np.random.default_rng(1)
    values = random.normal(8, 2, (23, 31)).round(3).astype(str).astype(object)
    values[random.random(values.shape) < 0.02] = "NA"
    names, genes = [f"s{i}" for i in range(23)], [f"gene{j}" for j in range(31)]
    rows = [["id", "kind", *genes], *([name, '"a,\n b"', *row] for name, row in zip(names, values, strict=True))]
    (folder / "samples.csv").write_text("".join(",".join(row) + "\n" for row in rows))
    body = [[gene, gene.upper(), *row] for gene, row in zip(genes, values.T, strict=True)]
    text = "".join("\t".join(row) + "\n" for row in [["gene", "symbol", *names], *body])
    (folder / "genes.tsv").write_text(text.replace("\n", "\r\n"))
    head = "#1.2\n31\t23\n" + "\t".join(["Name", "Description", *names]) + "\n"
    (folder / "genes.gct").write_text(head + text.partition("\n")[2])
    for number in range(5):
        levels = zip(genes[number % 2 :], random.random(31), strict=False)
        (folder / f"t{number}.tsv").write_text("id\ttpm\n" + "".join(f"{gene}\t{level}\n" for gene, level in levels))
    of_matrix = ["--negative", "keep", "--missing", "zero"]
    return [
        ["--matrix", folder / "samples.csv", "--fact-columns", "kind", *of_matrix],
        ["--matrix", folder / "genes.tsv", "--fact-columns", "symbol", "--missing", "drop", "--negative", "keep"],
        ["--matrix", folder / "genes.gct", *of_matrix, "--min-max", 13],
        ["--tables", *(folder / f"t{number}.tsv" for number in range(5)), "--missing", "zero", "--log2"],
        ["--tables", *(folder / f"t{number}.tsv" for number in range(5)), "--missing", "drop", "--scale", "none"],
    ]


@pytest.mark.parametrize("number", range(5))
def test_blocks_change_nothing(number, tmp_path, monkeypatch):
    """What is read, kept and written a few rows at a time is to the byte what is written at once."""
    args = _large(tmp_path)[number]

    def written(name: str) -> list[bytes]:
        folder = tmp_path / name
        folder.mkdir()
        paths = {f"--{each}": folder / each for each in ("output", "summary", "table", "gct")}
        command = [*map(str, args), *(str(word) for pair in paths.items() for word in pair)]
        assert console.run(assemble_expression.build_parser, assemble_expression.main, command) == 0
        return [path.read_bytes() for path in paths.values()]

    whole = written("whole")
    monkeypatch.setattr(lines, "BLOCK", 50)
    monkeypatch.setattr(scratch, "BLOCK", 100)
    assert written("blocks") == whole
    monkeypatch.setattr(textmatrix, "_WIDE", 3)
    assert written("wide") == whole


def test_blocks_are_written_as_at_once(tmp_path, monkeypatch):
    """A matrix of several chunks of HDF5, whatever is given at once."""
    values = np.random.default_rng(1).random((300, 700), np.float32)
    samples = pd.DataFrame({"kind": ["a", "b"] * 150}, index=[f"s{i}" for i in range(300)])
    genes = pd.DataFrame({"symbol": "x"}, index=[f"g{i}" for i in range(700)])
    matrix.write(matrix.build(values, samples, genes, "genes"), tmp_path / "whole.h5ad")
    monkeypatch.setattr(scratch, "BLOCK", 1)
    data = matrix.build(None, samples, genes, "genes")
    matrix.write_blocks(data, lambda start, stop: values[start:stop], tmp_path / "blocks.h5ad")
    assert (tmp_path / "blocks.h5ad").read_bytes() == (tmp_path / "whole.h5ad").read_bytes()
    np.testing.assert_array_equal(np.concatenate(list(matrix.read_columns(tmp_path / "blocks.h5ad"))), values.T)


def test_a_fault_far_down_is_told_with_its_line(tmp_path, refused, monkeypatch):
    monkeypatch.setattr(lines, "BLOCK", 40)
    rows = [f"g{i}\t{i}\t1\n" for i in range(50)]
    path = tmp_path / "m.tsv"
    for bad, told in (
        ("g30\tx\t1\n", "is no number but 'x'"),
        ("g30\t1\n", "has 2 columns"),
        ("g30\tinf\t1\n", "not finite"),
    ):
        path.write_text("gene\ts1\ts2\n" + "".join([*rows[:30], bad, *rows[31:]]))
        refused(["--matrix", path], "m.tsv:32", told)
    path.write_text("#1.2\n60\t2\nName\tDescription\ts1\ts2\n" + "".join(row.replace("\t", "\tx\t", 1) for row in rows))
    refused(["--matrix", path], "m.tsv:2", "has 50 rows, not 60")


def test_same_in_same_out(tables, made):
    args = [*tables("rsem"), "--log2"]
    first, second = made(*args)[0], made(*args)[0]
    assert matrix.digest(first) == matrix.digest(second) and first.uns["genloom"] == second.uns["genloom"]
    assert "dataset_" not in str(first.uns["genloom"])


def test_choices_agree_with_the_library():
    assert assemble_expression.TABLES == quantifications.FORMATS and assemble_expression.MATRICES == textmatrix.FORMATS
    strand = next(action for action in assemble_expression.build_parser()._actions if action.dest == "strand")
    assert set(strand.choices) == set(quantifications.STRANDS)


# --- real data


def test_real_rsem(real_data, made):
    files = sorted(real_data("rsem").glob("*.genes.results.gz"))
    data, _ = made("--tables", *files, "--log2")
    assert data.shape == (6, 25_343) and data.obs_names[0] == "ERR188021"
    assert data[0, "A1BG"].X.item() == pytest.approx(np.log2(2.58 + 1))


def test_real_blood(real_data, made, written):
    folder = real_data("atac_blood")
    names = sorted(path.name.split("_")[0] for path in (folder / "peaks").iterdir())
    sheet = written("sample\n" + "\n".join(names) + "\n", "sheet.tsv")
    args = [
        "--matrix",
        folder / "rna_counts.tsv.gz",
        "--sheet",
        sheet,
        "--unlisted",
        "drop",
        "--scale",
        "cpm",
        "--log2",
        "--annotation",
        folder / "refGene_hg19_TSS.bed.gz",
    ]
    data, summary = made(*args, "--duplicates", "sum", "--min-max", "1")
    # 17,284 rows are above 1; some of them are of the 91 symbols with two or three rows
    assert data.shape == (14, 17_278) and summary["sample_not_listed"].sum() == 2 * 32_738
    assert set(summary.filter(pl.col("kept") > 0)["merged"]) == {95}
    assert data.var.loc["GATA1", ["chrom", "strand", "tss"]].to_list() == ["chrX", "+", 48_644_981]


def test_real_leukemia(real_data, made):
    data, _ = made("--matrix", real_data("leukemia/ALL_128x12625.csv.gz"), "--fact-columns", "type", "BT")
    assert data.shape == (128, 12_625) and data.obs_names[0] == "01005" and data.obs["BT"].iloc[0] == "B2"
    assert data.obs["type"].value_counts().to_dict() == {
        "NEG": 74, "BCR/ABL": 37, "ALL1/AF4": 10, "E2A/PBX1": 5, "NUP-98": 1, "p15/p16": 1
    }  # fmt: skip


def test_real_targets(real_data, made, refused):
    args = ["--matrix", real_data("landmark/derived_target_9520x209.tsv.gz")]
    args += ["--sheet", real_data("landmark/derived_labels.tsv")]
    refused(args, "1 ids in more than one row: IL9R")
    data, _ = made(*args, "--duplicates", "number")
    assert data.shape == (209, 9520) and data.obs["label"].nunique() > 1 and data.var.loc["IL9R_2", "symbol"] == "IL9R"


def test_real_landmarks(real_data, made):
    data, _ = made("--matrix", real_data("landmark/test_l1000.gct.gz"), "--negative", "keep")
    assert data.shape == (377, 978) and data.obs.shape[1] == 35
