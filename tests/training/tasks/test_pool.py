"""Samples are handed out once each, whatever the block."""

import pytest
import torch

from untether_training.tasks.pool import SamplePool


class Counter:
    """Draws 0, 1, 2..."""

    def __init__(self) -> None:
        self.drawn = 0
        self.draws = 0

    def __call__(self, count: int) -> torch.Tensor:
        self.draws += 1
        self.drawn += count
        return torch.arange(self.drawn - count, self.drawn)[None].float()


def test_no_sample_is_handed_out_twice_and_draws_are_few():
    counter = Counter()
    pool = SamplePool(counter, block=10)
    taken = torch.cat([pool.take(3) for _ in range(30)], dim=1)[0]
    assert taken.numel() == taken.unique().numel() == 90
    assert counter.draws <= 12


def test_more_than_a_block_is_drawn_at_once():
    pool = SamplePool(Counter(), block=4)
    assert pool.take(9).shape == (1, 9)


def test_stock_is_taken_over():
    pool, other = SamplePool(Counter(), block=10), SamplePool(Counter(), block=10)
    pool.take(4)
    other.load_state_dict(pool.state_dict())
    assert other.take(2).tolist() == pool.take(2).tolist() == [[4.0, 5.0]]


def test_another_state_is_refused():
    with pytest.raises(TypeError, match="expected what state_dict returned"):
        SamplePool(Counter()).load_state_dict({"samples": 1, "next": 0})
