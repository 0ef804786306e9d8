"""Neighbourhoods are what a naive count gives; the gene-centred model finds a planted rule that all genes share."""

import numpy as np
import pandas as pd
import pytest

from genloom.learning.chromatin import RINGS, levels, neighbourhoods
from genloom.models.genecentred import GeneCentred


def naive(x, bins, genes):
    """Ring sums gene by gene, bin by bin."""
    width = int((bins["end"] - bins["start"]).iloc[0])
    edges = [0, *np.maximum(RINGS, width)]
    out = np.full((len(x), len(genes), 2 * len(RINGS) - 1), np.nan)
    for g, gene in enumerate(genes.itertuples()):
        if gene.tss < 0 or gene.chrom not in set(bins["chrom"]):
            continue
        out[:, g] = 0
        for b, place in enumerate(bins.itertuples()):
            if place.chrom != gene.chrom:
                continue
            distance = place.start // width * width - gene.tss // width * width
            ring = sum(abs(distance) >= edge for edge in edges) - 1
            if ring == len(RINGS):
                continue
            downstream = (distance > 0) == (gene.strand == "+")
            out[:, g, 0 if ring == 0 else 2 * ring - (0 if downstream else 1)] += x[:, b]
    # Column 2 i - 1 is upstream of the gene, 2 i downstream.
    return out - np.nanmean(out, 1, keepdims=True)


@pytest.mark.parametrize("width", [200, 1000, 5000])
def test_neighbourhoods_equal_the_naive_count(width):
    rng = np.random.default_rng(4)
    places = sorted(
        (str(c), int(s) * width)
        for c, s in {(rng.choice(["chr2", "chr10"]), rng.integers(0, 400_000 // width)) for _ in range(150)}
    )
    bins = pd.DataFrame([(c, s, s + width) for c, s in places], columns=["chrom", "start", "end"]).sample(
        frac=1, random_state=1
    )
    genes = pd.DataFrame(
        {
            "chrom": ["chr2", "chr10", "chr10", "chr3", "chr2", "chr2"],
            "strand": list("+-+++-"),
            "tss": [150_300, 200_000, 999, 5_000, -1, 399_999],
        }
    )
    x = rng.random((3, len(bins))).astype(np.float32)
    made = neighbourhoods(x, bins, genes)
    np.testing.assert_allclose(made, naive(x, bins, genes), atol=1e-4)
    assert np.isnan(made[:, [3, 4]]).all()


def test_levels_depend_on_the_order_alone():
    x = np.array([[0, 5, 1, 3]], np.float32)
    ranked = levels(x, "rank", 64)
    np.testing.assert_allclose(ranked, np.log2([[1, 3, 1 + 2 / 3, 2]]), rtol=1e-6)
    np.testing.assert_array_equal(levels(x**2 * 7, "rank", 64), ranked)
    assert len(set(levels((x > 0).astype(np.float32), "rank", 64)[0, 1:])) == 1  # ties share a level
    np.testing.assert_allclose(levels(x, "log", 64), np.log2(1 + x))


def planted(shared=True, seed=0, samples=12, genes=400, located=300):
    """Expression follows the first features of a gene with one weight for all; the last genes have no known place."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(samples, genes, 5)).astype(np.float32)
    source = x if shared else rng.permutation(x)
    y = 3 + source[:, :, 0] * 0.8 + source[:, :, 1] * 0.4 + 0.5 * rng.normal(size=(samples, genes))
    x[:, located:] = np.nan
    return x, y.astype(np.float32), [f"g{i // 2}" for i in range(samples)]


def skill(x, y, groups, columns=slice(None)):
    model = GeneCentred().fit(x[2:], y[2:], groups[2:])
    error = ((y[:2] - model.predict(x[:2])) ** 2)[:, columns].sum()
    return 1 - error / ((y[:2] - y[2:].mean(0)) ** 2)[:, columns].sum(), model


def test_shared_rule_is_found():
    gained, model = skill(*planted(), slice(0, 300))
    assert gained > 0.4
    weights = model.arrays["weights"] / model.arrays["scale"]
    np.testing.assert_allclose(weights, [0.8, 0.4, 0, 0, 0], atol=0.05)
    assert model.settings["trust"] > 0.9


def test_permuted_pairing_falls_back_to_the_mean():
    for seed in range(3):
        gained, model = skill(*planted(shared=False, seed=seed))
        assert abs(gained) < 0.02
        assert model.settings["trust"] < 0.5


def test_kernel_serves_genes_without_a_place():
    """Two kinds of samples: genes without a known place follow the kind, which the located ones give away."""
    rng = np.random.default_rng(5)
    kind = np.tile([0, 1], 6)
    x = (kind[:, None, None] * rng.normal(size=(1, 300, 5)) + 0.3 * rng.normal(size=(12, 300, 5))).astype(np.float32)
    y = (kind[:, None] * rng.normal(size=(1, 300)) + 0.3 * rng.normal(size=(12, 300))).astype(np.float32)
    x[:, 200:] = np.nan
    gained, _ = skill(x, y, [f"g{i // 2}" for i in range(12)], slice(200, 300))
    assert gained > 0.4


def test_blocks_change_nothing(monkeypatch):
    x, y, groups = planted()
    whole = GeneCentred(local=0.3, penalty=0.1, trust=1.0).fit(x, y, groups).predict(x)
    monkeypatch.setattr("genloom.models.genecentred.BLOCK", 37)
    parts = GeneCentred(local=0.3, penalty=0.1, trust=1.0).fit(x, y, groups).predict(x)
    np.testing.assert_allclose(parts, whole, atol=1e-5)
