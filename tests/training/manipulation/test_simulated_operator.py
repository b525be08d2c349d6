"""The simulated operator helps who does not get on, and lets go again."""

import numpy as np
import pytest

from untether_training.manipulation.simulated_operator import OperatorHabits, SimulatedOperator

PERIOD = 0.1
HABITS = OperatorHabits(patience=1.0, progress=0.01, reaction=0.3, help=(0.5, 1.0))


class Expert:
    """Stands for an expert; counts how often it looked anew."""

    looks = 0

    def reset(self):
        self.looks += 1

    def act(self):
        return np.ones(7, np.float32)


def make(seed=0, **changes):
    habits = OperatorHabits(**{**vars(HABITS), **changes})
    expert = Expert()
    return SimulatedOperator(
        expert, np.random.default_rng(seed), period=PERIOD, habits=habits
    ), expert


def watch(operator, remaining):
    return [operator.watch(value) is not None for value in remaining]


def test_who_gets_on_is_left_alone():
    operator, _ = make()
    operator.reset()
    assert not any(watch(operator, np.linspace(0.5, 0.0, 100)))


@pytest.mark.parametrize("seed", range(10))
def test_who_stands_still_is_helped_for_a_while_after_the_patience(seed):
    operator, expert = make(seed)
    operator.reset()
    helped = watch(operator, [0.3] * 100)
    first = helped.index(True)
    assert first >= 10
    length = helped[first:].index(False)
    assert 5 <= length <= 10
    assert not any(helped[first + length : first + length + 10])  # a new chance
    assert expert.looks >= 2


def test_the_reaction_varies():
    firsts = set()
    for seed in range(20):
        operator, _ = make(seed)
        operator.reset()
        firsts.add(watch(operator, [0.3] * 60).index(True))
    assert len(firsts) > 3


def test_moving_back_and_forth_is_no_progress():
    operator, _ = make(reaction=0.0)
    operator.reset()
    assert any(watch(operator, 0.3 + 0.05 * np.sin(np.arange(60))))


def test_nobody_helps_without_attention():
    operator, _ = make(attention=0.0)
    operator.reset()
    assert not any(watch(operator, [0.3] * 100))


def test_more_is_left_alone_the_more_succeeds():
    def count_watched(*, success):
        operator, _ = make(trust=0.5)
        for _ in range(50):
            operator.judge(success=success)
        watched = 0
        for _ in range(400):
            operator.reset()
            watched += any(watch(operator, [0.3] * 40))
        return watched

    assert count_watched(success=False) == 400
    assert 160 < count_watched(success=True) < 240
