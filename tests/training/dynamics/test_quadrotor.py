"""The equations of motion: free fall, hover, torques, motors, floor."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.dynamics.parameters import QuadrotorParameters
from untether_training.dynamics.quadrotor import (
    MAX_ANGULAR_VELOCITY,
    PHYSICS_TIMESTEP,
    QuadrotorDynamics,
    advance_orientation,
    body_up,
    normalise,
)
from untether_training.dynamics.state import QuadrotorState

HOVER = [CRAZYFLIE.hover_rotor_thrust] * 4
SECOND = round(1.0 / PHYSICS_TIMESTEP)


def test_free_fall_is_exact(make_lab):
    lab = make_lab(3)
    lab.state.linear_velocity[0] = 2.0
    lab.fly([0.0] * 4, SECOND)
    state, rounding = lab.state, {"rtol": 2e-5, "atol": 0.0}
    expected = torch.full((3,), 10.0 - 0.5 * 9.81)
    torch.testing.assert_close(state.position[2], expected, **rounding)
    torch.testing.assert_close(state.position[0], torch.full((3,), 2.0), **rounding)
    torch.testing.assert_close(state.linear_velocity[2], torch.full((3,), -9.81), **rounding)


def test_hover_thrust_holds_the_place(make_lab):
    lab = make_lab(2)
    lab.spin_up(CRAZYFLIE.hover_rotor_thrust)
    lab.fly(HOVER, 2 * SECOND)
    torch.testing.assert_close(lab.state.position[2], torch.full((2,), 10.0), atol=1e-4, rtol=0)
    assert lab.state.linear_velocity.abs().max() < 1e-4


@pytest.mark.parametrize(
    ("stronger", "axis", "sign"),
    [
        ((2, 3), 0, +1),  # the left rotors lift the left side: roll about +x
        ((1, 2), 1, +1),  # the back rotors lift the back: the nose goes down, pitch about +y
        ((1, 3), 2, +1),  # m2 and m4 react along +z
    ],
)
def test_torque_signs(make_lab, stronger, axis, sign):
    lab = make_lab(1)
    lab.spin_up(CRAZYFLIE.hover_rotor_thrust)
    command = [thrust * (1.05 if rotor in stronger else 0.95) for rotor, thrust in enumerate(HOVER)]
    lab.fly(command, 10)
    rate = lab.state.angular_velocity[:, 0]
    assert sign * rate[axis] > 0.05
    others = [i for i in range(3) if i != axis]
    assert rate[others].abs().max() < 1e-3


def test_roll_acceleration_by_hand(make_lab):
    lab = make_lab(1)
    lab.state.rotor_speed.copy_(torch.tensor([0.5, 0.5, 0.6, 0.6])[:, None])
    target = lab.state.rotor_speed.clone()
    lab.dynamics.step(lab.state, target)
    torque = 2 * 0.0325 * CRAZYFLIE.max_rotor_thrust * (0.36 - 0.25)
    expected = torque / CRAZYFLIE.inertia[0] * PHYSICS_TIMESTEP
    assert lab.state.angular_velocity[0, 0].item() == pytest.approx(expected, rel=1e-5)


def test_motors_lag_as_first_order(make_lab):
    lab = make_lab(1)
    steps = round(CRAZYFLIE.motor_time_constant / PHYSICS_TIMESTEP * 2)
    lab.fly([CRAZYFLIE.max_rotor_thrust] * 4, steps)
    expected = 1.0 - math.exp(-steps * PHYSICS_TIMESTEP / CRAZYFLIE.motor_time_constant)
    assert lab.state.rotor_speed[0, 0].item() == pytest.approx(expected, rel=1e-5)


def test_rotors_may_slow_down_more_slowly_than_they_speed_up(make_lab):
    lab = make_lab(2)
    lab.parameters.motor_fall_time[0, 1] *= 3.0
    lab.spin_up(0.1)
    lab.fly([0.0] * 4, 5)
    assert lab.state.rotor_speed[0, 1] > lab.state.rotor_speed[0, 0] + 0.05
    lab.fly([0.13] * 4, 400)
    torch.testing.assert_close(lab.state.rotor_speed[:, 0], lab.state.rotor_speed[:, 1])


def test_rotors_that_speed_up_turn_the_body(make_lab):
    lab = make_lab(2)
    lab.parameters.spin_up_torque[0, 1] = 1e-4
    lab.fly([0.0, 0.1, 0.0, 0.1], 2)
    light, heavy = lab.state.angular_velocity[2]
    assert heavy > 2.0 * light > 0.0


def test_drag_slows_down_and_wind_pushes(make_lab):
    lab = make_lab(2)
    lab.state.linear_velocity[0] = 1.0
    lab.parameters.drag[0, 1] = 0.014
    lab.parameters.wind_force[1] = 0.028
    lab.fly([0.0] * 4, 20)
    assert lab.state.linear_velocity[0, 0].item() == pytest.approx(1.0)
    assert lab.state.linear_velocity[0, 1].item() == pytest.approx(math.exp(-0.05), rel=1e-3)
    assert lab.state.linear_velocity[1, 0].item() == pytest.approx(0.1, rel=1e-4)


def test_heavier_drone_sinks(make_lab):
    lab = make_lab(2)
    lab.parameters.mass[0, 1] *= 1.2
    lab.spin_up(CRAZYFLIE.hover_rotor_thrust)
    lab.fly(HOVER, SECOND)
    expected = -9.81 * (1.0 - 1.0 / 1.2)
    assert lab.state.linear_velocity[2, 1].item() == pytest.approx(expected, rel=1e-3)


def test_body_rate_is_limited(make_lab):
    lab = make_lab(1)
    lab.fly([0.13, 0.13, 0.0, 0.0], SECOND)
    assert lab.state.angular_velocity.abs().max().item() == MAX_ANGULAR_VELOCITY


def test_spinning_top_keeps_its_angular_momentum(make_lab):
    lab = make_lab(1)
    lab.parameters.inertia.copy_(torch.tensor([[1e-5], [2e-5], [3e-5]]))
    lab.state.angular_velocity.copy_(torch.tensor([[3.0], [2.0], [5.0]]))

    def momentum() -> torch.Tensor:
        body = (lab.parameters.inertia * lab.state.angular_velocity)[:, 0]
        return rotate(lab.state.orientation[:, 0], body)

    before = momentum()
    lab.fly([0.0] * 4, 40)
    torch.testing.assert_close(momentum(), before, rtol=0.02, atol=1e-6)


def test_rest_on_the_floor(make_lab):
    lab = make_lab(1)
    lab.state.position[2] = CRAZYFLIE.rest_height
    lab.fly([0.02] * 4, SECOND)
    assert lab.state.position[2].item() == pytest.approx(CRAZYFLIE.rest_height)
    assert lab.state.linear_velocity.abs().max() == 0.0
    lab.fly([0.1] * 4, 40)
    assert lab.state.position[2].item() > 0.05


def test_floor_reports_the_impact_and_levels(make_lab):
    lab = make_lab(2)
    lab.state.position[2] = torch.tensor([0.021, 1.0])
    lab.state.linear_velocity[:, 0] = torch.tensor([1.0, 0.0, -2.0])
    lab.state.orientation.copy_(
        torch.tensor([math.sin(0.4), 0.0, 0.0, math.cos(0.4)])[:, None].repeat(1, 2)
    )
    contact = lab.dynamics.step(lab.state, torch.zeros(4, 2))
    assert contact.touching.tolist() == [True, False]
    assert contact.impact_speed.tolist() == pytest.approx([2.0 + 9.81 * PHYSICS_TIMESTEP, 0.0])
    assert contact.uprightness.tolist() == pytest.approx([math.cos(0.8)] * 2)
    assert body_up(lab.state.orientation)[2].tolist() == pytest.approx([1.0, math.cos(0.8)])
    assert lab.state.linear_velocity[2, 0] == 0.0
    assert 0.5 < lab.state.linear_velocity[0, 0] < 1.0


def test_robot_on_its_back_is_levelled_to_a_unit_quaternion(make_lab):
    lab = make_lab(1)
    lab.state.position[2] = 0.0
    lab.state.orientation.copy_(torch.tensor([[1.0], [0.0], [0.0], [0.0]]))
    lab.dynamics.step(lab.state, torch.zeros(4, 1))
    assert lab.state.orientation.norm(dim=0).item() == pytest.approx(1.0)


def test_drones_of_a_batch_do_not_influence_each_other(make_lab):
    torch.manual_seed(0)
    start = torch.randn(17, 64)
    start[3:7] /= start[3:7].norm(dim=0)
    start[13:].abs_().clamp_(max=1.0)
    target = torch.rand(4, 64)
    together, alone = QuadrotorState.from_storage(start.clone()), start[:, 5:6].clone()
    batch = QuadrotorDynamics(CRAZYFLIE, QuadrotorParameters.nominal(CRAZYFLIE, 64))
    single = QuadrotorDynamics(CRAZYFLIE, QuadrotorParameters.nominal(CRAZYFLIE, 1))
    state = QuadrotorState.from_storage(alone)
    for _ in range(20):
        batch.step(together, target)
        single.step(state, target[:, 5:6])
    torch.testing.assert_close(together.storage[:, 5:6], state.storage, rtol=1e-4, atol=1e-4)


def test_steps_keep_type_and_memory(make_lab):
    lab = make_lab(4)
    before = lab.state.storage.data_ptr()
    lab.fly(HOVER, 3)
    assert lab.state.storage.dtype == torch.float32
    assert lab.state.storage.data_ptr() == before
    assert lab.state.position.data_ptr() == before


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(-40.0, 40.0), min_size=3, max_size=3),
    st.lists(st.floats(-1.0, 1.0), min_size=4, max_size=4).filter(
        lambda q: sum(x * x for x in q) > 0.01
    ),
)
def test_orientation_advances_as_the_exponential_map(rate, quaternion):
    orientation = torch.tensor(quaternion)[:, None]
    normalise(orientation)
    old = orientation.clone()
    omega = torch.tensor(rate)
    advance_orientation(orientation, omega[:, None], PHYSICS_TIMESTEP)
    normalise(orientation)
    angle = omega.norm() * PHYSICS_TIMESTEP
    axis = omega / omega.norm().clamp(min=1e-9)
    turn = torch.cat((axis * torch.sin(angle / 2), torch.cos(angle / 2)[None]))
    expected = multiply(old[:, 0], turn)
    assert 1.0 - (orientation[:, 0] @ expected).abs() < 1e-6
    torch.testing.assert_close(orientation[:, 0], expected, atol=2e-4, rtol=0)


def multiply(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the product of two quaternions xyzw."""
    vector = (
        first[3] * second[:3] + second[3] * first[:3] + torch.linalg.cross(first[:3], second[:3])
    )
    return torch.cat((vector, (first[3] * second[3] - first[:3] @ second[:3])[None]))


def rotate(quaternion: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
    """Return a vector turned by a quaternion xyzw."""
    conjugate = quaternion * torch.tensor([-1.0, -1.0, -1.0, 1.0])
    pure = torch.cat((vector, torch.zeros(1)))
    return multiply(multiply(quaternion, pure), conjugate)[:3]
