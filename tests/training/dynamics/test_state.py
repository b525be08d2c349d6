"""The state's fields are views of one tensor."""

import pytest
import torch

from untether_training.dynamics.state import QuadrotorState


def test_fields_are_views():
    state = QuadrotorState.at_rest(3)
    state.linear_velocity[1, 2] = 4.0
    assert state.storage[8, 2] == 4.0
    assert state.orientation[:, 0].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert state.count == 3


def test_assign_overwrites_only_the_named_columns():
    state, other = QuadrotorState.at_rest(4), QuadrotorState.at_rest(2)
    other.position[:] = torch.tensor([[1.0, 2.0]])
    state.assign(torch.tensor([3, 1]), other)
    assert state.position[0].tolist() == [0.0, 2.0, 0.0, 1.0]


def test_clone_is_independent():
    state = QuadrotorState.at_rest(1)
    copy = state.clone()
    copy.position[0] = 1.0
    assert state.position[0] == 0.0


def test_wrong_shape_is_refused():
    with pytest.raises(ValueError, match=r"expected shape \(17, N\), got \(16, 2\)"):
        QuadrotorState.from_storage(torch.zeros(16, 2))
