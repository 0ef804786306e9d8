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
genes, alike but for noise; in `matrices` a few values of probes in several layouts; in `classes` samples of three kinds that a
few probes tell apart; in `landmarks` samples whose genes follow a few programs. Nothing here is of a real genome or person.
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
ACTIVE, MOTIF = 400, "TGACTCAT"  # genes whose expression follows their promoters, and what is planted in these
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


def matrices() -> dict[str, str]:
    """The same few values of probes as CuMiDa, GEO, and GCT with CLS have them; and a table as it is published."""
    samples, kinds, ages = ["s1", "s2", "s3", "s4"], ["AML", "AML", "ALL", "ALL"], ["5", "7", "41", "39"]
    probes = [f"{number}_at" for number in range(1007, 1012)]
    level = np.array([[4.25], [-3], [0], [1], [2]])
    values = np.round(np.outer(range(1, 6), [0.5, 1, 1.5, 2]) + level, 2)
    shown = [[probe, *map(str, row)] for probe, row in zip(probes, values.tolist(), strict=True)]
    probe_rows = zip(samples, [kinds[0], f"{kinds[1]} ", *kinds[2:]], np.abs(values.T).tolist(), strict=True)
    cumida = [["samples", "type", *probes], *([name, kind, *map(str, row)] for name, kind, row in probe_rows)]
    gct = [["#1.2"], ["5", "4"], ["Name", "Description", *samples], *([name, "na", *row] for name, *row in shown)]

    def quoted(head: str, *fields: str) -> list[str]:
        return [head, *(f'"{field}"' for field in fields)]

    series = [
        quoted("!Series_title", "Two kinds of leukemia, made up"),
        [],
        quoted("!Sample_title", *(f"patient {number}" for number in range(1, 5))),
        quoted("!Sample_geo_accession", *samples),
        quoted("!Sample_characteristics_ch1", *(f"disease: {kind}" for kind in kinds)),
        quoted("!Sample_characteristics_ch1", *(f"age: {age}" for age in ages)),
        ["!series_matrix_table_begin"],
        quoted('"ID_REF"', *samples),
        *([f'"{name}"', *row] for name, *row in shown),
        ["!series_matrix_table_end"],
    ]
    published = [
        ["## Expression of genes in two cell types, made up"],
        ['"# RPKM"'],
        quoted('"#gene_id"', "gene_name", "E003", "E123"),
        *(quoted(f'"ENSG99{i:09}.1"', f"PLT{i}", f"{i / 4}", f"{2.0**i + 1}") for i in range(1, 6)),
    ]
    return {
        "matrices/probes.csv": "".join(",".join(row) + "\n" for row in cumida),
        "matrices/probes.gct": table(gct),
        "matrices/probes.cls": "4 2 1\n# AML ALL\n0 0 1 1\n",
        "matrices/series_matrix.txt": table(series),
        "matrices/published.tsv": table(published),
    }


def kinds(random: np.random.RandomState) -> dict[str, str]:
    """Samples of three kinds, told by four probes each of a hundred, laid out as CuMiDa has it; the same with the kinds
    given at random; and new samples, of which the last is unlike them all."""
    sizes, probes = {"kind A": 20, "kind B": 16, "kind C": 12}, [f"{number}_at" for number in range(2001, 2101)]
    level = random.uniform(4, 12, len(probes))

    def sample(kind: int) -> np.ndarray:
        values = level + random.normal(0, 1, len(probes))
        values[7 * np.arange(4) + 28 * kind] += 1.6
        return values

    def rows(names: list[str], labels: list[str], values: list[np.ndarray]) -> str:
        head = ["samples", *(["type"] if labels else []), *probes]
        body = ([name, *labels[i : i + 1], *map(str, np.round(values[i], 2).tolist())] for i, name in enumerate(names))
        return "".join(",".join(row) + "\n" for row in (head, *body))

    labels = [kind for kind, size in sizes.items() for _ in range(size)]
    values = [sample(list(sizes).index(kind)) for kind in labels]
    names = [f"P{number:02}" for number in range(1, 1 + len(labels))]
    new = [*(sample(kind) for kind in range(3)), 16 - sample(0)]
    return {
        "classes/kinds.csv": rows(names, labels, values),
        "classes/kinds_permuted.csv": rows(names, random.permutation(labels).tolist(), values),
        "classes/new.csv": rows(["N1", "N2", "N3", "N4"], [], new),
    }


def promoters(random: np.random.RandomState) -> dict[str, str]:
    """A genome whose genes are expressed the higher, the more copies of a motif stand close before their start site, and the
    shorter their last exon; copies farther off say nothing. Expression comes as a table, beside it in another order. Variants
    in copies of the first genes, by name: of one near or far a base is another, one near is gone, one near is new."""
    fasta, models, rows = [], ["#!genome-build planted\n"], []
    altered: list[tuple[str, int, str, int]] = []
    tails = random.randint(20, 200, ACTIVE)
    near, far = random.randint(0, 3, ACTIVE), random.randint(0, 6, ACTIVE)
    level = 0.55 * near - 0.7 * np.log10(tails / 60) + random.normal(0.5, 0.12, ACTIVE)
    for number in range(ACTIVE):
        chrom, strand = f"chr{number * 5 // ACTIVE + 1}", "+-"[number % 2]
        if number * 5 % ACTIVE == 0:
            fasta.append([chrom, letters(random, 200)])
        before = list(letters(random, 320))
        spots = [
            *random.choice(np.arange(250, 305, 9), near[number], False),
            *random.choice(np.arange(20, 230, 9), far[number], False),
        ]
        for at in spots:
            before[at : at + len(MOTIF)] = MOTIF
        first, intron = letters(random, 30) + "ATG" + "GCA" * 29, DONOR + letters(random, 43) + ACCEPTOR
        second = "GCC" * 19 + "TAA" + letters(random, int(tails[number]))
        text = "".join(before) + first + intron + second
        start = len(fasta[-1][1])
        fasta[-1][1] += (text if strand == "+" else other_strand(text)) + letters(random, 60)
        if number < 20:
            copies = [("near" if number % 3 else "gone", at) for at in spots[:1] if near[number]]
            copies += [("new", 286)] if not near[number] else [("far", at) for at in spots[near[number] :][:1]]
            for kind, at in copies:
                low = start + (at if strand == "+" else len(text) - at - len(MOTIF))
                altered.append((fasta[-1][0], low, kind, number))
        ids = f'gene_id "ENSG98{number:09}.1"; gene_name "PROM{number}"; gene_type "protein_coding";'
        ids += f' transcript_id "ENST98{number:09}.1";'
        exons = [(320, 320 + len(first)), (len(text) - len(second), len(text))]
        for feature, begin, end in (
            ("transcript", exons[0][0], exons[1][1]),
            *(("exon", *exon) for exon in exons),
            ("CDS", 350, exons[0][1]),
            ("CDS", exons[1][0], exons[1][1] - int(tails[number]) - 3),
        ):
            low = start + (begin if strand == "+" else len(text) - end)
            models.append(f"{chrom}\tplanted\t{feature}\t{low + 1}\t{low + end - begin}\t.\t{strand}\t.\t{ids}\n")
    tpm, other = np.round(10 ** np.stack([level, random.permutation(level)]), 3).astype(str).tolist()
    for number in range(ACTIVE):
        rows.append((f"ENSG98{number:09}.4", f"PROM{number}", tpm[number], other[number]))
    rows = [*rows[:17], *rows[19:], ("ENSG97000000001.2", "OTHER", "3.5", "1.25")]
    return {
        "promoters/genome.fa": "".join(
            f">{name}\n" + "".join(text[at : at + 70] + "\n" for at in range(0, len(text), 70)) for name, text in fasta
        ),
        "promoters/genes.gtf": "".join(models),
        "promoters/expression.tsv": table([("gene_id", "symbol", "TPM", "permuted"), *rows]),
        "promoters/variants.vcf": _in_promoters(dict(fasta), altered),
    }


def _in_promoters(genome: dict[str, str], altered: list[tuple[str, int, str, int]]) -> str:
    """A VCF of changed motifs, each at its lowest base, and of four alleles that cannot be told of."""
    records = []
    for chrom, low, kind, number in altered:
        bases, name = genome[chrom], f"{kind}{number}"
        strand = "+-"[number % 2]
        if kind == "gone":
            records.append((chrom, low, name, bases[low - 1 : low + len(MOTIF)], bases[low - 1]))
        elif kind == "new":
            motif = MOTIF if strand == "+" else other_strand(MOTIF)
            records.append((chrom, low, name, bases[low - 1], bases[low - 1] + motif))
        else:
            records.append((chrom, low + 4, name, bases[low + 3], other_strand(bases[low + 3])))
    first = genome["chr1"]
    records += [
        ("chr1", 700, "symbolic", first[699], "<DEL>"),
        ("chr1", 701, "other", other_strand(first[700]), first[700]),
        ("chr1", 2, "outside", first[1], other_strand(first[1])),
        ("chrUn", 1, "unplaced", "A", "C"),
    ]
    head = ["##fileformat=VCFv4.2\n", *(f"##contig=<ID={name},length={len(text)}>\n" for name, text in genome.items())]
    columns = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
    return "".join(head) + table([columns, *((c, str(at), i, r, a, ".", "PASS", ".") for c, at, i, r, a in records)])


def landmarks(random: np.random.RandomState) -> dict[str, str]:
    """Samples of two studies whose genes follow a few programs, as GCT 1.3: 24 landmarks, by which 60 others can be inferred;
    the same with the others of another sample; and the landmarks alone of new samples."""
    samples, genes = [f"{study}{i:02}" for study in "VW" for i in range(1, 25)], [f"{i}_at" for i in range(5001, 5085)]
    symbols = [f"LMK{i}" for i in range(1, 25)] + [f"TGT{i}" for i in range(1, 61)]
    names = [*samples, "N1", "N2", "N3"]
    programs = random.normal(0, 1, (len(names), 4))
    shift = np.outer([name[0] == "W" for name in names], random.normal(0, 0.5, len(genes)))
    values = random.uniform(6, 10, len(genes)) + programs @ random.normal(0, 0.6, (4, len(genes))) + shift
    values = np.round(values + random.normal(0, 0.25, values.shape), 2)
    order = np.concatenate([24 * study + random.permutation(24) for study in range(2)])
    permuted = np.concatenate([values[: len(samples), :24], values[order, 24:]], axis=1)

    def gct(names: list[str], values: np.ndarray) -> str:
        rows = [[genes[i], symbols[i], *map(str, values[:, i])] for i in range(values.shape[1])]
        study = ["study", "na", *(name[0] for name in names)]
        head = [["#1.3"], [str(len(rows)), str(len(names)), "1", "1"], ["id", "pr_gene_symbol", *names], study]
        return table([*head, *rows])

    return {
        "landmarks/expression.gct": gct(samples, values[: len(samples)]),
        "landmarks/permuted.gct": gct(samples, permuted),
        "landmarks/new.gct": gct(names[len(samples) :], values[len(samples) :, :24]),
        "landmarks/landmarks.txt": "".join(symbol + "\n" for symbol in symbols[:24]),
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
    files |= genome(np.random.RandomState(2025)) | compared(np.random.RandomState(2026))
    files |= matrices() | kinds(np.random.RandomState(2027)) | promoters(np.random.RandomState(2028))
    return files | landmarks(np.random.RandomState(2030))


def write(folder: Path) -> None:
    for name, text in make().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = text.encode()
        path.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
