"""A made-up genome in which splice sites are marked by planted motifs: what a small network must find in seconds."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

DONOR, ACCEPTOR = "GTAAGTCC", "CCTTTTCAG"
EXON, INTRON, EXONS = 60, 70, 3


def flip(sequence: str) -> str:
    return sequence.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def write(folder: Path, chroms: int = 4, genes: int = 14, seed: int = 1, planted: bool = True) -> tuple[Path, Path]:
    """A FASTA and a GTF: genes of three exons every 700 bases, on alternating strands.

    planted : whether introns begin and end with the motifs; they are strewn in other places otherwise
    """
    random = np.random.default_rng(seed)
    fasta, gtf = folder / "genome.fa", folder / "genes.gtf"
    sequences, lines = [], []
    for number in range(1, chroms + 1):
        chrom = f"chr{number}"
        letters = list("".join(random.choice(list("ACGT"), 700 * (genes + 1))))
        for gene in range(genes):
            strand, start = "+-"[gene % 2], 700 * gene + int(random.integers(100, 300))
            span = EXONS * EXON + (EXONS - 1) * INTRON
            read = letters[start : start + span]
            read = read if strand == "+" else list(flip("".join(read)))
            exons = [(i * (EXON + INTRON), i * (EXON + INTRON) + EXON) for i in range(EXONS)]
            for (_, end), (begin, _) in pairwise(exons):
                away = 0 if planted else int(random.integers(-40, 40))
                read[end + away : end + away + len(DONOR)] = DONOR
                read[begin + away - len(ACCEPTOR) : begin + away] = ACCEPTOR
            letters[start : start + span] = read if strand == "+" else list(flip("".join(read)))
            for begin, end in exons:
                low = start + (begin if strand == "+" else span - end)
                high = low + end - begin
                name = f'gene_id "{chrom}g{gene}"; transcript_id "{chrom}g{gene}t";'
                lines.append(f"{chrom}\tx\texon\t{low + 1}\t{high}\t.\t{strand}\t.\t{name}\n")
        sequences.append(f">{chrom}\n{''.join(letters)}\n")
    fasta.write_text("".join(sequences))
    gtf.write_text("".join(lines))
    return fasta, gtf


def sites(gtf: Path) -> dict[str, set[tuple[str, int, str]]]:
    """Class → (chromosome, base, strand) of every site."""
    exons: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    for line in gtf.read_text().splitlines():
        chrom, _, _, start, end, _, strand, _, about = line.split("\t")
        exons.setdefault((chrom, strand, about), []).append((int(start) - 1, int(end)))
    found: dict[str, set[tuple[str, int, str]]] = {"acceptor": set(), "donor": set()}
    for (chrom, strand, _), pieces in exons.items():
        ordered = sorted(pieces)
        for (_, end), (start, _) in pairwise(ordered):
            donor, acceptor = (end - 1, start) if strand == "+" else (start, end - 1)
            found["donor"].add((chrom, donor, strand))
            found["acceptor"].add((chrom, acceptor, strand))
    return found
