"""Writes the bundle of an actor without training: its weights are the action that it draws."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from untether_hardware.exploration.actor_graph import MEAN, OBSERVED, STD, close_actor_graph
from untether_hardware.franka.description import FR3
from untether_hardware.manipulation.registry import make_task
from untether_hardware.manipulation.tensors import CAMERAS, list_inputs, list_outputs
from untether_policies.bundle import write_bundle
from untether_policies.contract import CarrySpec, Contract
from untether_policies.fixture import record_fixture

SIZE = 32  # [px]
FEATURES = (2,)
STATE = ("tool_position", "tool_force", "gripper_width")
WEIGHTS = {
    "mean": np.zeros(6, np.float32),
    "std": np.full(6, 1e-3, np.float32),
    "gripper": np.zeros(1, np.float32),
}
"""As the bundle has them; the mean is before tanh."""

_TICKS = 12


def write_small_actor(folder, task):
    """Write a bundle for a task, and return its folder."""
    config = make_task(task).config
    contract = Contract(
        name="fr3_small_actor",
        robot=FR3.name,
        rate=1.0 / config.period,
        inputs=list_inputs(SIZE),
        outputs=list_outputs(config),
        carry=(CarrySpec("ticks", (1,), (0.0,)),),
        provenance={"task": task, "run": folder.name, "gripper_penalty": -0.5},
    )
    model = close_actor_graph(_build(contract, config), _used(config), "learned.")
    generator = np.random.default_rng(0)
    ticks = {
        spec.name: generator.random((_TICKS, *spec.shape), np.float32) for spec in contract.inputs
    }
    write_bundle(folder, contract, model, record_fixture(model, contract, ticks), "# small\n")
    return folder


def _used(config):
    """Return the weights that a task's policy has."""
    return {name: v for name, v in WEIGHTS.items() if name != "gripper" or not config.gripper_fixed}


def _build(contract, config):
    scales = {
        "linear": np.full(3, config.translation_scale / config.period, np.float32),
        "angular": np.full(3, config.rotation_scale / config.period, np.float32),
    }
    constants = {
        "zero": np.zeros(1, np.float32),
        "one": np.ones(1, np.float32),
        "first": np.arange(3),
        "second": np.arange(3, 6),
        "pixels": np.array((1, 2)),
        **scales,
        **{f"learned.{name}": values for name, values in _used(config).items()},
    }
    nodes = []

    def add(operator, output, *inputs, **attributes):
        nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))

    add("Mul", "nothing", "gripper_width", "zero")  # (batch, 1)
    add("Add", MEAN, "nothing", "learned.mean")
    add("Add", STD, "nothing", "learned.std")
    add("Tanh", "action", MEAN)
    for kind, part in (("linear", "first"), ("angular", "second")):
        add("Gather", f"{kind}_action", "action", part, axis=1)
        add("Mul", f"command_{kind}_velocity", f"{kind}_action", kind)
    if not config.gripper_fixed:
        add("Add", "command_gripper", "nothing", "learned.gripper")
    for name in STATE:
        add("Identity", OBSERVED + name, name)
    for camera in CAMERAS:  # red and green, on the average
        add("ReduceMean", f"{camera}_mean", f"image_{camera}", "pixels", keepdims=0)
        add("Gather", f"{camera}_part", f"{camera}_mean", "two", axis=1)
        add("Cast", f"{OBSERVED}image_{camera}", f"{camera}_part", to=TensorProto.FLOAT16)
    add("Add", "ticks_next", "ticks", "one")
    constants["two"] = np.arange(2)

    def value(name, shape, kind=TensorProto.FLOAT):
        return helper.make_tensor_value_info(name, kind, ["batch", *shape])

    shapes = {spec.name: spec.shape for spec in contract.inputs}
    private = [value(OBSERVED + name, shapes[name]) for name in STATE]
    private += [
        value(f"{OBSERVED}image_{camera}", FEATURES, TensorProto.FLOAT16) for camera in CAMERAS
    ]
    graph = helper.make_graph(
        nodes,
        "actor",
        [value(spec.name, spec.shape) for spec in (*contract.inputs, *contract.carry)],
        [
            *(value(spec.name, spec.shape) for spec in contract.outputs),
            *(value(carry.next_name, carry.shape) for carry in contract.carry),
            *private,
            value(MEAN, (6,)),
            value(STD, (6,)),
        ],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    return model.SerializeToString()
