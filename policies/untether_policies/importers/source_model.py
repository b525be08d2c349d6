"""Reads a peer's ONNX file: one observation in, one action out."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import external_data_helper, inliner, version_converter

from untether_policies.backends.session import build_session
from untether_policies.composition import BATCH, MINIMUM_OPSET, find_ir_version
from untether_policies.importers.values import refuse

MAX_FILE_BYTES = 1 << 29
_CONVERTED_OPSET = 18


@dataclass(frozen=True)
class SourceModel:
    """A peer's network, with the weights inside and a free batch axis.

    Attributes:
        path: The ONNX file.
        hashes: SHA-256 of the ONNX file and of the files that hold its weights, by file name.
        metadata: The file's metadata, as written.
        original: The network as it was exported (batch of one, or free).
        model: The same network with a free batch axis.
        observation: Name of the input.
        action: Name of the output.
        observation_width: Number of values of the observation.
        action_width: Number of values of the action.
    """

    path: Path
    hashes: Mapping[str, str]
    metadata: Mapping[str, str]
    original: onnx.ModelProto
    model: onnx.ModelProto
    observation: str
    action: str
    observation_width: int
    action_width: int

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return build_session(self.original.SerializeToString())

    def run(self, observation: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the action (action_width) of one observation (observation_width)."""
        feed = {self.observation: observation.reshape(1, -1).astype(np.float32)}
        return np.asarray(self._session.run([self.action], feed)[0])[0]


def load_source_model(path: Path) -> SourceModel:
    """Read an ONNX file, with weights in the file or in a file beside it.

    Raises:
        ImportRefusedError: when it is damaged, or is not one observation in and one action out.
    """
    model, hashes = _read(path)
    original = onnx.ModelProto()
    original.CopyFrom(model)
    model = _normalise(model, path)
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    observation = _single(inputs, "input", "the observation", path)
    action = _single(list(model.graph.output), "output", "the action", path)
    source = SourceModel(
        path=path,
        hashes=hashes,
        metadata={entry.key: entry.value for entry in model.metadata_props},
        original=original,
        model=model,
        observation=observation.name,
        action=action.name,
        observation_width=_width(observation, path),
        action_width=_width(action, path),
    )
    _free_batch(model, (observation, action))
    return source


def _read(path: Path) -> tuple[onnx.ModelProto, dict[str, str]]:
    """Return the model with its weights loaded, and the hash of each file read."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            got = f"{path.stat().st_size} bytes"
            fix = "check that this is the policy's file"
            raise refuse(str(path), f"at most {MAX_FILE_BYTES} bytes", got, fix)
        content = path.read_bytes()
        model = onnx.load_model_from_string(content)
        hashes = {path.name: sha256(content).hexdigest()}
        for name in sorted(_external_files(model)):
            hashes[name] = sha256((path.parent / name).read_bytes()).hexdigest()
        onnx.load_external_data_for_model(model, str(path.parent))
    except (DecodeError, OSError, ValueError, onnx.checker.ValidationError) as error:
        raise refuse(
            str(path),
            "a complete ONNX file, with the file of its weights beside it if it has one",
            " ".join(str(error).split()) or type(error).__name__,
            "copy the file again (policy.onnx and policy.onnx.data travel together)",
        ) from error
    # A newer file format than the opset needs would only keep older runtimes from reading it.
    model.ir_version = min(model.ir_version, find_ir_version(model.opset_import))
    if not model.graph.node:
        raise refuse(str(path), "a network", "an empty graph", "copy the file again")
    return model, hashes


def _external_files(model: onnx.ModelProto) -> set[str]:
    """Return the files that hold weights; refuses any outside the model's own folder."""
    names: set[str] = set()
    for tensor in model.graph.initializer:
        if external_data_helper.uses_external_data(tensor):
            name = external_data_helper.ExternalDataInfo(tensor).location
            if Path(name).name != name:
                raise ValueError(f"weights of {tensor.name} outside the model's folder: {name}")
            names.add(name)
    return names


def _normalise(model: onnx.ModelProto, path: Path) -> onnx.ModelProto:
    """Return the model without local functions and at an opset that compositions know."""
    if model.functions:
        model = inliner.inline_local_functions(model)
    opset = next((entry.version for entry in model.opset_import if not entry.domain), 0)
    if opset >= MINIMUM_OPSET:
        return model
    try:
        return version_converter.convert_version(model, _CONVERTED_OPSET)
    except RuntimeError as error:
        raise refuse(
            str(path),
            f"opset {MINIMUM_OPSET} or newer, or one that converts",
            f"opset {opset}, which does not: {' '.join(str(error).split())}",
            "export the policy again with opset_version=18",
        ) from error


def _single(
    values: list[onnx.ValueInfoProto], role: str, meaning: str, path: Path
) -> onnx.ValueInfoProto:
    """Return the only tensor of a role."""
    if len(values) == 1:
        return values[0]
    names = [value.name for value in values]
    raise refuse(
        str(path),
        f"one {role} ({meaning})",
        f"{len(names)}: {names}",
        "recurrent and motion-tracking exports are not imported; write such a bundle by hand as "
        "policies/IMPORTING.md shows",
    )


def _width(value: onnx.ValueInfoProto, path: Path) -> int:
    """Return the number of values in a float32 (batch, n) tensor."""
    tensor = value.type.tensor_type
    sizes = [dim.dim_value for dim in tensor.shape.dim]
    if tensor.elem_type != onnx.TensorProto.FLOAT or len(sizes) != 2 or sizes[1] < 1:
        got = f"{value.name} with sizes {sizes} and element type {tensor.elem_type}"
        raise refuse(str(path), "float32 tensors of shape (batch, n)", got, "export it so")
    return sizes[1]


def _free_batch(model: onnx.ModelProto, values: tuple[onnx.ValueInfoProto, ...]) -> None:
    """Make the first axis symbolic; inner shapes, which were inferred for one row, go."""
    for value in values:
        value.type.tensor_type.shape.dim[0].dim_param = BATCH
    del model.graph.value_info[:]
