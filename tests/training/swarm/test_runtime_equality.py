"""What drones see in training and in the deployment simulator are the same numbers."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.swarm import distance_field as runtime_field
from untether_hardware.swarm import nearest_columns as runtime_columns
from untether_hardware.swarm import neighbours as runtime_neighbours
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.tensor_map import SwarmTensorMap
from untether_policies.contract import Contract
from untether_training.models.features import FeaturesConfig
from untether_training.models.specs import output_specs
from untether_training.swarm import distance_field, nearest_columns, neighbours
from untether_training.swarm.course import Course, CourseConfig
from untether_training.swarm.obstacles import ObstacleView
from untether_training.swarm.specs import swarm_input_specs

TOLERANCE = {"rtol": 0.0, "atol": 1e-12}


def to_worlds(rows):
    """Return (k, D, 1) from (D, k)."""
    return torch.from_numpy(rows.T.copy())[:, :, None]


def compare_neighbours(position, velocity, count):
    expected = neighbours.select_neighbours(to_worlds(position), to_worlds(velocity), count)
    got = runtime_neighbours.select_neighbours(position, velocity, count)
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(ours, theirs[..., 0].permute(2, 0, 1).numpy(), **TOLERANCE)


@given(seed=st.integers(0, 10_000), drones=st.integers(1, 32), count=st.integers(0, 6))
def test_neighbours_are_the_same(seed, drones, count):
    generator = np.random.default_rng(seed)
    compare_neighbours(*generator.uniform(-4, 4, (2, drones, 3)), count)


@given(seed=st.integers(0, 10_000), drones=st.integers(2, 9), count=st.integers(1, 4))
def test_equally_urgent_neighbours_are_the_same(seed, drones, count):
    """On a coarse grid and at rest, many drones are equally far, and some coincide."""
    generator = np.random.default_rng(seed)
    position = generator.integers(-1, 2, (drones, 3)).astype(float)
    compare_neighbours(position, np.zeros((drones, 3)), count)


@given(
    seed=st.integers(0, 10_000),
    drones=st.integers(1, 32),
    density=st.floats(0.0, 0.9),
    size=st.floats(0.2, 0.9),
)
def test_distances_are_the_same(seed, drones, density, size):
    generator = np.random.default_rng(seed)
    columns = Columns.sample(density, size, generator)
    position = generator.uniform(-5, 5, (drones, 3))
    expected = distance_field.measure_distances(
        to_worlds(position),
        to_worlds(columns.centre),
        torch.tensor([0.5 * size], dtype=torch.float64),
    )
    got = runtime_field.measure_distances(position, columns)
    np.testing.assert_allclose(got, expected[..., 0].T.numpy(), **TOLERANCE)


@given(
    seed=st.integers(0, 10_000),
    drones=st.integers(1, 32),
    density=st.floats(0.0, 0.9),
    size=st.floats(0.2, 0.9),
    count=st.integers(0, 4),
)
def test_nearest_columns_are_the_same(seed, drones, density, size, count):
    generator = np.random.default_rng(seed)
    columns = Columns.sample(density, size, generator)
    position = generator.uniform(-5, 5, (drones, 3))
    places, radii = nearest_columns.find_nearest_columns(
        to_worlds(position),
        to_worlds(columns.centre),
        torch.tensor([0.5 * size], dtype=torch.float64),
        count,
    )
    got = runtime_columns.find_nearest_columns(position, columns, count)
    np.testing.assert_allclose(got[0], places[..., 0].permute(2, 0, 1).numpy(), **TOLERANCE)
    np.testing.assert_allclose(got[1], radii[..., 0].T.numpy(), **TOLERANCE)


def test_names_and_constants_are_the_same():
    assert runtime_field.SPACING == distance_field.SPACING
    assert runtime_field.FARTHEST == distance_field.FARTHEST
    assert runtime_neighbours.ABSENT == neighbours.ABSENT
    assert runtime_columns.ABSENT == nearest_columns.ABSENT


def test_columns_and_free_cells_are_those_of_training():
    course = Course(CourseConfig(density=(0.4, 0.4)), 1, torch.Generator().manual_seed(1))
    course.reset(torch.arange(1))
    columns = Columns(course.centre[:, :, 0].T.numpy(), course.radius.repeat(25).numpy())
    occupied = np.sort(course.order[: int(course.occupied[0]), 0].numpy())
    assert np.array_equal(np.flatnonzero(columns.occupied), occupied)
    free = course.locate(course.order[int(course.occupied[0]) :, 0]).T.numpy()
    assert sorted(columns.free_cells.tolist()) == sorted(free.tolist())


@pytest.mark.parametrize("view", ObstacleView)
def test_a_swarm_policy_of_training_is_mapped(view):
    inputs = swarm_input_specs(FeaturesConfig(), 2, view)
    contract = Contract("swarm", "crazyflie", 100.0, inputs, output_specs(CRAZYFLIE))
    arrays = {
        spec.name: np.zeros((4, *spec.shape), np.float32)
        for spec in (*contract.inputs, *contract.outputs)
    }
    tensors = SwarmTensorMap(contract, arrays, arrays, rotor_names=CRAZYFLIE.rotor_names, drones=4)
    assert tensors.neighbours == 2
    assert tensors.obstacles == (0 if view is ObstacleView.field else nearest_columns.COLUMNS)
