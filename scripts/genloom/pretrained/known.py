"""Sequences that every genloom makes alike: what a network gives them is noted in its card when it is imported."""

from __future__ import annotations

import hashlib
from itertools import cycle

import numpy as np

_STEP, _FIRST, _EXON = 200, 100, 80  # an exon of 80 bases every 200
# Splice sites of middling strength: of a perfect one every network is sure, whatever is wrong with it.
_ACCEPTORS = ("TTTGTCTATTTTACAG", "CTTCTGTCTCAG", "TATAATTTTGCAG")
_DONORS = ("CAGGTAAGT", "CAGGTGAGT", "CAGGTATGA", "CAGGTAACC")


def sequence(length: int, number: int = 1) -> np.ndarray:
    """(length,) uint8 base codes: random ones, with splice sites around short exons.

    `number` : another one gives other random bases
    """
    blocks = (hashlib.sha256(f"genloom {number} {block}".encode()).digest() for block in range(length // 32 + 1))
    text = letters(np.frombuffer(b"".join(blocks), np.uint8)[:length] % 4)
    for start, acceptor, donor in zip(range(0, length, _STEP), cycle(_ACCEPTORS), cycle(_DONORS), strict=False):
        first, last = start + _FIRST, start + _FIRST + _EXON
        text = text[: first - len(acceptor)] + acceptor + text[first : last - 3] + donor + text[last - 3 + len(donor) :]
    return codes(text[:length])


def letters(codes: np.ndarray) -> str:
    """(n,) base codes → text."""
    return np.frombuffer(b"ACGTN", np.uint8)[codes].tobytes().decode()


def codes(text: str) -> np.ndarray:
    """Text of A, C, G, T and N → (n,) uint8 base codes."""
    return np.frombuffer(text.encode().translate(bytes.maketrans(b"ACGTN", bytes(range(5)))), np.uint8).copy()
