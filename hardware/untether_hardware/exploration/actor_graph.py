"""The graph of an actor's bundle: its weights can be fed, and what the learner keeps comes out.

To everybody else the bundle is one like all others: the middle of the actions comes out. Inside,
the weights that are learned and the tensors below have names by which an actor finds them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, ValueInfoProto, helper, numpy_helper

from untether_policies.errors import GraphError
from untether_policies.graph import read_model

WEIGHT = "weight."
"""Precedes the name of a learned weight, which is the one that the learner publishes it by."""

OBSERVED = "observed."
"""Precedes the name of an array that the learner keeps of an observation."""

MEAN, STD = "action_mean", "action_std"
"""Of the twist before it is squashed by tanh, (batch, 6) [1]."""


@dataclass(frozen=True, eq=False)
class ActorGraph:
    """A graph whose learned weights are inputs.

    Attributes:
        model: The bytes of an ONNX file.
        weights: As they were in the bundle, float32, by the name that the learner publishes.
        observation: Names of the arrays that the learner keeps.
    """

    model: bytes
    weights: dict[str, NDArray[np.float32]]
    observation: tuple[str, ...]


def open_actor_graph(model: bytes) -> ActorGraph:
    """Turn a bundle's learned weights into inputs, and what the learner wants into outputs.

    Args:
        model: The bytes of ``policy.onnx``.

    Raises:
        GraphError: When it has none of them, as a bundle that is exported after a training.
    """
    proto = read_model(model)
    graph = proto.graph
    learned = [item for item in graph.initializer if item.name.startswith(WEIGHT)]
    made = {name for node in graph.node for name in node.output}
    observed = sorted(name for name in made if name.startswith(OBSERVED))
    if not learned or not observed or not {MEAN, STD} <= made:
        raise GraphError(
            "policy.onnx",
            expected="the bundle of an actor, which says what its learner keeps",
            got="a bundle that only acts",
            fix="set policy to the folder `actor` of the learner's run",
        )
    shapes = {
        value.name: value for value in onnx.shape_inference.infer_shapes(proto).graph.value_info
    }
    for item in learned:
        graph.input.append(helper.make_tensor_value_info(item.name, TensorProto.FLOAT, item.dims))
        graph.initializer.remove(item)
    graph.output.extend(shapes[name] for name in (*observed, MEAN, STD))
    return ActorGraph(
        proto.SerializeToString(),
        {item.name.removeprefix(WEIGHT): numpy_helper.to_array(item) for item in learned},
        tuple(name.removeprefix(OBSERVED) for name in observed),
    )


def close_actor_graph(model: bytes, weights: dict[str, NDArray[np.float32]], prefix: str) -> bytes:
    """Return a graph as `open_actor_graph` takes it.

    Args:
        model: The bytes of an ONNX file, with the outputs that only an actor reads.
        weights: By the name that the learner publishes.
        prefix: What precedes those names in the graph.

    Raises:
        ValueError: When the graph has not one weight of each name.
    """
    proto = ModelProto.FromString(model)
    graph = proto.graph
    stored = {item.name: item for item in graph.initializer}
    missing = [name for name in weights if prefix + name not in stored]
    if missing:
        raise ValueError(f"actor graph: expected the weights {missing}, got none of those names")
    renamed = {prefix + name: WEIGHT + name for name in weights}
    for name, values in weights.items():
        stored[prefix + name].CopyFrom(numpy_helper.from_array(values, WEIGHT + name))
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
    public = [value for value in graph.output if not _is_private(value)]
    del graph.output[:]
    graph.output.extend(public)
    return proto.SerializeToString(deterministic=True)


def _is_private(value: ValueInfoProto) -> bool:
    return value.name.startswith(OBSERVED) or value.name in (MEAN, STD)
