import numpy as np
import pytest

from untether_hardware.datasets.checker import check_dataset
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.reader import DatasetReader
from untether_hardware.manipulation.pick_lift import PickLift
from untether_training.manipulation.environment import ManipulationEnvironment
from untether_training.manipulation.experts import make_expert
from untether_training.success_classifier.behaviour import Actor, Behaviour, choose_behaviour
from untether_training.success_classifier.recorder import record_episodes


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recording") / "pick"
    record_episodes("pick", folder, episodes=4, seed=5, image_size=32)
    return DatasetReader(folder)


def test_a_recording_is_a_sound_dataset(recording):
    assert [
        finding.problems for finding in check_dataset(recording.folder) if finding.problems
    ] == []
    assert recording.tasks == ["pick"]
    assert recording.episode_count == 4


def test_demonstrations_go_on_after_success(recording):
    labels = recording.read_episode(0).columns["success"].ravel()
    assert not labels[0]
    first = int(np.argmax(labels))
    assert labels[first]
    assert 5 <= len(labels) - first <= 10


def test_the_label_is_of_the_frame_and_the_reward_of_the_step_after_it(recording):
    columns = recording.read_episode(0).columns
    labels, rewards = columns["success"].ravel(), columns["next.reward"].ravel()
    assert labels.any()
    assert (labels[1:] == rewards[:-1]).all()


def test_only_the_last_frame_ends_an_episode(recording):
    for index in range(4):
        columns = recording.read_episode(index).columns
        assert columns["next.truncated"].ravel().tolist() == [False] * (
            len(columns["index"]) - 1
        ) + [True]


def test_the_same_seed_records_the_same(recording, tmp_path):
    record_episodes("pick", tmp_path / "again", episodes=1, seed=5, image_size=32)
    first, again = recording.read_episode(0), DatasetReader(tmp_path / "again").read_episode(0)
    assert (first.columns["observation.state"] == again.columns["observation.state"]).all()
    assert (
        first.pictures["observation.images.wrist"] == again.pictures["observation.images.wrist"]
    ).all()


def test_a_folder_with_files_is_refused(recording):
    with pytest.raises(DatasetError, match="expected an empty folder"):
        record_episodes("pick", recording.folder, episodes=1, seed=0)


def test_half_of_the_episodes_are_demonstrations_and_all_failures_occur():
    drawn = [choose_behaviour(episode, gripper_fixed=False) for episode in range(16)]
    assert drawn.count(Behaviour.DEMONSTRATION) == 8
    assert set(drawn) == set(Behaviour)
    fixed = {choose_behaviour(episode, gripper_fixed=True) for episode in range(16)}
    assert fixed == {Behaviour.DEMONSTRATION, Behaviour.DISTURBED, Behaviour.WAVERING}


@pytest.mark.parametrize("behaviour", [Behaviour.HAND_CLOSED, Behaviour.HAND_OPEN])
def test_a_stuck_gripper_never_succeeds(behaviour):
    environment = ManipulationEnvironment(PickLift(), images=False)
    generator = np.random.default_rng(0)
    environment.reset(seed=0)
    actor = Actor(make_expert(environment, generator), behaviour, generator)
    for _ in range(environment.config.max_steps):
        action = actor.act(success=False)
        assert action is not None
        assert not environment.step(action)[4]["is_success"]
    environment.close()


def test_a_wavering_episode_crosses_the_border_of_success_again_and_again():
    environment = ManipulationEnvironment(PickLift(), images=False)
    generator = np.random.default_rng(5)
    environment.reset(seed=5)
    actor = Actor(make_expert(environment, generator), Behaviour.WAVERING, generator)
    labels = [False]
    for _ in range(environment.config.max_steps):
        action = actor.act(success=labels[-1])
        assert action is not None
        labels.append(environment.step(action)[4]["is_success"])
    assert (np.diff(labels)).sum() >= 4
    environment.close()


def test_a_disturbed_episode_goes_on_after_success():
    environment = ManipulationEnvironment(PickLift(), images=False)
    generator = np.random.default_rng(0)
    environment.reset(seed=0)
    actor = Actor(make_expert(environment, generator), Behaviour.DISTURBED, generator)
    assert all(actor.act(success=True) is not None for _ in range(30))
    environment.close()
