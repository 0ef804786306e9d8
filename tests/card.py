"""A graphics card played by the processor: tensors put on it are computed as ever, but none may meet one that was left behind.

PyTorch's own stand-ins (`meta`, FakeTensorMode) compute nothing, so that what looks at a value cannot be run on them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

NAME = "meta"  # a device that every PyTorch takes by name; here its tensors have values
_MOVES = (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default)
_INDEXED = (
    torch.ops.aten.index.Tensor,
    torch.ops.aten.index_put.default,
    torch.ops.aten.index_put_.default,
)  # by indices that may be anywhere


class OnCard(Tensor):
    """A tensor on the card; `held` is what the processor computes with."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> OnCard:
        made = Tensor._make_wrapper_subclass(
            cls, held.size(), strides=held.stride(), storage_offset=held.storage_offset(), dtype=held.dtype, device=NAME
        )
        made.held = held
        return made

    def tolist(self) -> Any:
        return self.held.tolist()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _computed(func, args, kwargs or {})


class Card(TorchDispatchMode):
    """While it is entered, `Tensor.to(NAME)` and `device=NAME` put tensors on the card."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _computed(func, args, kwargs or {})


def _computed(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    tensors = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
    there = [isinstance(each, OnCard) for each in tensors]
    if any(each.device.type == NAME and not isinstance(each, OnCard) for each in tensors):
        raise RuntimeError(f"{func} of a tensor that was made past the card, as a list in square brackets is")
    goal = kwargs.get("device")
    if func not in _MOVES and any(there):
        met = tree_leaves((args[0], args[2:])) if func in _INDEXED else tensors
        left = [each for each in met if isinstance(each, Tensor) and not isinstance(each, OnCard) and each.dim()]
        if left:
            raise RuntimeError(f"{func} of tensors on the card and one of {tuple(left[0].shape)} that is not")
    if goal is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    on_card = any(there) if goal is None else torch.device(goal).type == NAME
    found = func(*_mapped(_held, args), **_mapped(_held, kwargs))
    if func._schema.is_mutable and tensors and isinstance(found, Tensor):  # the tensor that was given, changed
        return kwargs.get("out", args[0])
    return _mapped(OnCard, found) if on_card else found


def _held(tensor: Tensor) -> Tensor:
    return tensor.held if isinstance(tensor, OnCard) else tensor


def _mapped(change: Callable[[Tensor], Tensor], tree: Any) -> Any:
    return tree_map(lambda each: change(each) if isinstance(each, Tensor) else each, tree)
