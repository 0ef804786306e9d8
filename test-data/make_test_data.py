#!/usr/bin/env python3
"""Make the planted-signal data of this folder: `python test-data/make_test_data.py [FOLDER]`.

24 samples of 6 donors, at rest or stimulated, with peaks on chr1 (1,000,000 bases) and chr2 (200,000). The regulatory
elements open and close together, in a few programs; a gene's expression follows the elements around its TSS, the nearer
the more, each with a weight of its own, plus noise. Hence models that learn from peaks can predict the expression of
donors they have not seen. In `expression_permuted.tsv` the same expression stands under other samples' names: there
nothing can be learned. Nothing here is of a real genome or person.
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
    return files


def write(folder: Path) -> None:
    for name, text in make().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = text.encode()
        path.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
