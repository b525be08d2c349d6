"""Bundles that need no training: a classical controller that flies, and one that does not."""

import io
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.mixer import mixer_matrix
from untether_policies.bundle import write_bundle
from untether_policies.contract import CarrySpec, Contract, TensorSpec
from untether_policies.envelope import compute_envelope
from untether_policies.fixture import record_fixture

AXES = ("x", "y", "z")
LIMIT = CRAZYFLIE.max_rotor_thrust  # [N]
INPUTS = (
    TensorSpec("position", "state/body/position", AXES, (3,), "m", "map", 0.1),
    TensorSpec(
        "orientation", "state/body/rotation", (*AXES, "w"), (4,), "1", "map", 0.1,
        quaternion_order="xyzw",
    ),
    TensorSpec("linear_velocity", "state/body/linear_velocity", AXES, (3,), "m/s", "map", 0.1),
    TensorSpec(
        "angular_velocity", "state/body/angular_velocity", AXES, (3,), "rad/s", "base_link", 0.1
    ),
    TensorSpec("goal_position", "command/body/position", AXES, (3,), "m", "map"),
)  # fmt: skip
OUTPUT = TensorSpec(
    "rotor_thrust", "command/rotor/thrust", CRAZYFLIE.rotor_names, (4,), "N", "base_link",
    lower=(0.0,) * 4, upper=(LIMIT,) * 4,
)  # fmt: skip


class Cascade(nn.Module):
    """Position PID over an attitude PD: textbook, and good enough to fly waypoints."""

    def __init__(self):
        super().__init__()
        inverse = torch.tensor(np.linalg.inv(mixer_matrix(CRAZYFLIE)).T, dtype=torch.float32)
        self.register_buffer("inverse_mixer", inverse)  # (4, 4) wrench to thrusts
        self.register_buffer("inertia", torch.tensor(CRAZYFLIE.inertia))

    def forward(
        self, position, orientation, linear_velocity, angular_velocity, goal_position, integral
    ):
        error = goal_position - position  # (N, 3) [m]
        square = error.square().sum(1, keepdim=True)  # (N, 1) [m^2]
        near = error / square.sqrt().clamp(min=1.0)
        integral = (integral + 0.01 * error / (1.0 + 10.0 * square)).clamp(-1.0, 1.0)  # [m s]
        wanted = 6.0 * near + 4.0 * integral - 4.0 * linear_velocity  # (N, 3) [m/s^2]
        wanted = wanted.clamp(-4.0, 4.0) + torch.tensor([0.0, 0.0, CRAZYFLIE.gravity])
        x, y, z, w = orientation.unbind(1)
        forward = torch.stack(
            (1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)), 1
        )
        left = torch.stack((2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)), 1)
        up = torch.stack((2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)), 1)
        force = CRAZYFLIE.mass * (wanted * up).sum(1)  # (N,) [N]
        direction = wanted / wanted.square().sum(1, keepdim=True).sqrt()
        tilt = torch.stack(
            (-(direction * left).sum(1), (direction * forward).sum(1), torch.zeros_like(x)), 1
        )
        turn = 80.0 * tilt - 14.0 * angular_velocity  # (N, 3) [rad/s^2]
        wrench = torch.cat((force[:, None], self.inertia * turn), 1)
        return (wrench @ self.inverse_mixer).clamp(0.0, LIMIT), integral


class Constant(Cascade):
    """The thrust of a hover, whatever happens."""

    def forward(
        self, position, orientation, linear_velocity, angular_velocity, goal_position, integral
    ):
        thrust, integral = super().forward(
            position, orientation, linear_velocity, angular_velocity, goal_position, integral
        )
        return thrust * 0.0 + 0.9 * CRAZYFLIE.hover_rotor_thrust, integral


def build_bundle(folder, module, *, task="waypoint", rate=100.0):
    """Export a module as a bundle and return its path."""
    names = [spec.name for spec in INPUTS]
    example = (*tuple(torch.zeros(2, *spec.shape) for spec in INPUTS), torch.zeros(2, 3))
    outputs = ["rotor_thrust", "integral_next"]
    model = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the older exporter is meant: it takes a twentieth
        torch.onnx.export(
            module.eval(),
            example,
            model,
            input_names=[*names, "integral"],
            output_names=outputs,
            dynamic_axes={name: {0: "batch"} for name in [*names, "integral", *outputs]},
            dynamo=False,
            opset_version=18,
        )
    model = model.getvalue()
    generator = np.random.default_rng(0)
    samples = {
        spec.name: generator.normal(size=(100, *spec.shape)).astype(np.float32) for spec in INPUTS
    }
    contract = Contract(
        name=folder.name,
        robot="crazyflie",
        rate=rate,
        inputs=INPUTS,
        outputs=(OUTPUT,),
        carry=(CarrySpec("integral", (3,), (0.0,) * 3),),
        envelope={},
        provenance={"task": task} if task else {"origin": "a test"},
    )
    contract = replace(contract, envelope=compute_envelope(contract, samples))
    fixture = record_fixture(model, contract, samples)
    return write_bundle(folder, contract, model, fixture, "# Test\n").path


@pytest.fixture(scope="session")
def cascade_bundle(tmp_path_factory):
    """A classical waypoint controller."""
    return build_bundle(tmp_path_factory.mktemp("bundles") / "cascade", Cascade())


@pytest.fixture(scope="session")
def constant_bundle(tmp_path_factory):
    """Thrust that lets the robot sink and drift, whatever it sees."""
    return build_bundle(tmp_path_factory.mktemp("bundles") / "constant", Constant())
