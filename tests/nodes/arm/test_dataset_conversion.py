"""A recording made by real processes becomes a dataset that says what the messages say."""

import numpy as np
import pytest
from rosbags.highlevel import AnyReader

from untether_hardware.datasets.checker import check_dataset
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.features import Commander
from untether_hardware.datasets.reader import DatasetReader
from untether_hardware.datasets.writer import DatasetWriter
from untether_hardware.manipulation.dataset_schema import make_schema
from untether_hardware.manipulation.registry import make_task
from untether_hardware.safety.modes import Source
from untether_nodes.arm.dataset_conversion import convert_recording
from untether_nodes.commands.convert import main

pytestmark = pytest.mark.ros

TASK, CAMERAS = "peg", ("front", "wrist")


@pytest.fixture(scope="module")
def messages(recording):
    """All messages of the arm by topic, read by a library of others."""
    found = {name: [] for name in recording.topics}
    with AnyReader([recording.folder]) as reader:
        connections = [one for one in reader.connections if one.topic.startswith("/franka/")]
        for connection, _, raw in reader.messages(connections):
            name = connection.topic.removeprefix("/franka/")
            if name in found:
                found[name].append(reader.deserialize(raw, connection.msgtype))
    return found


def find_stamp(message):
    return message.header.stamp.sec + message.header.stamp.nanosec * 1e-9


def find_problems(folder):
    return [problem for finding in check_dataset(folder) for problem in finding.problems]


def list_vector(vector):
    return [vector.x, vector.y, vector.z]


def test_every_episode_that_is_kept_becomes_one_of_the_dataset(recording, converted):
    conversion, reader = converted.conversion, converted.reader
    assert find_problems(converted.folder) == []
    assert (conversion.whole, conversion.task, conversion.unfinished) == (True, TASK, 0)
    assert [one.number for one in conversion.left_out] == [2, 4]
    assert all(recording.results[one.number].steps > 0 for one in conversion.left_out)
    assert "discarded" in conversion.left_out[0].reason
    assert "cancelled" in conversion.left_out[1].reason
    assert reader.schema == make_schema(128, 10)
    lengths = [recording.results[number].steps for number in recording.kept]
    assert [record.length for record in reader.records] == lengths
    assert {record.task for record in reader.records} == {TASK}


def test_an_episode_ends_as_it_was_told(converted):
    ends = []
    for index in range(converted.reader.episode_count):
        columns = converted.reader.read_episode(index, cameras=[]).columns
        assert not columns["success"].any()
        assert not columns["next.done"][:-1].any()
        assert columns["next.reward"][:-1].sum() == 0
        facts = ("next.reward", "next.done", "next.truncated")
        ends.append(tuple(float(columns[name][-1, 0]) for name in facts))
    assert ends == [(1, 1, 0), (1, 1, 0), (0, 1, 1)]


def test_pictures_and_states_are_those_of_the_frame_s_stamp(messages, converted):
    taken = {
        camera: {find_stamp(one): one for one in messages[f"camera/{camera}/image"]}
        for camera in CAMERAS
    }
    states = {find_stamp(one): one for one in messages["state"]}
    answered = {find_stamp(one) for one in messages["policy/command"]}
    for index in range(converted.reader.episode_count):
        episode = converted.reader.read_episode(index)
        stamps = episode.columns["stamp"][:, 0]
        assert set(stamps) <= answered
        for camera in CAMERAS:
            for stamp, picture in zip(
                stamps, episode.pictures[f"observation.images.{camera}"], strict=True
            ):
                assert picture.tobytes() == taken[camera][stamp].data.tobytes()
        assert_states(episode.columns["observation.state"], [states[stamp] for stamp in stamps])


def assert_states(rows, states):
    places = np.array([list_vector(one.tool_pose.position) for one in states])
    distances = np.linalg.norm(places - places[0], axis=1)
    speeds = [np.linalg.norm(list_vector(one.tool_twist.linear)) for one in states]
    forces = [np.linalg.norm(list_vector(one.tool_wrench.force)) for one in states]
    np.testing.assert_allclose(np.linalg.norm(rows[:, 0:3], axis=1), distances, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(rows[:, 6:9], axis=1), speeds, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(rows[:, 12:15], axis=1), forces, rtol=1e-5)
    np.testing.assert_allclose(rows[:, 18], [one.gripper_width for one in states], atol=1e-7)
    assert np.abs(rows[0, :6]).max() == 0.0


def list_sent(setpoints, begin, end):
    """Return the setpoints of a period; the one before counts until the first of them."""
    within = [one for one in setpoints if begin - 1e-6 <= find_stamp(one) < end - 1e-6]
    if within and find_stamp(within[0]) < begin + 1e-6:
        return within
    earlier = [one for one in setpoints if find_stamp(one) < begin - 1e-6]
    return [earlier[-1], *within]


def test_actions_are_what_the_safety_stage_sent(messages, converted):
    config = make_task(TASK).config
    scales = np.repeat((config.translation_scale, config.rotation_scale), 3) / config.period
    compared = dict.fromkeys((Source.POLICY, Source.OPERATOR), 0)
    for index in range(converted.reader.episode_count):
        columns = converted.reader.read_episode(index, cameras=[]).columns
        for stamp, action, commander in zip(
            columns["stamp"][:, 0], columns["action"], columns["commander"][:, 0], strict=True
        ):
            sent = list_sent(messages["command"], stamp, stamp + config.period)
            sources = {one.source for one in sent}
            if len(sources) > 1 or Source.FALLBACK in sources:  # a change of the commander
                continue
            twists = [
                list_vector(one.twist.linear) + list_vector(one.twist.angular) for one in sent
            ]
            lower, upper = np.min(twists, axis=0) / scales, np.max(twists, axis=0) / scales
            assert (action[:6] >= lower - 1e-6).all()
            assert (action[:6] <= upper + 1e-6).all()
            assert {commander} == sources
            assert commander == Source.OPERATOR or len(sent) == 1
            compared[Source(commander)] += 1
    assert compared[Source.POLICY] > 20
    assert compared[Source.OPERATOR] >= 4


def test_corrections_are_marked(recording, converted):
    for index, number in enumerate(recording.kept):
        columns = converted.reader.read_episode(index, cameras=[]).columns
        marked = columns["intervention"][:, 0]
        assert (marked == (columns["commander"][:, 0] == Commander.OPERATOR)).all()
        assert abs(marked.sum() - recording.results[number].corrected) <= 2
        assert marked.any() == (number == 1)


def test_a_second_recording_is_appended(recording, tmp_path):
    convert_recording(recording.folder, tmp_path / "dataset")
    convert_recording(recording.folder, tmp_path / "dataset")
    assert find_problems(tmp_path / "dataset") == []
    assert DatasetReader(tmp_path / "dataset").episode_count == 2 * len(recording.kept)


def test_a_dataset_of_other_features_is_left_as_it_is(recording, tmp_path):
    DatasetWriter.create(tmp_path / "dataset", make_schema(64, 10)).close()
    with pytest.raises(DatasetError, match=r"observation\.images\.front.*128.*64.*its own"):
        convert_recording(recording.folder, tmp_path / "dataset")
    assert DatasetReader(tmp_path / "dataset").episode_count == 0


def test_the_command_tells_what_it_wrote_and_what_not(recording, tmp_path, capsys):
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(recording.file.read_bytes()[:-20])
    assert main([str(cut), str(tmp_path / "dataset")]) == 0
    told = capsys.readouterr().out
    assert "cut.mcap: cut off" in told
    assert "episode 2, until" in told
    assert f"{len(recording.kept)} episodes of {TASK}" in told
    assert main([str(tmp_path), str(tmp_path / "dataset"), "--task", "juggle"]) == 1
    assert "expected one of pick, peg" in " ".join(capsys.readouterr().out.split())
    assert main([str(tmp_path / "absent"), str(tmp_path / "dataset")]) == 1
    assert "one .mcap file" in capsys.readouterr().out
