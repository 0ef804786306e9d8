"""Splice networks, tiled prediction, the simple models beside them, and the structured decodes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch.nn import functional

from genloom.models import fourier, introns, splice

BASES = {base: code for code, base in enumerate("ACGT")}


def random_codes(length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, length).astype(np.uint8)


def written(text: str) -> np.ndarray:
    return np.array([BASES.get(base, splice.UNKNOWN) for base in text], np.uint8)


def lively(network: splice.Splice) -> splice.Splice:
    """Running statistics and affine parameters away from their defaults, so that a mistake with them shows."""
    torch.manual_seed(1)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)
            with torch.no_grad():
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.3)
    return network.eval()


def published(network: splice.Splice, codes: torch.Tensor) -> torch.Tensor:
    """The network as its authors draw it: 1-d convolutions with dilation and "same" padding, cropped at the end."""
    settings = network.settings
    x = splice.one_hot(codes).transpose(1, 2)

    def linear(layer: torch.nn.Linear, x: torch.Tensor) -> torch.Tensor:
        return functional.conv1d(x, layer.weight[..., None], layer.bias)

    x = linear(network.first, x)
    total = linear(network.skips[0], x)
    for (width, dilation), units, skip in zip(splice.GROUPS, network.groups, network.skips[1:], strict=False):
        for unit in units:
            y = x
            for norm, conv in ((unit.norm1, unit.conv1), (unit.norm2, unit.conv2)):
                y = functional.batch_norm(
                    y, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=settings["eps"]
                )
                y = functional.leaky_relu(y, settings["slope"])
                y = functional.conv1d(
                    y, conv.weight[:, :, 0], conv.bias, dilation=dilation, padding=dilation * (width - 1) // 2
                )
            x = x + y
        total = total + linear(skip, x)
    half = network.context // 2
    return linear(network.last, total)[..., half:-half].transpose(1, 2)


@pytest.mark.parametrize(("context", "parameters"), [(80, 93_251), (400, 185_187), (2_000, 359_043), (10_000, 696_739)])
def test_parameters_are_those_published(context: int, parameters: int) -> None:
    assert sum(p.numel() for p in splice.Splice(context).parameters()) == parameters


@pytest.mark.parametrize(("context", "slope", "eps"), [(80, 0.0, 1e-3), (400, 0.1, 1e-5), (2_000, 0.0, 1e-3)])
@pytest.mark.parametrize("length", [1, 137])
def test_network_equals_the_published_formulation(context: int, slope: float, eps: float, length: int) -> None:
    network = lively(splice.Splice(context, channels=8, slope=slope, eps=eps))
    codes = torch.from_numpy(random_codes(2 * (context + length)).reshape(2, -1))
    codes[0, :30] = splice.UNKNOWN
    with torch.no_grad():
        expected, found = published(network, codes), network(codes)
        folded, floats = splice.for_inference(network)(codes), network(splice.one_hot(codes))
    assert found.shape == (2, length, 3)
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-5)
    torch.testing.assert_close(folded, expected, atol=2e-5, rtol=1e-5)
    torch.testing.assert_close(floats, found, atol=0, rtol=0)


def test_sees_its_context_and_no_further() -> None:
    torch.manual_seed(0)
    network = lively(splice.Splice(400))
    x = splice.one_hot(torch.from_numpy(random_codes(601))[None]).requires_grad_()
    network(x)[0, 100].sum().backward()
    reached = np.flatnonzero(x.grad[0].abs().sum(1).numpy())
    assert 100 <= reached[0] < 250 and 350 < reached[-1] <= 500


def test_starts_at_the_prior() -> None:
    torch.manual_seed(0)
    network = splice.Splice(80, prior=1e-3)
    shares = splice.probabilities(network(torch.from_numpy(random_codes(2_080))[None]), network.heads).mean((0, 1))
    assert 2e-4 < shares[splice.ACCEPTOR] < 5e-3 and 2e-4 < shares[splice.DONOR] < 5e-3


def test_refuses_unknown_context_and_too_short_sequence() -> None:
    with pytest.raises(ValueError, match="context 100 is none of 80, 400, 2000, 10000"):
        splice.Splice(100)
    with pytest.raises(ValueError, match="80 bases are no more than"):
        splice.Splice(80)(torch.zeros(1, 80, dtype=torch.uint8))


@pytest.mark.parametrize("tile", [7, 77, 1_000])
def test_tiles_leave_no_trace(tile: int) -> None:
    networks = [lively(splice.Splice(context, channels=4, heads=splice.CODING)) for context in (80, 400)]
    codes = random_codes(60 if tile == 7 else 500)
    whole = splice.predict(networks, codes, tile=10_000)
    assert whole.shape == (2, len(codes), 11)
    np.testing.assert_allclose(splice.predict(networks, codes, tile=tile), whole, atol=1e-5)
    other = splice.predict(networks, splice.reverse_complement(codes), tile=10_000)
    np.testing.assert_allclose(other[::-1, ::-1], whole, atol=1e-5)


@pytest.mark.parametrize("width", [11, 21, 41])
@pytest.mark.parametrize(("rows", "outputs"), [(1, 1), (3, 43), (2, 45), (70, 30), (2, 4000)])
def test_transforms_convolve_as_directly(width: int, rows: int, outputs: int) -> None:
    generator = torch.Generator().manual_seed(width)
    conv = torch.nn.Conv2d(6, 5, (1, width), dtype=torch.float64)
    x = torch.randn(rows, 6, 1, outputs + width - 1, generator=generator, dtype=torch.float64)
    with torch.inference_mode():
        found, expected = fourier.Convolution(conv)(x), conv(x)
    assert found.shape == expected.shape
    assert (found - expected).abs().max() < 1e-12
    assert found.stride(1) == 1  # channels innermost, as what follows wants them


def test_transforms_round_no_worse_than_directly() -> None:
    torch.manual_seed(1)
    conv = torch.nn.Conv2d(32, 32, (1, 41))
    x = torch.randn(25, 32, 1, 300)
    with torch.inference_mode():
        exact = functional.conv2d(x.double(), conv.weight.double(), conv.bias.double())
        gap = (fourier.Convolution(conv)(x) - exact).abs().max() / exact.abs().max()
    assert gap < 1e-6


def test_ensemble_averages_probabilities_not_logits() -> None:
    torch.manual_seed(3)
    networks = [lively(splice.Splice(80, channels=4)) for _ in range(2)]
    with torch.no_grad():
        networks[1].last.bias.copy_(torch.tensor([0.0, 3.0, -3.0]))
    codes = random_codes(200)
    alone = [splice.predict([network], codes) for network in networks]
    np.testing.assert_allclose(splice.predict(networks, codes), (alone[0] + alone[1]) / 2, atol=1e-6)
    np.testing.assert_allclose(alone[0].sum(-1), 1, atol=1e-5)
    with pytest.raises(ValueError, match="different heads"):
        splice.predict([networks[0], splice.Splice(80, heads=splice.CODING)], codes)


def test_learns_a_planted_site() -> None:
    """GTAAGT after an exon's last base, planted in random sequence: found in new sequence after a few steps."""

    def batch(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
        rng = np.random.default_rng(seed)
        codes, labels = rng.integers(0, 4, (6, 230)).astype(np.uint8), np.zeros((6, 150), np.int64)
        for row in range(6):
            for at in rng.choice(14, 3, replace=False) * 10 + 5:
                codes[row, at + 41 : at + 47] = written("GTAAGT")
                labels[row, at] = splice.DONOR
        return torch.from_numpy(codes), torch.from_numpy(labels)

    torch.manual_seed(0)
    network = splice.Splice(80, channels=16, prior=0.02)
    optimiser = torch.optim.AdamW(network.parameters(), lr=5e-3)
    for step in range(80):
        codes, labels = batch(step)
        optimiser.zero_grad()
        splice.loss(network(codes), labels[None], network.heads, [1.0]).backward()
        optimiser.step()
    network.eval()
    codes, labels = batch(1_000)
    with torch.no_grad():
        found = splice.probabilities(network(codes), network.heads)[..., splice.DONOR]
    best = found.flatten().topk(18).indices
    assert (labels.flatten()[best] == splice.DONOR).float().mean() > 0.9


def test_loss_weighs_each_head() -> None:
    logits = torch.zeros(2, 5, 6)
    labels = torch.zeros(2, 2, 5, dtype=torch.int64)
    value = splice.loss(logits, labels, (2, 4), (3.0, 0.5))
    assert value.item() == pytest.approx(3 * np.log(2) + 0.5 * np.log(4), rel=1e-5)


def genome(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random bases, with TACAG before acceptors and GTAAGT after donors."""
    codes, labels = random_codes(20_000, seed), np.zeros(20_000, np.uint8)
    for at in range(100, 19_900, 200):
        codes[at + 1 : at + 7] = written("GTAAGT")
        labels[at] = splice.DONOR
        codes[at + 95 : at + 100] = written("TACAG")
        labels[at + 100] = splice.ACCEPTOR
    return codes, labels


def test_baselines_rank_sites_by_what_they_know() -> None:
    codes, labels = genome(0)
    new, truth = genome(1)
    shares = {}
    for model in (splice.Dinucleotides(), splice.WeightMatrices()):
        scores = model.fit([codes], [labels]).predict(new)
        np.testing.assert_allclose(scores.sum(1), 1, atol=1e-5)
        for site in (splice.ACCEPTOR, splice.DONOR):
            assert scores[truth == site, site].min() > 0
            best = np.argsort(-scores[:, site], kind="stable")[: (truth == site).sum()]
            shares[model.name, site] = (truth[best] == site).mean()
    assert shares["weight-matrices", splice.DONOR] > 0.9 > 0.3 > shares["dinucleotides", splice.DONOR]
    assert shares["weight-matrices", splice.ACCEPTOR] > shares["dinucleotides", splice.ACCEPTOR]
    text = written("AAGGTCC")
    scores = splice.Dinucleotides().fit([codes], [labels]).predict(text)
    assert np.flatnonzero(scores[:, splice.DONOR]).tolist() == [2]  # the base before GT
    assert np.flatnonzero(scores[:, splice.ACCEPTOR]).tolist() == [3]  # the base after AG


def sites(length: int, donors: dict[int, float], acceptors: dict[int, float]) -> np.ndarray:
    """Probabilities per base from {first base of an intron: donor's} and {base after it: acceptor's}."""
    out = np.zeros((length, 3), np.float32)
    for at, p in donors.items():
        out[at - 1, introns.DONOR] = p
    for at, p in acceptors.items():
        out[at, introns.ACCEPTOR] = p
    out[:, 0] = 1 - out[:, 1:].sum(1)
    return out


def odds(p: float) -> float:
    return float(np.log(p / (1 - p)))


def every_structure(donors: dict, acceptors: dict, rules: introns.Rules) -> list[tuple[float, tuple]]:
    """(log weight, introns) of all sets of introns that may stand together."""
    pairs = [(d, a) for d in donors for a in acceptors if rules.minimum <= a - d <= rules.maximum]
    found = []
    for count in range(len(pairs) + 1):
        for chosen in itertools.combinations(sorted(pairs), count):
            if all(one[1] < two[0] for one, two in itertools.pairwise(chosen)):
                found.append((sum(odds(donors[d]) + odds(acceptors[a]) + 2 * rules.bias for d, a in chosen), chosen))
    return found


@pytest.mark.parametrize("bias", [-1.0, 0.0, 1.5])
def test_pairing_equals_trying_every_structure(bias: float) -> None:
    rules = introns.Rules(minimum=20, maximum=100, bias=bias)
    donors = {10: 0.3, 40: 0.8, 90: 0.4, 150: 0.05}
    acceptors = {35: 0.2, 75: 0.6, 90: 0.3, 130: 0.7, 190: 0.9}
    structures = every_structure(donors, acceptors, rules)
    total = np.logaddexp.reduce([weight for weight, _ in structures])
    found = introns.pair_sites(sites(200, donors, acceptors), rules)
    assert tuple(found.introns) == max(structures)[1]
    for d in donors:
        expected = sum(np.exp(w - total) for w, chosen in structures if any(d == pair[0] for pair in chosen))
        assert found.probabilities[d - 1, introns.DONOR] == pytest.approx(expected, abs=1e-5)
    for a in acceptors:
        expected = sum(np.exp(w - total) for w, chosen in structures if any(a == pair[1] for pair in chosen))
        assert found.probabilities[a, introns.ACCEPTOR] == pytest.approx(expected, abs=1e-5)


def test_pairing_alternates_and_keeps_to_lengths() -> None:
    sure = {"donors": {50: 0.9, 60: 0.8}, "acceptors": {70: 0.9, 200: 0.9, 900: 0.9}}
    found = introns.pair_sites(sites(1_000, **sure), introns.Rules(minimum=30, maximum=300))
    assert found.introns == [(50, 200)]  # 70 is too near, 900 too far, and two donors cannot follow each other
    assert found.probabilities[900, introns.ACCEPTOR] == 0
    assert introns.pair_sites(sites(100, {}, {}), introns.Rules()).introns == []


def test_pairing_takes_no_more_work_for_more_pairs(monkeypatch) -> None:
    """Additions are counted: within reach of each site are ten or all others."""
    made, add = [], introns._add
    monkeypatch.setattr(introns, "_add", lambda a, b: made.append(1) or add(a, b))
    scores = np.full((600, 3), 0.4, np.float32)
    work = []
    for maximum in (40, 600):
        made.clear()
        introns.pair_sites(scores, introns.Rules(minimum=30, maximum=maximum))
        work.append(len(made))
    assert work[1] < 1.5 * work[0] < 20 * len(scores)


CODING = "GCTGAAGTTCTG"  # four sense codons; no stop in any frame


def gene(exons: list[str], intron: str) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """A gene in a spacer of stops, its exons 0-based half-open."""
    text, spans = "TAACTGACTAG" * 3, []
    for number, exon in enumerate(exons):
        text += intron if number else ""
        spans.append((len(text), len(text) + len(exon)))
        text += exon
    return written(text + "TAACTGACTAG" * 3), spans


@pytest.mark.parametrize("cut", [12, 13, 14])
def test_genes_keep_their_frame(cut: int) -> None:
    """A wrong donor with the higher score loses to the right one, because only that keeps the frame open."""
    message = "ATG" + CODING * 3 + "TAA"
    codes, exons = gene([message[:cut], message[cut:]], "GTAAGT" + "TAACTGACTAG" * 4 + "TTTTAG")
    donor, acceptor = exons[0][1], exons[1][0]
    scores = sites(len(codes), {donor: 0.6, donor + 4: 0.9}, {acceptor: 0.9})
    assert introns.pair_sites(scores, introns.Rules()).introns == [(donor + 4, acceptor)]
    edges = np.full((len(codes), 3), 1e-3, np.float32)
    edges[exons[0][0], 1] = edges[exons[1][1] - 1, 2] = 0.7
    found = introns.coding_genes(codes, scores, introns.Rules(), edges=edges)
    assert found.genes == [exons] and found.introns == [(donor, acceptor)]
    assert found.probabilities[donor - 1, introns.DONOR] > 0.9 > 0.1 > found.probabilities[donor + 3, introns.DONOR]


def test_genes_hold_no_split_stop() -> None:
    """TA | A over an intron is a stop: the acceptor one codon further, with the lower score, wins."""
    first, intron = "ATG" + CODING + "TA", "GTAAGT" + "C" * 40 + "TTTTAG"
    codes, exons = gene([first, "AGC" + CODING * 2 + "TAA"], intron)
    scores = sites(len(codes), {exons[0][1]: 0.95}, {exons[1][0]: 0.8, exons[1][0] + 3: 0.6})
    codes[exons[1][0] + 3] = BASES["C"]
    found = introns.coding_genes(codes, scores, introns.Rules(gene=3))
    assert found.introns == [(exons[0][1], exons[1][0] + 3)]
    codes[exons[1][0]] = BASES["C"]  # TAC: no stop any more, so the better score wins
    assert introns.coding_genes(codes, scores, introns.Rules(gene=3)).introns == [(exons[0][1], exons[1][0])]


def test_genes_start_where_the_edge_is_likelier() -> None:
    codes, exons = gene(["ATG" + CODING + "ATG" + CODING * 2 + "TGA"], "")
    early, late, end = exons[0][0], exons[0][0] + 15, exons[0][1]
    edges = np.full((len(codes), 3), 1e-4, np.float32)
    edges[late, 1], edges[end - 1, 2] = 0.6, 0.9
    for probability, start in ((0.5, late), (0.7, early)):
        edges[early, 1] = probability
        found = introns.coding_genes(codes, sites(len(codes), {}, {}), introns.Rules(), edges)
        assert found.genes == [[(start, end)]]


def test_genes_may_be_cut_by_the_ends() -> None:
    codes, exons = gene(["ATG" + CODING, CODING * 2 + "TAA"], "GTAAGT" + "TAACTGACTAG" * 4 + "TTTTAG")
    donor, acceptor = exons[0][1], exons[1][0]
    part = codes[exons[0][0] + 4 : exons[1][1] - 8]
    shift = exons[0][0] + 4
    scores = sites(len(part), {donor - shift: 0.9}, {acceptor - shift: 0.9})
    found = introns.coding_genes(part, scores, introns.Rules(gene=3))
    assert found.introns == [(donor - shift, acceptor - shift)]
    for short in range(4):
        assert introns.coding_genes(part[:short], scores[:short], introns.Rules()).introns == []
