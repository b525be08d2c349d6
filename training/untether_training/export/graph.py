"""Exports a policy module as ONNX."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from typing import Protocol, cast

import torch
from onnx import ModelProto
from torch import Tensor, nn

OPSET = 18


class ExportablePolicy(Protocol):
    """A torch module on the CPU, in evaluation mode, that names its inputs and outputs."""

    @property
    def input_names(self) -> list[str]:
        """Of the graph."""
        ...

    @property
    def output_names(self) -> list[str]:
        """Of the graph."""
        ...

    def example_inputs(self) -> tuple[Tensor, ...]:
        """Return a batch of at least two."""
        ...


def export_graph(policy: ExportablePolicy) -> bytes:
    """Return a policy as an ONNX graph whose batch is free.

    Returns:
        The bytes of the ONNX file.
    """
    batch = torch.export.Dim("batch")
    shapes = ({0: batch},) * len(policy.input_names)
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            cast(nn.Module, policy),
            policy.example_inputs(),
            input_names=policy.input_names,
            output_names=policy.output_names,
            dynamic_shapes=(shapes,),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export: expected a program, got None; upgrade torch")
    return _strip(program.model_proto).SerializeToString(deterministic=True)


def _strip(model: ModelProto) -> ModelProto:
    """Remove what the exporter notes of its own work, such as stack traces with local paths."""
    graph = model.graph
    for item in (*graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del item.metadata_props[:]
        item.doc_string = ""
    del graph.metadata_props[:]
    del model.metadata_props[:]
    return model


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's progress and deprecation notes away from the user."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
