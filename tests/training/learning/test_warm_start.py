from dataclasses import replace

import pytest
import torch

from untether_training.learning.checkpoint import CheckpointError, write_checkpoint
from untether_training.learning.run_folder import RunFolder
from untether_training.learning.session import TrainingSession
from untether_training.learning.warm_start import take_networks


@pytest.fixture
def earlier(tiny, tmp_path):
    """A run of one iteration, and its session."""
    session = TrainingSession(tiny)
    session.iterate()
    write_checkpoint(RunFolder(tmp_path).checkpoint, session.state_dict())
    return session, str(tmp_path)


def test_networks_are_taken_and_the_spread_of_actions_is_not(tiny, earlier):
    session, run = earlier
    learner = replace(tiny.learner, initial_std=0.123)
    new = TrainingSession(replace(tiny, seed=2, learner=learner))
    take_networks(new.learner, run)
    for mine, theirs in (
        (new.learner.actor.mlp, session.learner.actor.mlp),
        (new.learner.critic, session.learner.critic),
    ):
        expected = theirs.state_dict()
        for name, value in mine.state_dict().items():
            torch.testing.assert_close(value, expected[name], rtol=0.0, atol=0.0)
    actions = new.learner.act(new.environment.get_observations())
    assert actions.shape[1] == 4
    torch.testing.assert_close(new.learner.actor.output_std.mean().item(), 0.123)


def test_other_sizes_are_refused_and_nothing_is_taken(tiny, earlier):
    _, run = earlier
    learner = replace(tiny.learner, critic_hidden=(7,))
    new = TrainingSession(replace(tiny, seed=2, learner=learner))
    before = {name: value.clone() for name, value in new.learner.actor.mlp.state_dict().items()}
    with pytest.raises(CheckpointError, match="critic_hidden"):
        take_networks(new.learner, run)
    for name, value in new.learner.actor.mlp.state_dict().items():
        assert torch.equal(value, before[name])


def test_a_run_without_a_checkpoint_is_refused(tiny, tmp_path):
    with pytest.raises(CheckpointError, match="no such file"):
        take_networks(TrainingSession(tiny).learner, str(tmp_path / "nowhere"))
