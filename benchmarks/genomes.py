"""Made-up genomes and annotations, as large as real ones."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

Gene = tuple[int, str, str, list[list[tuple[int, int]]]]
DONOR, ACCEPTOR = b"GTAAGTATCC", b"CTTTTCTTCCAG"  # what `planted` puts at the ends of introns


def genes(
    count: int, chromosomes: int, seed: int = 1, isoforms: int = 7, gap: int = 20_000, intron: int = 3000
) -> Iterator[Gene]:
    """Number, chromosome, strand and the exons (0-based) of the transcripts of each gene, along the chromosomes."""
    rng, place, before = random.Random(seed), 10_000, ""
    for number in range(count):
        chrom = f"chr{number * chromosomes // count + 1}"
        place, before = (10_000 if chrom != before else place), chrom
        start = place = place + rng.randint(1000, gap)
        models = []
        for _ in range(rng.randint(1, isoforms)):
            at, exons = start, []
            for _ in range(2 + int(rng.expovariate(1 / 6))):
                length = rng.randint(50, 300)
                exons.append((at, at + length))
                at += length + rng.randint(100, intron)
            models.append(exons)
            place = max(place, exons[-1][1])
        yield number, chrom, rng.choice("+-"), models


def write_gtf(path: Path, lines: int) -> None:
    """A GTF with attributes as long as GENCODE's."""
    done = 0
    with path.open("w") as file:
        for number, chrom, strand, models in genes(lines // 30, 24):
            gene = f'gene_id "ENSG{number:011d}.{number % 9}"; '
            kind = f'gene_type "{("protein_coding", "lncRNA")[number % 3 == 0]}"; gene_name "GENE{number}"; '
            tail = f'level 2; hgnc_id "HGNC:{number}"; havana_gene "OTTHUMG{number:011d}.2";'
            start, end = models[0][0][0] + 1, max(exons[-1][1] for exons in models)
            file.write(f"{chrom}\tHAVANA\tgene\t{start}\t{end}\t.\t{strand}\t.\t{gene}{kind}{tail}\n")
            for which, exons in enumerate(models):
                about = (
                    f'{gene}transcript_id "ENST{number:08d}{which:03d}.1"; {kind}'
                    f'transcript_type "protein_coding"; transcript_name "GENE{number}-20{which}"; '
                )
                tags = (
                    f'{tail} transcript_support_level "1"; tag "basic"; tag "appris_principal_1"; tag "CCDS"; '
                    + ('tag "Ensembl_canonical"; tag "MANE_Select"; ' if not which else "")
                    + f'ccdsid "CCDS{number}.1"; havana_transcript "OTTHUMT{number:08d}{which:03d}.1";'
                )
                begin, last = exons[0][0] + 1, exons[-1][1]
                file.write(f"{chrom}\tHAVANA\ttranscript\t{begin}\t{last}\t.\t{strand}\t.\t{about}{tags}\n")
                for rank, (a, b) in enumerate(exons if strand == "+" else exons[::-1], 1):
                    exon = f'{about}exon_number {rank}; exon_id "ENSE{number:09d}{rank:02d}.1"; {tags}\n'
                    file.write(f"{chrom}\tHAVANA\texon\t{a + 1}\t{b}\t.\t{strand}\t.\t{exon}")
                    done += 1
                    if 1 < rank < len(exons):
                        file.write(f"{chrom}\tHAVANA\tCDS\t{a + 1}\t{b}\t.\t{strand}\t0\t{exon}")
                        done += 1
                done += 1
            done += 1
            if done > lines:
                return


def planted(some: Iterable[Gene]) -> Iterator[tuple[str, int, bytes]]:
    """Chromosome, position and letters of the motifs at the introns of genes."""
    flip = bytes.maketrans(b"ACGT", b"TGCA")
    for _, chrom, strand, (exons, *_) in some:
        for (_, start), (end, _) in pairwise(exons):
            left, right = (
                (DONOR, ACCEPTOR) if strand == "+" else (each.translate(flip)[::-1] for each in (ACCEPTOR, DONOR))
            )
            yield chrom, start, left
            yield chrom, end - len(right), right


def write_genome(
    path: Path, sizes: Mapping[str, int], index: bool = False, motifs: Iterable[tuple[str, int, bytes]] = ()
) -> None:
    """A random FASTA with motifs (chromosome, position, letters) in it, and its .fai if asked for."""
    import numpy as np

    rng, offset, fai = np.random.default_rng(1), 0, []
    placed: dict[str, list[tuple[int, bytes]]] = {}
    for chrom, start, motif in motifs:
        placed.setdefault(chrom, []).append((start, motif))
    with path.open("wb") as file:
        for name, size in sizes.items():
            head = f">{name}\n".encode()
            file.write(head)
            offset += len(head)
            fai.append(f"{name}\t{size}\t{offset}\t60\t61\n")
            letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, -(-size // 60) * 60, dtype=np.uint8)]
            for start, motif in placed.get(name, ()):
                letters[start : start + len(motif)] = np.frombuffer(motif, np.uint8)
            lines = np.full((len(letters) // 60, 61), ord("\n"), np.uint8)
            lines[:, :60] = letters.reshape(-1, 60)
            content = lines.tobytes()[: size + size // 60] + (b"\n" if size % 60 else b"")
            file.write(content)
            offset += len(content)
    if index:
        Path(f"{path}.fai").write_text("".join(fai))


def write_gff3(path: Path, some: Iterable[Gene]) -> dict[str, int]:
    """The first transcripts of genes in GFF3, as NCBI has them. Returns the sizes of chromosomes that hold them."""
    sizes: dict[str, int] = {}
    with path.open("w") as file:
        file.write("##gff-version 3\n")
        for number, chrom, strand, (exons, *_) in some:
            start, end = exons[0][0] + 1, exons[-1][1]
            sizes[chrom] = end + 20_000
            row = f"{chrom}\tx\t%s\t%d\t%d\t.\t{strand}\t.\t%s\n"
            file.write(row % ("gene", start, end, f"ID=gene{number};gene_biotype=protein_coding"))
            file.write(row % ("mRNA", start, end, f"ID=rna{number};Parent=gene{number}"))
            for rank, (a, b) in enumerate(exons):
                file.write(row % ("exon", a + 1, b, f"ID=exon{number}-{rank};Parent=rna{number}"))
    return sizes
