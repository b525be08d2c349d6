"""Generates a sound bundle without training: a random network in a Crazyflie's contract."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from untether_policies.bundle import Bundle, write_bundle
from untether_policies.contract import CarrySpec, Contract, TensorSpec
from untether_policies.envelope import compute_envelope
from untether_policies.fixture import record_fixture

_TICKS = 300
_MAX_THRUST = 0.13048  # [N] one rotor of a Crazyflie 2.1
_AXES = ("x", "y", "z")
_ROTORS = ("m1", "m2", "m3", "m4")
_OPSET = 18


def generate_bundle(folder: Path, seed: int, *, width: int = 64) -> Bundle:
    """Write a bundle with a random two-layer network, normalisation and carry inside the graph.

    It flies nothing; it costs per tick what a trained policy of that size costs.

    Args:
        folder: where to write it.
        seed: of weights and recorded inputs.
        width: of both hidden layers.
    """
    generator = np.random.default_rng(seed)
    inputs = _sample_inputs(generator)
    contract = describe_contract()
    contract = replace(
        contract,
        envelope=compute_envelope(contract, inputs),
        provenance={"seed": seed, "generated": "random weights, not trained"},
    )
    model = _build_model(contract, width, generator)
    fixture = record_fixture(model, contract, inputs)
    card = "# Generated policy\n\nRandom weights: for benchmarks and tests, not for flight.\n"
    return write_bundle(folder, contract, model, fixture, card)


def describe_contract() -> Contract:
    """Return the contract of a Crazyflie that flies to a goal."""
    age = 0.1  # [s]
    return Contract(
        name="generated",
        robot="crazyflie",
        rate=100.0,
        inputs=(
            TensorSpec("position", "state/body/position", _AXES, (3,), "m", "map", age),
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
            TensorSpec("goal_position", "command/body/position", _AXES, (3,), "m", "map"),
        ),
        outputs=(
            TensorSpec(
                "rotor_thrust", "command/rotor/thrust", _ROTORS, (4,), "N", "base_link",
                lower=(0.0,) * 4, upper=(_MAX_THRUST,) * 4,
            ),
        ),
        carry=(CarrySpec("previous_action", (4,), (0.0,) * 4),),
    )  # fmt: skip


def _sample_inputs(generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Return smooth random inputs by name, ``(ticks, size)`` in the contract's units."""

    def walk(size: int, step: float) -> np.ndarray:
        return np.cumsum(generator.normal(0.0, step, (_TICKS, size)), axis=0)

    orientation = walk(4, 0.02) + np.array((0.0, 0.0, 0.0, 1.0))
    return {
        "position": walk(3, 0.02),
        "orientation": orientation / np.linalg.norm(orientation, axis=1, keepdims=True),
        "linear_velocity": walk(3, 0.05),
        "angular_velocity": walk(3, 0.1),
        "goal_position": np.tile(generator.normal(0.0, 1.0, 3), (_TICKS, 1)),
    }


def _build_model(contract: Contract, width: int, generator: np.random.Generator) -> bytes:
    """Return the graph: concatenate, normalise, two ELU layers, and thrust within its limits."""
    names = [spec.name for spec in (*contract.inputs, *contract.carry)]
    size = sum(spec.size for spec in (*contract.inputs, *contract.carry))
    sizes = (size, width, width, 4)
    constants = {
        "mean": generator.normal(0.0, 0.1, size),
        "deviation": generator.uniform(0.5, 2.0, size),
        "half_range": np.full(4, _MAX_THRUST / 2),
    }
    nodes = [
        helper.make_node("Concat", names, ["observation"], axis=1),
        helper.make_node("Sub", ["observation", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "deviation"], ["hidden_0"]),
    ]
    for layer, (rows, columns) in enumerate(pairwise(sizes)):
        constants[f"weight_{layer}"] = generator.normal(0.0, rows**-0.5, (rows, columns))
        constants[f"bias_{layer}"] = np.zeros(columns)
        last = layer == len(sizes) - 2
        nodes += [
            helper.make_node(
                "Gemm",
                [f"hidden_{layer}", f"weight_{layer}", f"bias_{layer}"],
                [f"linear_{layer}"],
            ),
            helper.make_node(
                "Tanh" if last else "Elu",
                [f"linear_{layer}"],
                ["previous_action_next" if last else f"hidden_{layer + 1}"],
            ),
        ]
    nodes += [
        helper.make_node("Mul", ["previous_action_next", "half_range"], ["swing"]),
        helper.make_node("Add", ["swing", "half_range"], ["rotor_thrust"]),
    ]

    def value(name: str, size: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size])

    graph = helper.make_graph(
        nodes,
        "policy",
        [value(spec.name, spec.size) for spec in (*contract.inputs, *contract.carry)],
        [value("rotor_thrust", 4), value("previous_action_next", 4)],
        [
            numpy_helper.from_array(np.asarray(array, np.float32), name)
            for name, array in constants.items()
        ],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], producer_name="untether"
    )
    model.ir_version = 9  # read by every ONNX Runtime since 1.17
    return model.SerializeToString(deterministic=True)
