"""Every reader of a file that a user gives: good files to start from, how it is called, and what holds of all it returns."""

from __future__ import annotations

import gzip
import io
import re
import runpy
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from . import strategies

DATA = Path(__file__).parents[2] / "test-data"
STEPS, PARTS = DATA / "steps", DATA / "parts"


@dataclass(frozen=True)
class Reader:
    """A reader. `read` takes a path, and asserts of what it finds there all that its users count on."""

    name: str
    made: Callable[[], st.SearchStrategy[bytes]]
    read: Callable[[Path], Any]


def head(path: Path, lines: int = 40) -> bytes:
    """The first lines of a file: enough to be damaged, little enough to be quick."""
    return b"".join(path.read_bytes().splitlines(keepends=True)[:lines])


def texts(*seeds: bytes, grammar: st.SearchStrategy[bytes] | None = None) -> Callable[[], st.SearchStrategy[bytes]]:
    return lambda: strategies.text(seeds) if grammar is None else st.one_of(strategies.text(seeds), grammar)


def records(name: str) -> Callable[[], st.SearchStrategy[bytes]]:
    """A part of text, which has a record."""
    return lambda: strategies.recorded([(PARTS / name).read_bytes()])


def hdfs(*paths: Path) -> Callable[[], st.SearchStrategy[bytes]]:
    return lambda: strategies.hdf([path.read_bytes() for path in paths])


def plain(path: Path) -> list[list[str]]:
    """The lines of a file, unpacked, as a simple reader has them: fields between tabs."""
    content = path.read_bytes()
    content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    lines = content.decode("utf-8-sig", "replace").split("\n")  # comments may be no text
    return [line.rstrip("\r").split("\t") for line in lines if line.strip()]


# ---------------------------------------------------------------- peaks, genes, sequence


def peaks(path: Path) -> None:
    from genloom.formats import intervals

    found = intervals.read(path)
    assert len(found) > 0 and (found.start >= 0).all() and (found.start < found.end).all()
    told = [
        (row[0], int(row[1]), int(row[2]))
        for row in plain(path)
        if not re.match(r"#|track[ \t]|browser ", row[0]) and not (len(row) > 2 and "start" in row[1].lower())
    ]
    names = [found.names[i] for i in found.chrom.tolist()]
    assert list(zip(names, found.start.tolist(), found.end.tolist(), strict=True)) == told


def peaks_with_values(path: Path) -> None:
    from genloom.formats import intervals

    found = intervals.read(path, ("score", "signal", "p", "q", "summit"))
    assert all(np.isfinite(values).all() and len(values) == len(found) for values in found.columns.values())
    assert ((found.start <= found.columns["summit"]) & (found.columns["summit"] < found.end)).all()


def annotation(path: Path) -> None:
    from genloom.formats import annotation as reader

    found = reader.read(path, exons=True)
    genes = found.genes
    assert genes["id"].is_unique().all() and genes.null_count().sum_horizontal().item() == 0
    assert ((genes["start"] >= 0) & (genes["start"] <= genes["tss"]) & (genes["tss"] < genes["end"])).all()
    assert (found.exons["start"] < found.exons["end"]).all()
    assert all(bases > 0 for bases in reader.lengths(found.exons, "gene").values())


def transcripts(path: Path) -> None:
    from genloom.formats import transcripts as reader

    found = reader.read(path)
    assert len(found) == len(found.strand) == len(found.gene) > 0 and set(found.strand.tolist()) <= {1, -1}
    assert (found.start >= 0).all() and (found.exons.start < found.exons.end).all()
    assert max(found.gene) < len(found.genes) and max(found.chrom) < len(found.chroms)
    start, end, _ = found.introns()
    assert (start < end).all()
    assert 0 < len(found.choose("canonical")) <= len(found)


def genome(path: Path) -> None:
    from genloom.formats.genome import Genome, encode

    with Genome(path) as found:
        content = path.read_bytes()
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content  # all of it can be unpacked
        records = re.split(rb"(?:^|\n)>", content)[1:]
        assert len(found.sizes) == len(records)
        for (name, size), record in zip(found.sizes.items(), records, strict=True):
            title, _, letters = record.partition(b"\n")
            letters = letters.translate(None, b"\n\r ")
            assert title.decode(errors="replace").split()[0] == name and len(letters) == size
            codes = found.fetch(name)
            assert (codes == encode(letters.decode("latin-1"))).all()
            assert (found.fetch(name, size // 3, size + 5)[: size - size // 3] == codes[size // 3 :]).all()


def sizes(path: Path) -> None:
    from genloom.formats import chromosomes

    found = chromosomes.read_sizes(path)
    assert found and all(name and 0 < size < 2**63 for name, size in found.items())


def variants(path: Path) -> None:
    from genloom.formats.variants import Variants

    found = Variants(path)
    for number, record in enumerate(found, 1):
        assert record.number == number and record.position >= -1 and record.ref and record.chrom
        again = record.annotated([]).split("\t")
        assert again[:7] == record.fields[:7] and again[8:] == record.fields[8:] and len(again) == len(record.fields)
        assert record.annotated(["x"]).split("\t")[7].endswith("SpliceAI=x")


def gene_bodies(path: Path) -> None:
    from genloom.formats import genebodies

    found = genebodies.read(path)
    assert (found.start < found.end).all() and len(found.names) == len(found.exons)
    assert found.at(found.chroms[0], int(found.start[0]))[0] >= 0
    assert isinstance(found.to_boundary(0, 5), int)


def places(path: Path) -> None:
    from genloom.formats import places as reader

    assert all(names for names in reader.read(path, 4).values())


_BED = b"chr1\t100\t250\tx\t500\t.\t2.5\t5\t4\t20\nchr1\t300\t420\ty\t5\t.\t1.5\t3\t2\t0\nchr2\t10\t60\tz\t1\t.\t9\t8\t7\t49\n"
_BED3 = b"#c\nchrom\tstart\tend\nchr1\t0\t10\nchr2\t5\t6\n"
_TSS = b"chr1\t99\t100\tENSG00000000003.4\t0\t+\nchr2\t500\t501\tENSG00000000005\t0\t-\n"
_GTF = head(DATA / "sequence/genes.gtf", 30)
_GFF = b"".join(
    b"chr1\tx\t%s\t%d\t%d\t.\t%s\t0\t%s\n" % row
    for row in (
        (b"gene", 11, 90, b"-", b"ID=gene:G1;Name=one%20more;biotype=protein_coding"),
        (b"mRNA", 11, 90, b"-", b"ID=transcript:T1;Parent=gene:G1;tag=Ensembl_canonical"),
        (b"exon", 11, 40, b"-", b"Parent=transcript:T1"),
        (b"exon", 61, 90, b"-", b"Parent=transcript:T1"),
        (b"CDS", 21, 40, b"-", b"ID=P1;Parent=transcript:T1"),
        (b"protein", 21, 40, b"-", b"ID=P1;Derives_from=T1"),
    )
)
_GFF3 = b"##gff-version 3\n" + _GFF + b"###\n##FASTA\n>chr1\nACGT\n"
_FASTA = b">chr1 first\nACGTNacgtn\nACGTRYACGT\nAC\n>chr2\r\nAAAA\r\nCC\r\n>chr3\nACGT\n"
_FAI = b"chr1\t100\t6\t60\t61\nchr2\t50\t112\t60\t61\n"
_VCF = head(DATA / "sequence/variants.vcf")
_TABLE = (
    b"#NAME\tCHROM\tSTRAND\tTX_START\tTX_END\tEXON_START\tEXON_END\n"
    b"A\t1\t+\t100\t900\t100,500,\t200,900,\nB\tX\t-\t5\t80\t5,\t80,\n"
)
_PLACES = ("chr1", "chr2", "10", "20", "30", "40", "+", "-", ".", "exon", "CDS", "gene", "A", "C", "x")
_IDS = ('gene_id "a"; transcript_id "b";', "ID=a", "ID=b;Parent=a", "Parent=b", 'transcript_id "b"; gene_id "a"')


def indexed(path: Path) -> None:
    """The index of a FASTA. What it tells of that file is what the file tells itself."""
    from genloom.formats.genome import Genome

    fasta = path.with_name("indexed.fa")
    fasta.write_bytes(_FASTA)
    path.replace(f"{fasta}.fai")
    with Genome(fasta) as found:
        assert found.sizes == {"chr1": 32, "chr2": 6, "chr3": 4}
        assert [len(found.fetch(name)) for name in found.sizes] == [32, 6, 4]


@cache
def bgzipped() -> bytes:
    from tests.test_genome import bgzip

    return bgzip(_FASTA, 16)


@cache
def bcf() -> bytes:
    import pysam

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "v.bcf")
        with (
            pysam.VariantFile(str(DATA / "sequence/variants.vcf")) as old,
            pysam.VariantFile(str(out), "wb", header=old.header) as new,
        ):
            for record in old:
                new.write(record)
        return out.read_bytes()


def part_of_genome(path: Path) -> None:
    from genloom.formats import division
    from genloom.formats.chromosomes import Region

    whole = [Region("chr3", 0, 3000), Region("chr4", 0, 3000)]
    part, regions = division.read(path, whole)
    assert part.places == (whole.index(regions[0]) + 1,) and len(regions) == 1


# ---------------------------------------------------------------- tables of expression, of samples, of results


def matrix_of_text(path: Path) -> None:
    from genloom.formats import textmatrix

    found = textmatrix.read(path)
    assert len(set(found.samples)) == len(found.samples) > 0 and len(found.genes) > 0
    rows = list(found.rows(range(len(found.samples))))
    assert all(len(row) == len(found.genes) and not np.isinf(row).any() for row in rows) and len(rows) == len(
        found.samples
    )
    assert len(found.sample_facts) in (0, len(rows)) and len(found.gene_facts) in (0, len(found.genes))


def quantification(path: Path) -> None:
    from genloom.formats import quantifications

    found = quantifications.read(path, prefer="count")
    assert len(found.ids) == len(found.values) > 0 and np.isfinite(found.values).all() and (found.values >= 0).all()
    assert found.ids.null_count() == 0


def values(path: Path) -> None:
    from genloom.formats import values as reader

    found = reader.read(path, reader.Columns("1", "2"))
    assert len(set(found.ids)) == len(found.ids) == len(found.values) and np.isfinite(found.values).all()
    assert sum(found.left_out.values()) + len(found.ids) == found.rows


def observed(path: Path) -> None:
    from genloom.formats import observed as reader

    found = reader.read(path)
    assert len(found.ids) == len(found.values) and np.isfinite(found.values).all()


def genes(path: Path) -> None:
    from genloom.formats import expression

    assert all(expression.read_list(path))


def sheet(path: Path) -> None:
    from genloom.formats import sheet as reader

    found = reader.read(path)
    assert len(found) and found.index.is_unique and all(found.index) and found.columns.is_unique


def classes(path: Path) -> None:
    from genloom.formats import cls

    assert all(cls.read(path))


def split(path: Path) -> None:
    from genloom.formats import split as reader

    found = reader.read(path)
    for fold in found.outer:
        parts = [set(fold.part(part)) for part in reader.PARTS]
        assert sum(map(len, parts)) == len(fold.ids) == len(set(fold.ids)) and parts[0] and parts[2]
    again = path.with_name("again.tsv")
    reader.write(found, again)
    assert reader.read(again).digest == found.digest


def results(name: str, *arguments: Any) -> Callable[[Path], None]:
    def read(path: Path) -> None:
        from genloom.formats import results as tables

        found = getattr(tables, name)(path, *arguments)
        if name == "read_predictions":
            assert np.isfinite(found.predicted).all() and found.predicted.shape == (
                len(found.models),
                len(found.sample),
            )
        if name == "read_classified":
            np.testing.assert_allclose(found.probability.sum(2), 1)
        if name == "read_calls":
            assert ((found.predicted >= 0) & (found.predicted <= 1)).all()

    return read


def study_log(path: Path) -> None:
    from genloom.formats import studylog
    from genloom.learning import study

    found = studylog.read(path)
    assert all(number == trial.trial and isinstance(trial.settings, dict) for number, trial in found.trials.items())
    for trial in found.trials.values():
        trial.score(found.metric)
    assert study.compare([found]).height == 1


@cache
def _trainer(task: str) -> Any:
    from genloom.learning.trainer import Trainer

    return Trainer(Path(__file__).parents[2] / "scripts" / "train_model.py", task)


def plan(path: Path) -> None:
    from genloom.formats import text
    from genloom.learning import plan as reader

    found = reader.parse(text.read(path).decode(errors="replace"), _trainer, str(path))
    assert found.trials > 0 and found.minutes > 0 and found.search and len(found.digest) == 64
    assert all(each.described() for each in found.search)


def trial(path: Path) -> None:
    from genloom.formats import text
    from genloom.learning import plan as reader
    from genloom.learning import spread

    plan = DATA / "plans/content.yml"
    wanted = reader.parse(text.read(plan).decode(), _trainer, str(plan))
    assert 0 <= spread.read(path, wanted) < wanted.trials


_CSV = b"gene,s1,s2,s3\nENSG00000000003,1.5,2,NA\nENSG00000000005,0,1e3,-2\n"
_TSV = b"sample\tkind\tg1\tg2\tg3\na\tx\t1\t2\t3\nb\ty\t4\t5\t6\n"
_GCT = (DATA / "matrices/probes.gct").read_bytes()
_GCT3 = b"#1.3\n2\t2\t1\t1\nid\tsymbol\ts1\ts2\nkind\tna\tx\ty\ng1\tA\t1.5\t2\ng2\tB\t3\t4\n"
_RSEM = head(DATA / "expression/A1.genes.results", 12)
_STAR = b"N_unmapped\t1\t2\t3\nENSG1\t5\t3\t2\nENSG2\t0\t0\t0\n"
_SALMON = b"Name\tLength\tEffectiveLength\tTPM\tNumReads\nENST1|a|b\t100\t50.5\t1.5\t3\nENST2|c|d\t90\t40\t0\t0\n"
_NUMBERS = ("0", "1", "2.5", "-1", "NA", "ENSG00000000003", "ENSG00000000005", "s1", "s2", "id", "gene", "TPM", '"x"')


@cache
def workbook() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["gene", "s1", "s2"], ["a", 1.5, 2], ["b", None, 3], ["c", "=1+1", 4]):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@cache
def gctx() -> bytes:
    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["0/DATA/0/matrix"] = np.arange(6, dtype=np.float32).reshape(2, 3)
        file["0/META/ROW/id"], file["0/META/COL/id"] = np.array([b"a", b"b", b"c"]), np.array([b"s", b"t"])
        file["0/META/ROW/symbol"] = np.array([b"A", b"B", b"C"])
    return stream.getvalue()


# ---------------------------------------------------------------- matrices, windows, models


def matrix(path: Path) -> None:
    from genloom.formats import matrix as reader

    found = reader.read(path)
    assert found.obs_names.is_unique and found.var_names.is_unique
    assert np.isfinite(reader.dense(found)).all() and reader.dense(found).shape == found.shape
    assert isinstance(reader.about(found)["settings"], dict)
    assert len(reader.digest(found)) == 64


def matrix_in_blocks(path: Path) -> None:
    from genloom.formats import blocks
    from genloom.formats import matrix as reader

    found = blocks.Reader(path)
    rows, columns = np.arange(len(found.samples)), np.arange(len(found.var))
    assert (found.rows(rows, columns) == reader.dense(reader.read(path))).all()


def windows(path: Path) -> None:
    from genloom.formats.windows import Windows

    with Windows(path) as found:
        codes = found.codes()
        assert codes.shape == (len(found), found.window + found.context)
        assert (found.codes(np.arange(len(found))[::-1], 0) == found.codes(None, 0)[::-1]).all()
        if found.kind == "boundaries":
            assert found.dense().shape == (len(found), found.window)
        assert len(found.digest()) == 64


def model(path: Path) -> None:
    """A model file, as far as predict_model goes before it reads anything else."""
    from genloom.formats import modelfile
    from genloom.learning import activity, boundaries, classes, content, expression, targets

    card, arrays = modelfile.read(path)
    restorers = {each.TASK: each for each in (activity, boundaries, classes, content, expression, targets)}
    restorers[card["task"]].restore(card, arrays, path)


def inferred(path: Path) -> None:
    from genloom.learning import inferred as predictions

    found = predictions.evaluate(path, bootstrap=5)
    assert len(found.genes) == len(found.symbols) == len(found.counts) and len(found.samples) == len(found.groups)
    assert all(np.isfinite(metric.value) for metric in found.metrics if metric.metric == "mae")


def names(path: Path) -> None:
    """The samples and the features of any matrix, which split_samples divides."""
    from genloom.learning import splits

    for of in ("samples", "features"):
        found = splits.read_units(matrix_path=path, of=of)
        assert len(found) == len(set(found.ids.tolist())) > 0


def part(*others: Path) -> Callable[[Path], None]:
    """A part beside the good others, as merge_parts takes them: what comes of them is read as a whole is."""

    def read(path: Path) -> None:
        from genloom.formats import merging

        kind = merging.kind([path, *others])
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            paths = {name: Path(folder, name) for name in merging.TAKES[kind]}
            if "tracks" in paths:
                paths["tracks"].mkdir()
            merging.join(kind, [path, *others], paths, "bigwig")
            if kind == "prediction":
                assert len(list(paths["tracks"].iterdir())) == 4
                for start, end, score in ((int(row[1]), int(row[2]), int(row[4])) for row in plain(paths["sites"])):
                    assert 0 <= start < end and 0 <= score <= 1000
            elif kind == "table":
                results("read_effects")(paths["output"])
            else:
                {"matrix": matrix, "windows": windows, "VCF": variants}[kind](paths["output"])

    return read


def keras(path: Path) -> None:
    from genloom.pretrained import keras as reader

    assert reader.read(path).layers


def published(path: Path) -> None:
    from genloom.pretrained import importing

    importing.read([path])


def _models() -> st.SearchStrategy[bytes]:
    return strategies.model([path.read_bytes() for path in sorted(STEPS.glob("*.safetensors"))])


@cache
def _pt() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        runpy.run_path(str(DATA / "make_weights.py"))["openspliceai"](Path(folder, "w.pt"), 1)
        return Path(folder, "w.pt").read_bytes()


READERS = (
    Reader("peaks", texts(_BED, _BED3, grammar=strategies.lines([b"", b"#x\n"], _PLACES, 3)), peaks),
    Reader("peaks-with-values", texts(_BED), peaks_with_values),
    Reader("gtf", texts(_GTF, grammar=strategies.lines([b"", _GTF], (*_PLACES, *_IDS), 9)), annotation),
    Reader(
        "gff3",
        texts(_GFF3, _GFF, grammar=strategies.lines([b"##gff-version 3\n", _GFF], (*_PLACES, *_IDS), 9)),
        annotation,
    ),
    Reader("tss", texts(_TSS, grammar=strategies.lines([b"", _TSS], _PLACES, 6)), annotation),
    Reader("transcripts-gtf", texts(_GTF, grammar=strategies.lines([b"", _GTF], (*_PLACES, *_IDS), 9)), transcripts),
    Reader(
        "transcripts-gff3",
        texts(_GFF3, grammar=strategies.lines([_GFF3[:16], _GFF], (*_PLACES, *_IDS), 9)),
        transcripts,
    ),
    Reader("fasta", texts(_FASTA, head(DATA / "published/genome.fa", 5)), genome),
    Reader("fasta-in-blocks", lambda: strategies.binary([bgzipped()]), genome),
    Reader("fai", texts(b"chr1\t32\t12\t10\t11\nchr2\t6\t54\t4\t6\nchr3\t4\t70\t4\t5\n"), indexed),
    Reader("sizes", texts(_FAI, _FASTA, grammar=strategies.lines([b""], _PLACES, 2)), sizes),
    Reader("vcf", texts(_VCF, grammar=strategies.lines([_VCF.split(b"chr1\t")[0]], _PLACES, 8)), variants),
    Reader("bcf", lambda: strategies.binary([bcf(), gzip.decompress(bcf())]), variants),
    Reader(
        "gene-table",
        texts(_TABLE, grammar=strategies.lines([_TABLE[:59]], ("1", "5", "9", "1,5,", "2,9,", "+", "-"), 7)),
        gene_bodies,
    ),
    Reader("places", texts(_TSS), places),
    Reader("tsv", texts(_TSV, grammar=strategies.lines([b"gene\ts1\ts2\n"], _NUMBERS, 3)), matrix_of_text),
    Reader("csv", texts(_CSV, (DATA / "matrices/probes.csv").read_bytes()), matrix_of_text),
    Reader(
        "gct", texts(_GCT, _GCT3, grammar=strategies.lines([b"#1.2\n2\t1\n", _GCT3[:13]], _NUMBERS, 3)), matrix_of_text
    ),
    Reader("series", texts((DATA / "matrices/series_matrix.txt").read_bytes()), matrix_of_text),
    Reader("xlsx", lambda: strategies.zipped([workbook()]), matrix_of_text),
    Reader("gctx", lambda: strategies.hdf([gctx()]), matrix_of_text),
    Reader(
        "quantifications",
        texts(_RSEM, _STAR, _SALMON, grammar=strategies.lines([b"", _SALMON], _NUMBERS, 5)),
        quantification,
    ),
    Reader("values", texts(_CSV, _STAR, grammar=strategies.lines([b"", b"id\tvalue\n"], _NUMBERS, 2)), values),
    Reader("observed", texts(b"id\tvalue\nENSG1\t2\nENSG2\t3.5\n", head(DATA / "comparison/observed.tsv")), observed),
    Reader("gene-list", texts(b"gene_id\nENSG00000000003.4\nTP53\n"), genes),
    Reader(
        "sheet",
        texts(head(DATA / "samples.tsv"), grammar=strategies.lines([b"sample\tkind\n"], ("a", "b", "c"), 2)),
        sheet,
    ),
    Reader("cls", texts(b"4 2 1\n# AML ALL\n0 0 1 1\n", b"3 2 1\n# a b\na b a\n"), classes),
    Reader(
        "split",
        texts((STEPS / "split.tsv").read_bytes(), b"fold\tid\tpart\n1\ta\ttrain\n1\tb\ttest\n1/1\ta\ttrain\n"),
        split,
    ),
    Reader("predictions", texts(head(STEPS / "predictions.tsv", 20)), results("read_predictions")),
    Reader(
        "calls",
        texts(head(STEPS / "boundaries_predictions.tsv", 20)),
        results("read_calls", "m", ("acceptor", "donor"), True),
    ),
    Reader("classified", texts(head(STEPS / "classes_predictions.tsv", 9)), results("read_classified", "m")),
    Reader("scores", texts(head(STEPS / "promoters_metrics.tsv")), results("read_scores")),
    Reader("effects", texts(head(STEPS / "variant_scores.tsv")), results("read_effects")),
    Reader("features", texts(head(STEPS / "classes_features.tsv", 9)), results("read_features")),
    Reader("placed-samples", texts(head(STEPS / "classes_samples.tsv", 9)), results("read_samples")),
    Reader("permutations", texts(head(STEPS / "permutations.tsv")), results("read_permutations")),
    Reader("history", texts(head(STEPS / "promoters_history.tsv", 9)), results("read_history")),
    Reader("study-log", texts(*(path.read_bytes() for path in sorted((DATA / "plans").glob("*.jsonl")))), study_log),
    Reader("trial", records("trial_0.json"), trial),
    Reader("plan", texts(*(path.read_bytes() for path in sorted((DATA / "plans").glob("*.yml")))), plan),
    Reader("h5ad", hdfs(STEPS / "numerals.h5ad", STEPS / "new_landmarks.h5ad"), matrix),
    Reader("h5ad-names", hdfs(STEPS / "classes.h5ad", STEPS / "new_landmarks.h5ad"), names),
    Reader("observed-matrix", hdfs(STEPS / "new_landmarks.h5ad"), observed),
    Reader("inferred", hdfs(STEPS / "landmarks_predictions.h5ad"), inferred),
    Reader("h5ad-in-blocks", hdfs(STEPS / "new_landmarks.h5ad"), matrix_in_blocks),
    Reader("windows", hdfs(STEPS / "boundaries.h5", STEPS / "content.h5", STEPS / "promoters.h5"), windows),
    Reader("model", _models, model),
    Reader("keras", hdfs(DATA / "weights/spliceai_80_1.h5", DATA / "weights/xpresso.h5"), keras),
    Reader("part-of-genome", records("part_1.bed"), part_of_genome),
    Reader("part-of-matrix", hdfs(PARTS / "bins_A1.h5ad"), part(PARTS / "bins_B1.h5ad")),
    Reader("part-of-windows", hdfs(PARTS / "windows_1.h5"), part(PARTS / "windows_2.h5")),
    Reader("part-of-prediction", hdfs(PARTS / "found_1.h5"), part(PARTS / "found_2.h5")),
    Reader("part-of-vcf", records("variants_2.vcf"), part(PARTS / "variants_1.vcf")),
    Reader("part-of-table", records("scores_2.tsv"), part(PARTS / "scores_1.tsv")),
    Reader("weights", lambda: strategies.zipped([_pt()]), published),
)
