import pytest
import torch

from untether_training.evaluation.interval import wilson_interval
from untether_training.swarm.evaluation.cell import Cell
from untether_training.swarm.evaluation.row import Rate, SwarmRow
from untether_training.swarm.evaluation.tally import SwarmEpisodes


def test_independent_drones_have_the_interval_of_their_number(generator):
    happened = torch.rand(8, 2000, generator=generator) < 0.9
    rate = Rate.of(happened)
    lower, upper = wilson_interval(rate.count, rate.trials)
    assert rate.upper - rate.lower == pytest.approx(upper - lower, rel=0.1)


def test_drones_that_share_their_fate_count_as_one(generator):
    happened = (torch.rand(1, 2000, generator=generator) < 0.9).expand(8, 2000)
    rate = Rate.of(happened)
    lower, upper = wilson_interval(rate.count // 8, 2000)
    assert rate.upper - rate.lower == pytest.approx(upper - lower, rel=0.1)


def test_all_or_none_have_an_interval_too():
    assert Rate.of(torch.ones(8, 25, dtype=torch.bool)).upper == 1.0
    assert 0.9 < Rate.of(torch.ones(8, 25, dtype=torch.bool)).lower < 1.0
    assert Rate.of(torch.zeros(8, 25, dtype=torch.bool)).lower == 0.0


def episodes(arrived, hit_drone):
    nothing = torch.zeros(2, 2, dtype=torch.bool)
    number = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    return SwarmEpisodes(torch.tensor(arrived), torch.tensor(hit_drone), nothing, number, number)


def test_a_row_counts_drones_over_all_parts():
    yes, no = [True, True], [False, False]
    parts = [episodes([yes, yes], [no, [True, False]]), episodes([no, no], [no, no])]
    row = SwarmRow.of(Cell("x", success=0.3, collision=0.2), parts)
    assert row.episodes == 4
    assert (row.success.count, row.success.trials) == (3, 8)
    assert row.collision.count == row.hit_drone.count == 1
    assert row.stuck.count == 4
    assert row.way == pytest.approx((1 + 2 + 4) / 3)
    assert row.passed
    assert not SwarmRow.of(Cell("x", success=0.4), parts).passed
    assert not SwarmRow.of(Cell("x", collision=0.1), parts).passed
    figures = row.figures()
    assert figures["x_success_rate"] == pytest.approx(3 / 8)
    assert figures["x_episodes"] == 4
