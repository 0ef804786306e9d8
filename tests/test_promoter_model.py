"""Networks over promoters: their conventions by hand, files of Xpresso's, and the published predictions."""

from __future__ import annotations

import gzip
import json
import runpy
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from genloom.formats import modelfile
from genloom.formats.windows import Writer
from genloom.learning import activity
from genloom.models.promoter import Promoter
from genloom.pretrained import known

from .test_boundaries import done, refused, table

PLACE = ("chrom", "start", "end", "strand")
MAKE = runpy.run_path(str(Path(__file__).parents[1] / "test-data" / "make_weights.py"))


def by_hand(network: Promoter, codes: np.ndarray, features: np.ndarray) -> float:
    """One promoter, place by place in float64, with TensorFlow's padding, pooling and order written out."""
    state = {name: value.numpy().astype(float) for name, value in network.state_dict().items()}
    x = np.eye(5, 4)[codes]  # places × channels
    for number, (width, pool) in enumerate(zip(network.widths, network.pools, strict=True)):
        kernel, bias = state[f"convolutions.{number}.weight"], state[f"convolutions.{number}.bias"]
        before = (width - 1) // 2  # of the zeros; one more follows if their number is odd
        padded = np.concatenate([np.zeros((before, x.shape[1])), x, np.zeros((width - 1 - before, x.shape[1]))])
        y = np.stack([np.einsum("wc,ocw->o", padded[at : at + width], kernel) + bias for at in range(len(x))])
        y = np.maximum(y, 0)
        x = np.stack([y[at * pool : (at + 1) * pool].max(0) for at in range(len(y) // pool)])
    values = np.concatenate([[x[place, channel] for place in range(len(x)) for channel in range(x.shape[1])], features])
    for number in range(len(network.dense)):
        weight, bias = state[f"dense.{number}.weight"], state[f"dense.{number}.bias"]
        values = np.maximum(weight @ values + bias, 0)
    return (state["last.weight"] @ values + state["last.bias"]).item()


@pytest.mark.parametrize("widths", [(6, 9), (5, 4)])
def test_network_equals_its_formulation_by_hand(widths):
    torch.manual_seed(1)
    network = Promoter(317, 3, (5, 4), widths, (10, 4), (8, 6)).eval().requires_grad_(False)
    codes = np.stack([known.sequence(317, number) for number in (1, 2, 3)])
    codes[1, 40:80] = 4
    features = np.random.default_rng(1).normal(size=(3, 3)).astype(np.float32)
    found = network(torch.from_numpy(codes), torch.from_numpy(features)).numpy()
    wanted = [by_hand(network, *each) for each in zip(codes, features, strict=True)]
    assert found.shape == (3,) and np.ptp(found) > 1e-3
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    none = network(torch.from_numpy(codes)).numpy()
    np.testing.assert_allclose(none, [by_hand(network, each, np.zeros(3)) for each in codes], atol=1e-5)


def test_shape_is_the_published_one():
    network = Promoter(features=8)
    assert network.dense[0].in_features == 1120 + 8
    assert sum(p.numel() for p in Promoter(features=6).parameters()) == 112_357


def test_impossible_settings_are_named():
    with pytest.raises(ValueError, match="200 bases are less than one place"):
        Promoter(200)
    with pytest.raises(ValueError, match="promoters of 9 bases, the network reads 10500"):
        Promoter()(torch.zeros(1, 9, dtype=torch.uint8))
    with pytest.raises(ValueError, match="each convolution needs"):
        Promoter(widths=(3,))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A random network in Xpresso's layout, imported, and promoters of several kinds."""
    folder = tmp_path_factory.mktemp("promoters")
    MAKE["xpresso"](folder / "w.h5")
    done("import_model", "--weights", folder / "w.h5", "--model", folder / "m.safetensors")
    promoters(folder / "p.h5")
    promoters(folder / "f.h5", features=("CDSLEN",))
    promoters(folder / "u.h5", upstream=8000)
    return folder


def promoters(path, count=150, upstream=7000, features=()):
    """Random promoters; the same gene has one name on either strand."""
    settings = {"upstream": upstream, "downstream": 10_500 - upstream}
    names = [f"gene{number}" for number in range(count)]
    with Writer(path, "promoters", 10_500, features=features, settings=settings) as out:
        codes = np.stack([known.sequence(10_500, number) for number in range(count)])
        codes[0, :500] = 4
        out.add(
            codes,
            {
                "chrom": np.full(count, "chr1"),
                "start": np.arange(count),
                "end": np.arange(count) + 10_500,
                "strand": np.tile(["+", "-"], count // 2),
                **dict.fromkeys(("gene", "name"), np.array(names)),
                "symbol": np.array([name.upper() for name in names]),
            },
            features=np.ones((count, len(features))),
        )


def test_imported_networks_predict_promoters(folder, tmp_path):
    said = done(
        *("predict_model", "--model", folder / "m.safetensors", "--windows", folder / "p.h5"),
        *("--predictions", tmp_path / "p.tsv"),
    )
    assert "150 promoters predicted" in said and "log10(median RPKM + 0.1)" in said
    found = table(tmp_path / "p.tsv")
    assert found.columns == ["id", "target", "fold", "part", "observed", "predicted", "gene", "symbol", *PLACE]
    assert found["id"].to_list() == [f"gene{number}" for number in range(150)]
    assert found["symbol"][7] == "GENE7" and found["observed"].null_count() == 150
    card, arrays = modelfile.read(folder / "m.safetensors")
    network = Promoter(**card["settings"])
    network.load_state_dict({name.removeprefix("member1."): torch.from_numpy(a) for name, a in arrays.items()})
    for row in (0, 1, 149):
        codes = known.sequence(10_500, row)
        codes[: 500 * (row == 0)] = 4
        assert found["predicted"][row] == pytest.approx(by_hand(network, codes, np.zeros(6)), abs=1e-5)
    assert found["predicted"].std() > 1e-3


def test_two_networks_are_averaged(folder, tmp_path):
    MAKE["xpresso"](tmp_path / "w.h5", seed=2)
    weights = (folder / "w.h5", tmp_path / "w.h5")
    done("import_model", "--weights", *weights, "--model", tmp_path / "m.safetensors")
    card, arrays = modelfile.read(tmp_path / "m.safetensors")
    model = activity.restore(card, arrays, "m")
    codes = known.sequence(10_500)[None]
    alone = [activity.Model([network]).predict(codes) for network in model.networks]
    assert abs(alone[0] - alone[1]) > 1e-4
    np.testing.assert_allclose(model.predict(codes), np.mean(alone, 0), atol=1e-6)


def test_features_that_no_one_named_are_not_fed(folder, tmp_path):
    predict = ("predict_model", "--model", folder / "m.safetensors", "--predictions", tmp_path / "p.tsv")
    plain = done(*predict, "--windows", folder / "p.h5"), table(tmp_path / "p.tsv")
    fed = done(*predict, "--windows", folder / "f.h5"), table(tmp_path / "p.tsv")
    assert "half-life" not in plain[0] and "are not used" in fed[0]
    assert plain[1].equals(fed[1])
    card, _ = modelfile.read(folder / "m.safetensors")
    assert "6 inputs on the half-life" in card["notes"][0] and "zero" in card["notes"][0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"architecture": "oracle"}, ["'oracle'", "newer genloom"]),
        ({"features": ["CDSLEN"]}, ["how to scale CDSLEN", "train it again"]),
        ({"settings": {"window": 10_500, "filters": [3]}}, ["settings of no network"]),
        ({"settings": {"window": 10_500}}, ["do not fit the network"]),
        ({"members": 2}, ["do not fit the network"]),
        ({"target": None}, []),
    ],
)
def test_models_that_do_not_fit(folder, tmp_path, changes, words):
    card, arrays = modelfile.read(folder / "m.safetensors")
    card = {name: value for name, value in (card | changes).items() if value is not None}
    modelfile.write(tmp_path / "bad.safetensors", arrays, card)
    predict = ("predict_model", "--model", tmp_path / "bad.safetensors", "--windows", folder / "p.h5")
    words = words or ["card without target"]
    refused(tmp_path, *predict, "--predictions", tmp_path / "p.tsv", words=["bad.safetensors", *words])


def test_input_that_does_not_fit(folder, tmp_path):
    predict = ("predict_model", "--model", folder / "m.safetensors")
    out = ("--predictions", tmp_path / "p.tsv")
    words = ["8000 bases before the start site", "--upstream 7000 --downstream 3500"]
    refused(tmp_path, *predict, "--windows", folder / "u.h5", *out, words=words)
    refused(
        tmp_path, *predict, "--windows", folder / "w.h5", *out, words=["w.h5", "cannot be read as a file of windows"]
    )
    refused(tmp_path, *predict, "--bins", folder / "p.h5", *out, words=["'activity'", "--bins is for 'expression'"])
    refused(tmp_path, *predict, "--genome", folder / "p.h5", *out, words=["'activity'", "--genome is for 'boundaries'"])
    refused(tmp_path, *predict, "--windows", folder / "p.h5", words=["no output is named", "--predictions"])
    metrics = ("--metrics", tmp_path / "m.tsv")
    refused(tmp_path, *predict, "--windows", folder / "p.h5", *out, *metrics, words=["--metrics has no meaning"])


def test_published_predictions_are_reproduced(real_data, tmp_path):
    """Every promoter that lies whole in a piece of chr2, with the published weights, through the scripts."""
    weights = real_data("xpresso/human_trainepoch.11-0.426.h5")
    piece = gzip.decompress(real_data("splice_human/hg38_chr2_0_2333275.fa.gz").read_bytes()).decode()
    sequence = "".join(piece.split("\n")[1:])
    (tmp_path / "chr2.fa").write_text(f">chr2\n{sequence}\n")
    done("import_model", "--weights", weights, "--model", tmp_path / "m.safetensors", "--source", "xpresso")
    card, _ = modelfile.read(tmp_path / "m.safetensors")
    assert card["source"]["files"][0]["release"] == weights.name and card["source"]["licence"] == "MIT"
    assert any("tensorflow" in software for software in card["parity"]["against"])
    assert str(tmp_path) not in json.dumps(card)
    bed = real_data("xpresso/hg38_promoters_10500.bed.gz")
    done(
        *("extract_windows", "--kind", "promoters", "--genome", tmp_path / "chr2.fa", "--tss", bed, "--region", "chr2"),
        *("--max-n", 0, "--output", tmp_path / "p.h5"),
    )
    out = ("--predictions", tmp_path / "p.tsv")
    done("predict_model", "--model", tmp_path / "m.safetensors", "--windows", tmp_path / "p.h5", *out)
    place = ("chrom", "start", "end", "strand")
    names = ["chrom", "start", "end", "id", "score", "strand"]
    promoters = pl.read_csv(bed, separator="\t", has_header=False, new_columns=names)
    inside = promoters.filter((pl.col("chrom") == "chr2") & (pl.col("end") <= len(sequence)))
    theirs = pl.read_csv(real_data("xpresso/published_predictions.tsv.gz"), separator="\t")
    names = {f"metadata/ranges/{'chr' if name == 'chrom' else name}": name for name in place}
    theirs = theirs.rename({**names, "preds/expression_pred": "published"})
    both = table(tmp_path / "p.tsv").join(inside, on="id", validate="1:1").join(theirs.unique(place), on=place)
    assert len(both) == len(inside) == 8
    assert (both["predicted"] - both["published"]).abs().max() < 1e-6  # the table has six digits
