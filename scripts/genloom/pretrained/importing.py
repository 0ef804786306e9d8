"""From files of published weights to a model file: recognised by content, read without running them, proved equal.

Each network is shown a known sequence twice: as genloom's network, and layer by layer as its own file has it. Where the
file is a release that genloom knows, what the authors' software says of that sequence is held against it, too. The
answer stands in the model's card.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from torch import nn

from .. import __version__
from ..console import blaming, say
from ..errors import InputError
from ..formats import modelfile
from ..models.promoter import Promoter
from ..models.splice import Splice
from . import keras, known, openspliceai, spliceai, xpresso
from .releases import RELEASES
from .weights import Member, fill

SOURCES: dict[str, ModuleType] = {"spliceai": spliceai, "openspliceai": openspliceai, "xpresso": xpresso}
ARCHITECTURES: dict[str, type[nn.Module]] = {"splice": Splice, "promoter": Promoter}
TOLERANCE = 1e-4
_HDF5, _ZIP, _PICKLE = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"\x80"
_ALL = ", ".join(source.ABOUT.name for source in SOURCES.values())


@dataclass
class Imported:
    """An ensemble of published networks: where they are from, and each one's file with its digest."""

    source: ModuleType
    members: list[Member]
    digests: list[str]
    paths: list[str | Path]

    @property
    def networks(self) -> list[Any]:
        return [member.network for member in self.members]


def read(paths: Sequence[str | Path], wanted: str = "auto") -> Imported:
    """The networks of some files, one ensemble.

    wanted : one of SOURCES, or "auto"

    Raises
    ------
    InputError : no weights of a known network, files of several sources or kinds of network, or one file twice
    """
    members: list[Member] = []
    digests: list[str] = []
    kinds: list[ModuleType] = []
    for path in paths:
        with blaming(path):
            digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        if digest in digests:
            raise InputError("is given twice", path, "an ensemble has different networks: name each file once")
        source, member = _read(path)
        if wanted not in ("auto", source.ABOUT.kind):
            raise InputError(
                f"holds {source.ABOUT.name}, --source is {wanted}", path, "give its files, or leave it out"
            )
        if kinds and source is not kinds[0]:
            raise InputError(
                f"holds {source.ABOUT.name}, {paths[0]} {kinds[0].ABOUT.name}", path, "import them one by one"
            )
        if members and member.network.settings != members[0].network.settings:
            ours, theirs = member.network.settings, members[0].network.settings
            name = next(name for name in ours if ours[name] != theirs[name])
            raise InputError(
                f"is a network with {name} {ours[name]}, {paths[0]} one with {theirs[name]}",
                path,
                "an ensemble has networks of one shape: import them one by one",
            )
        members.append(member)
        digests.append(digest)
        kinds.append(source)
    return Imported(kinds[0], members, digests, list(paths))


def _read(path: str | Path) -> tuple[ModuleType, Member]:
    """The source and the network of one file, by what is in it."""
    with blaming(path), Path(path).open("rb") as file:
        head = file.read(16)
    if head.startswith(_HDF5):
        graph = keras.read(path)
        for source in (spliceai, xpresso):
            if source.fits(graph):
                return source, source.member(graph)
        raise InputError(f"holds a Keras model with {graph.told()}: no network of {_ALL}", path)
    if head.startswith(_ZIP):
        state = openspliceai.read(path)
        if openspliceai.fits(state):
            return openspliceai, openspliceai.member(state, path)
        raise InputError(f"holds the arrays {', '.join(list(state)[:3])}, …: no network of {_ALL}", path)
    if head.startswith(_PICKLE):
        raise InputError(
            "is a bare pickle, which may run anything; it was not opened",
            path,
            "give the published file, or save the weights again with a PyTorch newer than 1.5",
        )
    if head[8:9] == b"{":
        raise InputError("is a .safetensors file", path, "a model of genloom's needs no import: give it as it is")
    what = "is empty" if not head else "is neither HDF5 (.h5) nor a PyTorch file (.pt)"
    raise InputError(what, path, f"give the published weights of {_ALL}")


def write(imported: Imported, path: str | Path) -> dict[str, Any]:
    """Write the model file, read it again, and hold what its networks compute against their own files. Returns the card.

    Raises
    ------
    InputError : the network of a file is another one than its layout told
    """
    about = imported.source.ABOUT
    first = imported.networks[0]
    card = {
        "settings": first.settings,
        "members": len(imported.members),
        "assembly": "",
        "data": {},
        "split": "",
        "seed": None,
        "metrics": {},
        "source": {name: value for name, value in asdict(about).items() if name != "ensemble"}
        | {
            "files": [
                {"sha256": digest, "release": RELEASES[digest].name if digest in RELEASES else None}
                for digest in imported.digests
            ]
        },
        "versions": {"genloom": __version__} | {name: version(name).partition("+")[0] for name in ("numpy", "torch")},
        **imported.source.RULES.card(first),
    }
    card["parity"] = _parity(imported)
    arrays = {
        f"member{number}.{name}": value.numpy()
        for number, network in enumerate(imported.networks, 1)
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    modelfile.write(path, arrays, card)
    check(*modelfile.read(path))
    _tell(imported, card)
    return card


def _parity(imported: Imported) -> dict[str, Any]:
    """The answer to the known sequence, and how far it is from that of the files' own layers and the authors' software."""
    rules = imported.source.RULES
    codes = rules.known(imported.networks[0])
    outputs, furthest, software = [], 0.0, set()
    for member, digest, path in zip(imported.members, imported.digests, imported.paths, strict=True):
        output = rules.predict([member.network], codes)
        difference = float(np.abs(output - member.reference(codes)).max())
        if not difference <= TOLERANCE:
            raise InputError(
                f"computes something else than a network of {imported.source.ABOUT.name} with its weights would: they "
                f"differ by {difference:.2g} on a known sequence",
                path,
                "give the file as its authors published it",
            )
        furthest = max(furthest, difference)
        outputs.append(output)
        if release := RELEASES.get(digest):
            far = max(abs(rules.value(output, place) - value) for place, value in release.output.items())
            if not far <= TOLERANCE:
                raise RuntimeError(f"{release.name} differs by {far:.2g} from what {release.software} computes")
            furthest = max(furthest, far)
            software.add(release.software)
    return {
        "input": [known.letters(row) for row in codes],
        "output": {name: round(value, 6) for name, value in rules.shown(np.mean(outputs, 0)).items()},
        "against": ["the files' own layers, one by one", *sorted(software)],
        "difference": float(f"{furthest:.1g}"),
        "tolerance": TOLERANCE,
    }


def check(card: dict[str, Any], arrays: dict[str, np.ndarray]) -> float:
    """Show the known sequence of a card to the networks of the same file. Returns how far they are from its answer.

    Raises
    ------
    RuntimeError : they do not give the answer that the card has
    """
    rules = SOURCES[card["source"]["kind"]].RULES
    networks = []
    for number in range(1, card["members"] + 1):
        network = ARCHITECTURES[card["architecture"]](**card["settings"])
        prefix = f"member{number}."
        own = {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
        fill(network, own, "the model file")
        networks.append(network)
    codes = np.stack([known.codes(row) for row in card["parity"]["input"]])
    output = rules.predict(networks, codes)
    difference = max(abs(rules.value(output, place) - value) for place, value in card["parity"]["output"].items())
    if not difference <= card["parity"]["tolerance"]:
        raise RuntimeError(f"the model differs by {difference:.2g} from the answer in its card")
    return difference


def _tell(imported: Imported, card: dict[str, Any]) -> None:
    about, count = imported.source.ABOUT, len(imported.members)
    names = [each["release"] for each in card["source"]["files"]]
    unknown = names.count(None)
    say(f"{about.name}, {count} network{'s' * (count > 1)}: {about.citation}, doi:{about.doi}")
    say(f"licence of the weights: {about.licence}")
    parity = card["parity"]
    say(f"on a known sequence within {parity['difference']:g} of {', of '.join(parity['against'])}")
    if unknown:
        say(f"{unknown} of the files {'is' if unknown == 1 else 'are'} no release that genloom knows by its digest")
    if count < about.ensemble:
        say(f"the published scores are the mean of {about.ensemble} networks; this model has {count}")
