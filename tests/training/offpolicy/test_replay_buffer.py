import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.actor_learner.array_spec import ArraySpec
from untether_training.offpolicy.mixture import Mixture
from untether_training.offpolicy.replay_buffer import ReplayBuffer

SPECS = {"state": ArraySpec((1,)), "front": ArraySpec((2, 2, 3), "uint8")}


def see(number):
    """Return the observation that carries a number."""
    return {
        "state": np.array([number], np.float32),
        "front": np.full((2, 2, 3), number % 256, np.uint8),
    }


def make(capacity=100, seed=0, **changes):
    return ReplayBuffer(SPECS, 2, capacity, seed, **changes)


def fly(buffer, first, length, **ending):
    """Add an episode whose observations are numbered on; a step's action is its number."""
    buffer.begin(see(first))
    for step in range(length):
        last = step == length - 1
        number = first + step
        buffer.add((number, -1.0), 0.5 * number, see(number + 1), **(ending if last else {}))


def test_a_step_is_followed_by_the_next_observation_of_its_episode():
    buffer = make()
    fly(buffer, 10, 5, terminated=True)
    fly(buffer, 50, 4, truncated=True)
    fly(buffer, 80, 3)
    assert len(buffer) == 12
    batch = buffer.sample(500)
    state = batch.observation["state"][:, 0]
    assert set(state.tolist()) == {*range(10, 15), *range(50, 54), *range(80, 83)}
    assert torch.equal(batch.action[:, 0], state)
    assert torch.equal(batch.reward, 0.5 * state)
    assert torch.equal(batch.next_observation["state"][:, 0], state + 1.0)
    assert torch.equal(batch.next_observation["front"][:, 0, 0, 0], (state + 1.0).byte())


def test_only_a_termination_ends_what_is_to_come():
    buffer = make()
    fly(buffer, 10, 2, terminated=True)
    fly(buffer, 50, 2, truncated=True)
    batch = buffer.sample(300)
    ends = dict(zip(batch.action[:, 0].tolist(), batch.bootstrap.tolist(), strict=True))
    assert ends == {10.0: 1.0, 11.0: 0.0, 50.0: 1.0, 51.0: 1.0}


def test_steps_of_one_commander_are_drawn_as_one():
    buffer = make(steps=3, discount=0.5)
    buffer.begin(see(10))
    for number, goes_on in ((10, False), (11, True), (12, True), (13, False), (14, True)):
        last = number == 14
        buffer.add(
            (number, -1.0),
            float(number),
            see(number + 1),
            terminated=last,
            penalty=1.0,
            goes_on=goes_on,
        )
    fly(buffer, 50, 1)
    batch = buffer.sample(300)
    rows = zip(
        batch.action[:, 0].tolist(),
        batch.reward.tolist(),
        batch.penalty.tolist(),
        batch.bootstrap.tolist(),
        batch.next_observation["state"][:, 0].tolist(),
        strict=True,
    )
    assert set(rows) == {
        (10.0, 10.0 + 5.5 + 3.0, 1.75, 0.25, 13.0),
        (11.0, 11.0 + 6.0, 1.5, 0.5, 13.0),  # somebody else did the next
        (12.0, 12.0, 1.0, 1.0, 13.0),
        (13.0, 13.0 + 7.0, 1.5, 0.0, 15.0),  # it terminated
        (14.0, 14.0, 1.0, 0.0, 15.0),
        (50.0, 25.0, 0.0, 1.0, 51.0),
    }


@given(capacity=st.integers(2, 9), lengths=st.lists(st.integers(1, 9), min_size=1, max_size=9))
def test_several_steps_stay_within_their_episode_wherever_the_ring_begins(capacity, lengths):
    buffer = make(capacity, steps=4)
    first = 0
    for length in lengths:
        buffer.begin(see(first))
        for step in range(length):
            buffer.add((first + step, 1.0), 1.0, see(first + step + 1), goes_on=step > 0)
        first += length + 20
    batch = buffer.sample(50)
    begin, end = batch.action[:, 0], batch.next_observation["state"][:, 0]
    assert torch.equal(batch.reward, end - begin)
    assert (batch.reward <= 4.0).all()


@given(
    capacity=st.integers(2, 12),
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=12),
)
def test_the_ring_never_mixes_episodes(capacity, lengths):
    buffer = make(capacity)
    first = 0
    for length in lengths:
        fly(buffer, first, length, terminated=True)
        first += length + 20
    assert 1 <= len(buffer) < capacity or capacity == 2
    batch = buffer.sample(50)
    state = batch.observation["state"]
    assert torch.equal(state[:, 0], batch.action[:, 0])
    assert torch.equal(batch.next_observation["state"], state + 1.0)
    newest = first - 20 - 1
    assert float(state.max()) == newest


def test_a_drawn_batch_is_not_changed_by_what_is_added_later():
    buffer = make(4)
    fly(buffer, 0, 2)
    batch = buffer.sample(10)
    before = batch.observation["state"].clone()
    fly(buffer, 50, 8)
    assert torch.equal(batch.observation["state"], before)


BAD = {
    "shape": {"state": np.zeros(2, np.float32), "front": see(0)["front"]},
    "nan": {"state": np.array([np.nan], np.float32), "front": see(0)["front"]},
    "type": {"state": see(0)["state"], "front": np.zeros((2, 2, 3), np.float32)},
    "missing": {"state": see(0)["state"]},
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_observation_is_refused_and_changes_nothing(name):
    buffer = make()
    fly(buffer, 10, 2)
    with pytest.raises(ValueError, match=r"expected .* got .* Fix:"):
        buffer.add((12.0, -1.0), 6.0, BAD[name])
    assert len(buffer) == 2
    buffer.add((12.0, -1.0), 6.0, see(13))
    batch = buffer.sample(100)
    assert torch.equal(batch.next_observation["state"], batch.observation["state"] + 1.0)


@pytest.mark.parametrize(
    ("action", "reward"), [((np.inf, 0.0), 0.0), ((0.0,), 0.0), ((0.0, 0.0), np.nan)]
)
def test_bad_numbers_are_refused(action, reward):
    buffer = make()
    buffer.begin(see(0))
    with pytest.raises(ValueError, match="expected a finite"):
        buffer.add(action, reward, see(1))
    assert len(buffer) == 0


def test_a_step_needs_an_episode_and_a_draw_needs_steps():
    buffer = make()
    with pytest.raises(ValueError, match="call begin"):
        buffer.add((0.0, 0.0), 0.0, see(1))
    buffer.begin(see(0))
    with pytest.raises(ValueError, match="got none"):
        buffer.sample(1)
    with pytest.raises(ValueError, match="at least 2"):
        make(capacity=1)


@pytest.mark.parametrize(("share", "shown"), [(0.5, 8), (0.25, 4), (0.0, 0), (1.0, 16)])
def test_a_mixture_draws_its_share_of_demonstrations(share, shown):
    experience, demonstrations = make(), make()
    mixture = Mixture(experience, demonstrations, share)
    fly(demonstrations, 100, 5)
    assert len(mixture.sample(16)) == 16
    fly(experience, 0, 5)
    batch = mixture.sample(16)
    assert int((batch.action[:, 0] >= 100).sum()) == shown
    assert len(batch.observation["front"]) == 16


def test_a_mixture_without_demonstrations_draws_experience():
    experience = make()
    fly(experience, 0, 5)
    assert len(Mixture(experience, make()).sample(7)) == 7
    with pytest.raises(ValueError, match="0 to 1"):
        Mixture(experience, make(), 1.5)
