"""What the tests of the hardware share: a contract, and a policy that is computed in Python."""

from dataclasses import replace

import numpy as np
import pytest

from untether_policies.contract import Contract, TensorSpec

XYZ = ("x", "y", "z")
ROTORS = ("m1", "m2", "m3", "m4")


def make_contract(**changes):
    """The contract of a policy that flies to a waypoint; `changes` replace inputs by their name."""
    age = {"max_age": 0.1}
    inputs = {
        "position": TensorSpec("position", "state/body/position", XYZ, (3,), "m", "map", **age),
        "orientation": TensorSpec(
            "orientation", "state/body/rotation", ("x", "y", "z", "w"), (4,), "1", "map",
            quaternion_order="xyzw", **age,
        ),
        "linear_velocity": TensorSpec(
            "linear_velocity", "state/body/linear_velocity", XYZ, (3,), "m/s", "map", **age
        ),
        "angular_velocity": TensorSpec(
            "angular_velocity", "state/body/angular_velocity", XYZ, (3,), "rad/s", "base_link",
            **age,
        ),
        "goal_position": TensorSpec(
            "goal_position", "command/body/position", XYZ, (3,), "m", "map"
        ),
        "rotor_thrust": TensorSpec(
            "rotor_thrust", "command/rotor/thrust", ROTORS, (4,), "N", "base_link",
            lower=(0.0,) * 4, upper=(0.13048,) * 4,
        ),
    }  # fmt: skip
    rate = changes.pop("rate", 100.0)
    for name, spec in changes.items():
        inputs[name] = replace(inputs[name], **spec) if isinstance(spec, dict) else spec
    output = inputs.pop("rotor_thrust")
    return Contract("test-policy", "crazyflie", rate, tuple(inputs.values()), (output,))


class PythonPolicy:
    """A policy whose graph is a Python function of its inputs; for one robot of a batch."""

    def __init__(self, contract, compute, batch=1):
        self.contract = contract
        self.inputs = {
            spec.name: np.zeros((batch, *spec.shape), np.float32) for spec in contract.inputs
        }
        self.outputs = {
            spec.name: np.zeros((batch, *spec.shape), np.float32) for spec in contract.outputs
        }
        self.resets = []
        self._compute = compute

    def step(self):
        self._compute(self.inputs, self.outputs)

    def reset(self, index=None):
        self.resets.append(index)


@pytest.fixture(scope="session")
def crazyflie_contract():
    return make_contract


@pytest.fixture(scope="session")
def python_policy():
    return PythonPolicy
