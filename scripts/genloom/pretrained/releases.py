"""Released files by their SHA-256, with what their authors' own software computes for genloom's known sequence.

The numbers are written by `python tests/make_releases.py`, which runs that software.
"""

from __future__ import annotations

from typing import NamedTuple


class Release(NamedTuple):
    """A released file: what people call it, the software that was run, and its output as `RULES.shown` names it."""

    name: str
    software: str
    output: dict[str, float]


RELEASES: dict[str, Release] = {
    "15a383648008df5f843ec8651e78be5faf82609c88fb068da890aa7a89387bb0": Release(
        "human_trainepoch.11-0.426.h5",
        "tensorflow 2.21.0 with keras 3.15.1",
        {"sequence 1": -0.535924, "sequence 2": -0.424578},
    ),
    "7b0d6af6239e27392226bbada310ee9e2ce0ced149fb6fdff8996c12cba3cc85": Release(
        "model_10000nt_rs10.pt",
        "openspliceai 0.0.7",
        {"acceptor 70": 0.110656, "donor 179": 0.941433},
    ),
    "a4838147b4af2e9b19d336f21eeea6bf5af5140ecd33fa3ebdb64b544ea6b547": Release(
        "model_400nt_rs10.pt",
        "openspliceai 0.0.7",
        {"acceptor 100": 0.813213, "donor 379": 0.215252},
    ),
    "894594d18be6d3e339d76b9698accf4071bd2f0f32f40c52a2c1b848d1cef9f4": Release(
        "model_80nt_rs10.pt",
        "openspliceai 0.0.7",
        {"acceptor 260": 0.081699, "donor 139": 0.4607},
    ),
    "e1fd5adcef7489d604b10e79c40078ef790d51ef048c4ce3869c9119ac5de42b": Release(
        "spliceai1.h5",
        "tensorflow 2.21.0 with keras 3.15.1",
        {"acceptor 70": 0.333688, "donor 179": 0.413575},
    ),
    "6ab042b82ab966b6d3582cb31b96f0859ea08a864f168d69e83aa14450a3b66e": Release(
        "spliceai2.h5",
        "tensorflow 2.21.0 with keras 3.15.1",
        {"acceptor 100": 0.81202, "donor 379": 0.209185},
    ),
    "e2e790bde53dfdf410c6dc434a86122a7d12f3f38dc2ef45d85986e9ecf22fad": Release(
        "spliceai3.h5",
        "tensorflow 2.21.0 with keras 3.15.1",
        {"acceptor 70": 0.738653, "donor 379": 0.116434},
    ),
    "ca88ac9e58e69ba6fdeed319b72f063f164c9abf7392eaccef903e94c1d99dd6": Release(
        "spliceai4.h5",
        "tensorflow 2.21.0 with keras 3.15.1",
        {"acceptor 300": 0.272549, "donor 379": 0.638315},
    ),
    "791cd22c62a80a08d2ca674615a93ce8159d7b55bd157cfef2983b1bd6b41391": Release(
        "spliceai5.h5",
        "tensorflow 2.21.0 with keras 3.15.1",
        {"acceptor 300": 0.364205, "donor 379": 0.320465},
    ),
}
