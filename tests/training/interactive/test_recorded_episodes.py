"""What a run recorded is what another one learns from, each step once."""

from dataclasses import replace

import numpy as np
import pytest
from tests.hardware.actor_learner.records import join

from untether_hardware.actor_learner.actor_client import ActorClient
from untether_hardware.actor_learner.journal import Journal
from untether_hardware.actor_learner.journal_reader import JournalReader
from untether_hardware.actor_learner.learner_server import LearnerServer
from untether_hardware.actor_learner.record import EpisodeBegin, EpisodeLabel, Label, Transition
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.features import Camera, Commander, Feature, Step
from untether_hardware.datasets.reader import DatasetReader
from untether_hardware.datasets.schema import DatasetSchema
from untether_hardware.datasets.writer import DatasetWriter
from untether_hardware.manipulation.dataset_schema import make_schema
from untether_training.interactive.actor import InteractiveActor
from untether_training.interactive.config import ManipulationChoice
from untether_training.interactive.episode_recorder import EpisodeRecorder
from untether_training.interactive.perception import list_arrays
from untether_training.interactive.recorded_episodes import RecordedEpisodes
from untether_training.interactive.replay_feed import restore
from untether_training.offpolicy.replay_buffer import ReplayBuffer

from .conftest import SMALL

LIMIT = 20.0  # [s]


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Return a folder with a demonstration and a corrected episode, and what the actor sent."""
    folder = tmp_path_factory.mktemp("recording") / "dataset"
    sent, known = [], []

    def send(record):
        sent.append(record)
        if isinstance(record, Transition) and record.ends:
            known.append(DatasetReader(folder).episode_count)

    with EpisodeRecorder(folder, SMALL) as recorder:
        actor = InteractiveActor(SMALL, send, seed=1, recorder=recorder)
        while not actor.demonstrate():
            pass
        while DatasetReader(folder).episode_count < 2:
            actor.run_episode()
        actor.close()
    assert (known[0], known[-1]) == (1, 2)  # on the disk before the learner hears of their end
    return folder, sent


@pytest.fixture(scope="module")
def records(recording):
    return list(RecordedEpisodes(recording[0], SMALL).read())


def split_episodes(records):
    starts = [i for i, record in enumerate(records) if isinstance(record, EpisodeBegin)]
    return [records[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]


def test_a_demonstration_is_what_the_actor_sent(recording, records):
    shown, read = split_episodes(recording[1])[0], split_episodes(records)[0]
    assert len(read) == len(shown)
    for one, other in zip(shown[:-2], read[:-2], strict=True):
        assert join(one) == join(other)
    end, last = shown[-2], read[-2]
    assert (last.terminated, last.truncated, last.reward) == (True, False, 1.0)
    np.testing.assert_array_equal(last.action, end.action)
    assert read[-1] == EpisodeLabel(Label.SUCCESS)


def test_corrections_are_episodes_that_were_cut_off(recording, records):
    sent = [one for one in split_episodes(recording[1])[-1] if isinstance(one, Transition)]
    parts = split_episodes(records)[1:]
    read = [one for part in parts for one in part if isinstance(one, Transition)]
    expected = [one for one in sent if one.intervention and not one.truncated]
    assert len(read) == len(expected) > 0
    for one, other in zip(expected, read, strict=True):
        np.testing.assert_array_equal(one.action, other.action)
        assert (one.penalty, one.reward, one.intervention) == (
            other.penalty,
            other.reward,
            other.intervention,
        )
    for part in parts:
        assert part[0].demonstration
        assert part[-2].ends
        assert part[-2].terminated or part[-2].truncated
        assert part[-1] == EpisodeLabel(Label.FAILURE)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.45, 0.8, 1.0])
def test_what_was_sent_before_is_left_out(recording, records, share):
    episodes = RecordedEpisodes(recording[0], SMALL)
    first = round(share * len(records))
    assert len(episodes) == len(records)
    assert [join(one) for one in episodes.read(first)] == [join(one) for one in records[first:]]


def test_an_actor_that_dies_in_between_sends_each_step_once(recording, records, tmp_path):
    episodes = RecordedEpisodes(recording[0], SMALL)
    with Journal(tmp_path / "journal") as journal:
        for stop in (3, 3, len(records) - 4, len(records)):
            with (
                LearnerServer(journal) as server,
                ActorClient(tmp_path / "outbox", server.address) as client,
            ):
                for record in episodes.read(client.newest.sequence):
                    if client.newest.sequence == stop:
                        break
                    client.send(record)
                assert client.wait_acknowledged(LIMIT)
    stored = [bytes(entry.payload) for entry in JournalReader(tmp_path / "journal")]
    assert stored == [join(one) for one in records]


def test_the_learner_counts_demonstrations_and_learns_corrections_too(records, tmp_path):
    arrays = list_arrays(SMALL.task.image_size)
    experience, shown = (ReplayBuffer(arrays, 7, 1000, seed) for seed in (0, 1))
    noticed = []

    def notice(steps, *, demonstration):
        noticed.append(demonstration)

    with Journal(tmp_path / "journal") as journal, LearnerServer(journal) as server:
        with ActorClient(tmp_path / "outbox", server.address) as client:
            for record in records:
                client.send(record)
            assert client.wait_acknowledged(LIMIT)
        restore(journal.folder, experience, shown, notice=notice)
    assert noticed == [True]
    assert len(shown) == sum(isinstance(record, Transition) for record in records)
    assert len(experience) == 0


def write(
    folder, *, schema, task="pick", succeeds=True, gripper=1.0, commanders="OOO", timeout=False
):
    """Write an episode; its steps are commanded by P, the policy, or O, the operator."""
    with DatasetWriter.create(folder, schema) as writer:
        for index, commander in enumerate(commanders):
            last = index == len(commanders) - 1
            values = {one.name: np.zeros(one.size, one.dtype) for one in schema.features}
            values["action"][:] = index
            values["action"][-1] = gripper
            step = Step(
                index / schema.fps,
                float(last and succeeds),
                terminated=last and not timeout,
                truncated=last and timeout,
                commander=Commander.OPERATOR if commander == "O" else Commander.POLICY,
                intervention=commander == "O" and "P" in commanders,
            )
            shape = (schema.cameras[0].height, schema.cameras[0].width, 3)
            pictures = {one.name: np.zeros(shape, np.uint8) for one in schema.cameras}
            writer.add_frame(values, step, pictures)
        writer.finish_episode(task)
    return folder


FITTING = make_schema(32, 10)
STATE, ACTION, _ = FITTING.features
SIX = Feature("action", "float32", 6)
TOP = Camera("observation.images.top", 32, 32, "image")


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (
            {"schema": replace(FITTING, features=(ACTION,))},
            r"expected a feature observation.state of 19 float32, got action of 7 float32",
        ),
        (
            {
                "schema": replace(
                    FITTING, features=(FITTING.features[0], Feature("action", "float32", 6))
                )
            },
            r"expected a feature action of 7 float32, got .*action of 6 float32",
        ),
        (
            {"schema": make_schema(64, 10)},
            r"expected a camera .*front of 32 x 32, got .*64 x 64.* Fix: .*task.image_size=64",
        ),
        (
            {
                "schema": replace(
                    FITTING, cameras=(Camera("observation.images.top", 32, 32, "image"),)
                )
            },
            r"expected a camera .*front of 32 x 32, got .*top of 32 x 32",
        ),
        ({"schema": make_schema(32, 20)}, "expected 10 frames a second, got 20"),
        ({"schema": FITTING, "task": "plug"}, "expected episodes of the task 'pick', got 'plug'"),
        ({"schema": FITTING, "gripper": 0.0}, "expected a gripper that is commanded"),
        ({"schema": FITTING, "succeeds": False}, "expected 1 demonstrations .*, got 0 in 1"),
        (
            {"schema": FITTING, "commanders": "PPP"},
            "expected 1 demonstrations .*, got 0 in 1 episodes. Fix: record more",
        ),
    ],
)
def test_a_dataset_that_does_not_fit_is_refused(tmp_path, facts, message):
    with pytest.raises(DatasetError, match=message):
        RecordedEpisodes(write(tmp_path / "dataset", **facts), SMALL)


@pytest.mark.parametrize("timeout", [False, True])
def test_time_that_runs_out_is_no_termination_and_its_last_step_is_left_out(tmp_path, timeout):
    folder = write(tmp_path / "dataset", schema=FITTING, commanders="POOPO", timeout=timeout)
    episodes = RecordedEpisodes(folder, replace(SMALL, demonstrations=0))
    steps = [one for one in episodes.read() if isinstance(one, Transition)]
    ends = [(one.action[0], one.terminated, one.truncated) for one in steps]
    terminated = [] if timeout else [(4, True, False)]
    assert ends == [(1, False, False), (2, False, True), *terminated]


def test_a_gripper_that_the_task_keeps_closed_must_not_open(tmp_path):
    folder = write(tmp_path / "dataset", schema=FITTING, task="peg")
    peg = replace(SMALL, task=ManipulationChoice("peg", image_size=32))
    with pytest.raises(DatasetError, match="expected a gripper that stays closed, as peg"):
        RecordedEpisodes(folder, peg)


def test_where_there_is_no_dataset_it_says_so(tmp_path):
    with pytest.raises(DatasetError, match="Fix"):
        RecordedEpisodes(tmp_path / "nowhere", SMALL)


def test_only_as_many_demonstrations_as_asked_for_are_taken(tmp_path):
    folder = tmp_path / "dataset"
    write(folder, schema=FITTING)
    assert len(RecordedEpisodes(folder, SMALL)) == 5
    assert len(RecordedEpisodes(folder, replace(SMALL, demonstrations=0))) == 0


def test_a_schema_of_another_recorder_fits(tmp_path):
    schema = DatasetSchema(
        10,
        (replace(STATE, elements=()), ACTION),
        tuple(replace(camera, storage="video") for camera in FITTING.cameras),
    )
    folder = write(tmp_path / "dataset", schema=schema)
    assert sum(isinstance(one, Transition) for one in RecordedEpisodes(folder, SMALL).read()) == 3
