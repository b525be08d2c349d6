"""What the network sees."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.models.features import FeaturesConfig, QuadrotorFeatures, limit_norm

LEVEL = (0.0, 0.0, 0.0, 1.0)


def see(features, *, orientation=LEVEL, carry=None, **inputs):
    """Return the features (size,) of one drone; inputs are at rest at the origin if not given."""
    names = ("position", "linear_velocity", "angular_velocity", "goal_position", "goal_velocity")
    tensors = {name: torch.tensor([inputs.get(name, (0.0, 0.0, 0.0))]) for name in names}
    tensors["orientation"] = torch.tensor([orientation])
    state = {name: torch.tensor([value]) for name, value in features.initial_carry.items()}
    state.update({name: torch.tensor([value]) for name, value in (carry or {}).items()})
    seen, following = features(tensors, state)
    return seen[0], following


@pytest.fixture
def features() -> QuadrotorFeatures:
    return QuadrotorFeatures(CRAZYFLIE, FeaturesConfig())


def test_level_at_rest_at_the_goal_sees_only_up(features):
    seen, _ = see(
        features, carry=dict.fromkeys(("reached_thrust", "slow_thrust"), (features.hover,) * 4)
    )
    expected = torch.zeros(features.size)
    expected[11] = 1.0  # z of the direction of up
    torch.testing.assert_close(seen, expected, atol=1e-6, rtol=0.0)


def test_height_is_seen_near_the_floor_only(features):
    heights = [see(features, position=(0.0, 0.0, z))[0][-1].item() for z in (-0.1, 0.1, 0.4, 2.0)]
    assert heights == pytest.approx([0.0, 0.25, 1.0, 1.0])


def test_goal_error_is_turned_into_the_body_and_scaled(features):
    left = (0.0, 0.0, math.sin(math.pi / 4), math.cos(math.pi / 4))  # turned by +90 degrees
    seen, _ = see(features, orientation=left, goal_position=(0.25, 0.0, 0.1))
    assert seen[:3].tolist() == pytest.approx([0.0, -0.5, 0.2], abs=1e-6)


def test_far_goals_look_as_far_as_the_limit(features):
    near, _ = see(features, goal_position=(0.0, 1.0, 0.0))
    far, _ = see(features, goal_position=(0.0, 9.0, 0.0))
    torch.testing.assert_close(near, far)


def test_pitch_shows_in_the_direction_of_up(features):
    nose_down = (0.0, math.sin(0.15), 0.0, math.cos(0.15))
    seen, _ = see(features, orientation=nose_down)
    assert seen[9:12].tolist() == pytest.approx([-math.sin(0.3), 0.0, math.cos(0.3)], abs=1e-6)


def test_rates_are_clipped(features):
    seen, _ = see(features, angular_velocity=(5.0, -100.0, 0.0))
    assert seen[12:15].tolist() == pytest.approx([1.0, -5.0, 0.0])


def test_tracking_sees_the_velocity_relative_to_the_goal():
    features = QuadrotorFeatures(CRAZYFLIE, FeaturesConfig(goal_velocity=True))
    seen, _ = see(features, linear_velocity=(1.0, 0.0, 0.0), goal_velocity=(0.4, 0.0, 0.0))
    assert seen[3:6].tolist() == pytest.approx([0.6, 0.0, 0.0])
    assert seen[9:12].tolist() == pytest.approx([0.4, 0.0, 0.0])


def test_commands_are_seen_as_accelerations(features):
    more = features.hover + 0.05
    seen, _ = see(features, carry={"previous_command": (more,) * 4})
    lift = 4.0 * 0.05 * CRAZYFLIE.max_rotor_thrust / CRAZYFLIE.mass
    assert seen[18:22].tolist() == pytest.approx([lift / 5.0, 0.0, 0.0, 0.0], abs=1e-6)


quaternions = st.lists(st.floats(-1.0, 1.0), min_size=4, max_size=4).filter(
    lambda q: sum(x * x for x in q) > 0.01
)
vectors = st.tuples(*[st.floats(-2.0, 2.0)] * 3)


@settings(max_examples=50, deadline=None)
@given(quaternions, vectors)
def test_rotation_is_that_of_the_quaternion_of_any_length(quaternion, vector):
    features = QuadrotorFeatures(CRAZYFLIE, FeaturesConfig())
    q = torch.tensor([quaternion], dtype=torch.float64)
    matrix = features.double().rotation(q)[0]
    u, w, v = q[0, :3] / q.norm(), q[0, 3] / q.norm(), torch.tensor(vector, dtype=torch.float64)
    cross = torch.linalg.cross
    turned = v + 2.0 * cross(u, cross(u, v) + w * v)
    torch.testing.assert_close(matrix @ v, turned, atol=1e-6, rtol=0.0)


@settings(max_examples=30, deadline=None)
@given(st.floats(-math.pi, math.pi), vectors, vectors)
def test_no_heading_is_special(heading, goal, velocity):
    features = QuadrotorFeatures(CRAZYFLIE, FeaturesConfig())
    cos, sin = math.cos(heading), math.sin(heading)

    def turn(vector):
        x, y, z = vector
        return (cos * x - sin * y, sin * x + cos * y, z)

    plain, _ = see(features, goal_position=goal, linear_velocity=velocity)
    turned, _ = see(
        features,
        orientation=(0.0, 0.0, math.sin(heading / 2), math.cos(heading / 2)),
        goal_position=turn(goal),
        linear_velocity=turn(velocity),
    )
    torch.testing.assert_close(plain, turned, atol=1e-5, rtol=0.0)


@given(st.lists(vectors, min_size=1, max_size=5), st.floats(0.1, 3.0))
def test_limit_norm_keeps_the_direction(rows, limit):
    vector = torch.tensor(rows)
    limited = limit_norm(vector, limit)
    norms = torch.minimum(vector.norm(dim=1), torch.tensor(limit))
    torch.testing.assert_close(limited.norm(dim=1), norms, atol=1e-5, rtol=1e-4)
    assert ((limited * vector).sum(1) >= 0.0).all()
