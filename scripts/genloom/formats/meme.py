"""Motifs in the minimal format of the MEME suite, version 4: frequencies of bases, place by place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np


def write(counts: Mapping[str, np.ndarray], titles: Mapping[str, str], codes: np.ndarray, path: str | Path) -> None:
    """Write motifs, which Tomtom, FIMO and others read.

    Parameters
    ----------
    counts : name → (width, 4) how often each base stands at each place
    titles : name → second name
    codes : (n,) base codes of what they were found in, for the background
    """
    background = np.bincount(codes, minlength=5)[:4] + 1.0
    lines = ["MEME version 4", "", "ALPHABET= ACGT", "", "Background letter frequencies"]
    lines += [
        " ".join(f"{letter} {share:.4f}" for letter, share in zip("ACGT", background / background.sum(), strict=True))
    ]
    for name, own in counts.items():
        sites = int(own.sum(1).max())
        lines += ["", f"MOTIF {name} {titles[name]}"]
        lines += [f"letter-probability matrix: alength= 4 w= {len(own)} nsites= {sites} E= 0"]
        shares = (own + 0.25) / (own.sum(1, keepdims=True) + 1)  # so that each row adds up where a base is unknown
        lines += [" ".join(f"{share:.6f}" for share in row) for row in shares]
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
