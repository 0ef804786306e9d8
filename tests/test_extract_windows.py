"""extract_windows: every window and label agrees with a reading of the same genes by hand."""

from __future__ import annotations

import csv
import gzip
import itertools
import random
import subprocess
from pathlib import Path

import numpy as np
import pytest

import extract_windows
from genloom import console
from genloom.formats import genome, transcripts
from genloom.formats.windows import Windows

from .test_genome import bgzip

COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def flip(sequence):
    return sequence.translate(COMPLEMENT)[::-1]


class Genes:
    """A random genome with random genes: sequences and exons in plain Python."""

    def __init__(self, folder: Path, seed: int = 1, sizes=(2330, 1000, 1777)):
        self.random, self.folder = random.Random(seed), folder
        self.sequences = {f"chr{i}": "".join(self.random.choices("ACGT", k=size)) for i, size in enumerate(sizes, 1)}
        self.exons: dict[tuple[str, str, str, str], list[tuple[int, int]]] = {}  # chrom, strand, gene, transcript
        for chrom, sequence in self.sequences.items():
            for number in range(5):
                places = sorted(self.random.sample(range(50, len(sequence) - 50, 12), 6))
                name = f"{chrom}g{number}"
                self.exons[chrom, "+-"[number % 2], name, name + "t"] = [tuple(places[i:i + 2]) for i in (0, 2, 4)]

    def write(self) -> list[object]:
        fasta, gtf = self.folder / "genome.dat", self.folder / "genes.dat"
        fasta.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in self.sequences.items()))
        gtf.write_text("".join(
            f'{chrom}\tx\texon\t{start + 1}\t{end}\t.\t{strand}\t.\tgene_id "{gene}"; transcript_id "{name}";\n'
            for (chrom, strand, gene, name), exons in self.exons.items() for start, end in exons))
        return ["--genome", fasta, "--annotation", gtf]

    def labels(self, chrom, strand) -> dict[int, int]:
        """Base → 1 acceptor, 2 donor: the first and the last base of exons, in the direction of the gene."""
        found = {}
        for (where, sign, _, _), exons in self.exons.items():
            if (where, sign) == (chrom, strand):
                for (_, end), (start, _) in itertools.pairwise(exons):
                    donor, acceptor = (end - 1, start) if strand == "+" else (start, end - 1)
                    found.update({acceptor: max(1, found.get(acceptor, 0)), donor: 2})
        return found

    def spans(self, chrom, strand):
        return {gene: (exons[0][0], exons[-1][1]) for (where, sign, gene, _), exons in self.exons.items()
                if (where, sign) == (chrom, strand)}

    def text(self, chrom, start, end):
        sequence = self.sequences[chrom]
        return "".join(sequence[i] if 0 <= i < len(sequence) else "N" for i in range(start, end))


@pytest.fixture
def genes(tmp_path):
    return Genes(tmp_path)


@pytest.fixture
def extract(capsys, tmp_path):
    """Run extract_windows here. Returns the windows, what was skipped as (item, reason) → count, and what was said.

    fails : return the status and what was said, after a look that no output was left behind
    """

    def run(*args, fails=False):
        out, skipped = tmp_path / "w.h5", tmp_path / "skipped.tsv"
        try:
            status = console.run(extract_windows.build_parser, extract_windows.main,
                                 [str(each) for each in (*args, "--output", out, "--summary", skipped)])
        except SystemExit as stopped:
            status = stopped.code
        result = subprocess.CompletedProcess(args, status, "", capsys.readouterr().err)
        if fails:
            assert not out.exists() and not skipped.exists() and not list(tmp_path.glob(".genloom*"))
            return result
        assert result.returncode == 0, result.stderr
        with skipped.open() as file:
            rows = {(row["item"], row["reason"]): row for row in csv.DictReader(file, delimiter="\t")}
        return Windows(out), {key: int(row["count"]) for key, row in rows.items()}, result.stderr

    return run


def texts(found):
    return dict(zip(found.table["name"].tolist(), map(genome.decode, found.codes()), strict=True))


def place(found, i):
    table = found.table
    return table["chrom"][i], int(table["start"][i]), int(table["end"][i]), table["strand"][i]


@pytest.mark.parametrize(("stride", "context"), [(0, 0), (0, 60), (70, 100), (333, 4000)])
def test_tiles_hold_the_sequence_and_the_sites_of_their_strand(genes, extract, stride, context):
    found, skipped, _ = extract(*genes.write(), "--window", 200, "--stride", stride, "--context", context, "--max-n", 1)
    starts = {chrom: list(range(0, len(sequence), stride or 200)) for chrom, sequence in genes.sequences.items()}
    assert len(found) == 2 * sum(map(len, starts.values()))
    dense, codes, seen = found.dense(), found.codes(), set()
    for i in range(len(found)):
        chrom, start, end, strand = place(found, i)
        text = genes.text(chrom, start - context // 2, end + context // 2)
        assert genome.decode(codes[i]) == (text if strand == "+" else flip(text))
        labels = [genes.labels(chrom, strand).get(base, 0) for base in range(start, end)]
        assert dense[i].tolist() == (labels if strand == "+" else labels[::-1])
        overlapping = {gene for gene, (a, b) in genes.spans(chrom, strand).items() if a < end and b > start}
        assert set(filter(None, found.table["gene"][i].split(","))) == overlapping
        assert found.table["name"][i] == f"{chrom}:{start}-{end}:{strand}"
        seen.add((chrom, start))
    assert seen == {(chrom, start) for chrom, each in starts.items() for start in each}
    assert sum(count for (item, reason), count in skipped.items() if item == "intron") == 30
    assert found.settings["stride"] == (stride or 200) and found.settings["flank"] == "real"


def test_reverse_complement_of_a_window_has_no_labels_of_the_other_strand(genes, extract):
    genes.exons = {key: exons for key, exons in genes.exons.items() if key[1] == "+"}
    found, _, _ = extract(*genes.write(), "--window", 100, "--context", 0)
    minus = found.table["strand"] == "-"
    assert minus.any() and not found.dense()[minus].any() and found.dense()[~minus].any()
    forward = {place(found, i)[:3]: found.codes()[i] for i in np.flatnonzero(~minus)}
    for i in np.flatnonzero(minus):
        assert np.array_equal(genome.reverse_complement(found.codes()[i]), forward[place(found, i)[:3]])


@pytest.mark.parametrize("policy", ["gene", "plus", "minus"])
def test_strand_policies(genes, extract, policy):
    found, _, _ = extract(*genes.write(), "--window", 100, "--context", 0, "--strand", policy)
    both, _, _ = extract(*genes.write(), "--window", 100, "--context", 0)
    wanted = {"gene": both.table["gene"] != "", "plus": both.table["strand"] == "+",
              "minus": both.table["strand"] == "-"}[policy]
    assert 0 < len(found) < len(both)
    assert set(found.table["name"]) == set(both.table["name"][wanted])


def test_flank_of_n_hides_what_is_outside_the_genes(genes, extract):
    found, _, _ = extract(*genes.write(), "--window", 150, "--context", 200, "--flank", "N", "--max-n", 1)
    for i, codes in enumerate(found.codes()):
        chrom, start, end, strand = place(found, i)
        names = found.table["gene"][i]
        spans = [genes.spans(chrom, strand)[gene] for gene in names.split(",")] if names else [(start, end)]
        low, high = min(a for a, _ in spans), max(b for _, b in spans)
        text = "".join(base if low <= at < high else "N" for at, base in
                       enumerate(genes.text(chrom, start - 100, end + 100), start - 100))
        assert genome.decode(codes) == (text if strand == "+" else flip(text))
    assert found.settings["flank"] == "N"


def test_content_says_what_a_window_holds(genes, extract):
    found, _, _ = extract(*genes.write(), "--kind", "content", "--window", 40, "--context", 20)
    between = 0
    for i in range(len(found)):
        chrom, start, end, strand = place(found, i)
        mine = [exons for (where, sign, _, _), exons in genes.exons.items() if (where, sign) == (chrom, strand)]
        exon = any(a < end and b > start for exons in mine for a, b in exons)
        intron = any(b < end and a > start for exons in mine for (_, b), (a, _) in itertools.pairwise(exons))
        boundary = any(start <= base < end for base in genes.labels(chrom, strand))
        assert found.labels[i].tolist() == [exon, intron, boundary], place(found, i)
        between += not exon and not intron
    assert between  # negatives from between the genes


def test_share_of_windows_without_sites(genes, extract):
    args = [*genes.write(), "--window", 50, "--context", 0]
    everything, _, _ = extract(*args)
    empty = ~everything.dense().any(1)
    for share in (0.5, 0.2, 0):
        found, skipped, _ = extract(*args, "--empty-share", share, "--seed", 3)
        mine = ~found.dense().any(1)
        assert (~mine).sum() == (~empty).sum() and mine.mean() <= share and mine.mean() > share - 0.05
        assert skipped["window", f"without a site, beyond a share of {share:g}"] == len(everything) - len(found)
        again, _, _ = extract(*args, "--empty-share", share, "--seed", 3)
        assert again.digest() == found.digest()
    other, _, _ = extract(*args, "--empty-share", 0.5, "--seed", 4)
    third, _, _ = extract(*args, "--empty-share", 0.5, "--seed", 3)
    assert other.digest() != third.digest()


def test_limit_of_n(genes, extract):
    text = genes.sequences["chr2"]
    genes.sequences["chr2"] = text[:200] + "N" * 150 + text[350:]
    found, skipped, _ = extract(*genes.write(), "--window", 100, "--context", 0, "--max-n", 0.4, "--region", "chr2")
    assert sorted(set(found.table["start"].tolist())) == [0, 100, *range(400, 1000, 100)]
    assert skipped["window", "more than 0.4 of its bases are N"] == 4
    assert skipped["base", "N"] == 150
    sites = sum(200 <= base < 400 for strand in "+-" for base in genes.labels("chr2", strand))
    assert skipped.get(("site", "in a window that was skipped"), 0) == sites


def test_compressed_windows_are_the_same(genes, extract, tmp_path):
    args = [*genes.write(), "--window", 300]
    plain, _, _ = extract(*args)
    expected, size = plain.digest(), (tmp_path / "w.h5").stat().st_size
    packed, _, _ = extract(*args, "--compress")
    assert packed.digest() == expected and (tmp_path / "w.h5").stat().st_size < size / 2


def test_regions_hold_their_windows(genes, extract):
    found, _, _ = extract(*genes.write(), "--window", 100, "--context", 50, "--max-n", 1,
                          "--region", "chr1:101-450", "chr3:1601-1777", "2:1-1000")
    places = {place(found, i)[:2] for i in range(len(found))}
    assert places == {("chr1", 100), ("chr1", 200), ("chr1", 300), ("chr3", 1600), ("chr3", 1700),
                      *(("chr2", start) for start in range(0, 1000, 100))}
    codes = {place(found, i)[:2]: found.codes()[i] for i in range(len(found)) if found.table["strand"][i] == "+"}
    assert genome.decode(codes["chr1", 100]) == genes.text("chr1", 75, 225)  # the context is real beyond a region


def coding(tmp_path, strand, gff=False):
    """Two genes with a coding sequence, one of them without a stop codon, and a gene without any.

    gff : the stop codon is part of the CDS lines, as in GFF3; in a GTF it comes after them
    """
    rng = random.Random(5)
    sequence = list("".join(rng.choices("ACG", k=2000)))
    # in positions of the gene's direction: exons 100-200, 300-400; coding 150-200, 300-340; stop codon 340-343
    sequence[340:343] = "TAA"
    lines = []
    for name, exons, cds in (("plain", [(100, 200), (300, 400)], [(150, 200), (300, 343 if gff else 340)]),
                             ("open", [(600, 700), (800, 900)], [(650, 700), (800, 840)]),
                             ("silent", [(1200, 1300), (1400, 1500)], [])):
        for feature, parts in (("exon", exons), ("CDS", cds)):
            for start, end in parts:
                start, end = (start, end) if strand == "+" else (2000 - end, 2000 - start)
                lines.append(f"c\tx\t{feature}\t{start + 1}\t{end}\t.\t{strand}\t.\t"
                             f'gene_id "{name}"; transcript_id "{name}.1";')
    text = "".join(sequence)
    (tmp_path / "c.fa").write_text(f">c\n{text if strand == '+' else flip(text)}\n")
    (tmp_path / "c.gtf").write_text("\n".join(lines) + "\n")
    return text, ["--genome", tmp_path / "c.fa", "--annotation", tmp_path / "c.gtf"]


@pytest.mark.parametrize("gff", [False, True])
@pytest.mark.parametrize("strand", ["+", "-"])
def test_transcripts_without_a_stop_are_skipped_with_their_windows(tmp_path, extract, strand, gff):
    _, args = coding(tmp_path, strand, gff=gff)
    args += ["--window", 100, "--context", 0]
    found, skipped, _ = extract(*args)
    kept, nothing, _ = extract(*args, "--without-stop", "keep")
    assert skipped["transcript", "coding sequence without a stop codon in the FASTA"] == 1
    assert skipped["window", "on a transcript that was skipped"] == 3 == len(kept) - len(found)
    assert kept.dense().astype(bool).sum() == 6 and found.dense().astype(bool).sum() == 4
    assert not any("stop" in reason for _, reason in nothing)


@pytest.mark.parametrize("gff", [False, True])
@pytest.mark.parametrize("strand", ["+", "-"])
def test_promoters_and_half_life_by_hand(tmp_path, extract, strand, gff):
    text, args = coding(tmp_path, strand, gff=gff)
    args += ["--kind", "promoters", "--upstream", 150, "--downstream", 50]
    found, _, _ = extract(*args)
    rows = {name: i for i, name in enumerate(found.table["name"].tolist())}
    assert set(rows) == {"plain", "open", "silent"} and found.context == 0 and found.window == 200
    for name, site in (("plain", 100), ("open", 600), ("silent", 1200)):
        padded = "N" * 200 + text + "N" * 200
        assert genome.decode(found.codes()[rows[name]]) == padded[site + 50:site + 250]
        assert genome.decode(found.codes()[rows[name]])[150] == text[site]
    found, skipped, _ = extract(*args, "--half-life")
    assert found.table["gene"].tolist() == ["plain"]
    assert skipped["gene", "no coding sequence for the half-life features"] == 1
    assert skipped["transcript", "coding sequence without a stop codon in the FASTA"] == 1
    utr5, cds, utr3 = text[100:150], text[150:200] + text[300:343], text[343:400]
    expected = {"UTR5LEN": 50, "CDSLEN": 93, "INTRONLEN": 100, "UTR3LEN": 57, "ORFEXONDENSITY": 1000 / 93} | {
        f"{name}GC": sum(part.count(base) for base in "GC") / len(part)
        for name, part in (("UTR5", utr5), ("CDS", cds), ("UTR3", utr3))}
    assert {name: float(values[0]) for name, values in found.features.items()} == pytest.approx(expected, rel=1e-6)


def test_promoters_from_a_bed(tmp_path, extract):
    text, args = coding(tmp_path, "+")
    (tmp_path / "tss.bed").write_text("c\t1000\t1001\tplain\t0\t+\nc\t1000\t1001\tother\t0\t-\n"
                                      "c\t1300\t1300\tsilent\t.\t-\nc\t5\t6\topen\t0\t+\n")
    args = [*args[:2], "--tss", tmp_path / "tss.bed", "--kind", "promoters", "--upstream", 70, "--downstream", 30]
    found, _, _ = extract(*args, "--max-n", 0.8)
    expected = {"plain": text[930:1030], "other": flip(text[971:1071]), "silent": flip(text[1270:1370]),
                "open": "N" * 65 + text[:35]}
    assert texts(found) == expected
    assert found.table["start"].min() == -65
    found, skipped, _ = extract(*args)
    assert len(found) == 3 and skipped["window", "more than 0.5 of its bases are N"] == 1
    found, skipped, _ = extract(*args, "--annotation", tmp_path / "c.gtf", "--half-life")
    assert found.table["name"].tolist() == ["plain"]
    assert skipped["gene", "start site of a gene that the annotation does not hold"] == 1
    # intervals as long as a promoter are the promoters
    (tmp_path / "tss.bed").write_text("c\t930\t1030\tplain\t0\t+\nc\t971\t1071\tother\t0\t-\n")
    found, _, _ = extract(*args)
    assert texts(found) == {name: expected[name] for name in ("plain", "other")}


def test_transcript_choice_changes_the_sites(genes, extract):
    genes.exons = {("chr1", "+", "g", "short"): [(100, 200), (300, 400)],
                   ("chr1", "+", "g", "long"): [(100, 250), (320, 900)]}
    args = [*genes.write(), "--window", 1000, "--context", 0, "--region", "chr1", "--strand", "plus"]
    gtf = args[3]
    sites = {}
    for choice in ("longest", "all", "canonical"):
        if choice == "canonical":
            gtf.write_text(gtf.read_text().replace('"short";', '"short"; tag "MANE_Select";'))
        found, skipped, _ = extract(*args, "--transcripts", choice)
        sites[choice] = {(int(p), int(label)) for _, p, label in zip(*found.sites, strict=True)}
    assert sites == {"longest": {(249, 2), (320, 1)}, "canonical": {(199, 2), (300, 1)},
                     "all": {(249, 2), (320, 1), (199, 2), (300, 1)}}
    gtf.write_text(gtf.read_text().replace('gene_id "g"', 'gene_id "g"; gene_type "lncRNA"')
                   + 'chr1\tx\texon\t5\t60\t.\t+\t.\tgene_id "h"; transcript_id "h"; gene_biotype "tRNA";\n')
    found, skipped, _ = extract(*args, "--gene-type", "tRNA")
    assert not found.dense().any() and found.table["gene"].tolist() == ["h", ""]
    assert skipped["gene", "of other types"] == 1


def test_lower_case_ambiguity_codes_and_packing_do_not_matter(genes, extract, tmp_path):
    args = [*genes.write(), "--window", 100]
    whole, _, _ = extract(*args)
    expected = whole.digest()
    content = args[1].read_text().replace("chr", "CHR").lower()
    for packed in (content.encode(), gzip.compress(content.encode()), bgzip(content.encode())):
        args[1].write_bytes(packed)
        found, skipped, _ = extract(*args)
        assert found.digest() == expected
        assert skipped["base", "lower case"] == sum(map(len, genes.sequences.values()))
    args[1].write_text(content.replace(genes.sequences["chr1"].lower(), "r" + genes.sequences["chr1"][1:]))
    found, skipped, _ = extract(*args)
    assert skipped["base", "ambiguous"] == 1 and found.digest() != expected


def test_chromosomes_in_one_file_only_are_counted_and_names_matched(genes, extract):
    args = [*genes.write(), "--window", 100, "--context", 0]
    args[3].write_text(args[3].read_text().replace("chr3", "scaffold_9"))
    found, skipped, _ = extract(*args)
    assert set(found.table["chrom"]) == {"chr1", "chr2"}
    assert skipped["chromosome", "in the annotation alone"] == 1
    assert skipped["chromosome", "in the FASTA alone, or without chosen transcripts"] == 1
    args = [*genes.write(), "--window", 100, "--context", 0]
    args[3].write_text(args[3].read_text().replace("chr1\t", "1\t").replace("chr2\t", "2\t").replace("chr3\t", "3\t"))
    found, skipped, _ = extract(*args)
    assert set(found.table["chrom"]) == {"chr1", "chr2", "chr3"}


def test_canonical_dinucleotides_are_counted_on_both_strands(genes, extract):
    for (chrom, strand, _, _), exons in genes.exons.items():
        for (_, end), (start, _) in itertools.pairwise(exons):
            text = genes.sequences[chrom]
            ends = ("GT", "AG") if strand == "+" else ("CT", "AC")
            genes.sequences[chrom] = text[:end] + ends[0] + text[end + 2:start - 2] + ends[1] + text[start:]
    _, skipped, said = extract(*genes.write(), "--window", 100)
    assert skipped["intron", "GT-AG"] > 20 and "assembly" not in said  # genes that overlap may overwrite each other
    for chrom, text in genes.sequences.items():
        genes.sequences[chrom] = text[7:] + text[:7]
    _, skipped, said = extract(*genes.write(), "--window", 100)
    assert "of 30 introns are GT-AG: are annotation and FASTA of the same assembly?" in said


def gtf(*line):
    return "\t".join(map(str, line)) + '\t.\tgene_id "o"; transcript_id "o";\n'


BAD = {  # what is spoilt: 0 the FASTA, 1 the GTF; how; and what the message says
    "no exons": (1, lambda text: text.replace("\texon\t", "\tgene\t"), ["holds no exons", "genes.dat"]),
    "no transcript_id": (1, lambda text: text.replace("transcript_id", "tid"),
                         ["genes.dat:1: exon without a transcript_id"]),
    "outside": (1, lambda text: text + gtf("chr2", "x", "exon", 900, 1001, ".", "+"),
                ["genes.dat:46: transcript 'o' ends at 1001, chr2 has 1000 bases; give the FASTA of the annotation's"]),
    "inverted": (1, lambda text: gtf("chr1", "x", "exon", 90, 80, ".", "+"),
                 ["genes.dat:1: positions 90 to 80 are no interval"]),
    "both strands": (1, lambda text: text.replace("\t+\t", "\t-\t", 1), ["genes.dat:2", "is on both strands"]),
    "no common chromosome": (1, lambda text: text.replace("chr", "scaffold"),
                             ["scaffold1", "chr1", "genes.dat", "one naming"]),
    "empty": (1, lambda text: "", ["genes.dat: is empty"]),
    "protein": (0, lambda text: ">chr1\nMSTNPKPQRKTKRNTNRRPQD\n",
                ["genome.dat", "'P' at position 5", "is this protein?"]),
    "cut off gzip": (0, lambda text: gzip.compress(text.encode())[:-30], ["genome.dat", "cut off"]),
    "cut off bgzip": (0, lambda text: bgzip(text.encode(), end=False), ["genome.dat", "is cut off"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files(genes, extract, assert_one_line_error, case):
    which, spoil, messages = BAD[case]
    args = genes.write()
    path = args[1 + 2 * which]
    content = spoil(path.read_text())
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert_one_line_error(extract(*args, "--window", 100, "--context", 0, fails=True), *messages)


def test_stale_index(genes, extract, assert_one_line_error, tmp_path):
    args = genes.write()
    (tmp_path / "genome.dat.fai").write_text("chr1\t2000\t6\t2000\t2001\n")
    assert_one_line_error(extract(*args, fails=True), "genome.dat.fai", "does not fit genome.dat", "samtools faidx")


def test_as_a_user_runs_it(genes, run_script, assert_one_line_error, tmp_path):
    args = [*genes.write(), "--window", 100, "--context", 0, "--output", tmp_path / "w.h5"]
    result = run_script("extract_windows", *args)
    assert result.returncode == 0 and result.stderr.endswith("\n102 windows written\n")
    (tmp_path / "w.h5").unlink()
    args[3].write_text("")
    assert_one_line_error(run_script("extract_windows", *args), "genes.dat: is empty")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["genes.dat", "genome.dat"]


@pytest.mark.parametrize(("options", "messages"), [
    (["--window", 5000], ["no windows are left", "3 chromosomes skipped: shorter than the window of 5000"]),
    (["--context", 401], ["--context 401 is odd"]), (["--region", "chr9"], ["'chr9'", "did you mean"]),
    (["--region", "chr1:5-1"], ["chr1:5-1"]),
    (["--gene-type", "lncRNA"], ["no gene of type 'lncRNA'", "tells no types"]),
    (["--window", 100, "--region", "chr1:1-50"], ["no windows are left", "1 regions skipped"]),
    (["--window", 0], ["--window", "not within 1"]), (["--max-n", 1.5], ["--max-n"]),
    (["--empty-share", -1], ["--empty-share"]), (["--tss", "x.bed"], ["--tss has no meaning for boundaries"]),
    (["--kind", "promoters", "--half-life"], ["no windows are left", "15 genes skipped: no coding sequence"]),
])
def test_bad_options(genes, extract, assert_one_line_error, options, messages):
    assert_one_line_error(extract(*genes.write(), *options, fails=True), *messages)


def test_bad_start_sites(genes, extract, assert_one_line_error, tmp_path):
    bed = tmp_path / "t.bed"
    args = [*genes.write()[:2], "--kind", "promoters", "--tss", bed, "--upstream", 50, "--downstream", 50]
    for content, options, messages in (
            ("chr2\t1000\t1001\tg\t0\t+\n", [], ["start site of g is chr2:1001, outside its 1000 bases", "genome.dat"]),
            ("chr2\t100\t101\tg\t0\t.\n", [], ["t.bed", "'g' has no strand"]),
            ("chrX\t100\t101\tg\t0\t+\n", [], ["chrX", "chr1", "t.bed"]), ("", [], ["t.bed: is empty"]),
            ("chr2\t100\t101\tg\t0\t+\n", ["--half-life"], ["need --annotation"]),
            ("chr2\t100\t101\tg\t0\t+\n", ["--region", "chr1"], ["no windows", "outside the regions"])):
        bed.write_text(content)
        assert_one_line_error(extract(*args, *options, fails=True), *messages)
    assert_one_line_error(extract(*args[:4], fails=True), "no --annotation")


# Real data


@pytest.mark.parametrize(("folder", "fasta", "table", "share"), [
    ("pfalciparum", "Pf3D7_chr01-12.fa.gz", "Pf3D7_chr01-12.gtf.gz", 0.9977),
    ("arabidopsis_1pct", "1pct.fa.gz", "1pct.gff3.gz", 0.984),
    ("celegans_1pct", "1pct_elegans.fa.gz", "1pct_elegans.gff3.gz", 0.983),
    ("dmel_chr4", "4.fa.gz", "4.gtf.gz", 0.981)])
def test_real_introns_begin_with_gt_and_end_with_ag(real_data, extract, folder, fasta, table, share):
    """Seen in the windows themselves: after a donor's base comes GT, before an acceptor's AG."""
    where = real_data(f"genomes/{folder}")
    found, skipped, _ = extract("--genome", where / fasta, "--annotation", where / table, "--transcripts", "all",
                                "--context", 80, "--empty-share", 0, "--without-stop", "keep")
    introns = {reason: count for (item, reason), count in skipped.items() if item == "intron" and "-" in reason}
    assert introns["GT-AG"] / sum(introns.values()) == pytest.approx(share, abs=0.002)
    codes, (row, position, label) = found.codes(), found.sites
    at = position + found.context // 2
    after = np.stack([codes[row, at + 1], codes[row, at + 2]], 1)[label == 2]
    before = np.stack([codes[row, at - 2], codes[row, at - 1]], 1)[label == 1]
    assert (after == [2, 3]).all(1).mean() > share - 0.01 and (before == [0, 2]).all(1).mean() > share - 0.01
    assert abs((label == 2).sum() - (label == 1).sum()) < 0.05 * len(label)


def test_real_yeast_from_ncbi(real_data, extract):
    found, skipped, _ = extract("--genome", real_data("yeast/GCA_000146045.2_R64_genomic.fna.gz"), "--annotation",
                                real_data("yeast/GCA_000146045.2_R64_genomic.gff.gz"), "--context", 80,
                                "--gene-type", "protein_coding")
    assert skipped["intron", "GT-AG"] > 250 and skipped["base", "lower case"] > 1_000_000
    assert len(set(found.table["chrom"])) == 16


def test_real_promoters_are_those_of_xpresso(real_data, extract, tmp_path):
    """The published intervals inside a piece of chr2, in the gene's direction; its first base is the chromosome's."""
    piece = gzip.decompress(real_data("splice_human/hg38_chr2_0_2333275.fa.gz").read_bytes()).decode()
    sequence = "".join(piece.split("\n")[1:])
    (tmp_path / "chr2.fa").write_text(f">chr2\n{sequence}\n")
    bed = real_data("xpresso/hg38_promoters_10500.bed.gz")
    found, _, _ = extract("--genome", tmp_path / "chr2.fa", "--tss", bed, "--kind", "promoters", "--region", "chr2")
    rows = {tuple(line.split("\t")) for line in gzip.decompress(bed.read_bytes()).decode().splitlines()}
    inside = {row for row in rows if row[0] == "chr2" and int(row[2]) <= len(sequence)}
    assert len(inside) == 8
    table = found.table
    seen = {(chrom, str(start), str(end), name, ".", strand): i for i, (chrom, start, end, name, strand) in enumerate(
        zip(*(table[column].tolist() for column in ("chrom", "start", "end", "name", "strand")), strict=True))}
    for row in inside:
        text = sequence[int(row[1]):int(row[2])].upper()
        assert genome.decode(found.codes()[seen[row]]) == (text if row[5] == "+" else flip(text))


def test_real_half_life_of_three_genes(real_data, extract):
    """Against the UTR lines that the file has beside exons and CDS."""
    where = real_data("genomes/arabidopsis_1pct")
    found, _, _ = extract("--genome", where / "1pct.fa.gz", "--annotation", where / "1pct.gff3.gz", "--max-n", 1,
                          "--kind", "promoters", "--half-life", "--upstream", 500, "--downstream", 100)
    models = transcripts.read(where / "1pct.gff3.gz").choose("canonical")
    by_gene = {models.genes[gene].id: name for gene, name in zip(models.gene.tolist(), models.ids, strict=True)}
    lengths: dict[tuple[str, str], int] = {}
    for line in gzip.decompress((where / "1pct.gff3.gz").read_bytes()).decode().splitlines():
        fields = line.split("\t")
        if len(fields) == 9 and fields[2] in ("five_prime_UTR", "three_prime_UTR", "CDS", "exon"):
            for name in fields[8].partition("Parent=")[2].partition(";")[0].split(","):
                lengths[name, fields[2]] = lengths.get((name, fields[2]), 0) + int(fields[4]) - int(fields[3]) + 1
    rows = {name: i for i, name in enumerate(found.table["gene"].tolist())}
    compared = 0
    for gene, i in rows.items():
        if (by_gene[gene], "exon") not in lengths:  # cut off by the end of the piece
            continue
        for feature, column in (("five_prime_UTR", "UTR5LEN"), ("CDS", "CDSLEN"), ("three_prime_UTR", "UTR3LEN")):
            assert found.features[column][i] == lengths.get((by_gene[gene], feature), 0), (gene, feature)
            compared += 1
    assert compared > 900
    # read off the annotation by hand: AT1G01010, AT1G01020 (minus strand), AT1G01030
    assert found.features["CDSLEN"][rows["AT1G01010"]] == 1290 and found.features["UTR5LEN"][rows["AT1G01010"]] == 129
