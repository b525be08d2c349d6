"""A session is determined by its config, and goes on as if nothing had happened."""

from dataclasses import replace

import pytest
import torch
from rsl_rl.storage import RolloutStorage

from untether_training.learning.checkpoint import read_checkpoint, write_checkpoint
from untether_training.learning.session import TrainingSession


def parameters(session: TrainingSession) -> torch.Tensor:
    """Return all parameters of actor and critic as one vector."""
    learner = session.learner
    both = [*learner.actor.parameters(), *learner.critic.parameters()]
    return torch.cat([parameter.detach().flatten() for parameter in both])


def run(session: TrainingSession, iterations: int) -> list[float]:
    """Return the rewards of some iterations; torch's global generator is the session's alone."""
    return [session.iterate().reward for _ in range(iterations)]


def test_learning_changes_the_policy_that_is_exported(tiny):
    session = TrainingSession(tiny)
    before = next(session.policy.network.parameters()).clone()
    run(session, 1)
    assert not torch.equal(next(session.policy.network.parameters()), before)
    assert session.learner.actor.mlp is session.policy.network


def test_same_seed_same_run_and_other_seed_other_run(tiny):
    def train(seed: int) -> torch.Tensor:
        session = TrainingSession(replace(tiny, seed=seed))
        run(session, 2)
        return parameters(session)

    assert torch.equal(train(1), train(1))
    assert not torch.equal(train(1), train(2))


def test_a_session_that_takes_over_goes_on_bit_for_bit(tiny, tmp_path):
    first = TrainingSession(tiny)
    run(first, 3)
    write_checkpoint(tmp_path / "checkpoint.pt", first.state_dict())
    rewards = run(first, 3)
    second = TrainingSession(tiny)
    second.load_state_dict(read_checkpoint(tmp_path / "checkpoint.pt"))
    assert run(second, 3) == rewards
    assert torch.equal(parameters(first), parameters(second))
    assert second.iteration == 6
    assert second.finished


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_session_that_takes_over_on_a_gpu_draws_the_same_actions(tiny, tmp_path):
    tiny = replace(tiny, device="cuda:0")
    first = TrainingSession(tiny)
    run(first, 2)
    write_checkpoint(tmp_path / "checkpoint.pt", first.state_dict())
    drawn = torch.randn(8, device="cuda:0")
    second = TrainingSession(tiny)
    second.load_state_dict(read_checkpoint(tmp_path / "checkpoint.pt", "cuda:0"))
    assert torch.equal(torch.randn(8, device="cuda:0"), drawn)


def test_time_ends_the_training_too(tiny):
    session = TrainingSession(replace(tiny, iterations=1000, time_limit=1e-3))
    assert not session.finished
    report = session.iterate()
    assert session.finished
    assert session.progress == 1.0
    assert report.steps == 32 * 8
    assert report.elapsed == session.elapsed > 1e-3


def test_largest_learning_rate_is_held_then_falls(tiny):
    learner = replace(tiny.learner, largest_rate=1e-2, final_rate=1e-3, hold=0.5)
    assert learner.largest_rate_at(0.0) == learner.largest_rate_at(0.5) == 1e-2
    assert learner.largest_rate_at(0.75) == pytest.approx(10**-2.5)
    assert learner.largest_rate_at(1.0) == pytest.approx(1e-3)


def test_learning_rate_stays_below_the_largest(tiny):
    learner = replace(tiny.learner, learning_rate=1.0, largest_rate=2e-4, final_rate=1e-4, hold=0.0)
    session = TrainingSession(replace(tiny, learner=learner))
    rates = [session.iterate().learning_rate for _ in range(6)]
    assert max(rates) <= 2e-4
    assert rates[-1] < rates[0]


def test_mini_batches_are_those_of_rsl_rl(tiny):
    session = TrainingSession(tiny)
    session.iterate()
    storage = session.learner.storage
    torch.manual_seed(5)
    expected = list(RolloutStorage.mini_batch_generator(storage, 2, 3))
    torch.manual_seed(5)
    for batch, other in zip(storage.mini_batch_generator(2, 3), expected, strict=True):
        assert torch.equal(batch.actions, other.actions)
        assert torch.equal(batch.observations["policy"], other.observations["policy"])
        assert torch.equal(batch.advantages, other.advantages)
