import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from untether_training.swarm.course import Course, CourseConfig


def make(generator, worlds=16, **config):
    course = Course(CourseConfig(**config), worlds, generator)
    course.reset(torch.arange(worlds))
    return course


def standing(course, world):
    """Return the axes of the columns that stand in a world, (count, 2)."""
    centre = course.centre[:, :, world]
    return centre[:, centre[0].abs() < 100].T


@pytest.mark.parametrize(("density", "columns"), [(0.2, 12), (0.4, 25), (0.6, 38), (0.8, 51)])
def test_density_is_the_share_of_the_cells_with_a_column(generator, density, columns):
    course = make(generator, density=(density, density))
    for world in range(16):
        axes = standing(course, world)
        assert len(axes) == len(axes.unique(dim=0)) == columns
        assert ((axes + 3.5) % 1.0 == 0.0).all()
        assert axes.abs().max() <= 3.5


def test_each_world_has_its_own_density_and_size(generator):
    course = make(generator, worlds=200, density=(0.2, 0.8), size=(0.6, 0.85))
    counts = torch.tensor([len(standing(course, world)) for world in range(200)])
    assert counts.min() >= 12
    assert counts.max() <= 51
    assert counts.float().std() > 5
    assert course.radius.min() >= 0.3
    assert course.radius.max() <= 0.425


@given(seed=st.integers(0, 1000), density=st.floats(0.0, 0.9), count=st.integers(1, 40))
def test_free_places_keep_away_from_columns_and_from_each_other(seed, density, count):
    generator = torch.Generator().manual_seed(seed)
    course = make(generator, worlds=3, density=(density, density))
    places = course.sample_free(torch.arange(3), count)
    assert places.shape == (3, count, 3)
    assert (places[2] >= 1.0).all()
    assert (places[2] <= 3.0).all()
    for world in range(3):
        points = places[:, :, world]
        axes = standing(course, world)
        if len(axes):
            assert torch.cdist(points[:2].T, axes).min() >= 0.99
        apart = torch.cdist(points.T, points.T) + 10.0 * torch.eye(count)
        layers = -(-count // int(64 - course.occupied[world]))
        assert apart.min() > 0.5 * 2.0 / layers * 0.6 - 1e-4


def test_the_clearing_is_the_largest_square_without_columns(generator):
    course = make(generator, worlds=30, density=(0.2, 0.6))
    centre, width = course.find_clearing(torch.arange(30))
    for world in range(30):
        axes = standing(course, world)
        inside = ((axes - centre[:, world]).abs() < 0.5 * width[world]).all(1)
        assert not inside.any()
        side = int(width[world]) + 1
        corners = [(i, j) for i in range(9 - side) for j in range(9 - side)]
        for i, j in corners:
            middle = torch.tensor([i, j]) + 0.5 * side - 4.0
            assert ((axes - middle).abs() < 0.5 * side).all(1).any()


def test_packed_worlds_are_the_same_elsewhere(generator):
    course = make(generator, worlds=6, density=(0.2, 0.8), size=(0.5, 0.9))
    other = make(generator, worlds=6, density=(0.2, 0.8), size=(0.5, 0.9))
    other.unpack(torch.tensor([4, 1]), course.pack()[:, [0, 3]])
    for here, there in ((4, 0), (1, 3)):
        assert (other.centre[:, :, here] == course.centre[:, :, there]).all()
        assert (other.order[:, here] == course.order[:, there]).all()
        assert other.radius[here] == course.radius[there]
        assert other.occupied[here] == course.occupied[there]


def test_difficulty_limits_density_and_size_to_the_lower_part_of_their_ranges(generator):
    course = make(generator, worlds=100, density=(0.2, 0.8), size=(0.5, 0.9))
    course.difficulty = 0.5
    course.reset(torch.arange(100))
    assert course.occupied.max() <= 32
    assert course.occupied.max() > 24
    assert course.radius.max() <= 0.35
    course.difficulty = 0.0
    course.reset(torch.arange(100))
    assert (course.occupied == 12).all()
