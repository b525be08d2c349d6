import pytest
import torch

from untether_training.swarm.penalties import closeness, crowding, onset


def test_closeness_falls_linearly():
    distance = torch.tensor([-0.1, 0.0, 0.1, 0.2, 0.3, torch.inf])
    assert closeness(distance, 0.2).tolist() == pytest.approx([1.0, 1.0, 0.5, 0.0, 0.0, 0.0])


def test_crowding_is_the_sum_over_the_others():
    apart = torch.full((3, 3, 1), torch.inf)
    apart[0, 1] = apart[1, 0] = 0.1
    apart[0, 2] = apart[2, 0] = 0.15
    assert crowding(apart, 0.2)[:, 0].tolist() == pytest.approx([0.75, 0.5, 0.25])


def test_only_the_beginning_counts():
    now, before = torch.tensor([True, True, False]), torch.tensor([False, True, True])
    assert onset(now, before).tolist() == [1.0, 0.0, 0.0]
