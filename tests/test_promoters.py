"""Training on promoters: composition and shuffling, what a dead network is brought back from, planted motifs found where
counts of words find nothing, and nothing found where expression stands in another order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional
from torch.utils.data import TensorDataset

from genloom.errors import InputError
from genloom.formats import matrix, modelfile, observed, split
from genloom.formats.mrna import FEATURES
from genloom.formats.windows import Windows, Writer
from genloom.learning import activity, promoters, skill
from genloom.learning.metrics import Metric
from genloom.models import composition
from genloom.models.promoter import Promoter

from .test_boundaries import done, refused, table, value

DATA = Path(__file__).parents[1] / "test-data"
CODES = {letter: code for code, letter in enumerate("ACGTN")}


def dinucleotides(codes):
    return np.bincount(codes[:-1].astype(int) * 5 + codes[1:], minlength=25).tolist()


# Composition


def test_words_are_counted():
    codes = np.array([[CODES[letter] for letter in text] for text in ("ACGTACGNAC", "AAAAAAAAAA")], np.uint8)
    two = composition.counts(codes, 2)
    assert two.shape == (2, 16) and two[0].sum() == 7 and two[1, 0] == 9
    assert two[0, 0 * 4 + 1] == 3 and two[0, 2 * 4 + 3] == 1  # AC, GT
    assert composition.counts(codes, 6).sum() == 2 + 5
    assert composition.counts(codes, 11).sum() == 0


def test_shuffling_keeps_dinucleotides_and_nothing_else():
    random = np.random.default_rng(1)
    codes = random.integers(0, 4, (50, 300)).astype(np.uint8)
    codes[0, :120], codes[1, 100:160], codes[2, -50:] = 4, 4, 4
    found = composition.shuffled(codes, 7)
    for before, after in zip(codes, found, strict=True):
        assert dinucleotides(before) == dinucleotides(after)
        assert before[0] == after[0] and before[-1] == after[-1]
    assert 0.15 < (codes[3:] == found[3:]).mean() < 0.4
    assert (composition.shuffled(codes, 7) == found).all() and (composition.shuffled(codes, 8) != found).any()
    short = np.array([[0, 1, 2]], np.uint8)
    assert (composition.shuffled(short, 1) == short).all()


def test_every_shuffled_sequence_is_as_likely():
    from scipy.stats import chisquare

    text = (0, 1, 0, 2, 1, 0, 0, 2, 0)
    steps = Counter(pairwise(text))
    wanted = {each for each in permutations(text) if each[0] == text[0] and Counter(pairwise(each)) == steps}
    drawn = Counter(map(tuple, composition.shuffled(np.tile(np.array(text, np.uint8), (5000, 1)), 3).tolist()))
    assert set(drawn) == wanted and len(wanted) == 24
    assert chisquare(list(drawn.values())).pvalue > 0.001


@pytest.mark.parametrize("width", [5, 200])
def test_penalised_regression_finds_what_is_linear(width):
    """With fewer inputs than rows, and with more: as scikit-learn's ridge on standardised inputs."""
    from sklearn.linear_model import Ridge

    random = np.random.default_rng(1)
    x, held = random.normal(3, 2, (2, 60, width)).astype(np.float32)
    x[:, 1] = 7  # does not vary
    slope = np.zeros(width)
    slope[:3] = 1, 5, -2
    y, held_y = (each @ slope + 4 for each in (x, held))
    found = composition.Penalised(x, y, held, held_y)
    scaled, scaled_held = ((each - x.mean(0)) / np.where(x.std(0) > 0, x.std(0), np.inf) for each in (x, held))
    errors = []
    for penalty in composition.PENALTIES:
        theirs = Ridge(alpha=penalty * len(x)).fit(scaled, y).predict(scaled_held)
        errors.append(np.mean((theirs - held_y) ** 2))
    assert found.error == pytest.approx(min(errors), rel=1e-3)
    assert np.mean((found.predict(held) - held_y) ** 2) == pytest.approx(found.error, rel=1e-3)


# The network


def test_words_looked_up_are_the_convolution():
    """Of codes, with and without gradients, as of the same promoters in floats, which are convolved."""
    torch.manual_seed(1)
    network = Promoter(317, 2, (6, 4), (6, 3), (10, 4), (8, 6), (0.0, 0.0), slope=0.1)
    codes = torch.randint(0, 5, (3, 317), dtype=torch.uint8)
    features = torch.randn(3, 2)
    floats = torch.cat([torch.eye(4), torch.zeros(1, 4)])[codes.int()]
    gradients = []
    for inputs in (codes, floats):
        network.zero_grad()
        found = network(inputs, features)
        found.square().sum().backward()
        gradients.append([found.detach(), *(p.grad.clone() for p in network.parameters())])
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)
    with torch.inference_mode():
        torch.testing.assert_close(network(codes, features), gradients[0][0], atol=1e-6, rtol=1e-5)


def test_promoters_are_moved_in_training_alone():
    torch.manual_seed(1)
    network = Promoter(60, 0, (4, 4), (6, 3), (1, 1), (8, 6), (0.0, 0.0), shift=5)
    codes = torch.randint(0, 4, (2, 60), dtype=torch.uint8)
    moved = {tuple(network(codes).tolist()) for _ in range(20)}
    assert len(moved) > 3
    network.eval()
    assert len({tuple(network(codes).tolist()) for _ in range(5)}) == 1


def test_a_network_for_every_length():
    published = promoters.shape(10_500, 8, 128)
    assert published.pools == (30, 10) and published.dense[0].in_features == 1120 + 8
    for window in (4, 60, 400, 1500, 3000, 20_000):
        network = promoters.shape(window, 0, 8)
        assert network(torch.zeros(2, window, dtype=torch.uint8)).shape == (2,)
    assert promoters.shape(3000, 0, 8).pools == (10, 8)


def easy(count=400):
    """Promoters, and values that follow how many of their bases are G."""
    codes = torch.randint(0, 4, (count, 40), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    values = (codes == 2).float().mean(1)
    return TensorDataset(codes, (values - values.mean()) / values.std())


def stillborn():
    """A network with published activations, whose last two units are below zero for every promoter."""
    torch.manual_seed(1)
    network = Promoter(40, 0, (4, 4), (3, 3), (2, 2), (8, 2), (0.0, 0.0))
    torch.nn.init.constant_(network.dense[1].bias, -100.0)
    return network


def test_a_dead_network_is_told_and_replaced(capsys):
    from genloom.learning.training import Loop, train

    data, loop = easy(), Loop(epochs=12, patience=12, batch=32, rate=3e-3, label="network")
    network = stillborn()
    assert promoters.dead(network, data.tensors[:1])
    train(network, functional.mse_loss, data, data, replace(loop, epochs=1))
    assert promoters.dead(network, data.tensors[:1])  # training alone does not bring it back
    found, curves = promoters.revived(stillborn(), data, data, loop)
    assert not promoters.dead(found, data.tensors[:1])
    with torch.inference_mode():
        error = functional.mse_loss(found(data.tensors[0]), data.tensors[1])
    assert error < 0.6 and min(loss for _, part, loss in curves if part == "validation") < 0.6
    assert "dead" in capsys.readouterr().err


def test_a_leaky_network_learns_from_the_same_start():
    from genloom.learning.training import Loop

    data, loop = easy(), Loop(epochs=8, patience=8, batch=32, rate=3e-3, label="network")
    torch.manual_seed(1)
    network = promoters.shape(40, 0, 8)
    torch.nn.init.constant_(network.dense[1].bias, -10.0)
    assert not promoters.dead(network, data.tensors[:1])
    found, _ = promoters.revived(network, data, data, loop)
    assert found is network  # at once
    with torch.inference_mode():
        assert functional.mse_loss(found(data.tensors[0]), data.tensors[1]) < 0.6


# Features


THREE = (
    # name, strand, exons, coding sequence without its stop codon, on the gene's own strand
    ("one", "+", [(0, 20), (50, 90)], (10, 67)),
    ("two", "-", [(0, 40)], (4, 31)),
    ("three", "+", [(0, 10), (20, 36), (40, 58), (70, 100)], (23, 58)),
)


def test_half_life_of_three_genes_by_hand(tmp_path):
    """Lengths counted on paper from the exons above; of each part, G and C counted in the letters as they are written."""
    text = {"one": "G" * 10 + "ATG" + "GCAAACG" + "T" * 30 + "CAGAAGGCAGGCAGCAA" + "TAA" + "ACGTACGTACGTACGTACGT"}
    text["two"] = "CCAA" + "ATGAAACCCGGGTTTACGACGACGACG" + "TGA" + "ATATAT"
    text["three"] = "ACGTACGTAC" + "T" * 10 + "GGG" + "ATGGCCAAAGCCG" + "TTTT" + "CCAAAGCCAAAGCCAAAG" + "T" * 12
    text["three"] += "TAG" + "ACACACACACACACACACACACACACA"
    wanted = {
        # UTR5LEN, CDSLEN, INTRONLEN, UTR3LEN, UTR5GC, CDSGC, UTR3GC, junctions in it per 1,000 bases of CDS
        "one": (10, 30, 30, 20, 10 / 10, 15 / 30, 10 / 20, 1000 * 1 / 30),
        "two": (4, 30, 0, 6, 2 / 4, 16 / 30, 0 / 6, 0),
        "three": (13, 34, 26, 27, 8 / 13, 18 / 34, 13 / 27, 1000 * 2 / 34),
    }
    fasta, lines, flip = "", [], str.maketrans("ACGT", "TGCA")
    for name, strand, exons, coding in THREE:
        start, size = len(fasta) + 50, exons[-1][1]
        own = text[name]
        assert len(own) == size, name
        fasta += "N" * 50 + (own if strand == "+" else own.translate(flip)[::-1])
        inside = [(max(a, coding[0]), min(b, coding[1])) for a, b in exons if b > coding[0] and a < coding[1]]
        for feature, a, b in [*(("exon", *exon) for exon in exons), *(("CDS", *part) for part in inside)]:
            low = start + (a if strand == "+" else size - b)
            facts = f'gene_id "{name}"; transcript_id "{name}.t";'
            lines.append(f"c\tx\t{feature}\t{low + 1}\t{low + b - a}\t.\t{strand}\t.\t{facts}\n")
    (tmp_path / "g.fa").write_text(f">c\n{fasta}\n")
    (tmp_path / "g.gtf").write_text("".join(lines))
    cut = ("--kind", "promoters", "--upstream", 10, "--downstream", 10, "--half-life", "--max-n", 1)
    given = ("--genome", tmp_path / "g.fa", "--annotation", tmp_path / "g.gtf")
    done("extract_windows", *given, *cut, "--output", tmp_path / "p.h5")
    with Windows(tmp_path / "p.h5") as found:
        assert tuple(found.features) == FEATURES
        assert found.table["gene"].tolist() == list(wanted)
        for row, (name, numbers) in enumerate(wanted.items()):
            own = [float(found.features[feature][row]) for feature in FEATURES]
            assert own == pytest.approx(numbers, rel=1e-6), name


def test_features_are_scaled_by_the_training_part():
    values = np.array([[9.9, 0.5], [99.9, 0.3], [0.0, 0.1]])
    scaling = activity.Scaling.of(["CDSLEN", "CDSGC"], values[:2])
    scaled = scaling.scaled(values)
    np.testing.assert_allclose(scaled[:, 0], [-1, 1, -5], atol=1e-6)  # log10 is 1, 2 and -1
    np.testing.assert_allclose(scaled[:, 1], [1, -1, -3], atol=1e-5)
    again = activity.Scaling(scaling.names, **{name: np.array(each) for name, each in scaling.card().items()})
    assert (again.scaled(values) == scaled).all()
    assert np.isfinite(activity.Scaling.of(["CDSLEN"], np.ones((4, 1))).scaled(np.ones((2, 1)))).all()


# Expression


def test_expression_is_read_on_a_logarithmic_scale(tmp_path):
    path = tmp_path / "e.tsv"
    path.write_text("gene\tTPM\tlogs\nENSG00000000001.4\t9.9\t-2\nENSG00000000002.1\t0\t3\n")
    plain = observed.read(path, value_column="TPM")
    assert plain.ids == ["ENSG00000000001", "ENSG00000000002"] and plain.unit == "log10(TPM + 0.1)"
    np.testing.assert_allclose(plain.values, [1, -1])
    assert observed.read(path, value_column="TPM", scale="log").values.tolist() == [9.9, 0]
    logs = observed.read(path, value_column="logs")
    assert logs.values.tolist() == [-2, 3] and logs.unit == logs.target == "logs"
    with pytest.raises(InputError, match=r"logs of ENSG00000000001 is -2, below zero.*--scale log"):
        observed.read(path, value_column="logs", scale="plain")


@pytest.mark.parametrize(("unit", "scale"), [("TPM", "log10(TPM + 0.1)"), ("log2(TPM+1)", "log2(TPM+1)")])
def test_expression_of_a_matrix_is_the_median_or_a_sample(tmp_path, unit, scale):
    genes = pd.DataFrame({"symbol": ["A", "B", "B"]}, index=["g1", "g2", "g3"])
    rows = np.array([[1, 2, 3], [4, 5, 6], [100, 0, 9]], np.float32)
    data = matrix.build(rows, pd.DataFrame(index=["x", "y", "z"]), genes, "genes", {"unit": unit})
    matrix.write(data, tmp_path / "e.h5ad")
    found = observed.read(tmp_path / "e.h5ad")
    values = np.array([4.0, 2, 6])
    np.testing.assert_allclose(found.values, np.log10(values + 0.1) if unit == "TPM" else values, rtol=1e-6)
    assert (found.target, found.unit, found.symbols) == ("median", scale, {"A": 0})
    assert observed.read(tmp_path / "e.h5ad", value_column="y", scale="log").values.tolist() == [4, 5, 6]
    with pytest.raises(InputError, match=r"no sample 'q'.*x, y, z"):
        observed.read(tmp_path / "e.h5ad", value_column="q")
    with pytest.raises(InputError, match=r"genes have one id.*--id-column"):
        observed.read(tmp_path / "e.h5ad", "symbol")


def write_promoters(path, genes, symbols=None, chroms=None, window=30):
    random = np.random.default_rng(1)
    count = len(genes)
    with Writer(path, "promoters", window, settings={"upstream": window - 10, "downstream": 10}) as out:
        columns = {
            "chrom": chroms if chroms is not None else np.full(count, "c"),
            "start": np.arange(count) * window,
            "end": np.arange(count) * window + window,
            "strand": np.full(count, "+"),
            "gene": np.array(genes),
            "name": np.array([f"{gene}.{row}" for row, gene in enumerate(genes)]),
            "symbol": np.array(symbols if symbols is not None else [""] * count),
        }
        out.add(random.integers(0, 4, (count, window)).astype(np.uint8), columns)


def test_genes_are_matched_by_id_or_symbol(tmp_path):
    genes = ["ENSG00000000001.2", "ENSG00000000002.7", "x", "y", "z", "x"]
    write_promoters(tmp_path / "p.h5", genes, ["A", "B", "C", "D", "D", "C"])
    ids = ["ENSG00000000001", "B", "C", "D", "other"]
    known = observed.Observed("e.tsv", "", "v", "id", ids, np.arange(5.0), "v")
    with Windows(tmp_path / "p.h5") as windows:
        values, counts = promoters.match(windows, known)
        assert values[[0, 1, 2, 5]].tolist() == [0, 1, 2, 2] and np.isnan(values[3:5]).all()
        assert counts == {
            "genes_by_id": (1, 5),
            "genes_by_symbol": (2, 5),
            "genes_of_one_symbol": (2, 5),
            "genes_without_value": (2, 5),
            "values_without_promoter": (2, 5),
        }
        # a matrix knows its genes' symbols, and a BED may have called the genes by these
        known = replace(known, ids=["e1", "e2", "e3", "e4", "e5"], symbols={"x": 3, "B": 1})
        assert promoters.match(windows, known)[0][[1, 2]].tolist() == [1, 3]


def test_measures_by_hand():
    truth = np.array([1.0, 2, 3, 6])
    predicted = {"network": np.array([1.0, 2, 4, 5]), "worse": -truth, "mean": np.full(4, 2.0)}
    found = {(m.metric, m.model): m for m in skill.measure(truth, predicted, list("abcd"))}
    assert found["skill", "network"].value == pytest.approx(1 - 2 / 18)
    assert found["r2", "network"].value == pytest.approx(np.corrcoef(truth, predicted["network"])[0, 1] ** 2)
    assert found["r2", "worse"].value == found["r2", "mean"].value == found["skill", "mean"].value == 0
    assert found["mae", "network"].value == 0.5
    assert found["skill_difference", "mean"].value == found["skill", "network"].value
    assert found["skill", "network"].low <= found["skill", "network"].value <= found["skill", "network"].high
    one = skill.measure(truth, predicted, ["a", "a", "b", "b"])  # promoters of a gene are drawn together
    assert {m.n for m in one} == {2}


@pytest.mark.parametrize(
    ("value_", "low", "words"),
    [
        (0.3, 0.1, "better than the mean of the training genes and than kmers"),
        (0.3, -0.1, "no better than"),
        (-0.2, -0.3, "no better than"),
    ],
)
def test_a_verdict_in_words(value_, low, words):
    found = [
        Metric("skill", "network", value_, low, 0.5, 9),
        Metric("skill_difference", "kmers", 0.2, 0.1, 0.3, 9),
        Metric("skill_difference", "half-life", 0.2, -0.1, 0.3, 9),
    ]
    assert skill.verdict(found).startswith(words)


# Training


def given(folder, *options, split_="tchr"):
    return (
        *("train_model", "--task", "activity", "--windows", folder / "t.h5", "--split", folder / f"{split_}.tsv"),
        *("--expression", DATA / "promoters" / "expression.tsv", "--id-column", "gene_id"),
        *("--value-column", "TPM", *options),
    )


def outputs(folder, name):
    files = (("predictions", "tsv"), ("metrics", "m.tsv"), ("history", "h.tsv"))
    out = [part for kind, suffix in files for part in (f"--{kind}", folder / f"{name}.{suffix}")]
    return ("--model", folder / f"{name}.safetensors", *out)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The planted promoters, their splits, and a model."""
    folder = tmp_path_factory.mktemp("planted")
    genome = ("--genome", DATA / "promoters" / "genome.fa", "--annotation", DATA / "promoters" / "genes.gtf")
    cut = ("extract_windows", "--kind", "promoters", "--upstream", 300, "--downstream", 100)
    done(*cut, *genome, "--half-life", "--output", folder / "t.h5")
    done(*cut, *genome, "--output", folder / "plain.h5")
    parts = ("--method", "explicit", "--test-groups", "chr5", "--validation-groups", "chr4")
    done("split_samples", "--windows", folder / "t.h5", *parts, "--output", folder / "tchr.tsv")
    said = done(*given(folder), *outputs(folder, "m"))
    assert "398 of 400 genes with a promoter have a value" in said
    assert "better than the mean of the training genes and than kmers, kmers-half-life, half-life" in said
    return folder


def test_planted_motifs_are_found_where_counts_of_words_find_little(folder):
    metrics = folder / "m.m.tsv"
    assert value(metrics, "skill") > 0.6 > 0.3 > value(metrics, "skill", "kmers")
    for model in ("kmers", "kmers-half-life", "half-life", "mean"):
        row = table(metrics).filter(
            (table(metrics)["metric"] == "skill_difference") & (table(metrics)["model"] == model)
        )
        assert row["low"][0] > 0.2
    assert 0.05 < value(metrics, "r2", "half-life") < 0.4  # lengths of last exons are planted, too
    assert value(metrics, "genes_by_id") == 398 and value(metrics, "values_without_promoter") == 1
    found = table(folder / "m.tsv")
    assert len(found) == 80 and set(found["part"]) == {"test"} and set(found["chrom"]) == {"chr5"}
    assert np.corrcoef(found["observed"], found["predicted"])[0, 1] ** 2 == pytest.approx(
        value(metrics, "r2"), rel=1e-3
    )


def test_the_model_file_tells_how_it_was_made(folder):
    card, arrays = modelfile.read(folder / "m.safetensors")
    assert card["features"] == list(FEATURES) and len(card["scaling"]["mean"]) == 8
    assert (card["target"], card["unit"], card["trained_on"]) == ("TPM", "log10(TPM + 0.1)", 238)
    assert (card["upstream"], card["downstream"], card["settings"]["pools"]) == (300, 100, [5, 2])
    with Windows(folder / "t.h5") as windows:  # of the training part alone
        train = np.flatnonzero(np.isin(windows.table["chrom"], ["chr1", "chr2", "chr3"]))
        known = table(DATA / "promoters" / "expression.tsv")["gene_id"].str.head(15).to_list()
        rows = [row for row in train if windows.table["gene"][row] in known]
        values = [windows.features[name].astype(float) for name in FEATURES]
    logs = [v if name.endswith("GC") else np.log10(v + 0.1) for name, v in zip(FEATURES, values, strict=True)]
    assert card["scaling"]["mean"] == pytest.approx([each[rows].mean() for each in logs])
    assert card["scaling"]["mean"] != pytest.approx([each.mean() for each in logs])
    assert all(array.dtype == np.float32 for array in arrays.values())


def test_predictions_use_the_features_of_the_model(folder, tmp_path):
    predict = ("predict_model", "--model", folder / "m.safetensors", "--predictions", tmp_path / "p.tsv")
    done(*predict, "--windows", folder / "t.h5")
    found, held = table(tmp_path / "p.tsv"), table(folder / "m.tsv")
    both = held.join(found, on="id", validate="1:1")
    np.testing.assert_allclose(both["predicted"], both["predicted_right"], atol=1e-5)
    assert len(found) == 400 and found["observed"].null_count() == 400
    words = ["plain.h5", "lacks UTR5LEN, CDSLEN", "--half-life"]
    (tmp_path / "p.tsv").unlink()
    refused(tmp_path, *predict, "--windows", folder / "plain.h5", words=words)


def test_expression_in_another_order_is_not_learned(folder, tmp_path):
    done(*given(folder, "--value-column", "permuted", "--epochs", 20, "--patience", 6), *outputs(tmp_path, "p"))
    row = table(tmp_path / "p.m.tsv").row(0, named=True)
    assert row["metric"] == "skill" and row["low"] <= 0
    scores = ("--predictions", tmp_path / "p.tsv", "--scores", tmp_path / "p.m.tsv")
    model = ("--model", tmp_path / "p.safetensors", "--history", tmp_path / "p.h.tsv", "--bootstrap", 50)
    done("plot_results", "--task", "activity", *scores, *model, "--report", tmp_path / "r.html")
    assert "The network is no better than the mean of the training genes" in (tmp_path / "r.html").read_text()


def test_an_ensemble_from_sequence_alone_beside_shuffled_promoters(folder, tmp_path):
    options = ("--without-features", "--shuffled", "--ensemble", 2, "--epochs", 1, "--channels", 4)
    done(*given(folder, *options), *outputs(tmp_path, "e"))
    card, arrays = modelfile.read(tmp_path / "e.safetensors")
    assert card["members"] == 2 and card["features"] == [] and card["scaling"] == {"mean": [], "deviation": []}
    model = activity.restore(card, arrays, "e")
    found = table(tmp_path / "e.tsv")
    with Windows(folder / "t.h5") as windows:
        place = {name: row for row, name in enumerate(windows.table["name"].tolist())}
        codes = windows.codes(np.array([place[name] for name in found["id"]]))
    alone = [activity.Model([network]).predict(codes) for network in model.networks]
    assert np.abs(alone[0] - alone[1]).max() > 1e-3
    np.testing.assert_allclose(found["predicted"], np.mean(alone, 0), atol=1e-4)
    assert set(table(tmp_path / "e.m.tsv")["model"]) == {"network", "network-shuffled", "kmers", "mean"}
    assert set(table(tmp_path / "e.h.tsv")["fold"]) == {"1.1", "1.2", "1.shuffled.1", "1.shuffled.2"}


def test_the_same_seed_gives_the_same_files(folder, tmp_path):
    options = ("--epochs", 2, "--channels", 4)
    for name in ("a", "b"):
        done(
            *given(folder, *options, "--checkpoint", tmp_path / "c" if name == "b" else tmp_path / "d"),
            *outputs(tmp_path, name),
        )
    for suffix in ("tsv", "m.tsv", "h.tsv", "safetensors"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes(), suffix


def test_a_report_shows_both_splits(folder, tmp_path):
    scores = ("--predictions", folder / "m.tsv", "--scores", folder / "m.m.tsv", "--model", folder / "m.safetensors")
    other = ("--compare", DATA / "steps" / "promoters_random_metrics.tsv", "--compare-name", "genes at random")
    out = ("--report", tmp_path / "r.html", "--reliability", tmp_path / "t.tsv", "--metrics", tmp_path / "m.tsv")
    done("plot_results", "--task", "activity", *scores, *other, "--bootstrap", 50, *out)
    text = (tmp_path / "r.html").read_text()
    for words in ("better than the mean of the training genes", "Skill, genes at random", "between people", "PR-AUC"):
        assert (words in text) == (words != "PR-AUC")
    assert "<script" not in text
    tenths = table(tmp_path / "t.tsv")
    assert tenths["n"].to_list() == [8] * 10 and tenths["predicted"].is_sorted()
    assert table(tmp_path / "m.tsv").equals(table(folder / "m.m.tsv"))
    wrong = ("--scores", DATA / "steps" / "content_metrics.tsv")
    refused(
        *(tmp_path, "plot_results", "--task", "activity", *scores[:2], *wrong, *scores[4:], "--report", tmp_path / "x"),
        words=["content_metrics.tsv: lacks skill, r2, mae of network", "--task"],
    )
    refused(
        *(tmp_path, "plot_results", "--task", "activity", *scores[:4], "--report", tmp_path / "x"),
        words=["--task activity needs --model"],
    )


def test_random_splits_keep_genes_whole(tmp_path):
    genes = [f"g{row // 3}" for row in range(90)]
    write_promoters(tmp_path / "p.h5", genes, chroms=np.repeat(["a", "b", "c"], 30))
    by = ("--method", "hold-out", "--test-share", 0.2, "--validation-share", 0.2)
    windows = ("split_samples", "--windows", tmp_path / "p.h5")
    said = done(*windows, "--group", "gene", *by, "--output", tmp_path / "s.tsv")
    assert "30 values of gene" in said
    fold = split.read(tmp_path / "s.tsv").outer[0]
    parts: dict[str, set[str]] = {}
    for name, group, part in zip(fold.ids, fold.groups, fold.parts, strict=True):
        assert group == name.split(".")[0]
        parts.setdefault(group, set()).add(part)
    assert all(len(found) == 1 for found in parts.values()) and len(fold.part("test")) == 18
    done(*windows, "--group", "chrom", "--method", "k-fold", "--folds", 3, "--output", tmp_path / "c.tsv")
    assert len(split.read(tmp_path / "c.tsv").outer) == 3
    refused(
        *(tmp_path, *windows, "--group", "gene", "--block", 100, *by, "--output", tmp_path / "x.tsv"),
        words=["--group is given with --windows --block", "genes by --group gene"],
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--value-column", "nothing"), ["expression.tsv: lacks the column 'nothing'"]),
        (("--value-column", "symbol"), ["expression.tsv:2", "not a finite number"]),
        (("--id-column", "TPM"), ["is both id and value"]),
        (("--fold", "7"), ["no fold '7'"]),
        (
            ("--expression", DATA / "comparison" / "observed.tsv", "--id-column", "1", "--value-column", "3"),
            ["shares 0 genes"],
        ),
        (("--windows", DATA / "steps" / "content.h5"), ["holds content, promoters are wanted"]),
        (("--permutation-table", "x.tsv"), ["--permutation-table has no meaning for --task activity"]),
        (("--architecture", "ridge"), ["ridge is no model of --task activity"]),
    ],
)
def test_input_that_does_not_fit(folder, tmp_path, options, words):
    refused(tmp_path, *given(folder, *options), *outputs(tmp_path, "x"), words=words)


def test_options_of_promoters_are_for_promoters(folder, tmp_path):
    others = ("train_model", "--task", "content", "--windows", folder / "t.h5", "--split", folder / "tchr.tsv")
    words = ["--shuffled has no meaning for --task content"]
    refused(tmp_path, *others, "--shuffled", *outputs(tmp_path, "x"), words=words)


def few(folder, tmp_path, **changes):
    """A split with other parts for some chromosomes."""
    made = split.read(folder / "tchr.tsv")
    fold = made.outer[0]
    parts = tuple(changes.get(group, part) for group, part in zip(fold.groups, fold.parts, strict=True))
    kept = [row for row in zip(fold.ids, fold.groups, parts, strict=True) if row[2]]
    split.write(split.Split((split.Fold("1", *zip(*kept, strict=True)),)), tmp_path / "few.tsv")
    return ("--split", tmp_path / "few.tsv")


def test_too_few_genes_are_refused(folder, tmp_path):
    no_validation = few(folder, tmp_path, chr4="train")
    words = ["no validation part: training ends by it"]
    refused(tmp_path, *given(folder, *no_validation), *outputs(tmp_path, "x"), words=words)
    lines = (DATA / "promoters" / "expression.tsv").read_text().splitlines(keepends=True)
    (tmp_path / "some.tsv").write_text("".join([lines[0], *lines[201:]]))  # none of chr1 and chr2, few of chr3
    some = ("--expression", tmp_path / "some.tsv")
    small = few(folder, tmp_path, chr3="test")
    words = ["some.tsv: leaves 0 genes with a promoter and a value to train on", "50 are needed"]
    refused(tmp_path, *given(folder, *some, *small), *outputs(tmp_path, "x"), words=words)
    (tmp_path / "some.tsv").write_text("".join(lines[:150]))
    words = ["leaves 0 genes with a promoter and values that differ in the validation part"]
    refused(tmp_path, *given(folder, *some), *outputs(tmp_path, "x"), words=words)
    (tmp_path / "some.tsv").write_text("".join(lines[:40]))
    words = ["shares 39 genes with the promoters of", "ENSG98", "50 genes are needed"]
    refused(tmp_path, *given(folder, *some), *outputs(tmp_path, "x"), words=words)


def test_the_planted_motif_is_recovered(folder, tmp_path):
    """By explain_model: most of the letters of TGACTCAT, where it raises expression, in the 70 bases before the start."""
    explain = ("explain_model", "--model", folder / "m.safetensors", "--windows", folder / "t.h5", "--count", 20)
    done(*explain, "--motif-table", tmp_path / "m.tsv")
    first = table(tmp_path / "m.tsv").row(0, named=True)
    assert len(first["consensus"]) >= 5 and first["consensus"].upper() in "TGACTCAT"
    assert -75 <= first["offset_low"] <= first["offset"] <= first["offset_high"] < 0
    assert first["attribution"] > 0 and first["stretches"] > 3 * first["expected"]
