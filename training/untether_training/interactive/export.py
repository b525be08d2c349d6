"""Exports an arm's policy: graph, envelope and recorded ticks."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper

from untether_hardware.manipulation.registry import make_task
from untether_hardware.manipulation.tensors import CAMERAS, measure_inputs, read_twist
from untether_policies.contract import Contract
from untether_policies.envelope import compute_envelope
from untether_policies.fixture import record_fixture, replay
from untether_training.export.bundle import ExportedPolicy
from untether_training.export.graph import export_graph
from untether_training.interactive.arm_policy import ArmPolicy
from untether_training.interactive.config import ManipulationChoice
from untether_training.interactive.evaluator import to_action
from untether_training.manipulation.environment import ManipulationEnvironment
from untether_training.offpolicy.policy import HybridPolicy

_EPISODES = 10  # from which the envelope is taken
_FIXTURE_TICKS = 12  # with two pictures each; more would make the bundle too large
_LARGE = 1024  # numbers from which on weights are stored in half precision

_Arrays = dict[str, NDArray[np.float32]]


def export_arm_policy(
    policy: HybridPolicy,
    task: ManipulationChoice,
    *,
    name: str,
    seed: int,
    provenance: Mapping[str, str | int | float],
) -> ExportedPolicy:
    """Export a policy, and compare graph and module over recorded ticks.

    Args:
        policy: A trained one; it is left as it is.
        task: What it was trained for.
        name: Of the bundle.
        seed: Of the scenes that envelope and recorded ticks are taken from.
        provenance: Where the policy comes from.

    Raises:
        BundleError: When the graph is not what the module is.
    """
    config = make_task(task.name).config
    module = ArmPolicy(copy.deepcopy(policy), config, task.image_size).eval()
    contract = Contract(
        name=name,
        robot=module.robot,
        rate=1.0 / config.period,
        inputs=module.inputs,
        outputs=module.outputs,
        carry=module.carry,
        provenance={**provenance, "task": task.name, "recorded_by": f"torch {torch.__version__}"},
    )
    ticks = record_ticks(module, task, seed, episodes=_EPISODES)
    pictures = {f"image_{camera}" for camera in CAMERAS}
    samples = {name: array for name, array in ticks.items() if name not in pictures}
    contract = replace(contract, envelope=compute_envelope(contract, samples))
    model = halve_weights(export_graph(module))

    def reference(tensors: _Arrays) -> _Arrays:
        with torch.no_grad():
            outputs = module.run({key: torch.from_numpy(v) for key, v in tensors.items()})
        return {key: value.numpy() for key, value in outputs.items()}

    recorded = {name: array[:_FIXTURE_TICKS] for name, array in ticks.items()}
    fixture = record_fixture(model, contract, recorded, reference)
    return ExportedPolicy(contract, model, fixture, replay(model, contract, fixture))


def record_ticks(
    module: ArmPolicy, task: ManipulationChoice, seed: int, *, episodes: int
) -> _Arrays:
    """Let a policy act for some episodes, and return its inputs, (ticks, *shape) each."""
    rows: list[_Arrays] = []
    with closing(
        ManipulationEnvironment(make_task(task.name), image_size=task.image_size)
    ) as environment:
        for scene in range(seed, seed + episodes):
            observation, _ = environment.reset(seed=scene)
            carry = {c.name: torch.tensor(c.initial)[None] for c in module.carry}
            ended = False
            while not ended:
                pictures = {camera: observation[f"image_{camera}"] for camera in CAMERAS}
                row = measure_inputs(environment.arm.read_state(), pictures)
                rows.append(row)
                tensors = {name: torch.from_numpy(value)[None] for name, value in row.items()}
                with torch.no_grad():
                    outputs = module.run({**tensors, **carry})
                carry = {c.name: outputs[f"{c.name}_next"] for c in module.carry}
                twist = read_twist({name: value.numpy() for name, value in outputs.items()})
                observation, _, terminated, truncated, _ = environment.step(
                    to_action(twist, environment.config)
                )
                ended = terminated or truncated
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def halve_weights(model: bytes) -> bytes:
    """Store large weights in half precision where that has them exactly; the graph casts them.

    Args:
        model: The bytes of a graph.
    """
    proto = ModelProto.FromString(model)
    casts = []
    for item in proto.graph.initializer:
        if item.data_type != TensorProto.FLOAT or np.prod(item.dims) < _LARGE:
            continue
        values = numpy_helper.to_array(item)
        halved = values.astype(np.float16)
        if not np.array_equal(halved.astype(np.float32), values):
            continue
        name = item.name
        item.CopyFrom(numpy_helper.from_array(halved, f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *proto.graph.node]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    onnx.checker.check_model(proto)
    return proto.SerializeToString(deterministic=True)
