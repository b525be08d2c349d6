from uuid import UUID

import numpy as np
import pytest
from tests.hardware.actor_learner.records import EPISODE, make_record, see

from untether_hardware.actor_learner.array_spec import ArraySpec
from untether_hardware.actor_learner.journal import Journal
from untether_hardware.actor_learner.record import EpisodeBegin, EpisodeLabel, Label, Transition
from untether_training.interactive.replay_feed import restore
from untether_training.offpolicy.replay_buffer import ReplayBuffer

SPECS = {
    "front": ArraySpec((4, 4, 3), "uint8"),
    "map": ArraySpec((6, 4, 4), "float16"),
    "state": ArraySpec((2,)),
}
A, B = UUID(int=1), UUID(int=2)


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "journal") as made:
        yield made


class Buffers:
    """Buffers that are restored from a journal, and what can be drawn from them."""

    def __init__(self, journal, capacity=1000, steps=1):
        self.experience, self.demonstrations = (
            ReplayBuffer(SPECS, 7, capacity, seed, steps=steps) for seed in (0, 1)
        )
        self.feed = restore(journal.folder, self.experience, self.demonstrations)

    @property
    def numbers(self):
        """Numbers of the steps in the experience, and in the demonstrations."""
        return [set(draw(b)) for b in (self.experience, self.demonstrations)]


def draw(buffer):
    """Return all transitions of a buffer by the number of their action."""
    if not len(buffer):
        return {}
    batch = buffer.sample(60 * len(buffer))
    found = {}
    for index, action in enumerate(batch.action[:, 0].tolist()):
        found[int(action)] = {
            "before": int(batch.observation["state"][index, 0]),
            "after": int(batch.next_observation["state"][index, 0]),
            "map": batch.next_observation["map"][index].numpy(),
            "front": batch.next_observation["front"][index].numpy(),
            "reward": float(batch.reward[index]),
            "penalty": float(batch.penalty[index]),
            "bootstrap": float(batch.bootstrap[index]),
        }
    assert len(found) == len(buffer)
    return found


def begin(number, **facts):
    return EpisodeBegin(see(number), **facts)


def step(number, **facts):
    return Transition(np.full(7, number, np.float32), 0.0, see(number), **facts)


def write(journal, *records, actor=A):
    for record in records:
        journal.write(actor, record.encode())


def test_steps_are_restored_bit_for_bit(journal):
    write(journal, *(make_record(sequence) for sequence in range(EPISODE + 1, 2 * EPISODE + 1)))
    found = draw(Buffers(journal).experience)
    assert set(found) == set(range(12, 20))
    for number, step in found.items():
        seen = see(number)
        assert (step["before"], step["after"]) == (number - 1, number)
        np.testing.assert_array_equal(step["map"], seen["map"])
        np.testing.assert_array_equal(step["front"], seen["front"])
        assert step["reward"] == 0.5 * number
        assert step["penalty"] == pytest.approx(-0.02 if number == 14 else 0.0)
        assert step["bootstrap"] == (0.0 if number == 19 else 1.0)


def test_corrections_go_to_both_buffers(journal):
    corrected = [step(number, intervention=number in (3, 4, 6)) for number in range(2, 8)]
    write(journal, begin(1), *corrected, EpisodeLabel(Label.FAILURE))
    buffers = Buffers(journal)
    assert buffers.numbers == [{2, 3, 4, 5, 6, 7}, {3, 4, 6}]
    taught = draw(buffers.demonstrations)
    places = {number: (facts["before"], facts["after"]) for number, facts in taught.items()}
    assert places == {3: (2, 3), 4: (3, 4), 6: (5, 6)}
    assert {facts["bootstrap"] for facts in taught.values()} == {1.0}


def test_demonstrations_go_to_the_demonstrations_only(journal):
    write(journal, begin(1, demonstration=True), step(2), step(3, terminated=True))
    write(journal, begin(11), step(12), step(13, truncated=True))
    buffers = Buffers(journal)
    assert buffers.numbers == [{12, 13}, {2, 3}]
    assert draw(buffers.demonstrations)[3]["bootstrap"] == 0.0
    assert draw(buffers.experience)[13]["bootstrap"] == 1.0


def test_a_correction_that_ends_the_task_ends_it_in_both_buffers(journal):
    write(journal, begin(1), step(2), step(3, intervention=True, terminated=True))
    buffers = Buffers(journal)
    for buffer in (buffers.experience, buffers.demonstrations):
        assert draw(buffer)[3]["bootstrap"] == 0.0


def test_an_episode_that_was_cut_is_truncated(journal):
    write(journal, begin(1), step(2), step(3))
    write(journal, begin(11), step(12), step(13))
    buffers = Buffers(journal)
    found = draw(buffers.experience)
    assert {n: f["after"] for n, f in found.items()} == {2: 2, 3: 3, 12: 12, 13: 13}
    assert {facts["bootstrap"] for facts in found.values()} == {1.0}
    with pytest.raises(ValueError, match="after its end"):
        buffers.experience.add(np.zeros(7), 0.0, see(14))


@pytest.mark.parametrize("ended", [False, True])
def test_a_discarded_episode_is_left_out(journal, ended):
    write(journal, begin(1), step(2, intervention=True), step(3, terminated=ended))
    write(journal, EpisodeLabel(Label.DISCARD))
    write(journal, begin(11), step(12), EpisodeLabel(Label.SUCCESS))
    assert Buffers(journal).numbers == [{12}, set()]


def test_episodes_of_actors_do_not_mix(journal):
    for number in range(5):
        write(journal, (step if number else begin)(10 + number), actor=A)
        write(journal, (step if number else begin)(20 + number), actor=B)
    found = draw(Buffers(journal).experience)
    assert set(found) == {11, 12, 13, 14, 21, 22, 23, 24}
    assert all(facts["before"] == number - 1 for number, facts in found.items())


def test_what_comes_after_the_restoration_goes_on(journal):
    write(journal, begin(1), step(2), step(3))
    buffers = Buffers(journal)
    assert buffers.numbers == [{2, 3}, set()]
    write(journal, step(4), step(5, intervention=True, terminated=True))
    buffers.feed.update()
    assert buffers.numbers == [{2, 3}, set()]
    write(journal, EpisodeLabel(Label.SUCCESS), begin(11), step(12))
    buffers.feed.update()
    assert buffers.numbers == [{2, 3, 4, 5}, {5}]
    assert draw(buffers.experience)[4]["before"] == 3
    write(journal, begin(21))
    buffers.feed.update()
    assert buffers.numbers == [{2, 3, 4, 5, 12}, {5}]


@pytest.mark.parametrize("ending", [begin(11), EpisodeLabel(Label.SUCCESS)])
def test_an_episode_that_ends_without_another_step_after_the_restoration_stays(journal, ending):
    write(journal, begin(1), step(2), step(3, intervention=True))
    buffers = Buffers(journal)
    write(journal, ending)
    buffers.feed.update()
    assert buffers.numbers == [{2, 3}, {3}]


def test_an_episode_without_a_step_adds_nothing(journal):
    write(journal, begin(1), begin(11), step(12))
    assert Buffers(journal).numbers == [{12}, set()]


def test_episodes_are_noticed_whole_also_across_a_restoration(journal):
    noticed = []

    def notice(steps, *, demonstration):
        noticed.append(([int(step.action[0]) for step in steps], demonstration))

    write(journal, begin(1, demonstration=True), step(2), EpisodeLabel(Label.SUCCESS))
    write(journal, begin(11), step(12), EpisodeLabel(Label.DISCARD))
    write(journal, begin(21), step(22), step(23))
    buffers = [ReplayBuffer(SPECS, 7, 100, seed) for seed in (0, 1)]
    feed = restore(journal.folder, *buffers, notice=notice)
    assert noticed == [([2], True)]
    write(journal, step(24), begin(31))
    feed.update()
    assert noticed == [([2], True), ([22, 23, 24], False)]
    assert set(draw(buffers[0])) == {22, 23, 24}


def test_records_outside_an_episode_are_counted_and_left_out(journal):
    write(journal, step(1), EpisodeLabel(Label.SUCCESS), begin(11), step(12, truncated=True))
    write(journal, step(13), begin(21), step(22))
    buffers = Buffers(journal)
    assert buffers.numbers == [{12, 22}, set()]
    assert buffers.feed.skipped == 3


def test_a_full_buffer_keeps_the_newest(journal):
    write(journal, *(make_record(sequence) for sequence in range(11, 31)))
    write(journal, begin(101), *(step(number) for number in range(102, 106)))
    assert set(draw(Buffers(journal, capacity=5).experience)) == {102, 103, 104, 105}


def test_records_that_do_not_fit_the_buffers_are_told(journal):
    write(journal, EpisodeBegin({"state": np.zeros(2, np.float32)}))
    write(journal, Transition(np.zeros(7, np.float32), 0.0, {"state": np.zeros(2, np.float32)}))
    with pytest.raises(ValueError, match="expected the arrays"):
        Buffers(journal)


def test_several_steps_are_one_commander_s(journal):
    corrected = (step(n, intervention=n in (4, 5)) for n in range(2, 7))
    write(journal, begin(1), *corrected, step(7, terminated=True), EpisodeLabel(Label.SUCCESS))
    buffers = Buffers(journal, steps=9)
    after = {number: facts["after"] for number, facts in draw(buffers.experience).items()}
    assert after == {2: 3, 3: 3, 4: 5, 5: 5, 6: 7, 7: 7}
    taught = {number: facts["after"] for number, facts in draw(buffers.demonstrations).items()}
    assert taught == {4: 5, 5: 5}
