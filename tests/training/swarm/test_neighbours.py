import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from untether_training.swarm.neighbours import ABSENT, select_neighbours


def place(rows):
    """Return (3, D, 1) from one triple a drone."""
    return torch.tensor(rows, dtype=torch.float32).T[:, :, None]


def test_who_comes_fast_goes_before_who_is_near_but_leaves():
    position = place([(0, 0, 0), (1.0, 0, 0), (0, 1.5, 0)])
    velocity = place([(0, 0, 0), (0.5, 0, 0), (0, -1.0, 0)])
    apart, moving = select_neighbours(position, velocity, 2)
    # Urgency: 1.0 + 0.5 for the one that leaves, 1.5 - 1.0 for the one that comes.
    assert apart[0, :, 0, 0].tolist() == pytest.approx([0.0, 1.5, 0.0])
    assert moving[0, :, 0, 0].tolist() == pytest.approx([0.0, -1.0, 0.0])
    assert apart[1, :, 0, 0].tolist() == pytest.approx([1.0, 0.0, 0.0])


def test_who_is_not_there_is_far_away_and_at_rest():
    position, velocity = place([(0, 0, 0), (1, 0, 0)]), place([(0, 0, 0), (1, 0, 0)])
    apart, moving = select_neighbours(position, velocity, 3)
    assert (apart[1:] == ABSENT).all()
    assert (moving[1:] == 0).all()
    assert (apart[0, 0, :, 0] == torch.tensor([1.0, -1.0])).all()


@given(seed=st.integers(0, 10_000), drones=st.integers(2, 9), count=st.integers(1, 4))
def test_the_most_urgent_come_first_whatever_the_swarm(seed, drones, count):
    generator = torch.Generator().manual_seed(seed)
    position = torch.randn(3, drones, 2, generator=generator)
    velocity = torch.randn(3, drones, 2, generator=generator)
    apart, moving = select_neighbours(position, velocity, count)
    for drone in range(drones):
        for world in range(2):
            others = [other for other in range(drones) if other != drone]
            away = position[:, others, world] - position[:, [drone], world]
            motion = velocity[:, others, world] - velocity[:, [drone], world]
            distance = away.norm(dim=0)
            order = (distance + (away * motion).sum(0) / distance).argsort()[:count]
            found = len(order)
            assert torch.allclose(apart[:found, :, drone, world].T, away[:, order], atol=1e-5)
            assert torch.allclose(moving[:found, :, drone, world].T, motion[:, order], atol=1e-5)


def test_coincident_drones_give_finite_numbers():
    apart, moving = select_neighbours(torch.zeros(3, 3, 1), torch.zeros(3, 3, 1), 2)
    assert apart.isfinite().all()
    assert moving.isfinite().all()
