"""Transcripts from GTF and GFF3: the same gene models, whatever the file's habits."""

from __future__ import annotations

import gzip
import random

import numpy as np
import pytest

from genloom.errors import InputError
from genloom.formats import transcripts

GTF = """\
#!genome-build x
chr1\tA\tgene\t101\t900\t.\t+\t.\tgene_id "ENSG00000000001.4"; gene_type "protein_coding"; gene_name "ONE";
chr1\tA\ttranscript\t101\t900\t.\t+\t.\tgene_id "ENSG00000000001.4"; transcript_id "T1"; gene_name "ONE";
chr1\tA\texon\t101\t200\t.\t+\t.\tgene_id "ENSG00000000001.4"; transcript_id "T1"; exon_number 1;
chr1\tA\texon\t301\t400\t.\t+\t.\tgene_id "ENSG00000000001.4"; transcript_id "T1"; exon_number 2;
chr1\tA\tCDS\t151\t200\t.\t+\t0\tgene_id "ENSG00000000001.4"; transcript_id "T1";
chr1\tA\tCDS\t301\t340\t.\t+\t1\tgene_id "ENSG00000000001.4"; transcript_id "T1";
chr1\tA\texon\t101\t200\t.\t+\t.\tgene_id "ENSG00000000001.4"; transcript_id "T10"; tag "basic"; tag "MANE_Select";
chr1\tA\texon\t801\t900\t.\t+\t.\tgene_id "ENSG00000000001.4"; transcript_id "T10"; tag "basic"; tag "MANE_Select";
chr2\tA\texon\t501\t600\t.\t-\t.\tgene_id "two"; transcript_id "T2"; tag "Ensembl_canonical";
chr2\tA\texon\t101\t200\t.\t-\t.\tgene_id "two"; transcript_id "T2"; tag "Ensembl_canonical";
chr2\tA\texon\t101\t700\t.\t-\t.\tgene_id "two"; transcript_id "T3";
chr2\tA\tgene\t101\t700\t.\t-\t.\tgene_id "two"; gene_biotype "lncRNA"; gene "TWO";
"""
GFF3 = """\
##gff-version 3
chr1\tA\tregion\t1\t1000\t.\t+\t.\tID=chr1
chr1\tA\tgene\t101\t900\t.\t+\t.\tID=gene:ENSG00000000001.4;biotype=protein_coding;Name=ONE
###
chr1\tA\tmRNA\t101\t400\t.\t+\t.\tID=transcript:T1;Parent=gene:ENSG00000000001.4
chr1\tA\tprotein\t151\t340\t.\t+\t.\tID=P1;Derives_from=transcript:T1
chr1\tA\texon\t101\t200\t.\t+\t.\tParent=transcript:T1,transcript:T10
chr1\tA\texon\t301\t400\t.\t+\t.\tID=e2;Parent=transcript:T1
chr1\tA\tCDS\t151\t200\t.\t+\t0\tID=c;Parent=transcript:T1,P1;
chr1\tA\tCDS\t301\t340\t.\t+\t1\tID=c;Parent=transcript:T1,P1;
chr1\tA\tmRNA\t101\t900\t.\t+\t.\tID=transcript:T10;Parent=gene:ENSG00000000001.4;tag=basic,MANE_Select
chr1\tA\texon\t801\t900\t.\t+\t.\tParent=transcript:T10
chr2\tA\tlnc_RNA\t101\t600\t.\t-\t.\tID=rna-T2;Parent=gene-two;tag=Ensembl_canonical
chr2\tA\texon\t501\t600\t.\t-\t.\tParent=rna-T2
chr2\tA\texon\t101\t200\t.\t-\t.\tParent=rna-T2
chr2\tA\tlnc_RNA\t101\t700\t.\t-\t.\tID=rna-T3;Parent=gene-two
chr2\tA\texon\t101\t700\t.\t-\t.\tParent=rna-T3
chr2\tA\tintron\t201\t500\t.\t-\t.\tParent=rna-T2
chr2\tA\tgene\t101\t700\t.\t-\t.\tID=gene-two;gene_biotype=lncRNA;gene=TW%4F
##FASTA
>chr1
ACGT
"""


def stretches(models, parts, number):
    return list(zip(parts.start[parts.of(number)].tolist(), parts.end[parts.of(number)].tolist(), strict=True))


def write(tmp_path, content, name="genes.gtf"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("chunk", [1, 200, 1 << 22])
@pytest.mark.parametrize(
    "content",
    [
        GTF.encode(),
        GFF3.encode(),
        GTF.replace("\n", "\r\n").encode(),
        GFF3.replace("\n", "\r\n").encode(),
        gzip.compress(GTF.encode(), mtime=0),
        GTF.rstrip().encode(),
        GTF.replace("chr2", "\n#\nchr2", 1).encode(),
    ],
    ids=["gtf", "gff3", "gtf cr", "gff3 cr", "gzip", "no last newline", "empty line"],
)
def test_both_formats_tell_the_same_models(tmp_path, monkeypatch, content, chunk):
    monkeypatch.setattr(transcripts, "CHUNK", chunk)
    models = transcripts.read(write(tmp_path, content))
    assert models.ids == ["T1", "T10", "T2", "T3"]
    assert models.genes == [("ENSG00000000001", "ONE", "protein_coding"), ("two", "TWO", "lncRNA")]
    assert [models.genes[gene].symbol for gene in models.gene] == ["ONE", "ONE", "TWO", "TWO"]
    assert [models.chroms[chrom] for chrom in models.chrom] == ["chr1", "chr1", "chr2", "chr2"]
    assert models.strand.tolist() == [1, 1, -1, -1] and models.rank.tolist() == [0, 2, 1, 0]
    assert stretches(models, models.exons, 0) == [(100, 200), (300, 400)]
    assert stretches(models, models.coding, 0) == [(150, 200), (300, 340)]
    assert stretches(models, models.exons, 2) == [(100, 200), (500, 600)]  # in order of position on either strand
    assert stretches(models, models.coding, 2) == []
    assert models.start.tolist() == [100] * 4 and models.end.tolist() == [400, 900, 600, 700]


def test_choices_of_a_transcript(tmp_path):
    models = transcripts.read(write(tmp_path, GTF))
    assert models.choose("canonical").ids == ["T10", "T2"]
    assert models.choose("longest").ids == ["T1", "T3"]  # a coding sequence comes first, then exonic bases
    assert models.choose("all").ids == models.ids
    chosen = models.choose("canonical")
    assert stretches(chosen, chosen.exons, 1) == [(100, 200), (500, 600)]
    start, end, owner = chosen.introns()
    assert (start.tolist(), end.tolist(), owner.tolist()) == ([200, 200], [800, 500], [0, 1])
    assert models.of_kinds(["lncRNA"]).ids == ["T2", "T3"]
    with pytest.raises(InputError, match="no gene of type 'protein'; did you mean 'protein_coding'"):
        models.of_kinds(["protein"])


def test_genes_without_exons_are_counted(tmp_path):
    lonely = 'c\tx\tgene\t900\t950\t.\t+\t.\tgene_id "lonely";\n'
    assert transcripts.read(write(tmp_path, GTF + lonely)).skipped == {"genes without exons": 1}
    gff = "##gff-version 3\nc\tx\tregion\t1\t999\t.\t+\t.\tID=c:1\n" + "".join(
        f"c\tx\t{kind}\t10\t90\t.\t+\t.\t{facts}\n"
        for kind, facts in (
            ("gene", "ID=g1;gene_biotype=protein_coding"),
            ("mRNA", "ID=t1;Parent=g1"),
            ("exon", "Parent=t1"),
            ("gene", "ID=g2;gene_biotype=pseudogene"),
        )
    )
    assert transcripts.read(write(tmp_path, gff)).skipped == {"genes without exons": 1}


def test_coding_sequence_stands_for_missing_exons(tmp_path):
    models = transcripts.read(write(tmp_path, GTF.replace("\texon\t", "\tUTR\t")))
    assert models.ids == ["T1"] and stretches(models, models.exons, 0) == [(150, 200), (300, 340)]
    # the other gene codes for nothing: without its exons there is nothing of it
    assert models.skipped == {"transcripts with CDS lines alone, taken for exons": 1, "genes without exons": 1}


def test_touching_exons_are_joined(tmp_path):
    lines = [
        f'c\ta\texon\t{a}\t{b}\t.\t+\t.\tgene_id "g"; transcript_id "t";'
        for a, b in ((1, 100), (20, 30), (101, 110), (120, 130), (125, 140))
    ]
    models = transcripts.read(write(tmp_path, "\n".join(lines) + "\n"))
    assert stretches(models, models.exons, 0) == [(0, 110), (119, 140)]
    assert models.skipped == {"exons that touch another of their transcript, joined": 3}


def test_one_name_on_two_chromosomes_is_two_transcripts(tmp_path):
    copy = GTF.replace("chr1", "chrY")
    models = transcripts.read(write(tmp_path, GTF + copy.partition("chr2")[0]))
    assert models.ids == ["T1", "T10", "T2", "T3", "T1", "T10"]
    assert stretches(models, models.coding, 4) == stretches(models, models.coding, 0)
    assert models.choose("longest").ids == ["T1", "T3", "T1"]


def test_trans_spliced_lines_are_counted(tmp_path):
    line = "chr1\tA\texon\t950\t960\t.\t-\t.\tParent=transcript:T1;exception=trans-splicing\n"
    models = transcripts.read(write(tmp_path, GFF3.replace("##FASTA", line + "##FASTA")))
    assert models.skipped == {"lines of trans-spliced transcripts": 1}
    assert models.exons.end.max() == 900


def test_trans_spliced_transcripts_of_a_gtf_are_counted(tmp_path):
    """On both strands, which is no error where every line says why; what follows is read."""
    facts = 'gene_id "rps12"; transcript_id "TS"; exception "trans-splicing";'
    lines = "".join(f"chr1\tA\texon\t{at}\t{at + 9}\t.\t{s}\t.\t{facts}\n" for at, s in ((10, "+"), (30, "-")))
    models = transcripts.read(write(tmp_path, lines + GTF))
    assert models.skipped == {"lines of trans-spliced transcripts": 2}
    assert "TS" not in models.ids and {"T1", "T10", "T2", "T3"} <= set(models.ids)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\texon\t", "\tfive_prime_UTR\t", None),
        ("exon\t301\t400", "exon\t400\t301", ":5: positions 400 to 301"),
        ("exon\t301\t400", "exon\t0\t400", ":5: positions 0 to 400"),
        ("exon\t301\t400", "exon\t3o1\t400", ":5: positions '3o1'"),
        ("exon\t301\t400", "exon\t301\t99999999999", ":5: position 99999999999 is beyond"),
        ('transcript_id "T1"; exon_number 2', "exon_number 2", ":5: exon without a transcript_id"),
        ("301\t400\t.\t+", "301\t400\t.\t-", ":5: transcript 'T1' is on both strands; line 4 has the other"),
        ("301\t340\t.\t+", "301\t340\t.\t-", ":7: transcript 'T1' is on both strands"),
        ("exon\t301\t400\t.\t+", "exon\t301\t400\t+", ":5: has 8 columns, not 9"),
        ("Ensembl_canonical", "Ensembl\tcanonical", "columns, not 9"),
    ],
)
def test_bad_lines_are_named(tmp_path, old, new, message):
    content = GTF.replace(old, new)
    if message is None:
        content, message = content.replace("\tCDS\t", "\tUTR\t"), "holds no exons"
    with pytest.raises(InputError, match=message) as error:
        transcripts.read(write(tmp_path, content))
    assert "genes.gtf" in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("chr1\t5\t6\tgene\t0\t+\n", "is a BED"),
        (gzip.compress(GTF.encode(), mtime=0)[:-9], "cut off"),
        (GFF3.replace("Parent=transcript:T10\n", "Note=x\n"), ":12: exon without a Parent"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        transcripts.read(write(tmp_path, content))


def test_unstranded_exons_are_counted(tmp_path):
    models = transcripts.read(write(tmp_path, GTF.replace("101\t700\t.\t-", "101\t700\t.\t.")))
    assert models.ids == ["T1", "T10", "T2"] and models.skipped == {"exons and CDS without a strand": 1}


def test_order_of_lines_does_not_matter(tmp_path):
    comment, *lines = GTF.splitlines(keepends=True)
    random.Random(1).shuffle(lines)
    models = transcripts.read(write(tmp_path, comment + "".join(lines)))
    ordered = transcripts.read(write(tmp_path, GTF))
    for name in ordered.ids:
        here, there = models.ids.index(name), ordered.ids.index(name)
        assert stretches(models, models.exons, here) == stretches(ordered, ordered.exons, there)
        assert models.genes[models.gene[here]] == ordered.genes[ordered.gene[there]]


@pytest.mark.parametrize(
    ("name", "introns"),
    [
        ("genomes/pfalciparum/Pf3D7_chr01-12.gtf.gz", 6089),
        ("genomes/arabidopsis_1pct/1pct.gff3.gz", 1537),
        ("genomes/celegans_1pct/1pct_elegans.gff3.gz", 991),
        ("genomes/dmel_chr4/4.gtf.gz", 917),
    ],
)
def test_real_annotations_have_their_introns(real_data, name, introns):
    models = transcripts.read(real_data(name))
    start, end, owner = models.introns()
    assert len(np.unique(np.stack([models.chrom[owner], models.strand[owner], start, end]), axis=1).T) == introns
