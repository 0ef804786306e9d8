#!/usr/bin/env python3
"""Make the planted-signal data of this folder: `python test-data/make_test_data.py [FOLDER]`.

24 samples of 6 donors, at rest or stimulated, with peaks on chr1 (1,000,000 bases) and chr2 (200,000). The regulatory
elements open and close together, in a few programs; a gene's expression follows the elements around its TSS, the nearer
the more, each with a weight of its own, plus noise. Hence models that learn from peaks can predict the expression of
donors they have not seen. In `expression_permuted.tsv` the same expression stands under other samples' names: there
nothing can be learned.

In the folder `sequence` is a genome of four small chromosomes with genes of three coding exons, whose introns begin and end
with planted motifs: a small network finds them after seconds. One gene has its like on another chromosome, one has no
stop codon, one an unusual donor, and one codes for nothing. In `comparison` are predicted and observed values of 60 made-up
genes, alike but for noise. Nothing here is of a real genome or person.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SIZES = {"chr1": 1_000_000, "chr2": 200_000}
DONORS, NEW_DONOR, PER_DONOR = "ABCDEF", "G", 4
PROGRAMS = 4  # sets of elements that open together; the last follows the stimulus
ELEMENTS = {"chr1": 240, "chr2": 20}
GENES = {"chr1": 60, "chr2": 4}  # chr2's genes, every sixth of chr1 and a silent one follow no element
REACH = 20_000.0  # bases over which the influence of an element falls to 1/e
NOISE = 0.25  # standard deviation of log2(TPM + 1)

DONOR, ACCEPTOR = "GTAAGTCC", "CCTTTTCAG"  # how each intron begins and ends
EXON, INTRON, UTR = 60, 70, 12  # bases; the first and the last exon have that much untranslated sequence
CHROMOSOMES, SLOTS, SLOT = 4, 8, 700  # a gene in each slot of so many bases, on alternating strands
STOPS = {"TAA", "TAG", "TGA"}
COPIED, NOT_CODING = ("chr1g5", "chr4g3"), "chr3g8"
UNUSUAL = {"chr1g1": {"donor": "GC" + DONOR[2:]}, "chr2g7": {"stop": "TGG"}}


@dataclass
class Elements:
    """Places that can hold a peak: (n,) chromosome, middle, width, and mean log2 signal; (n, PROGRAMS) loadings."""

    chrom: np.ndarray
    middle: np.ndarray
    width: np.ndarray
    level: np.ndarray
    loadings: np.ndarray


@dataclass
class Genes:
    """(n,) chromosome, TSS, strand and base level (log2); (n, elements) weights on the elements' log2 signal."""

    names: list[str]
    chrom: np.ndarray
    tss: np.ndarray
    strand: np.ndarray
    level: np.ndarray
    weights: np.ndarray


@dataclass
class Samples:
    names: list[str]
    donors: list[str]
    conditions: list[str]
    programs: np.ndarray  # (samples, PROGRAMS)
    depth: np.ndarray  # (samples,) factor on all signals


# numpy promises that RandomState gives the same numbers in all versions, which its newer generators do not


def make_elements(random: np.random.RandomState) -> Elements:
    chrom = np.repeat(list(ELEMENTS), list(ELEMENTS.values()))
    middle = np.concatenate(
        [
            np.sort(random.choice(np.arange(2, SIZES[c] // 500 - 2), n, replace=False)) * 500 + 250
            for c, n in ELEMENTS.items()
        ]
    )
    n = len(chrom)
    loadings = np.zeros((n, PROGRAMS))
    loadings[np.arange(n), random.randint(0, PROGRAMS, n)] = random.uniform(0.7, 1.5, n)
    return Elements(chrom, middle, random.randint(250, 480, n), random.normal(6.3, 0.9, n), loadings)


def make_genes(random: np.random.RandomState, elements: Elements) -> Genes:
    chrom = np.repeat(list(GENES), list(GENES.values()))
    tss = np.concatenate(
        [
            np.sort(random.choice(np.arange(12, SIZES[c] // 1000 - 12), n, replace=False)) * 1000
            for c, n in GENES.items()
        ]
    ) + random.randint(0, 1000, len(chrom))
    n = len(chrom)
    distance = np.abs(tss[:, None] - elements.middle[None, :])
    weights = np.exp(-distance / REACH) * random.gamma(3.0, 1 / 3, distance.shape) * (chrom[:, None] == elements.chrom)
    weights /= np.linalg.norm(weights @ elements.loadings, axis=1, keepdims=True)  # so that all genes vary alike
    followers = (chrom == "chr1") & (np.arange(n) % 6 != 5)
    level = random.uniform(2.5, 8.0, n)
    level[11] = -np.inf  # the silent gene
    strand = np.where(random.rand(n) < 0.5, "+", "-")
    names = [f"ENSG99{i:09d}" for i in range(1, n + 1)]
    return Genes(names, chrom, tss, strand, level, weights * followers[:, None])


def make_samples(random: np.random.RandomState, donors: str, count: int) -> Samples:
    names = [f"{donor}{i}" for donor in donors for i in range(1, count + 1)]
    conditions = [("rest", "stimulated")[i % 2] for _ in donors for i in range(count)]
    programs = np.repeat(random.normal(0, 0.6, (len(donors), PROGRAMS)), count, axis=0)
    programs += random.normal(0, 0.7, programs.shape)
    programs[:, -1] += np.where(np.array(conditions) == "stimulated", 0.8, -0.8)
    return Samples(names, [n[0] for n in names], conditions, programs, np.exp2(random.normal(0, 0.25, len(names))))


def signals(random: np.random.RandomState, elements: Elements, samples: Samples) -> np.ndarray:
    """(samples, elements) log2 of how open each element is."""
    clean = elements.level + samples.programs @ elements.loadings.T
    return clean + random.normal(0, 0.2, clean.shape)


def narrow_peaks(random: np.random.RandomState, elements: Elements, signal: np.ndarray, depth: float) -> str:
    """The peaks of one sample: open elements with jittered edges; score as ENCODE scales it, at most 1000."""
    lines: list[str] = []
    for i in np.flatnonzero(signal > 5.6):
        start = elements.middle[i] - elements.width[i] // 2 + random.randint(-30, 31)
        end = start + elements.width[i] + random.randint(-20, 21)
        value = np.exp2(signal[i]) * depth / 10
        lines.append(
            f"{elements.chrom[i]}\t{start}\t{end}\tpeak{len(lines) + 1}\t{min(1000, round(value * 80))}\t.\t"
            f"{value:.3f}\t{value * 2.2 + 1:.2f}\t{value * 2:.2f}\t"
            f"{(end - start) // 2 + random.randint(-20, 21)}\n"
        )
    return "".join(lines)


def expression(random: np.random.RandomState, elements: Elements, genes: Genes, signal: np.ndarray) -> np.ndarray:
    """(samples, genes) TPM."""
    with np.errstate(invalid="ignore"):
        noise = random.normal(0, NOISE, (len(signal), len(genes.names)))
        level = genes.level + (signal - elements.level) @ genes.weights.T + noise
    return np.where(np.isfinite(level), np.maximum(np.exp2(level) - 1, 0), 0.0).round(2)


def rsem_table(genes: Genes, tpm: np.ndarray) -> str:
    """As RSEM's .genes.results."""
    lines = ["gene_id\ttranscript_id(s)\tlength\teffective_length\texpected_count\tTPM\tFPKM\n"]
    for i, (name, value) in enumerate(zip(genes.names, tpm, strict=True)):
        length = 1200 + 37 * i % 900
        lines.append(
            f"{name}.2\t{name.replace('ENSG', 'ENST')}.1\t{length}.00\t{length - 150}.00\t"
            f"{value * (length - 150) / 40:.2f}\t{value:.2f}\t{value * 0.8:.2f}\n"
        )
    return "".join(lines)


def gtf(genes: Genes) -> str:
    """A gene, a transcript and two exons each."""
    lines = ["#!genome-build planted\n"]
    for i, name in enumerate(genes.names):
        low = genes.tss[i] if genes.strand[i] == "+" else genes.tss[i] - 3999
        high = low + 4000
        ids = f'gene_id "{name}.2"; gene_name "PLANT{i + 1}"; gene_type "protein_coding";'
        transcript = f'{ids} transcript_id "{name.replace("ENSG", "ENST")}.1";'
        for kind, start, end, facts in (
            ("gene", low, high, ids),
            ("transcript", low, high, transcript),
            ("exon", low, low + 700, transcript),
            ("exon", high - 900, high, transcript),
        ):
            lines.append(f"{genes.chrom[i]}\tplanted\t{kind}\t{start + 1}\t{end}\t.\t{genes.strand[i]}\t.\t{facts}\n")
    return "".join(lines)


def letters(random: np.random.RandomState, count: int) -> str:
    return "".join(np.array(list("ACGT"))[random.randint(0, 4, count)])


def other_strand(sequence: str) -> str:
    return sequence.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def coding_gene(random: np.random.RandomState, donor: str = DONOR, stop: str = "TAA") -> str:
    """Three exons and two introns, in the direction of the gene."""
    codons = ["ATG"]
    while len(codons) < EXON - 2 * UTR // 3 - 1:
        codon = letters(random, 3)
        codons += [codon] * (codon not in STOPS)
    exons = letters(random, UTR) + "".join(codons) + stop + letters(random, UTR)
    introns = [first + letters(random, INTRON - len(first) - len(ACCEPTOR)) + ACCEPTOR for first in (donor, DONOR)]
    return exons[:EXON] + introns[0] + exons[EXON : 2 * EXON] + introns[1] + exons[2 * EXON :]


def gene_model(chrom: str, start: int, strand: str, name: str, kind: str) -> list[str]:
    """The lines of a gene in a GTF; its stop codon does not belong to its coding sequence."""
    span = 3 * EXON + 2 * INTRON

    def line(feature: str, begin: int, end: int, facts: str) -> str:
        low = start + (begin if strand == "+" else span - end)
        return f"{chrom}\tplanted\t{feature}\t{low + 1}\t{low + end - begin}\t.\t{strand}\t.\t{facts}\n"

    gene = f'gene_id "{name}"; gene_type "{kind}";'
    facts = f'{gene} transcript_id "{name}.t1";'
    exons = [(at, at + EXON) for at in range(0, span, EXON + INTRON)]
    lines = [line("gene", 0, span, gene), line("transcript", 0, span, facts)]
    lines += [line("exon", *exon, facts) for exon in exons]
    if kind == "protein_coding":
        lines += [line("CDS", max(begin, UTR), min(end, span - UTR - 3), facts) for begin, end in exons]
    return lines


def genome(random: np.random.RandomState) -> dict[str, str]:
    """A FASTA, its GTF, and a VCF."""
    fasta, models, original = [], ["#!genome-build planted\n"], ("", 0)
    for chrom in range(1, CHROMOSOMES + 1):
        sequence = ""
        for slot in range(SLOTS):
            name = f"chr{chrom}g{slot + 1}"
            gene = coding_gene(random, **UNUSUAL.get(name, {}))
            start = random.randint(100, 300)
            text = letters(random, start) + (other_strand(gene) if slot % 2 else gene)
            text += letters(random, SLOT - len(text))
            if name == COPIED[0]:
                original = text, start
            elif name == COPIED[1]:
                text, start = original
            kind = "lncRNA" if name == NOT_CODING else "protein_coding"
            models += gene_model(f"chr{chrom}", len(sequence) + start, "+-"[slot % 2], name, kind)
            sequence += text
        sequence += letters(random, SLOT)  # no gene there
        fasta += [f">chr{chrom}\n", *(sequence[at : at + 70] + "\n" for at in range(0, len(sequence), 70))]
    files = {"sequence/genome.fa": "".join(fasta), "sequence/genes.gtf": "".join(models)}
    return files | {"sequence/variants.vcf": variants(*files.values())}


def variants(fasta: str, models: str) -> str:
    """A VCF of the genes' introns: alleles that take donors and acceptors away, one that makes nothing, and some that are
    not scored."""
    chroms = {text.partition("\n")[0]: "".join(text.split("\n")[1:]) for text in fasta.split(">")[1:]}
    exons: dict[str, list[tuple[int, int]]] = {}
    place: dict[str, tuple[str, str]] = {}
    for fields in (line.rstrip(";\n").split("\t") for line in models.splitlines() if "\texon\t" in line):
        name = fields[8].split('"')[1]
        exons.setdefault(name, []).append((int(fields[3]) - 1, int(fields[4])))
        place[name] = fields[0], fields[6]
    rows = []

    def add(name: str, at: int, removed: int, *alts: str, ref: str = "") -> None:
        sequence = chroms[place[name][0]]
        ref = ref or sequence[at : at + removed]
        rows.append((place[name][0], at + 1, name, ref, ",".join(alts).replace("^", ref[0])))

    for name, (_, strand) in place.items():
        (_, left), (right, _), *_ = sorted(exons[name])
        donor, acceptor = (left, right - 1) if strand == "+" else (right - 1, left)
        if name in ("chr1g1", "chr2g2", "chr2g7", "chr4g4"):
            add(name, donor, 1, "T", "*")
        elif name in ("chr1g3", "chr3g2"):
            add(name, acceptor, 1, "T")
        elif name == "chr1g6":
            add(name, left - 1, 4, "^")
        elif name == "chr1g7":
            add(name, left - 1, 1, "^GTAAGTCC")
        elif name == "chr2g3":
            add(name, (left + right) // 2, 1, "A", "<DEL>")
        elif name == "chr2g5":
            add(name, donor, 2, "TT")
        elif name == "chr3g5":
            add(name, donor, 1, "T", ref="N")
        elif name == "chr3g6":
            add(name, min(exons[name])[0] - 90, 1, "G")
    header = ["##fileformat=VCFv4.2", *(f"##contig=<ID={name},length={len(text)}>" for name, text in chroms.items())]
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
    lines = ["\t".join(map(str, (*row, ".", "PASS", "."))) for row in rows]
    return "".join(f"{line}\n" for line in [*header, "\t".join(columns), *lines])


def compared(random: np.random.RandomState) -> dict[str, str]:
    """Predictions of 60 genes, and what was observed of 57 and of 5 others: two tables written in two ways."""
    observed = random.normal(0, 1, 65)
    predicted = 0.7 * observed + random.normal(0, 0.4, 65) - 0.2
    ids = [f"ENSG99{i:09}" for i in range(1, 66)]
    kinds = ("globin chain", "heat shock protein", "zinc finger protein", "keratin")
    rows = [
        (f"{ids[i]}.{1 + i % 4}", f"PLT{i + 1}", f"{kinds[i % 4]} {i + 1}", f"{predicted[i]:.4f}") for i in range(60)
    ]
    seen = [(ids[i], f"ENSMUSG99{i:09}", f"{observed[i]:.5f}") for i in random.permutation(65) if i not in (7, 21, 40)]
    return {
        "comparison/predictions.tsv": table([("id", "symbol", "description", "predicted"), *rows]),
        "comparison/observed.tsv": table(seen),
    }


def permutation(random: np.random.RandomState, donors: list[str]) -> np.ndarray:
    """Another sample for each sample, never of its own donor."""
    while True:
        order = random.permutation(len(donors))
        if all(donors[i] != donors[j] for i, j in enumerate(order)):
            return order


def table(rows: Iterable[Sequence[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)


def make() -> dict[str, str]:
    """Path below the folder → text of each file; those that end in .gz are to be packed."""
    random = np.random.RandomState(2024)
    elements = make_elements(random)
    genes = make_genes(random, elements)
    files = {"genome.sizes": "".join(f"{name}\t{size}\n" for name, size in SIZES.items()), "genes.gtf": gtf(genes)}
    for folder, donors, count in (("", DONORS, PER_DONOR), ("new/", NEW_DONOR, 2)):
        samples = make_samples(random, donors, count)
        open_ = signals(random, elements, samples)
        tpm = expression(random, elements, genes, open_)
        for i, name in enumerate(samples.names):
            packed = ".gz" if samples.donors[i] in "EF" else ""
            peaks = narrow_peaks(random, elements, open_[i], samples.depth[i])
            files[f"{folder}peaks/{name}.narrowPeak{packed}"] = peaks
            files[f"{folder}expression/{name}.genes.results{packed}"] = rsem_table(genes, tpm[i])
        rows = zip(samples.names, samples.donors, samples.conditions, strict=True)
        files[f"{folder}samples.tsv"] = table([("sample", "donor", "condition"), *rows])
        if not folder:
            shuffled = tpm[permutation(random, samples.donors)]
            rows = zip(genes.names, *shuffled.astype(str), strict=True)
            files["expression_permuted.tsv"] = table([("gene_id", *samples.names), *rows])
    return files | genome(np.random.RandomState(2025)) | compared(np.random.RandomState(2026))


def write(folder: Path) -> None:
    for name, text in make().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = text.encode()
        path.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
