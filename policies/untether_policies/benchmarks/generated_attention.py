"""Generates a small attention policy without training: a drone among others, random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

from untether_policies.bundle import Bundle, write_bundle
from untether_policies.contract import CarrySpec, Contract, TensorSpec
from untether_policies.envelope import compute_envelope
from untether_policies.fixture import record_fixture

_TICKS = 300
_WIDTH = 10  # of the encoders, the tokens and the attention
_HIDDEN = 24  # of the last layer but one
_MAX_THRUST = 0.13048  # [N] one rotor of a Crazyflie 2.1
_AXES = ("x", "y", "z")
_ROTORS = ("m1", "m2", "m3", "m4")
_OPSET = 18
_CARD = (
    "# Generated attention policy\n\nRandom weights: for benchmarks and tests, not for flight.\n"
)


def generate_attention_bundle(folder: Path, seed: int) -> Bundle:
    """Write a bundle with three encoders of width 10 and one head of attention over two tokens.

    The tokens are what the drone sees of its neighbours and of obstacles; the query is its own
    state. About 1,800 parameters and 38 features: the size that fits beside a Crazyflie's firmware.

    Args:
        folder: where to write it.
        seed: of weights and recorded inputs.
    """
    generator = np.random.default_rng(seed)
    contract = describe_contract()
    inputs = _sample_inputs(contract, generator)
    contract = replace(
        contract,
        envelope=compute_envelope(contract, inputs),
        provenance={"seed": seed, "generated": "random weights, not trained"},
    )
    model = _AttentionGraph(contract, generator).build()
    return write_bundle(folder, contract, model, record_fixture(model, contract, inputs), _CARD)


def describe_contract() -> Contract:
    """Return the contract of a Crazyflie that flies to a goal among two others and obstacles."""
    age = 0.1  # [s]
    neighbours = tuple(
        f"{n}/{q}_{axis}" for n in "ab" for q in ("position", "velocity") for axis in _AXES
    )
    distances = tuple(f"d{index}" for index in range(9))
    return Contract(
        name="generated_attention",
        robot="crazyflie",
        rate=100.0,
        inputs=(
            TensorSpec("goal_error", "custom/goal/error", _AXES, (3,), "m", "map", age),
            TensorSpec(
                "orientation", "state/body/rotation", (*_AXES, "w"), (4,), "1", "map", age,
                quaternion_order="xyzw",
            ),
            TensorSpec(
                "linear_velocity", "state/body/linear_velocity", _AXES, (3,), "m/s", "map", age
            ),
            TensorSpec(
                "angular_velocity", "state/body/angular_velocity", _AXES, (3,), "rad/s",
                "base_link", age,
            ),
            TensorSpec("neighbours", "custom/neighbours", neighbours, (12,), "1", "map", age),
            TensorSpec(
                "obstacle_distance", "custom/obstacle/distance", distances, (9,), "m", "map", age
            ),
        ),
        outputs=(
            TensorSpec(
                "rotor_thrust", "command/rotor/thrust", _ROTORS, (4,), "N", "base_link",
                lower=(0.0,) * 4, upper=(_MAX_THRUST,) * 4,
            ),
        ),
        carry=(CarrySpec("previous_action", (4,), (0.0,) * 4),),
    )  # fmt: skip


def _sample_inputs(contract: Contract, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Return smooth random inputs by name, ``(ticks, size)`` in the contract's units."""
    inputs = {
        spec.name: np.cumsum(generator.normal(0.0, 0.05, (_TICKS, spec.size)), axis=0)
        for spec in contract.inputs
    }
    inputs["orientation"] += np.array((0.0, 0.0, 0.0, 1.0))
    inputs["orientation"] /= np.linalg.norm(inputs["orientation"], axis=1, keepdims=True)
    inputs["obstacle_distance"] = np.abs(inputs["obstacle_distance"])
    return inputs


class _AttentionGraph:
    """Builds the graph, node by node."""

    def __init__(self, contract: Contract, generator: np.random.Generator) -> None:
        self._contract = contract
        self._generator = generator
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, np.ndarray] = {}

    def build(self) -> bytes:
        """Return the graph's bytes."""
        own = ("goal_error", "orientation", "linear_velocity", "angular_velocity")
        self._node("Concat", [*own, "previous_action"], "own_features", axis=1)
        query = self._encode("own_features", "own", 17)
        tokens = [
            self._encode("neighbours", "neighbour", 12),
            self._encode("obstacle_distance", "obstacle", 9),
        ]
        for name in (query, *tokens):
            self._node("Unsqueeze", [name, self._constant("axis", [1], np.int64)], f"{name}_row")
        self._node("Concat", [f"{name}_row" for name in tokens], "tokens", axis=1)
        attended = self._attend(f"{query}_row", "tokens")
        self._node("Concat", [query, attended], "joined", axis=1)
        self._node("Tanh", [self._linear("joined", "hidden", 2 * _WIDTH, _HIDDEN)], "hidden")
        self._node("Tanh", [self._linear("hidden", "action", _HIDDEN, 4)], "previous_action_next")
        half = self._constant("half_range", np.full(4, _MAX_THRUST / 2))
        self._node("Mul", ["previous_action_next", half], "swing")
        self._node("Add", ["swing", half], "rotor_thrust")
        return self._finish()

    def _encode(self, source: str, name: str, size: int) -> str:
        """Normalise some features, and encode them in two layers."""
        mean = self._constant(f"{name}_mean", self._generator.normal(0.0, 0.1, size))
        scale = self._constant(f"{name}_scale", self._generator.uniform(0.5, 2.0, size))
        self._node("Sub", [source, mean], f"{name}_centred")
        self._node("Mul", [f"{name}_centred", scale], f"{name}_scaled")
        first = self._linear(f"{name}_scaled", f"{name}_first", size, _WIDTH)
        self._node("Tanh", [first], f"{name}_hidden")
        second = self._linear(f"{name}_hidden", f"{name}_second", _WIDTH, _WIDTH)
        self._node("Tanh", [second], f"{name}_encoded")
        return f"{name}_encoded"

    def _attend(self, query: str, tokens: str) -> str:
        """Return what the query ``(batch, 1, width)`` finds in the tokens ``(batch, 2, width)``."""
        asked = self._linear(query, "query", _WIDTH, _WIDTH)
        keys = self._linear(tokens, "key", _WIDTH, _WIDTH)
        values = self._linear(tokens, "value", _WIDTH, _WIDTH)
        self._node("Transpose", [keys], "keys_turned", perm=[0, 2, 1])
        self._node("MatMul", [asked, "keys_turned"], "scores")
        self._node("Mul", ["scores", self._constant("temperature", _WIDTH**-0.5)], "logits")
        self._node("Softmax", ["logits"], "weights", axis=-1)
        self._node("MatMul", ["weights", values], "mixed")
        projected = self._linear("mixed", "projection", _WIDTH, _WIDTH)
        self._node("Add", [projected, query], "residual")
        ones = self._constant("norm_scale", self._generator.uniform(0.5, 1.5, _WIDTH))
        zeros = self._constant("norm_bias", self._generator.normal(0.0, 0.1, _WIDTH))
        self._node("LayerNormalization", ["residual", ones, zeros], "normalised", axis=-1)
        self._node(
            "Reshape", ["normalised", self._constant("flat", [-1, _WIDTH], np.int64)], "seen"
        )
        return "seen"

    def _linear(self, source: str, name: str, rows: int, columns: int) -> str:
        """Multiply by random weights and add a bias."""
        weight = self._generator.normal(0.0, rows**-0.5, (rows, columns))
        bias = self._generator.normal(0.0, 0.1, columns)
        product = f"{name}_product"
        self._node("MatMul", [source, self._constant(f"{name}_weight", weight)], product)
        self._node("Add", [product, self._constant(f"{name}_bias", bias)], f"{name}_linear")
        return f"{name}_linear"

    def _node(
        self, operator: str, inputs: list[str], output: str, **attributes: int | list[int]
    ) -> None:
        """Add a node."""
        node = helper.make_node(operator, inputs, [output])
        node.attribute.extend(helper.make_attribute(*item) for item in attributes.items())
        self._nodes.append(node)

    def _constant(self, name: str, values: ArrayLike, dtype: type = np.float32) -> str:
        """Add a constant and return its name."""
        self._constants[name] = np.asarray(values, dtype)
        return name

    def _finish(self) -> bytes:
        """Return the model's bytes."""
        contract = self._contract
        taken = [(spec.name, spec.size) for spec in (*contract.inputs, *contract.carry)]
        given = [("rotor_thrust", 4), ("previous_action_next", 4)]
        inputs, outputs = (
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size])
                for name, size in values
            ]
            for values in (taken, given)
        )
        weights = [numpy_helper.from_array(array, name) for name, array in self._constants.items()]
        graph = helper.make_graph(self._nodes, "policy", inputs, outputs, weights)
        opsets = [helper.make_opsetid("", _OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="untether")
        model.ir_version = 9  # read by every ONNX Runtime since 1.17
        return model.SerializeToString(deterministic=True)
