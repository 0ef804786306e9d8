"""Annotations: GTF, GFF3 and BED tell the same genes, start sites follow their rule, bad lines are named by number."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from genloom.errors import InputError
from genloom.formats import annotation

GTF = """\
#!genome-build test
chr1\tx\tgene\t101\t1000\t.\t+\t.\tgene_id "ENSG00000000001.5"; gene_name "ONE";
chr1\tx\ttranscript\t101\t900\t.\t+\t.\tgene_id "ENSG00000000001.5"; transcript_id "ENST00000000001.1"; gene_name "ONE";
chr1\tx\texon\t101\t200\t.\t+\t.\tgene_id "ENSG00000000001.5"; transcript_id "ENST00000000001.1"; gene_name "ONE";
chr1\tx\texon\t801\t900\t.\t+\t.\tgene_id "ENSG00000000001.5"; transcript_id "ENST00000000001.1"; gene_name "ONE";
chr1\tx\texon\t151\t250\t.\t+\t.\tgene_id "ENSG00000000001.5"; transcript_id "ENST00000000002.1"; gene_name "ONE";
chr1\tx\texon\t151\t1000\t.\t+\t.\tgene_id "ENSG00000000001.5"; transcript_id "ENST00000000003.1"; gene_name "ONE";
chr1\tx\tCDS\t151\t1000\t.\t+\t0\tgene_id "ENSG00000000001.5"; transcript_id "ENST00000000003.1"; gene_name "ONE";
chr2\tx\texon\t11\t50\t.\t-\t.\tgene_id "ENSG00000000002.1_PAR_Y"; transcript_id "T2"; ref_gene_id "no";
"""
GFF3 = """\
##gff-version 3
chr1\tx\tgene\t101\t1000\t.\t+\t.\tID=gene:ENSG00000000001;Name=ONE;gene_id=ENSG00000000001
chr1\tx\tmRNA\t101\t900\t.\t+\t.\tID=transcript:ENST00000000001;Parent=gene:ENSG00000000001;Name=ONE-1
chr1\tx\tmRNA\t151\t250\t.\t+\t.\tID=transcript:ENST00000000002;Parent=gene:ENSG00000000001
chr1\tx\tmRNA\t151\t1000\t.\t+\t.\tID=transcript:ENST00000000003;Parent=gene:ENSG00000000001
###
chr1\tx\texon\t101\t200\t.\t+\t.\tParent=transcript:ENST00000000001
chr1\tx\texon\t801\t900\t.\t+\t.\tParent=transcript:ENST00000000001
chr1\tx\texon\t151\t250\t.\t+\t.\tParent=transcript:ENST00000000002,transcript:ENST00000000003
chr2\tx\tncRNA_gene\t11\t50\t.\t-\t.\tID=gene:ENSG00000000002_PAR_Y
##FASTA
>chr1
ACGT
"""


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str | bytes, name: str = "dataset_1.dat") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def test_gtf(written):
    found = annotation.read(written(GTF), exons=True)
    assert found.genes.rows() == [
        # two transcripts start at 151, one at 101: the most common start counts
        ("ENSG00000000001", "ONE", "chr1", 100, 1000, "+", 150),
        ("ENSG00000000002_PAR_Y", "ENSG00000000002_PAR_Y", "chr2", 10, 50, "-", 49),
    ]
    assert found.transcripts.filter(id="ENST00000000001").rows() == [
        ("ENST00000000001", "ENSG00000000001", "chr1", 100, 900, "+")
    ]
    assert found.exons.height == 5
    assert annotation.lengths(found.exons, "gene") == {"ENSG00000000001": 900, "ENSG00000000002_PAR_Y": 40}
    assert annotation.lengths(found.exons, "transcript")["ENST00000000001"] == 200
    assert annotation.read(written(GTF)).exons.is_empty()
    assert annotation.read(written(GTF), keep_versions=True).genes["id"][0] == "ENSG00000000001.5"


def test_gff3_tells_what_gtf_does(written):
    gtf, gff3 = annotation.read(written(GTF)), annotation.read(written(GFF3), exons=True)
    assert gff3.genes.rows() == gtf.genes.rows()
    assert set(gff3.transcripts.filter(gene="ENSG00000000001").rows()) == set(
        gtf.transcripts.filter(gene="ENSG00000000001").rows()
    )
    # an exon with two parents is one of each
    assert annotation.lengths(gff3.exons, "transcript") == {
        "ENST00000000001": 200,
        "ENST00000000002": 100,
        "ENST00000000003": 100,
    }


def test_chunks_do_not_matter(written, monkeypatch):
    whole = annotation.read(written(GTF), exons=True)
    monkeypatch.setattr(annotation, "CHUNK", 150)
    pieces = annotation.read(written(GTF), exons=True)
    assert pieces.genes.equals(whole.genes) and pieces.transcripts.equals(whole.transcripts)
    assert annotation.lengths(pieces.exons, "gene") == annotation.lengths(whole.exons, "gene")
    assert pieces.digest == whole.digest


def test_packed_file_has_the_digest_of_its_text(tmp_path, written):
    packed = tmp_path / "dataset_2.dat"
    packed.write_bytes(gzip.compress(GTF.encode()))
    assert annotation.read(packed).digest == annotation.read(written(GTF)).digest


def test_exons_alone_are_enough(written):
    lines = [line for line in GTF.splitlines(keepends=True) if "\texon\t" in line]
    assert annotation.read(written("".join(lines))).genes.select("id", "start", "end", "tss").rows() == [
        ("ENSG00000000001", 100, 1000, 150),
        ("ENSG00000000002_PAR_Y", 10, 50, 49),
    ]


def test_start_sites_of_bed(written):
    rows = [
        ("chr1", 100, 100, "NM_1", "A", "+"),
        ("chr1", 300, 300, "NM_2", "A", "+"),  # a draw: the most upstream
        ("chr1", 100, 100, "NM_3", "B", "-"),
        ("chr1", 300, 300, "NM_4", "B", "-"),
        ("chr2", 50, 50, "NM_5", "C", "+"),
        ("chr2", 70, 70, "NM_6", "C", "+"),
        ("chr2", 70, 70, "NM_7", "C", "+"),
        ("chrX", 5, 5, "NM_8", "D", "+"),
        ("chrY", 9, 9, "NM_8", "D", "+"),  # two places, a draw: the first by name
        ("chr9", 20, 21, "NM_9", "E", "-"),
    ]
    genes = annotation.read(written("".join("\t".join(map(str, row)) + "\n" for row in rows))).genes
    assert genes.select("id", "chrom", "tss").rows() == [
        # an empty interval at 300 is the border before base 300; on the reverse strand base 299 comes first
        ("A", "chr1", 100),
        ("B", "chr1", 299),
        ("C", "chr2", 70),
        ("D", "chrX", 5),
        ("E", "chr9", 20),
    ]
    assert (genes["start"] <= genes["tss"]).all() and (genes["tss"] < genes["end"]).all()


def test_bed6_names_genes_in_its_fourth_column_and_start_sites_come_back(written):
    genes = annotation.read(written(GTF)).genes
    bed = annotation.start_sites(genes)
    assert bed.columns == ["chrom", "start", "end", "name", "score", "strand"]
    again = annotation.read(written(bed.write_csv(separator="\t", include_header=False), "dataset_3.dat")).genes
    assert (
        again.select("id", "chrom", "strand", "tss")
        .sort("id")
        .equals(genes.select("id", "chrom", "strand", "tss").sort("id"))
    )


@pytest.mark.parametrize(
    ("id", "stripped"),
    [
        ("ENSG00000141510.17", "ENSG00000141510"),
        ("ENSMUST00000000001.4", "ENSMUST00000000001"),
        ("ENSG00000182378.13_PAR_Y", "ENSG00000182378_PAR_Y"),
        ("NM_000014.6", "NM_000014"),
        ("AC012345.1", "AC012345.1"),
        ("Y74C9A.3", "Y74C9A.3"),
        ("AT1G01010.1", "AT1G01010.1"),
        ("ENSG00000141510", "ENSG00000141510"),
    ],
)
def test_versions(id, stripped):
    assert annotation.strip_versions(pl.Series([id])).to_list() == [stripped]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (GTF.replace("\t151\t250\t", "\t251\t250\t"), (":6", "251 to 250")),
        (GTF.replace("\t801\t", "\tx\t"), (":5", "'x'")),
        (GTF.replace("\t101\t1000\t", "\t0\t1000\t"), (":2", "0 to 1000")),
        (GTF + "chr1\tx\texon\n", (":10", "3 columns")),
        (GTF + 'chr1\tx\texon\t7\t9\t.\t+\t.\tname "x";\n', ("chr1:7", "no gene_id")),
        ("", ("empty",)),
        ("#only\n", ("empty",)),
        ("gene_id\tTPM\nA\t1\n", (":1", "GTF")),
        ("chr1\tx\tregion\t1\t9\t.\t+\t.\tID=r1\n", ("no genes",)),
        ("chr1\t10\t9\tNM_1\tA\t+\n", (":1", "10 to 9")),
        ((GTF + "é").encode("latin-1"), (":10: is not text in UTF-8: \\xe9;",)),
        ("ä".encode() * 40, (":1", "'" + "ä" * 40 + "'")),
    ],
)
def test_bad_annotations(written, text, parts):
    path = written(text)
    with pytest.raises(InputError) as error:
        annotation.read(path)
    assert str(path) in str(error.value) and all(part in str(error.value) for part in parts), error.value


def test_real_annotations(real_data):
    fly = annotation.read(real_data("genomes/dmel_chr4/4.gtf.gz")).genes
    assert fly.height == 114 and fly.filter(symbol="CaMKI")["id"].to_list() == ["FBgn0016126"]
    worm = annotation.read(real_data("genomes/celegans_1pct/1pct_elegans.gff3.gz")).genes
    assert worm.height == 260 and "homt-1" in worm["symbol"]
    yeast = annotation.read(real_data("yeast/GCA_000146045.2_R64_genomic.gff.gz"), exons=True)
    assert yeast.genes.filter(symbol="PAU8")["id"].to_list() == ["YAL068C"]
    assert len(annotation.lengths(yeast.exons, "transcript")) > 6000
    blood = annotation.read(real_data("atac_blood/refGene_hg19_TSS.bed.gz"))
    assert (blood.genes.height, blood.transcripts.height) == (23_635, 41_088)
