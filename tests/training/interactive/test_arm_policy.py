"""What is exported sees what was trained on, whatever the base's frame."""

import numpy as np
import pytest
import torch

from untether_hardware.franka.pose import Pose, make_rotation
from untether_hardware.franka.state import ArmState
from untether_hardware.manipulation.config import ManipulationConfig
from untether_hardware.manipulation.observation import observe_state
from untether_hardware.manipulation.tensors import CAMERAS, measure_inputs
from untether_training.interactive.arm_policy import ArmPolicy
from untether_training.interactive.perception import list_arrays
from untether_training.offpolicy.encoder import EncoderConfig
from untether_training.offpolicy.policy import HybridPolicy

SIZE = 32


class Spy(torch.nn.Module):
    """Stands for a policy, and keeps what it sees."""

    def forward(self, seen):
        self.seen = seen
        return torch.full((len(seen["gripper_width"]), 7), 0.5)


@pytest.fixture
def generator():
    return np.random.default_rng(11)


def draw_state(generator, turn):
    return ArmState(
        stamp=0.0,
        joint_position=np.zeros(7),
        joint_velocity=np.zeros(7),
        joint_torque=np.zeros(7),
        pose=Pose(generator.normal(size=3), make_rotation(turn)),
        linear_velocity=generator.normal(size=3),
        angular_velocity=generator.normal(size=3),
        force=generator.normal(size=3),
        torque=generator.normal(size=3),
        gripper_width=0.03,
    )


def tick(module, state, carry, generator):
    pictures = {
        camera: generator.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8) for camera in CAMERAS
    }
    tensors = {k: torch.from_numpy(v)[None] for k, v in measure_inputs(state, pictures).items()}
    outputs = module.run({**tensors, **carry})
    return outputs, {c.name: outputs[f"{c.name}_next"] for c in module.carry}


def test_it_sees_what_the_environment_observes(generator):
    spy = Spy()
    module = ArmPolicy(spy, ManipulationConfig(), SIZE)
    for down in ((np.pi, 0.0, 0.0), (0.3, -0.2, 0.1)):  # half a turn has w close to zero
        carry = {c.name: torch.tensor(c.initial)[None] for c in module.carry}
        start = None
        for _ in range(5):
            state = draw_state(generator, np.asarray(down) + generator.normal(0.0, 0.3, 3))
            start = start or state.pose
            _, carry = tick(module, state, carry, generator)
            for name, value in observe_state(state, start).items():
                np.testing.assert_allclose(spy.seen[name][0], value, atol=2e-5, err_msg=name)
            shapes = {name: array.shape for name, array in list_arrays(SIZE).items()}
            assert {name: tuple(v.shape[1:]) for name, v in spy.seen.items()} == shapes


def test_actions_become_velocities_within_the_contract_s_limits(generator):
    config = ManipulationConfig(period=0.1, translation_scale=0.02, rotation_scale=0.05)
    module = ArmPolicy(Spy(), config, SIZE)
    carry = {c.name: torch.tensor(c.initial)[None] for c in module.carry}
    outputs, _ = tick(module, draw_state(generator, (np.pi, 0.0, 0.0)), carry, generator)
    assert outputs["command_linear_velocity"][0].tolist() == pytest.approx([0.1] * 3)
    assert outputs["command_angular_velocity"][0].tolist() == pytest.approx([0.25] * 3)
    limits = {spec.name: spec.upper for spec in module.outputs}
    assert limits["command_linear_velocity"] == pytest.approx([0.2] * 3)
    assert limits["command_angular_velocity"] == pytest.approx([0.5] * 3)


def test_weights_are_those_of_half_precision():
    arrays = list_arrays(SIZE)
    policy = HybridPolicy(arrays, 6, gripper=True, hidden=(8,), encoder=EncoderConfig(2, 4, 4))
    module = ArmPolicy(policy, ManipulationConfig(), SIZE)
    for name, value in module.state_dict().items():
        assert torch.equal(value, value.half().float()), name
