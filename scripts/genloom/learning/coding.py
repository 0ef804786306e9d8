"""Labels of coding sequence beside those of splice sites: the state of each base, and where genes begin and end.

| label | 0 | 1 | 2 | 3 | 4 |
|---|---|---|---|---|---|
| state | outside coding genes | intron | first | second | third base of a codon |
| edge | none | first base of the start codon | last base of the stop codon | | |
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..formats import chromosomes, transcripts
from ..formats.genome import encode
from ..formats.transcripts import Transcripts
from ..formats.windows import Windows

INTRON, CODON = 1, 2
START, STOP = 1, 2
_WHOLE = 0.9  # share of transcripts of whole codons, beyond which exons without coding sequence are coding ones
_STOPS = {tuple(encode(codon).tolist()) for codon in ("TAA", "TAG", "TGA")}


def labels(windows: Windows, rows: np.ndarray, path: str | Path) -> np.ndarray:
    """(k, 2, window) uint8: state and edge of every base of the windows `rows`, in the direction of their strand.

    Raises
    ------
    InputError : another annotation than that of the windows, or one without coding sequence
    """
    models = _models(windows, path)
    shift = 0 if _with_stop(windows, rows, models) else 3
    table, out = windows.table, np.zeros((len(rows), 2, windows.window), np.uint8)
    place = {name: number for number, name in enumerate(models.chroms)}
    for chrom in dict.fromkeys(table["chrom"][rows].tolist()):
        for strand, sign in (("+", 1), ("-", -1)):
            here = np.flatnonzero((table["chrom"][rows] == chrom) & (table["strand"][rows] == strand))
            mine = np.flatnonzero((models.chrom == place.get(chrom, -1)) & (models.strand == sign))
            if not len(here) or not len(mine):
                continue
            start, end = table["start"][rows[here]], table["end"][rows[here]]
            states = np.zeros((2, max(int(end.max()), int(models.end[mine].max()) + shift + 1)), np.uint8)
            for number in mine.tolist():
                _paint(states, models, number, sign, shift)
            for row, first, last in zip(here.tolist(), start.tolist(), end.tolist(), strict=True):
                out[row] = states[:, first:last][:, ::sign]
    return out


def _models(windows: Windows, path: str | Path) -> Transcripts:
    """The transcripts that the windows were labelled with, those that code, by the windows' names of chromosomes."""
    models = transcripts.read(path)
    if (wanted := windows.sources.get("annotation")) and models.digest != wanted:
        raise InputError("is not the annotation that the windows were made with", path, "give that one")
    if kinds := windows.settings.get("gene_types"):
        models = models.of_kinds(kinds)
    how = windows.settings.get("transcripts", "canonical")
    models = models.choose("canonical" if how == "all" else how)  # one reading frame a base
    if not len(models.coding.start) and (models.exons.lengths() % 3 == 0).mean() > _WHOLE:
        models = replace(models, coding=models.exons)  # a file that has coding exons alone
    models = models.take(np.diff(models.coding.offsets) > 0)
    if not len(models):
        raise InputError("has no coding sequence", path, "train without --annotation")
    match = chromosomes.match(models.chroms, dict.fromkeys(windows.table["chrom"].tolist()), path, partial=True)
    models.chroms = [match.get(name, name) for name in models.chroms]
    return models


def _paint(states: np.ndarray, models: Transcripts, number: int, sign: int, shift: int) -> None:
    stretches = models.coding.of(number)
    starts, ends = models.coding.start[stretches].copy(), models.coding.end[stretches].copy()
    if sign > 0:
        ends[-1] += shift
    else:
        starts[0] = max(starts[0] - shift, 0)
    state, edge = states
    state[starts[0] : ends[-1]] = INTRON
    before = 0
    for first, last in list(zip(starts.tolist(), ends.tolist(), strict=True))[::sign]:
        codon = CODON + (np.arange(last - first) + before) % 3
        state[first:last] = codon[::sign][: len(state[first:last])]
        before += last - first
    begin, stop = (starts[0], ends[-1] - 1) if sign > 0 else (ends[-1] - 1, starts[0])
    edge[begin] = START
    if stop < len(edge):
        edge[stop] = STOP


def _with_stop(windows: Windows, rows: np.ndarray, models: Transcripts, most: int = 200) -> bool:
    """Whether the file's coding sequences include the stop codon: GFF3 mostly does, GTF does not."""
    table, seen, stops = windows.table, 0, 0
    place = {name: number for number, name in enumerate(models.chroms)}
    first, last = models.coding.start[models.coding.offsets[:-1]], models.coding.end[models.coding.offsets[1:] - 1]
    genic = rows[table["gene"][rows] != ""]
    for row in genic[np.linspace(0, len(genic) - 1, min(len(genic), most)).astype(int)].tolist() if len(genic) else ():
        sign = 1 if table["strand"][row] == "+" else -1
        ends = (last - 3 if sign > 0 else first)[
            (models.chrom == place.get(table["chrom"][row], -1)) & (models.strand == sign)
        ]
        low, high = int(table["start"][row]), int(table["end"][row])
        for end in ends[(ends >= low) & (ends + 3 <= high)].tolist():
            codes = windows.codes(np.array([row]), context=0)[0]
            at = end - low if sign > 0 else high - end - 3
            seen, stops = seen + 1, stops + (tuple(codes[at : at + 3].tolist()) in _STOPS)
    return 2 * stops >= seen
