"""The session learns from what the journal holds, and goes on from it."""

from dataclasses import replace
from uuid import uuid4

import numpy as np
import pytest
import torch

from untether_hardware.actor_learner.journal import Journal
from untether_hardware.actor_learner.record import EpisodeBegin, EpisodeLabel, Label, Transition
from untether_hardware.datasets.features import Commander
from untether_training.interactive.perception import list_arrays
from untether_training.interactive.session import InteractiveSession


class Author:
    """Writes episodes into a journal."""

    def __init__(self, journal, actor, image_size):
        self._journal, self._actor = journal, actor
        self._arrays = list_arrays(image_size)
        self._generator = np.random.default_rng(0)

    def observe(self):
        return {
            name: self._generator.normal(size=array.shape).astype(array.dtype)
            for name, array in self._arrays.items()
        }

    def write(self, length, *, corrected=(), success=True, shown=False, label=None):
        records = [EpisodeBegin(self.observe(), shown)]
        for step in range(length):
            last = step == length - 1
            helped = step in corrected
            records.append(
                Transition(
                    np.zeros(7, np.float32),
                    float(last and success),
                    self.observe(),
                    terminated=last and success,
                    truncated=last and not success,
                    intervention=helped,
                    commander=Commander.OPERATOR if helped or shown else Commander.POLICY,
                )
            )
        records.append(EpisodeLabel(label or (Label.SUCCESS if success else Label.FAILURE)))
        for record in records:
            self._journal.write(self._actor, record.encode())
        self._journal.sync()


@pytest.fixture
def author(tmp_path, config):
    with Journal(tmp_path / "journal") as journal:
        yield Author(journal, uuid4(), config.task.image_size)


def test_it_waits_for_demonstrations_and_experience(config, author, tmp_path):
    session = InteractiveSession(config, tmp_path / "journal")
    assert not session.ready
    author.write(5, shown=True)
    session.take_in()
    assert not session.ready
    author.write(25, success=False)
    session.take_in()
    assert session.ready
    session.learn()
    assert session.updates == 1


def test_it_reports_each_episode_once_with_its_corrections(config, author, tmp_path):
    author.write(5, shown=True)
    author.write(10, corrected=(2, 3, 7), success=False)
    session = InteractiveSession(config, tmp_path / "journal")
    (first,) = session.take_in()
    assert (first.success, first.length, first.corrected, first.corrections) == (0, 10, 3, 2)
    author.write(4)
    author.write(6, label=Label.DISCARD)
    (second,) = session.take_in()
    assert (second.episode, second.success, second.steps) == (2, 1, 14)
    assert session.take_in() == []
    again = InteractiveSession(config, tmp_path / "journal", reported=1)
    assert [report.episode for report in again.take_in()] == [2]
    assert (again.demonstrations, again.steps, again.corrected) == (1, 14, 3)


def test_who_imitates_needs_no_experience_and_learns_corrections(config, author, tmp_path):
    author.write(5, shown=True)
    session = InteractiveSession(replace(config, method="imitation"), tmp_path / "journal")
    assert session.ready
    session.learn()
    before = len(session._shown)
    author.write(10, corrected=(4, 5))
    session.take_in()
    assert len(session._shown) == before + 2


def test_a_state_goes_on_where_it_was(config, author, tmp_path):
    author.write(5, shown=True)
    author.write(25, success=False)
    session = InteractiveSession(config, tmp_path / "journal")
    for _ in range(3):
        session.learn()
    session.elapsed = 12.0
    again = InteractiveSession(config, tmp_path / "journal")
    again.load_state_dict(session.state_dict())
    assert (again.updates, again.elapsed) == (3, 12.0)
    for name, value in again.policy.state_dict().items():
        assert torch.equal(value, session.policy.state_dict()[name])
