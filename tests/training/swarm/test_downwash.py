import pytest
import torch

from untether_training.swarm.downwash import find_downwash, sample_downwash
from untether_training.swarm.neighbours import relative

UP = torch.tensor([0.0, 0.0, 1.0])


def below(offset):
    """Return who is in whose downwash when the second of two level drones is at an offset."""
    position = torch.stack((torch.zeros(3), torch.tensor(offset)), dim=1)[:, :, None]
    upper, lower, _ = find_downwash(relative(position), UP[:, None, None].expand(3, 2, 1))
    return list(zip(upper.tolist(), lower.tolist(), strict=True))


def test_who_is_just_below_is_in_the_downwash():
    assert below((0.05, 0.0, -0.4)) == [(0, 1)]
    assert below((0.05, 0.0, 0.4)) == [(1, 0)]


@pytest.mark.parametrize("offset", [(0.0, 0.0, -0.8), (0.15, 0.0, -0.4), (0.3, 0.0, 0.0)])
def test_who_is_far_or_aside_is_not(offset):
    assert below(offset) == []


def test_it_pushes_down_as_published_and_less_with_the_distance(generator):
    count = 4000
    up = UP[:, None].expand(3, count)
    for distance, strength in ((0.1, 6 / 17 * 6.0), (0.5, 6 / 17 * 2.0)):
        linear, angular = sample_downwash(torch.full((count,), distance), up, generator)
        assert linear.norm(dim=0).mean().item() == pytest.approx(strength, abs=0.01)
        assert (linear[2] < 0).all()
        assert angular.norm(dim=0).mean().item() == pytest.approx(
            0.3 * (distance - 1) ** 2, abs=0.002
        )
