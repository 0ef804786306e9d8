"""What the composition of a sequence tells: counts of its words, and shuffling that leaves nothing but them.

A sequence is one byte a base: A, C, G, T = 0, 1, 2, 3 and anything else 4.
"""

from __future__ import annotations

import numpy as np

PENALTIES = tuple(float(f"{a:.3g}") for a in np.logspace(-3, 3, 13))
_LETTERS = 5
_BATCH = 1 << 23  # bases shuffled at once


def counts(codes: np.ndarray, size: int) -> np.ndarray:
    """(n, length) codes → (n, 4^size) float32, how often each word stands there. Words with an unknown base are none."""
    out = np.zeros((len(codes), 4**size), np.float32)
    length = max(codes.shape[1] - size + 1, 0)
    for row, sequence in zip(out, codes, strict=True):
        words, known = np.zeros(length, np.intp), np.ones(length, bool)
        for at in range(size):
            letters = sequence[at : at + length]
            words = 4 * words + letters
            known &= letters < 4
        row += np.bincount(words[known], minlength=4**size)
    return out


def shuffled(codes: np.ndarray, seed: int) -> np.ndarray:
    """(n, length) → (n, length): each sequence drawn from all that have its first base and its counts of dinucleotides.

    A sequence is a walk over letters that takes each step of the given one once. The last step out of each letter is drawn
    first: these must lead from every letter to the last one of the sequence, or the walk could get stuck. In whichever
    order the other steps are taken then, it ends with none left, and every such sequence is as likely.

    Source: Altschul & Erickson 1985, doi:10.1093/oxfordjournals.molbev.a040370.
    """
    random = np.random.default_rng(seed)
    out = np.array(codes, np.uint8)
    if codes.shape[1] < 4:  # nothing can change places
        return out
    step = max(1, _BATCH // codes.shape[1])
    for start in range(0, len(codes), step):
        out[start : start + step] = _walk(out[start : start + step], random)
    return out


def _walk(codes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The sequences, each in a new order, walked at once: a step of all sequences at a time."""
    rows = np.arange(len(codes))
    source, target = codes[:, :-1].astype(np.intp), codes[:, 1:]
    key = random.random(source.shape, np.float32) * np.float32(0.5)
    last = _last_steps(source, target, random)
    for letter in range(_LETTERS):
        known = last[:, letter] >= 0
        key[rows[known], last[known, letter]] = 0.75  # after all others of its letter
    order = np.argsort(source + key, axis=1)  # the steps out of each letter, in the order they will be taken
    steps = np.take_along_axis(target, order, 1)
    count = np.stack([(source == letter).sum(1) for letter in range(_LETTERS)], 1)
    place = np.cumsum(count, 1) - count  # letter → its next step
    out = np.empty_like(codes)
    here = codes[:, 0].astype(np.intp)
    out[:, 0] = here
    for at in range(1, codes.shape[1]):
        taken = place[rows, here]
        place[rows, here] += 1
        here = steps[rows, taken].astype(np.intp)
        out[:, at] = here
    return out


def _last_steps(source: np.ndarray, target: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(n, letters) the place of the last step out of each letter but the sequence's last one; -1 for none."""
    last = np.full((len(source), _LETTERS), -1)
    todo = np.arange(len(source))
    end = target[:, -1]
    while len(todo):
        leads = np.tile(np.arange(_LETTERS), (len(todo), 1))  # letter → where its last step leads
        for letter in range(_LETTERS):
            # A step to the same letter is never the last one out of it: only where the walk ends can it stay.
            able = (source[todo] == letter) & (target[todo] != letter)
            able &= (end[todo] != letter)[:, None]
            drawn = np.where(able, random.random(able.shape, np.float32), -1).argmax(1)
            known = able.any(1)
            last[todo, letter] = np.where(known, drawn, -1)
            leads[known, letter] = target[todo[known], drawn[known]]
        reached = leads
        for _ in range(_LETTERS):
            reached = np.take_along_axis(leads, reached, 1)
        present = last[todo] >= 0
        stuck = ((reached != end[todo][:, None]) & present).any(1)
        todo = todo[stuck]
    return last


class Penalised:
    """Ridge regression on standardised inputs. The penalty, a share of the number of rows, is the one that predicts
    held-out rows best.

    Attributes
    ----------
    error : mean squared error on the held-out rows
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, held_x: np.ndarray, held_y: np.ndarray):
        self.centre = x.mean(0, dtype=np.float64).astype(np.float32)
        scale = x.std(0, dtype=np.float64).astype(np.float32)
        self.scale = np.where(scale > 0, scale, np.inf).astype(np.float32)
        self.mean = float(y.mean())
        z, held = self._inputs(x), self._inputs(held_x)
        wide = z.shape[1] > len(z)
        gram = (z @ z.T if wide else z.T @ z).astype(np.float64)
        rest = y - self.mean
        aim = rest if wide else (z.T @ rest.astype(np.float32)).astype(np.float64)
        self.error = np.inf
        for penalty in PENALTIES:
            solved = np.linalg.solve(gram + penalty * len(z) * np.eye(len(gram)), aim)
            weights = (z.T @ solved if wide else solved).astype(np.float64)
            error = float(np.mean((held_y - self.mean - held @ weights) ** 2))
            if error < self.error:
                self.error, self.weights = error, weights

    def _inputs(self, x: np.ndarray) -> np.ndarray:
        return (x - self.centre) / self.scale

    def predict(self, x: np.ndarray) -> np.ndarray:
        """(n, inputs) → (n,)."""
        return self.mean + self._inputs(x) @ self.weights
