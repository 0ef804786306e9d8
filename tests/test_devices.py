"""Networks compute on a graphics card what they compute on the processor, and leave nothing behind on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from genloom.learning import activity, attribution, boundaries, content
from genloom.models import content as contents
from genloom.models import deltas, image, mlp, promoter, splice

from .card import NAME, Card
from .test_explain_model import lively

CLOSE = {"rtol": 1e-4, "atol": 1e-5}
CONTEXT, WINDOW = 80, 60


@pytest.fixture(autouse=True)
def _no_inference_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows no tensors that are played."""
    monkeypatch.setattr(torch, "inference_mode", torch.no_grad)


def codes(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 5, shape, dtype=np.uint8)


def of_boundaries() -> boundaries.Model:
    torch.manual_seed(3)
    return boundaries.Model([lively(splice.Splice(CONTEXT, 8, slope=0.1), seed).eval() for seed in (1, 2)])


def of_content() -> content.Feeder:
    torch.manual_seed(3)
    return content.Feeder([lively(contents.Content(CONTEXT, 8)).eval()], 0.0)


def of_activity() -> activity.Model:
    torch.manual_seed(3)
    network = promoter.Promoter(WINDOW, 3, (16, 8), (6, 3), (5, 2), slope=0.1)
    names = ("a", "b", "c")
    return activity.Model([network.eval()], activity.Scaling(names, np.zeros(3, np.float32), np.ones(3, np.float32)))


def moved(model: Any) -> Any:
    for network in model.networks:
        network.to(NAME)
    return model


def test_a_tensor_that_was_left_behind_is_seen():
    with Card():
        there = torch.ones(3).to(NAME)
        assert (there + torch.tensor(1.0)).cpu().tolist() == [2, 2, 2]  # a number may be anywhere
        with pytest.raises(RuntimeError, match="on the card"):
            there + torch.ones(3)
        with pytest.raises(RuntimeError, match="on the card"):
            torch.nn.functional.embedding(torch.zeros(1, dtype=torch.long), there[:, None])
        with pytest.raises(RuntimeError, match="numpy"):
            there.numpy()


def test_scores_of_windows():
    facts = np.random.default_rng(2).normal(size=(4, 3)).astype(np.float32)
    for make, given in (
        (of_boundaries, (codes(4, CONTEXT + WINDOW),)),
        (of_content, (codes(4, CONTEXT + WINDOW),)),
        (of_activity, (codes(4, WINDOW), facts)),
    ):
        score = "of_scaled" if make is of_activity else "scores"
        here = getattr(make(), score)(*given)
        with Card():
            there = getattr(moved(make()), score)(*given)
        assert isinstance(there, np.ndarray) and np.ptp(here) > 0
        np.testing.assert_allclose(there, here, **CLOSE)


def test_scores_of_a_chromosome():
    sequence = codes(700)
    here = splice.predict(of_boundaries().networks, sequence, tile=300)
    with Card():
        there = splice.predict(moved(of_boundaries()).networks, sequence, tile=300)
    np.testing.assert_allclose(there, here, **CLOSE)


@pytest.mark.parametrize("minus", [False, True])
def test_variants(minus: bool):
    sequence, middle = codes(CONTEXT + 801) % 4, 400
    variants = [deltas.Variant(middle, removed, codes(inserted)) for removed, inserted in ((1, 1), (4, 1), (1, 7))]
    here = deltas.score(of_boundaries().ready, sequence, variants, 50, minus)
    with Card():
        there = deltas.score(moved(of_boundaries()).ready, sequence, variants, 50, minus)
    for one, other in zip(there, here, strict=True):
        assert other.scores.max() > 0
        np.testing.assert_allclose(one.scores, other.scores, **CLOSE)
        assert one.offsets.tolist() == other.offsets.tolist()


@pytest.mark.parametrize("method", ["mutagenesis", "gradient", "integrated"])
@pytest.mark.parametrize("task", ["boundaries", "content", "activity"])
def test_explanations(task: str, method: str):
    size = {"boundaries": CONTEXT + 1, "content": CONTEXT + WINDOW, "activity": WINDOW}[task]
    facts = np.float32([0.5, -1, 2]) if task == "activity" else None
    place = attribution.Place("w", "g", "", "chr1", "+", 0, codes(size), 5, size - 5, -1, facts)

    def explained(change: Any) -> attribution.Explained:
        networks = {
            "boundaries": lambda: attribution._Boundaries(change(of_boundaries()), "donor"),
            "content": lambda: attribution._Content(change(of_content()), "exon"),
            "activity": lambda: attribution._Activity(change(of_activity())),
        }
        return attribution.explain(networks[task](), place, method)

    here = explained(lambda model: model)
    with Card():
        there = explained(moved)
    assert np.ptp(here.attribution) > 0
    assert there.score == pytest.approx(here.score, rel=1e-4, abs=1e-5)
    np.testing.assert_allclose(there.attribution, here.attribution, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", ["boundaries", "content", "activity", "image", "mlp"])
def test_a_step_of_training(kind: str):
    torch.manual_seed(4)
    network, inputs = {
        "boundaries": lambda: (splice.Splice(CONTEXT, 8), [torch.from_numpy(codes(4, CONTEXT + WINDOW))]),
        "content": lambda: (contents.Content(CONTEXT, 8), [torch.from_numpy(codes(4, CONTEXT + WINDOW))]),
        "activity": lambda: (
            promoter.Promoter(WINDOW, 3, (16, 8), (6, 3), (5, 2), slope=0.1, shift=4),
            [torch.from_numpy(codes(4, WINDOW)), torch.rand(4, 3)],
        ),
        "image": lambda: (image.Image(8, 8, 3, 4), [torch.rand(4, 64)]),
        "mlp": lambda: (mlp.mlp(10, [6], 2, 0.1), [torch.rand(4, 10)]),
    }[kind]()
    before = [each.detach().clone() for each in network.parameters()]
    with Card():
        network.to(NAME).train()
        optimizer = torch.optim.AdamW(network.parameters(), 0.1)
        found = network(*(each.to(NAME) for each in inputs))
        if kind == "boundaries":
            labels = torch.randint(0, 3, (1, 4, WINDOW)).to(NAME)
            splice.loss(found, labels, (3,), (1.0,)).backward()
        else:
            found.square().sum().backward()
        optimizer.step()
        after = [each.detach().cpu() for each in network.parameters()]
    assert any(not torch.equal(one, other) for one, other in zip(before, after, strict=True))
