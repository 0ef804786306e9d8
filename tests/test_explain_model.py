"""explain_model: what is planted is found, with shuffled weights it is not; the fast ways are the exact ones."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
import torch

import explain_model
import train_model
from genloom import console
from genloom.formats import matrix, meme, modelfile
from genloom.learning import chromatin, importance
from genloom.models import content, gradients, motifs, mutagenesis, promoter, splice

STEPS = Path(__file__).parents[1] / "test-data" / "steps"
SEQUENCE = STEPS.parent / "sequence"
DONOR, ACCEPTOR, ACTIVE = "GTAAGTCC", "CCTTTTCAG", "TGACTCA"
BOUNDARIES = ("--model", STEPS / "boundaries.safetensors", "--windows", STEPS / "boundaries.h5")


def explain(*words: object) -> int:
    return console.run(explain_model.build_parser, explain_model.main, list(map(str, words)))


def lively(network: torch.nn.Module, seed: int = 1) -> torch.nn.Module:
    """With means and variances as training leaves them, rather than 0 and 1."""
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)
    return network


def random_codes(length: int, letters: int = 5) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(1).integers(0, letters, length, dtype=np.uint8))


def one_by_one(network, codes: torch.Tensor, positions: torch.Tensor, *more: torch.Tensor) -> torch.Tensor:
    found = []
    for position in positions.tolist():
        edited = codes.repeat(4, 1)
        edited[:, position] = torch.arange(4, dtype=torch.uint8)
        found.append(network(edited, *(each.repeat(4, 1) for each in more)))
    return torch.stack(found)


# ---------------------------------------------------------------- the fast ways are exact


@pytest.mark.parametrize("context", splice.CONTEXTS)
def test_mutagenesis_of_a_site_is_that_of_whole_passes(context: int):
    torch.manual_seed(2)
    network = splice.for_inference(lively(splice.Splice(context, 8, slope=0.1)))
    codes = random_codes(context + 1)
    half = context // 2
    wanted = {0, 1, context, half, half - 1, half + 1, *range(half - 45, half + 46, 11)}
    wanted |= set(np.random.default_rng(3).integers(0, context + 1, 8).tolist())
    positions = torch.tensor(sorted(each for each in wanted if 0 <= each <= context))
    with torch.inference_mode():
        found = mutagenesis.of_site(network, codes, positions)
        exact = one_by_one(network, codes, positions)[:, :, 0]
    assert float((exact - exact[:, :1]).abs().max()) > 1e-3  # the bases do something
    torch.testing.assert_close(found, exact, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("context", "window"), [(80, 60), (400, 130)])
def test_mutagenesis_of_a_window_is_that_of_whole_passes(context: int, window: int):
    network = content.ready(lively(content.Content(context, 8)))
    codes = random_codes(context + window)
    positions = torch.arange(0, context + window, 9)
    with torch.inference_mode():
        found, exact = mutagenesis.of_window(network, codes, positions), one_by_one(network, codes, positions)
    assert float((exact - exact[:, :1]).abs().max()) > 1e-3
    torch.testing.assert_close(found, exact, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "settings",
    [
        {"window": 617, "filters": (16, 8), "pools": (10, 2), "features": 3},
        {"window": 40, "filters": (8,), "widths": (6,), "pools": (30,)},
        {"window": 900, "filters": (8, 8, 4), "widths": (6, 9, 3), "pools": (7, 5, 2)},
    ],
)
def test_mutagenesis_of_a_promoter_is_that_of_whole_passes(settings: dict):
    torch.manual_seed(4)
    network = promoter.Promoter(**settings, slope=0.1).eval().requires_grad_(False)
    codes = random_codes(settings["window"])
    more = [torch.randn(3)] if "features" in settings else []
    positions = torch.arange(settings["window"])
    with torch.inference_mode():
        found = mutagenesis.of_promoter(network, codes, positions, *more)
        exact = one_by_one(network, codes, positions, *more)
    assert float((exact - exact[:, :1]).abs().max()) > 1e-4
    torch.testing.assert_close(found, exact, atol=1e-5, rtol=0)


def test_integrated_gradients_add_up_to_the_score_less_that_of_unknown_bases():
    torch.manual_seed(5)
    network = promoter.Promoter(300, filters=(16, 8), pools=(10, 2), slope=0.1).eval().requires_grad_(False)
    x = splice.one_hot(random_codes(300, 4))
    total = (gradients.integrated(network, x, steps=256) * x).sum()
    with torch.no_grad():
        whole = network(x[None])[0] - network(torch.zeros_like(x)[None])[0]
    assert float(total) == pytest.approx(float(whole), abs=0.02 * abs(float(whole)) + 1e-4)


def test_a_gradient_is_the_slope():
    weights = torch.randn(50, 4)
    x = splice.one_hot(random_codes(50))
    score, found = gradients.gradient(lambda batch: (batch * weights).sum((1, 2)), x)
    assert score == pytest.approx(float((x * weights).sum()), rel=1e-5)
    torch.testing.assert_close(found, weights)


# ---------------------------------------------------------------- motifs


def planted(flip: bool = False, count: int = 40) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Sequences with one word each, whose bases contribute; half of them on the other strand."""
    random = np.random.default_rng(6)
    word = np.array(["ACGT".index(letter) for letter in ACTIVE])
    codes, values = [], []
    for number in range(count):
        own, weights = random.integers(0, 4, 200, dtype=np.uint8), random.normal(0, 0.05, 200)
        at = int(random.integers(20, 170))
        own[at : at + len(word)] = 3 - word[::-1] if flip and number % 2 else word
        weights[at : at + len(word)] += 1
        codes.append(own)
        values.append(weights)
    return codes, values


@pytest.mark.parametrize("flip", [False, True])
def test_a_planted_motif_is_found_once(flip: bool):
    found = motifs.find(*planted(flip), both_strands=flip)
    assert len(found) == 1
    assert found[0].consensus in (ACTIVE, "TGAGTCA")
    assert len(found[0].starts) == 40
    assert found[0].flipped.sum() == (20 if flip else 0)
    codes = planted(flip)[0]
    for number, start, turned in zip(found[0].sequences, found[0].starts, found[0].flipped, strict=True):
        letters = "".join("ACGT"[i] for i in codes[number][start : start + 7])
        assert (splice_flip(letters) if turned else letters) == found[0].consensus


def splice_flip(letters: str) -> str:
    return letters.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def test_contributions_in_places_drawn_at_random_make_no_motif():
    codes, values = planted()
    random = np.random.default_rng(7)
    assert motifs.find(codes, [random.permutation(each) for each in values]) == []
    assert motifs.find(codes, [np.zeros(200)] * len(codes)) == []


def test_motifs_of_short_sequences_are_none():
    assert motifs.find([np.zeros(5, np.uint8)] * 20, [np.ones(5)] * 20) == []


def test_meme_has_what_readers_of_it_want(tmp_path):
    meme.write(
        {"motif1": np.array([[8.0, 0, 0, 0], [0, 0, 5, 2]])},
        {"motif1": "AG"},
        np.array([0, 1, 2, 3, 4], np.uint8),
        tmp_path / "m",
    )
    text = (tmp_path / "m").read_text()
    assert text.startswith("MEME version 4\n\nALPHABET= ACGT\n")
    assert "MOTIF motif1 AG\nletter-probability matrix: alength= 4 w= 2 nsites= 8 E= 0\n" in text
    rows = [list(map(float, line.split())) for line in text.splitlines()[-2:]]
    assert all(abs(sum(row) - 1) < 1e-5 for row in rows)


# ---------------------------------------------------------------- sequence, end to end


def shuffled(path: Path, out: Path, seed: int = 1) -> Path:
    """The model with the numbers of each of its arrays in another order."""
    card, arrays = modelfile.read(path)
    random = np.random.default_rng(seed)
    mixed = {name: random.permutation(each.reshape(-1)).reshape(each.shape) for name, each in arrays.items()}
    modelfile.write(out, mixed, {name: value for name, value in card.items() if name != "format"})
    return out


@pytest.mark.parametrize("method", ["mutagenesis", "gradient", "integrated"])
def test_the_planted_donor_is_found_at_its_place(tmp_path, method):
    assert explain(*BOUNDARIES, "--method", method, "--motif-table", tmp_path / "m.tsv", "--reach", 40) == 0
    table = pl.read_csv(tmp_path / "m.tsv", separator="\t")
    first = table.row(0, named=True)
    at = first["consensus"].upper().find("TAAGT")
    assert at >= 0
    assert first["offset"] + at == 2  # the donor is the last base of its exon, then come G and T
    assert first["windows"] >= 40


def test_shuffled_weights_find_no_planted_motif(tmp_path):
    for seed in (1, 2, 3):
        model = shuffled(STEPS / "boundaries.safetensors", tmp_path / "m.safetensors", seed)
        assert explain("--model", model, *BOUNDARIES[2:], "--motif-table", tmp_path / "m.tsv", "--reach", 40) == 0
        found = [text.upper() for text in pl.read_csv(tmp_path / "m.tsv", separator="\t")["consensus"].cast(pl.String)]
        assert not [text for text in found if "GTAAG" in text or "TTTTCAG" in text]


def test_the_class_and_the_annotated_sites_are_chosen(tmp_path):
    table = tmp_path / "a.tsv"
    chosen = ("--class", "acceptor", "--sites", "annotated", "--count", 8, "--reach", 20)
    assert explain(*BOUNDARIES, *chosen, "--attributions", table, "--motif-table", tmp_path / "m.tsv") == 0
    frame = pl.read_csv(table, separator="\t")
    assert frame["target"].n_unique() == 8 and frame["target"].str.starts_with("acceptor ").all()
    assert pl.read_csv(tmp_path / "m.tsv", separator="\t")["consensus"][0].upper().find("TTTTCAG") >= 0
    for (target,), rows in frame.group_by("target"):
        chrom, at, strand = re.fullmatch(r"acceptor (\w+):(\d+):([+-])", target).groups()
        letters = rows.filter((pl.col("start") - int(at)).abs() <= 2).sort("start", descending=strand == "-")["base"]
        assert "".join(letters[:2]) == "AG", (chrom, at)


def test_changes_and_contributions_agree_and_the_track_is_the_table(tmp_path):
    table, track = tmp_path / "a.tsv", tmp_path / "a.bedgraph"
    assert explain(*BOUNDARIES, "--gene", "chr4g1", "chr1g1", "--attributions", table, "--track", track) == 0
    frame = pl.read_csv(table, separator="\t")
    changes = frame.select(pl.col("^change_.$")).to_numpy()
    np.testing.assert_allclose(frame["attribution"], -changes.sum(1) / 3, atol=2e-5)
    own = changes[np.arange(len(changes)), ["ACGT".index(base) for base in frame["base"]]]
    assert (own == 0).all()
    lines = [line.split("\t") for line in track.read_text().splitlines()]
    places = [(chrom, int(start)) for chrom, start, _, _ in lines]
    assert len(set(places)) == len(places) and all(int(end) == int(start) + 1 for _, start, end, _ in lines)
    assert places == sorted(places)
    known = {}
    for chrom, start, value in frame.select("chrom", "start", "attribution").iter_rows():
        known.setdefault((chrom, start), []).append(value)
    for place, line in zip(places, lines, strict=True):
        assert float(line[3]) == pytest.approx(max(known[place], key=abs), rel=1e-3)


def test_a_region_of_a_genome_is_explained_as_its_window(tmp_path):
    """The site of one window, found in the genome: the same bases and contributions."""
    chosen = ("--method", "gradient", "--reach", 15, "--attributions")
    assert explain(*BOUNDARIES, "--region", "chr4:200-400", "--count", 1, *chosen, tmp_path / "w.tsv") == 0
    window = pl.read_csv(tmp_path / "w.tsv", separator="\t")
    first, last = window["start"].min(), window["start"].max()
    region = f"{window['chrom'][0]}:{first + 1}-{last + 1}"
    assert (
        explain(*BOUNDARIES[:2], "--genome", SEQUENCE / "genome.fa", "--region", region, *chosen, tmp_path / "g.tsv")
        == 0
    )
    genome = pl.read_csv(tmp_path / "g.tsv", separator="\t")
    assert genome.drop("window", "gene").equals(window.drop("window", "gene"))


def test_content_and_promoters_lean_on_what_is_planted(tmp_path):
    table = tmp_path / "m.tsv"
    words = ("--model", STEPS / "content.safetensors", "--windows", STEPS / "content.h5", "--method", "gradient")
    assert explain(*words, "--motif-table", table) == 0
    found = " ".join(pl.read_csv(table, separator="\t")["consensus"]).upper()
    assert "TTTTCAG" in found or "GTAAGT" in found
    words = ("--model", STEPS / "promoters.safetensors", "--windows", STEPS / "promoters.h5", "--count", 20)
    assert explain(*words, "--reach", 80, "--motif-table", table, "--report", tmp_path / "r.html") == 0
    found = pl.read_csv(table, separator="\t")["consensus"][0].upper()
    assert "CTCA" in found or "TGAG" in found


def test_the_same_run_gives_the_same_bytes_and_a_page_without_scripts(tmp_path):
    names = {
        "attributions": "a.tsv",
        "track": "t.bg",
        "logos": "l.svg",
        "motifs": "m.meme",
        "motif-logos": "m.svg",
        "report": "r.html",
    }
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        words = [word for name, path in names.items() for word in (f"--{name}", tmp_path / folder / path)]
        assert explain(*BOUNDARIES, "--count", 4, "--reach", 20, *words) == 0
    for path in names.values():
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes(), path
    page = (tmp_path / "one" / "r.html").read_text()
    assert "<script" not in page and "http" not in page.replace("http://www.w3.org", "")
    assert str(tmp_path) not in page
    assert len(page) < 3_000_000
    assert "TAAG" in page and "--count 4" in page


# ---------------------------------------------------------------- matrices

PLANTED = (7, 22, 48)  # bins that genes follow


@pytest.fixture(scope="module")
def matrices(tmp_path_factory) -> Path:
    """Six genes follow three bins, two each; the others are noise."""
    folder = tmp_path_factory.mktemp("matrices")
    random = np.random.default_rng(8)
    samples = [f"s{i}" for i in range(60)]
    x = random.gamma(2, 1, (60, 60)).astype(np.float32)
    y = np.stack([x[:, bin_] * (1 if i < 3 else -1) for i, bin_ in enumerate(PLANTED * 2)], 1)
    y = (8 + y + random.normal(0, 0.2, y.shape)).astype(np.float32)
    start = np.arange(60) * 1000
    places = pd.DataFrame(
        {"chrom": "chr1", "start": start, "end": start + 1000}, index=[f"chr1:{s}-{s + 1000}" for s in start]
    )
    near = [bin_ * 1000 + offset for offset in (500, -1500) for bin_ in PLANTED]
    genes = pd.DataFrame(
        {"symbol": [f"G{i}" for i in range(6)], "chrom": "chr1", "tss": near, "strand": list("+-+-+-")},
        index=[f"g{i}" for i in range(6)],
    )
    obs = pd.DataFrame(index=samples)
    matrix.write(
        matrix.build(sp.csr_matrix(x), obs, places, "bins", {"bin_size": 1000}, assembly="toy"), folder / "bins.h5ad"
    )
    expressed = matrix.build(y, obs, genes, "genes", {"unit": "log2(TPM+1)"}, assembly="toy")
    matrix.write(expressed, folder / "genes.h5ad")
    rows = [f"1\t{s}\t\t{'test' if i % 4 == 3 else 'train'}" for i, s in enumerate(samples)]
    (folder / "split.tsv").write_text("\n".join(["fold\tid\tgroup\tpart", *rows]) + "\n")
    rows = [
        f"{fold}\t{s}\t\t{'test' if i % 3 == fold else 'train'}" for fold in range(3) for i, s in enumerate(samples)
    ]
    (folder / "folds.tsv").write_text("\n".join(["fold\tid\tgroup\tpart", *rows]) + "\n")
    for name in ("ridge", "pls", "knn"):
        words = [
            "--architecture",
            name,
            "--split",
            folder / "split.tsv",
            "--transform",
            "none",
            "--allow-leak",
            "planted",
        ]
        words += [
            "--bins",
            folder / "bins.h5ad",
            "--expression",
            folder / "genes.h5ad",
            "--predictions",
            folder / "p.tsv",
        ]
        words += ["--model", folder / f"{name}.safetensors"]
        assert console.run(train_model.build_parser, train_model.main, list(map(str, words))) == 0
    return folder


def importances(folder: Path, model: str | Path, *words: object, split: str = "split.tsv") -> pl.DataFrame:
    out = folder / "importance.tsv"
    given = ["--model", folder / model, "--importance", out, *words]
    if "permutation" in words:
        given += ["--bins", folder / "bins.h5ad", "--expression", folder / "genes.h5ad", "--split", folder / split]
    assert explain(*given) == 0
    return pl.read_csv(out, separator="\t", schema_overrides={"low": pl.Float64, "high": pl.Float64})


@pytest.mark.parametrize("split", ["split.tsv", "folds.tsv"])
def test_planted_bins_matter_on_held_out_samples(matrices, split):
    found = importances(matrices, "ridge.safetensors", "--method", "permutation", "--top", 8, split=split)
    assert sorted(found["start"][:3]) == [bin_ * 1000 for bin_ in PLANTED]
    assert (found["low"][:3] > 0).all()
    assert (found["low"][:3] < found["value"][:3]).all() and (found["value"][:3] < found["high"][:3]).all()
    assert (found["value"][3:] < found["value"][2] / 2).all()
    for row in found[:3].iter_rows(named=True):
        assert (row["gene"], row["distance"]) == (f"g{PLANTED.index(row['start'] // 1000)}", 0)


@pytest.mark.parametrize("model", ["ridge", "pls"])
def test_planted_bins_have_the_largest_coefficients(matrices, model):
    found = importances(matrices, f"{model}.safetensors", "--method", "coefficients", "--top", 5)
    assert sorted(found["start"][:3]) == [bin_ * 1000 for bin_ in PLANTED]
    signs = {}
    for gene in ("g0", "G3"):  # by id and by symbol
        one = importances(matrices, f"{model}.safetensors", "--method", "coefficients", "--targets", gene)
        assert one["start"][0] == PLANTED[0] * 1000 and (one["target"] == gene).all()
        signs[gene] = one["value"][0]
    assert signs["g0"] > 0 > signs["G3"]


def test_a_coefficient_is_what_a_unit_of_the_bin_adds(matrices):
    from genloom.learning import expression

    card, arrays = modelfile.read(matrices / "ridge.safetensors")
    model = expression.restore(card, arrays, "ridge")
    x = np.zeros((2, len(arrays["bins.start"])), np.float32)
    x[1, 30] = 1
    before, after = model.predict(x)
    assert importance.coefficients(model, np.array([1]))[30] == pytest.approx(float((after - before)[1]), abs=1e-5)


def test_with_shuffled_weights_planted_bins_are_not_found(matrices, tmp_path):
    model = shuffled(matrices / "ridge.safetensors", tmp_path / "mixed.safetensors")
    card, arrays = modelfile.read(model)
    _, own = modelfile.read(matrices / "ridge.safetensors")
    arrays |= {name: own[name] for name in own if name.startswith("bins.")}  # the places as they are
    modelfile.write(model, arrays, {name: value for name, value in card.items() if name != "format"})
    for words in (("--method", "coefficients"), ("--method", "permutation")):
        found = importances(matrices, model, *words, "--top", 5)
        assert len(set(found["start"][:3]) & {bin_ * 1000 for bin_ in PLANTED}) <= 1


def test_any_model_of_expression_can_be_held_against_samples(matrices):
    found = importances(
        matrices, "knn.safetensors", "--method", "permutation", "--top", 3, "--repeats", 2, "--bootstrap", 0
    )
    assert len(found) == 3 and found["low"].is_null().all()


def test_a_linear_classifier_has_coefficients(tmp_path):
    words = ["--task", "classes", "--architecture", "logistic", "--matrix", STEPS / "classes.h5ad", "--label", "type"]
    words += ["--split", STEPS / "classes_split.tsv", "--select-features", 10, "--predictions", tmp_path / "p.tsv"]
    model = tmp_path / "m.safetensors"
    words += ["--model", model]
    assert console.run(train_model.build_parser, train_model.main, list(map(str, words))) == 0
    found = importances(tmp_path, model, "--method", "coefficients", "--top", 3)
    card, arrays = modelfile.read(model)
    classes = card["targets"]["names"]
    assert list(dict.fromkeys(found["target"])) == classes and len(found) == 3 * len(classes)
    names = [card["features"]["names"][i] for i in arrays["profile.chosen"]]
    for row in found.iter_rows(named=True):
        weight = arrays["logistic.weight"][:, names.index(row["feature"])]
        expected = weight[classes.index(row["target"])] - weight.mean()
        assert row["value"] == pytest.approx(expected, rel=1e-4)


def test_of_landmarks_the_answer_to_one_standard_deviation(tmp_path):
    model = STEPS / "landmarks.safetensors"
    card, _ = modelfile.read(model)
    target = card["targets"]["names"][3]
    one = importances(tmp_path, model, "--method", "coefficients", "--targets", target, "--top", 5)
    every = importances(tmp_path, model, "--method", "coefficients", "--top", 5, "--report", tmp_path / "r.html")
    assert set(one["feature"]) <= set(card["features"]["names"])
    assert (every["value"] > 0).all() and (one["target"] == target).all() and (every["target"] == "all").all()
    assert one["value"].abs().is_sorted(descending=True)
    assert "others at their means" in (tmp_path / "r.html").read_text()


def test_rings_are_named_as_many_as_there_are():
    names = importance.rings()
    assert len(names) == 2 * len(chromatin.RINGS) - 1
    assert names[:3] == ["within 1 kb", "1 to 3 kb upstream", "1 to 3 kb downstream"]


@pytest.mark.parametrize(
    ("bin_", "expected"),
    [
        ((0, 1000), {"gene": "a", "distance": -1}),
        ((1000, 2000), {"gene": "a", "distance": 0}),
        ((2500, 3000), {"gene": "b", "distance": 500}),
    ],
)
def test_the_nearest_start_site_and_on_which_side(bin_, expected):
    genes = importance.Genes.of(
        [("a", "", "1", 1000, "+"), ("b", "", "1", 3499, "-"), ("c", "", "", -1, "+")], ["chr1"], "genes"
    )
    found = genes.nearest("chr1", *bin_)
    assert {name: found[name] for name in expected} == expected
    assert genes.nearest("chr2", 0, 10) == {}


# ---------------------------------------------------------------- what is wrong is named

BAD = {
    "a way that does not fit": (
        [*BOUNDARIES, "--method", "coefficients"],
        ["cannot be explained by coefficients", "--method mutagenesis or gradient or integrated fits it"],
    ),
    "a matrix model by mutagenesis": (
        ["--model", STEPS / "model.safetensors"],
        ["cannot be explained by mutagenesis", "--method coefficients or permutation fits it"],
    ),
    "windows of another kind": ([*BOUNDARIES[:2], "--windows", STEPS / "content.h5"], ["content.h5", "boundaries are wanted"]),
    "an unknown gene": ([*BOUNDARIES, "--gene", "chr1gg1"], ["holds no window of gene 'chr1gg1'", "did you mean 'chr1g1'"]),
    "an unknown name": ([*BOUNDARIES, "--name", "nothing"], ["holds no window 'nothing'"]),
    "a region without windows": ([*BOUNDARIES, "--region", "chr9:1-10"], ["chr9"]),
    "a class of another task": ([*BOUNDARIES, "--class", "exon"], ["has no class 'exon'", "donor, acceptor"]),
    "neither windows nor genome": (BOUNDARIES[:2], ["give --windows or --genome"]),
    "a genome without a region": ([*BOUNDARIES[:2], "--genome", SEQUENCE / "genome.fa"], ["needs a --region"]),
    "a genome for promoters": (
        ["--model", STEPS / "promoters.safetensors", "--genome", SEQUENCE / "genome.fa", "--region", "chr1"],
        ["is explained by windows"],
    ),
    "permutation without samples": (
        ["--model", STEPS / "model.safetensors", "--method", "permutation"],
        ["needs --bins, --expression, --split"],
    ),
    "a file of no use": ([*BOUNDARIES, "--split", STEPS / "split.tsv"], ["--split has no meaning with mutagenesis"]),
    "an unknown target": (
        [*["--model", STEPS / "model.safetensors", "--method", "permutation", "--targets", "PLANT999"],
         "--bins", STEPS / "bins.h5ad", "--expression", STEPS / "expression.h5ad", "--split", STEPS / "split.tsv"],
        ["predicts no target 'PLANT999'", "did you mean"],
    ),
    "a vote of classifiers": (
        ["--model", STEPS / "classes.safetensors", "--method", "coefficients"],
        ["cannot be explained by coefficients", "--method permutation fits it"],
    ),
    "no model": (["--model", STEPS / "split.tsv"], ["is not a whole .safetensors file"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named_in_one_line(case, tmp_path, capfd):
    words, texts = BAD[case]
    assert explain(*words, "--report", tmp_path / "r.html") == 2
    told = capfd.readouterr().err
    assert len(told.splitlines()) == 1
    for text in texts:
        assert text in told
    assert list(tmp_path.iterdir()) == []


def test_no_output_is_an_error_and_help_is_quick(run_script, assert_one_line_error):
    assert_one_line_error(run_script("explain_model", *BOUNDARIES), "no output is named", "--report")
    assert run_script("explain_model", "--help").returncode == 0
