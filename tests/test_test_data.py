"""The planted data: made again it is the same; what is planted is found in it, but not when the pairing is permuted."""

from __future__ import annotations

import csv
import gzip
import itertools
import runpy
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import LeaveOneGroupOut

FOLDER = Path(__file__).parents[1] / "test-data"
BINS = 1000


def text_of(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return runpy.run_path(str(FOLDER / "make_test_data.py"))["make"]()


@pytest.fixture(scope="module")
def samples() -> list[dict[str, str]]:
    return list(csv.DictReader(text_of(FOLDER / "samples.tsv").splitlines(), delimiter="\t"))


@pytest.fixture(scope="module")
def accessibility(samples) -> np.ndarray:
    """(samples, bins of chr1) log of the highest signal of the peaks whose midpoint lies in the bin."""
    values = np.zeros((len(samples), BINS))
    for row, sample in enumerate(samples):
        for line in text_of(next((FOLDER / "peaks").glob(sample["sample"] + ".*"))).splitlines():
            chrom, start, end, _, _, _, signal, *_ = line.split("\t")
            if chrom == "chr1":
                at = (int(start) + int(end)) // 2 // 1000
                values[row, at] = max(values[row, at], np.log1p(float(signal)))
    return values


def skill(x: np.ndarray, y: np.ndarray, donors: list[str]) -> float:
    """1 - SSE(ridge) / SSE(training mean), pooled over donors held out in turn."""
    model = mean = 0.0
    for train, test in LeaveOneGroupOut().split(x, groups=donors):
        predicted = Ridge(alpha=300).fit(x[train], y[train]).predict(x[test])
        model += ((predicted - y[test]) ** 2).sum()
        mean += ((y[train].mean(axis=0) - y[test]) ** 2).sum()
    return 1 - model / mean


def test_making_it_again_gives_the_same(made):
    there = {str(p.relative_to(FOLDER)) for p in FOLDER.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    assert set(made) <= there
    for name, text in made.items():
        assert text_of(FOLDER / name) == text, f"{name} is not what make_test_data.py makes"
        if name.endswith(".gz"):
            assert (FOLDER / name).read_bytes()[4:8] == bytes(4), "a gzip without a date is the same each time"


def test_files_are_small(made):
    sizes = [(FOLDER / name).stat().st_size for name in made]
    assert max(sizes) < 300_000
    assert sum(sizes) < 1_500_000


def test_planted_relation_is_found_in_unseen_donors_and_not_when_permuted(samples, accessibility):
    donors = [s["donor"] for s in samples]
    tables = [text_of(next((FOLDER / "expression").glob(s["sample"] + ".*"))) for s in samples]
    tpm = np.array([[float(row["TPM"]) for row in csv.DictReader(t.splitlines(), delimiter="\t")] for t in tables])
    permuted = np.array(
        [line.split("\t")[1:] for line in text_of(FOLDER / "expression_permuted.tsv").splitlines()[1:]], float
    ).T
    assert sorted(map(tuple, permuted.round(2))) == sorted(map(tuple, tpm))  # the same profiles under other names
    assert not (permuted == tpm).all(axis=1).any()
    assert 0.4 < skill(accessibility, np.log2(tpm + 1), donors) < 0.75
    assert skill(accessibility, np.log2(permuted + 1), donors) < 0.02


def test_introns_of_the_genome_begin_and_end_with_the_motifs(made):
    chromosomes = {
        name: "".join(lines)
        for name, *lines in (part.split("\n") for part in made["sequence/genome.fa"].removeprefix(">").split("\n>"))
    }
    exons: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    for line in made["sequence/genes.gtf"].splitlines()[1:]:
        chrom, _, feature, start, end, _, strand, _, facts = line.split("\t")
        if feature == "exon":
            exons.setdefault((chrom, strand, facts.split('"')[1]), []).append((int(start) - 1, int(end)))
    donors, acceptors, genes = Counter(), Counter(), {}
    for (chrom, strand, name), places in exons.items():
        sequence, places = chromosomes[chrom], sorted(places)
        for (_, start), (end, _) in itertools.pairwise(places):
            intron = sequence[start:end]
            intron = intron if strand == "+" else intron.translate(str.maketrans("ACGT", "TGCA"))[::-1]
            donors[intron[:8]] += 1
            acceptors[intron[-9:]] += 1
        genes[name] = sequence[places[0][0] : places[-1][1]]
    assert donors == {"GTAAGTCC": 63, "GCAAGTCC": 1} and acceptors == {"CCTTTTCAG": 64}
    assert len(set(genes.values())) == 31 and genes["chr1g5"] == genes["chr4g3"]
