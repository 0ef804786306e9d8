"""Why a model of sequence gives a score: what each base contributes to it, in chosen windows, and motifs of many."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import torch
from torch import Tensor
from torch.nn import functional

from ..console import progress, say
from ..errors import InputError, named, nearest
from ..formats import chromosomes, tables
from ..formats.genome import Genome, reverse_complement
from ..formats.windows import Windows
from ..models import gradients, motifs, mutagenesis
from ..models.motifs import Motif
from ..models.splice import one_hot
from . import activity, boundaries, content, explaining, loop, sequences
from .sites import SITES

if TYPE_CHECKING:
    from ..formats.variants import Variants
    from .altered import Altered

UNITS = {"boundaries": "log odds", "content": "log odds", "activity": "expression"}
_LOAD = 64  # windows scored at once
_DIGITS = 5  # after the point, of changes: what is less is rounding


@dataclass(frozen=True)
class Options:
    """What is explained, and how: see `explain_model`."""

    method: str
    label: str
    sites: str
    reach: int | None
    count: int
    motif_width: int
    seed: int
    distance: int = 50


@dataclass(frozen=True)
class Place:
    """What is to be explained: a window, or a site of it, maybe with a variant.

    codes : what the model reads, uint8, in the direction of the strand
    first, last : of the bases of `codes` that are explained
    origin : where the first base of `codes` lies, from 0; on the minus strand they go down from there
    centre : index in `codes` of the site, or the start site, that the score is of; -1 for a whole window
    places : where each base of `codes` lies, where that is not one after the other
    focus : index of the first base of an allele in `codes`; -1 for none
    window : the name of the promoter that an allele is in
    """

    name: str
    gene: str
    target: str
    chrom: str
    strand: str
    origin: int
    codes: np.ndarray
    first: int
    last: int
    centre: int
    facts: np.ndarray | None = None
    places: np.ndarray | None = None
    focus: int = -1
    window: str = ""

    @property
    def positions(self) -> np.ndarray:
        """(n,) int64 places of the explained bases, from 0; inserted ones have that of the last base before them."""
        if self.places is not None:
            return self.places[self.first : self.last]
        return self.origin + np.arange(self.first, self.last) * (1 if self.strand == "+" else -1)


@dataclass(frozen=True)
class Explained:
    """A place with its score, and the changes that other bases would make.

    codes : (n,) the bases
    changes : (n, 4) float64, of the score with another base; 0 at the base that is there, NaN where not known
    attribution : (n,) float64
    """

    place: Place
    score: float
    codes: np.ndarray
    changes: np.ndarray
    attribution: np.ndarray


@dataclass(frozen=True)
class Result:
    """All that was explained, and the motifs in it.

    altered : of variants, those that were given; `explained` then holds reference and alternate in turn, largest effect first,
    chosen : and these are their numbers
    """

    task: str
    unit: str
    options: Options
    explained: list[Explained]
    found: list[Motif]
    considered: int
    digests: Mapping[str, str] = field(default_factory=dict)
    altered: Sequence[Altered] = ()
    chosen: Sequence[int] = ()

    @property
    def variants(self) -> pl.DataFrame:
        """The table of variants, see `altered.table`."""
        from . import altered

        pairs = zip(self.chosen, self.explained[::2], self.explained[1::2], strict=True)
        return altered.table(self.altered, {number: (one.score, other.score) for number, one, other in pairs})


class _Network:
    """What explains one kind of model: `scores` of many places, and of one the score by gradients and by mutagenesis."""

    model: Any

    @property
    def device(self) -> torch.device:
        return next(self.model.networks[0].parameters()).device

    def scores(self, codes: np.ndarray, facts: np.ndarray | None) -> np.ndarray:
        raise NotImplementedError

    def differentiable(self, facts: Tensor | None) -> Callable[[Tensor], Tensor]:
        """The score of (batch, length, 4) floats."""
        raise NotImplementedError

    def mutated(self, codes: Tensor, positions: Tensor, facts: Tensor | None) -> Tensor:
        """(n, 4) scores with each base at each position."""
        raise NotImplementedError


def _odds(members: Sequence[Tensor]) -> Tensor:
    """Log odds of the mean probability of an ensemble, from each member's (..., 2) logarithms of it and of the rest."""
    both = torch.stack(list(members)).logsumexp(0)
    return both[..., 0] - both[..., 1]


class _Boundaries(_Network):
    def __init__(self, model: boundaries.Model, label: str):
        self.model, self.index = model, SITES[label]

    def _terms(self, logits: Tensor) -> Tensor:
        share = (logits[..., :3] / self.model.temperature).log_softmax(-1)
        rest = share.roll(-1 - self.index, -1)[..., :-1]
        return torch.stack([share[..., self.index], rest.logsumexp(-1)], -1)

    def scores(self, codes: np.ndarray, facts: np.ndarray | None) -> np.ndarray:
        """(k, window), of each base."""
        return self.model.scores(codes)[..., self.index]

    def differentiable(self, facts: Tensor | None) -> Callable[[Tensor], Tensor]:
        return lambda x: _odds([self._terms(network(x)[:, 0]) for network in self.model.networks])

    def mutated(self, codes: Tensor, positions: Tensor, facts: Tensor | None) -> Tensor:
        return _odds([self._terms(mutagenesis.of_site(each, codes, positions)) for each in self.model.ready])


class _Content(_Network):
    def __init__(self, model: content.Feeder, label: str):
        self.model, self.index = model, content.CLASSES.index(label)

    def _terms(self, logits: Tensor) -> Tensor:
        own = logits[..., self.index]
        return torch.stack([functional.logsigmoid(own), functional.logsigmoid(-own)], -1)

    def scores(self, codes: np.ndarray, facts: np.ndarray | None) -> np.ndarray:
        return self.model.scores(codes)[:, self.index]

    def differentiable(self, facts: Tensor | None) -> Callable[[Tensor], Tensor]:
        return lambda x: _odds([self._terms(network(x)) for network in self.model.networks])

    def mutated(self, codes: Tensor, positions: Tensor, facts: Tensor | None) -> Tensor:
        return _odds([self._terms(mutagenesis.of_window(each, codes, positions)) for each in self.model.ready])


class _Activity(_Network):
    def __init__(self, model: activity.Model):
        self.model = model

    def scores(self, codes: np.ndarray, facts: np.ndarray | None) -> np.ndarray:
        return self.model.of_scaled(codes, facts)

    def differentiable(self, facts: Tensor | None) -> Callable[[Tensor], Tensor]:
        def score(x: Tensor) -> Tensor:
            beside = None if facts is None else facts.expand(len(x), -1)
            return torch.stack([network(x, beside) for network in self.model.networks]).mean(0)

        return score

    def mutated(self, codes: Tensor, positions: Tensor, facts: Tensor | None) -> Tensor:
        found = [mutagenesis.of_promoter(each, codes, positions, facts) for each in self.model.ready]
        return torch.stack(found).mean(0)


def explain(network: _Network, place: Place, method: str) -> Explained:
    """What each base of a place contributes to its score.

    mutagenesis : the score less the mean of those with the three other bases; changes are exact
    gradient : gradient × input; changes are those of the straight line with this gradient
    integrated : integrated gradients × input; they tell of the base that is there, changes are not known
    """
    where = network.device
    codes, kept = torch.from_numpy(np.ascontiguousarray(place.codes)).to(where), slice(place.first, place.last)
    facts = None if place.facts is None else torch.from_numpy(place.facts).to(where)
    own = place.codes[kept]
    known = own < 4
    rows = np.arange(len(own))[known]
    if method == "mutagenesis":
        with torch.inference_mode():
            positions = torch.arange(place.first, place.last, device=where)
            found = network.mutated(codes, positions, facts).double().cpu().numpy()
            score = float(network.differentiable(facts)(one_hot(codes)[None]))
        values = found - np.where(known, found[np.arange(len(own)), np.minimum(own, 3)], score)[:, None]
        values = values.round(_DIGITS)
        attribution = np.where(known, -values.sum(1) / 3, 0.0).round(_DIGITS)
        return Explained(place, score, own, values, attribution)
    score, slope = gradients.gradient(network.differentiable(facts), one_hot(codes))
    changes = np.full((len(own), 4), np.nan)
    if method == "integrated":
        slope = gradients.integrated(network.differentiable(facts), one_hot(codes))
    slopes = slope[kept].double().cpu().numpy()
    attribution = np.zeros(len(own))
    attribution[rows] = slopes[rows, own[rows]]
    if method == "gradient":
        changes = slopes - attribution[:, None]
    return Explained(place, score, own, changes, attribution)


def run(args: Any, card: dict[str, Any], arrays: dict[str, np.ndarray], options: Options) -> Result:
    """Explain what the arguments of `explain_model` choose.

    Raises
    ------
    InputError : windows that do not fit the model; a name, gene or region that no window has; nothing to explain
    """
    task = card["task"]
    module: Any = {each.TASK: each for each in (boundaries, content, activity)}[task]
    model = module.restore(card, arrays, args.model, loop.device(args.device))
    if args.variants:
        return _of_variants(args, card, model, options)
    network: _Network = (
        _Boundaries(model, options.label)
        if task == "boundaries"
        else _Content(model, options.label)
        if task == "content"
        else _Activity(model)
    )
    if args.genome:
        with Genome(args.genome) as genome:
            places, count = _of_genome(genome, args.region, model, card, network, options)
            digests = {"genome (names and lengths)": genome.digest}
    else:
        with Windows(args.windows, activity.KIND if task == "activity" else task) as windows:
            (activity if task == "activity" else sequences).require_windows(card, windows)
            rows = chosen(windows, args.name or [], args.gene or [], args.region or [])
            of = _of_sites if task == "boundaries" else _of_windows if task == "content" else _of_promoters
            places, count = of(windows, rows, model, network, options)
            digests = {"windows": windows.digest()}
    if not places:
        raise InputError(
            f"no {options.label} is annotated in the chosen windows",
            args.windows,
            "choose others, or --sites strongest",
        )
    done = [explain(network, place, options.method) for place in progress(places, len(places), options.method)]
    found = motifs.find(
        [each.codes for each in done],
        [each.attribution for each in done],
        options.motif_width,
        both_strands=task == "activity",
        seed=options.seed,
    )
    told = f": {named(motif.consensus for motif in found)}" if found else ""
    say(
        f"{len(done)} of {count} explained by {options.method}; {len(found)} motif{'' if len(found) == 1 else 's'}{told}"
    )
    return Result(
        task,
        UNITS[task] if task != "activity" else str(card.get("unit") or UNITS[task]),
        options,
        done,
        found,
        count,
        digests,
    )


def _of_variants(args: Any, card: dict[str, Any], model: Any, options: Options) -> Result:
    """Explain the variants with the largest effects: the reference of each, then the alternate."""
    from ..formats.variants import Variants
    from . import altered

    task, variants = card["task"], Variants(args.variants)
    with Genome(args.genome) as genome:
        digests = {"genome (names and lengths)": genome.digest, "variants": _digest(variants)}
        if task == "boundaries":
            found = altered.of_sites(variants, genome, model, card, options)
        else:
            with Windows(args.windows, activity.KIND) as windows:
                activity.require_windows(card, windows)
                rows = chosen(windows, args.name or [], args.gene or [], args.region or [])
                names = model.scaling.names
                facts = model.scaling.scaled(activity.columns(windows, names)) if names else None
                found = altered.of_promoters(variants, genome, windows, rows, model, facts, options)
                digests["windows"] = windows.digest()
    kept = altered.largest(found, options.count)
    done: list[Explained] = []
    for number in progress(kept, len(kept), options.method):
        for place in (found[number].reference, found[number].alternate):
            assert place is not None
            network = _Activity(model) if task == "activity" else _Boundaries(model, place.target.partition(" ")[0])
            done.append(explain(network, place, options.method))
    same = motifs.find(
        [each.codes for each in done[::2]],
        [each.attribution for each in done[::2]],
        options.motif_width,
        both_strands=task == "activity",
        seed=options.seed,
    )
    count = sum(not each.reason for each in found)
    say(f"{len(kept)} of {count} alleles explained by {options.method}")
    unit = UNITS[task] if task != "activity" else str(card.get("unit") or UNITS[task])
    return Result(task, unit, options, done, same, count, digests, found, kept)


def _digest(variants: Variants) -> str:
    """SHA-256 of the records, in any packing."""
    state = hashlib.sha256()
    for record in variants:
        state.update("\t".join(record.fields).encode() + b"\n")
    return state.hexdigest()


def chosen(windows: Windows, names: Sequence[str], genes: Sequence[str], regions: Sequence[str]) -> np.ndarray:
    """The rows of the windows of these names, genes (ids or symbols) and regions; of all, if nothing is asked for.

    Raises
    ------
    InputError : a name, gene or region that no window has
    """
    if not (names or genes or regions):
        return np.arange(len(windows))
    table, kept = windows.table, np.zeros(len(windows), bool)
    owners: dict[str, list[int]] = {}
    for column in ("gene", "symbol"):
        for row, value in enumerate(table[column].tolist() if column in table else []):
            for gene in filter(None, value.split(",")):
                owners.setdefault(gene, []).append(row)
    place = {name: [row] for row, name in enumerate(table["name"].tolist())}
    for what, wanted, known in (("window", names, place), ("gene", genes, owners)):
        for each in wanted:
            if each not in known:
                cure = nearest(each, known) or f"it has {named(known)}"
                raise InputError(
                    f"holds no window of {what} {each!r}" if what == "gene" else f"holds no window {each!r}",
                    windows.path,
                    cure,
                )
            kept[known[each]] = True
    sizes = {
        chrom: int(table["end"][table["chrom"] == chrom].max()) for chrom in dict.fromkeys(table["chrom"].tolist())
    }
    for text in regions:
        region = chromosomes.parse_region(text, sizes)
        here = (table["chrom"] == region.chrom) & (table["start"] < region.end) & (table["end"] > region.start)
        if not here.any():
            raise InputError(f"holds no window in {text}", windows.path, "choose another --region")
        kept |= here
    return np.flatnonzero(kept)


def _strongest(scores: np.ndarray, count: int) -> np.ndarray:
    """Indices of the highest, in their own order."""
    return np.sort(np.argsort(-scores, kind="stable")[:count])


def _of_sites(
    windows: Windows, rows: np.ndarray, model: boundaries.Model, network: _Network, options: Options
) -> tuple[list[Place], int]:
    index = SITES[options.label]
    assert windows.sites is not None
    found: list[tuple[int, int, float]] = []
    parts = [rows[start : start + _LOAD] for start in range(0, len(rows), _LOAD)]
    for some in progress(parts, len(parts), "scores"):
        scores = network.scores(windows.codes(some, model.context), None)
        if options.sites == "annotated":
            own = (windows.sites[2] == index) & np.isin(windows.sites[0], some)
            at = [
                (int(np.searchsorted(some, row)), int(base))
                for row, base in zip(windows.sites[0][own], windows.sites[1][own], strict=True)
            ]
        else:
            at = list(enumerate(scores.argmax(1).tolist()))
        found += [(int(some[row]), base, float(scores[row, base])) for row, base in at]
    kept = _strongest(np.array([score for _, _, score in found]), options.count)
    return [_site(windows, found[i][0], found[i][1], model.context, options) for i in kept], len(found)


def _site(windows: Windows, row: int, base: int, context: int, options: Options) -> Place:
    table = windows.table
    codes = windows.codes(np.array([row]), context)[0][base : base + context + 1]
    strand = str(table["strand"][row])
    forward = strand == "+"
    at = int(table["start"][row]) + base if forward else int(table["end"][row]) - 1 - base
    return _around(
        str(table["name"][row]), str(table["gene"][row]), str(table["chrom"][row]), strand, at, codes, options
    )


def _around(name: str, gene: str, chrom: str, strand: str, at: int, codes: np.ndarray, options: Options) -> Place:
    """A site `at` a base with its context."""
    half = len(codes) // 2
    reach = min(options.reach or explaining.REACH, half)
    origin = at - half if strand == "+" else at + half
    target = f"{options.label} {chrom}:{at}:{strand}"
    return Place(name, gene, target, chrom, strand, origin, codes, half - reach, half + reach + 1, half)


def _of_genome(
    genome: Genome,
    regions: Sequence[str],
    model: boundaries.Model,
    card: Mapping[str, Any],
    network: _Network,
    options: Options,
) -> tuple[list[Place], int]:
    """The strongest site of each region, on either strand."""
    if card["flank"] != "real":
        say("the model was trained with flanks as N, and reads real ones here: scores may shift")
    places, half = [], model.context // 2
    for text in regions:
        region = chromosomes.parse_region(text, genome.sizes)
        if region.end - region.start > 1_000_000:
            raise InputError(
                f"has {region.end - region.start:,} bases", f"region {text!r}", "1,000,000 can be searched for a site"
            )
        read = genome.fetch(region.chrom, region.start - half, region.end + half)
        both = {"+": read, "-": reverse_complement(read)}
        scores = {strand: network.scores(codes[None], None)[0] for strand, codes in both.items()}
        strand = max(scores, key=lambda strand: float(scores[strand].max()))
        base = int(scores[strand].argmax())
        at = region.start + base if strand == "+" else region.end - 1 - base
        codes = both[strand][base : base + model.context + 1]
        places.append(_around(text, "", region.chrom, strand, at, codes, options))
    return places[: options.count], len(places)


def _of_windows(
    windows: Windows, rows: np.ndarray, model: content.Feeder, network: _Network, options: Options
) -> tuple[list[Place], int]:
    def place(row: int, codes: np.ndarray) -> Place:
        half = model.context // 2
        return _whole(windows, row, codes, half, 0, len(codes), -1, options.label)

    return _highest(windows, rows, model.context, network, options, place)


def _of_promoters(
    windows: Windows, rows: np.ndarray, model: activity.Model, network: _Network, options: Options
) -> tuple[list[Place], int]:
    facts = None
    if model.scaling.names:
        facts = model.scaling.scaled(activity.columns(windows, model.scaling.names))
    upstream = int(windows.settings.get("upstream") or 0)

    def place(row: int, codes: np.ndarray) -> Place:
        reach = options.reach or len(codes)
        first, last = max(upstream - reach, 0), min(upstream + reach + 1, len(codes))
        own = None if facts is None else facts[row]
        return _whole(windows, row, codes, 0, first, last, upstream, "expression", own)

    return _highest(windows, rows, 0, network, options, place, facts)


def _highest(
    windows: Windows,
    rows: np.ndarray,
    context: int,
    network: _Network,
    options: Options,
    place: Callable[[int, np.ndarray], Place],
    facts: np.ndarray | None = None,
) -> tuple[list[Place], int]:
    parts = [rows[start : start + _LOAD] for start in range(0, len(rows), _LOAD)]
    scores = [
        network.scores(windows.codes(some, context), None if facts is None else facts[some])
        for some in progress(parts, len(parts), "scores")
    ]
    kept = rows[_strongest(np.concatenate(scores), options.count)]
    return [place(row, windows.codes(np.array([row]), context)[0]) for row in kept.tolist()], len(rows)


def _whole(
    windows: Windows,
    row: int,
    codes: np.ndarray,
    beside: int,
    first: int,
    last: int,
    centre: int,
    target: str,
    facts: Any = None,
) -> Place:
    """A window; `beside` bases of context stand before it in `codes`."""
    table = windows.table
    strand = str(table["strand"][row])
    origin = int(table["start"][row]) - beside if strand == "+" else int(table["end"][row]) - 1 + beside
    gene = str(table["symbol"][row] if "symbol" in table and table["symbol"][row] else table["gene"][row])
    return Place(
        str(table["name"][row]),
        gene,
        target,
        str(table["chrom"][row]),
        strand,
        origin,
        codes,
        first,
        last,
        centre,
        facts,
    )


def table(explained: Sequence[Explained]) -> pl.DataFrame:
    """A line a base: its place (`start` from 0, as in BED), the score that is explained, how it would change, and what the
    base contributes."""
    frames = []
    for each in explained:
        place = each.place
        frames.append(
            pl.DataFrame(
                {
                    "window": place.name,
                    "gene": place.gene,
                    "target": place.target,
                    "chrom": place.chrom,
                    "start": place.positions,
                    "strand": place.strand,
                    "base": np.array(list("ACGTN"))[each.codes].tolist(),
                    "score": each.score,
                    **{f"change_{letter}": each.changes[:, i] for i, letter in enumerate("ACGT")},
                    "attribution": each.attribution,
                }
            )
        )
    return pl.concat(frames)


def write_track(explained: Sequence[Explained], path: Path, altered: bool = False) -> None:
    """bedGraph of the attributions. A base of several windows has the attribution that is furthest from zero.

    altered : reference and alternate in turn, which become a track each; inserted bases share that of the base before them
    """
    if not altered:
        _track(explained).write_csv(path, separator="\t", include_header=False, quote_style="never")
        return
    with path.open("w") as file:
        for name, own in (("reference", explained[::2]), ("alternate", explained[1::2])):
            file.write(f'track type=bedGraph name="{name}"\n')
            file.write(_track(own).write_csv(separator="\t", include_header=False, quote_style="never"))


def _track(explained: Sequence[Explained]) -> pl.DataFrame:
    frame = table(explained).filter(pl.col("start") >= 0, pl.col("attribution") != 0)
    order = list(dict.fromkeys(each.place.chrom for each in explained))
    frame = (
        frame.with_columns(
            size=pl.col("attribution").abs(), rank=pl.col("chrom").replace_strict(order, list(range(len(order))))
        )
        .sort("rank", "start", "size", descending=[False, False, True], maintain_order=True)
        .unique(["chrom", "start"], keep="first", maintain_order=True)
    )
    return frame.select("chrom", "start", end=pl.col("start") + 1, value=pl.col("attribution").round_sig_figs(4))


def names(found: Sequence[Motif]) -> list[str]:
    """Of the motifs, in the table, in MEME's format and in the report."""
    return [f"motif{number}" for number in range(1, len(found) + 1)]


def offsets(result: Result, motif: Motif) -> np.ndarray:
    """How far the motif's first base lies from the site or start site, in the direction of the strand; empty for windows."""
    own = [result.explained[i] for i in motif.sequences]
    return np.array(
        [
            each.place.first + start - each.place.centre
            for each, start in zip(own, motif.starts, strict=True)
            if each.place.centre >= 0
        ]
    )


def motif_table(result: Result) -> pl.DataFrame:
    """A line a motif: its consensus, in how many stretches and windows it is, how many of them chance gives, its mean
    attribution, and how far from the site it begins: the median, and the quarters around it."""
    rows = []
    for name, motif in zip(names(result.found), result.found, strict=True):
        away = offsets(result, motif)
        low, middle, high = np.percentile(away, (25, 50, 75)) if len(away) else (None, None, None)
        total = float(motif.contributions.sum())
        rows.append(
            (
                name,
                motif.consensus,
                len(motif.starts),
                len(set(motif.sequences.tolist())),
                motif.expected,
                total,
                middle,
                low,
                high,
            )
        )
    columns = (
        "motif",
        "consensus",
        "stretches",
        "windows",
        "expected",
        "attribution",
        "offset",
        "offset_low",
        "offset_high",
    )
    kinds = (pl.String, pl.String, pl.Int64, pl.Int64, *[pl.Float64] * 5)
    return pl.DataFrame(rows, dict(zip(columns, kinds, strict=True)), orient="row")


def write(result: Result, paths: Mapping[str, Path]) -> None:
    """Write the tables that `paths` names: `attributions`, `track`, `variant_table`, `motifs` and `motif_table`."""
    from ..formats import meme

    if "attributions" in paths:
        tables.write(table(result.explained), paths["attributions"])
    if "track" in paths:
        write_track(result.explained, paths["track"], bool(result.altered))
    if "variant_table" in paths:
        tables.write(result.variants, paths["variant_table"])
    if "motif_table" in paths:
        tables.write(motif_table(result), paths["motif_table"])
    if "motifs" in paths:
        counts = {name: motif.counts for name, motif in zip(names(result.found), result.found, strict=True)}
        codes = np.concatenate([each.codes for each in result.explained])
        meme.write(
            counts,
            {m: motif.consensus for m, motif in zip(names(result.found), result.found, strict=True)},
            codes,
            paths["motifs"],
        )


def best_stretch(each: Explained, width: int = 60) -> slice:
    """The bases whose attributions are largest together: what a logo shows of a longer place; around a variant, where there is
    one, and between it and a site nearby."""
    if len(each.codes) <= width:
        return slice(0, len(each.codes))
    place = each.place
    if place.focus >= 0:
        near = abs(place.focus - place.centre) < width
        middle = ((place.focus + place.centre) // 2 if near else place.focus) - place.first
        start = min(max(middle - width // 2, 0), len(each.codes) - width)
        return slice(start, start + width)
    start = int(np.convolve(np.abs(each.attribution), np.ones(width), "valid").argmax())
    return slice(start, start + width)
