"""Networks as ONNX models, for ONNX Runtime and programs that run that format. Needs the packages onnx and onnxruntime."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..errors import InputError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

OPSET = 17


def require(option: str) -> None:
    """See that what `option` needs is there.

    Raises
    ------
    InputError : onnx or onnxruntime is not installed
    """
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"{option} needs the Python package {error.name}", None, "pip install 'genloom[onnx]', or leave it out"
        ) from None


def write(
    module: nn.Module, example: Tensor, path: str | Path, output: str, axes: Mapping[str, Mapping[int, str]]
) -> None:
    """Write a module whose input is `sequence`; `axes` names those of input and output that may differ in length."""
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the exporter's, on what it takes for a constant: callers run what it made
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        torch.onnx.export(
            module,
            (example,),
            str(path),
            input_names=["sequence"],
            output_names=[output],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


def session(path: str | Path) -> InferenceSession:
    """A model ready to run on the processor, on as many threads as torch has."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # half the memory, for a tenth of the speed
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
