"""Altered copies of a real recording: what does not fit is refused, or skipped and told."""

import struct

import numpy as np
import pytest
from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer

from untether_hardware.datasets.checker import check_dataset
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.reader import DatasetReader
from untether_nodes.arm.dataset_conversion import convert_recording

pytestmark = pytest.mark.ros


@pytest.fixture(scope="module")
def rewrite(recording):
    """A function that writes a copy of the recording.

    What it is given returns the new data of a message, or None to drop it.
    """
    with recording.file.open("rb") as stream:
        reader = make_reader(stream)
        attachments = list(reader.iter_attachments())
        rows = [
            (schema, channel, message)
            for schema, channel, message in reader.iter_messages(log_time_order=False)
            if channel.topic.removeprefix("/franka/") in recording.topics
        ]

    def write(path, alter):
        with path.open("wb") as target:
            writer = Writer(target, compression=CompressionType.NONE)
            writer.start(profile="ros2")
            schemas, channels = {}, {}
            for schema, channel, message in rows:
                if schema.id not in schemas:
                    schemas[schema.id] = writer.register_schema(
                        schema.name, schema.encoding, schema.data
                    )
                if channel.id not in channels:
                    channels[channel.id] = writer.register_channel(
                        channel.topic, "cdr", schemas[schema.id]
                    )
                data = alter(channel.topic.removeprefix("/franka/"), message.data)
                if data is not None:
                    writer.add_message(
                        channels[channel.id], message.log_time, data, message.publish_time
                    )
            for one in attachments:
                writer.add_attachment(
                    one.create_time, one.log_time, one.name, one.media_type, one.data
                )
            writer.finish()

    return write


def find_problems(folder):
    return [problem for finding in check_dataset(folder) for problem in finding.problems]


def read_stamp(data):
    """Return the stamp of a message that begins with a header."""
    seconds, nanoseconds = struct.unpack_from("<iI", data, 4)
    return seconds + nanoseconds * 1e-9


def shift(data, by):
    """Return a message with another stamp."""
    total = round((read_stamp(data) + by) * 1e9)
    return data[:4] + struct.pack("<iI", *divmod(total, 10**9)) + data[12:]


def is_picture(topic):
    return topic.startswith("camera/")


ALTERED = {
    "a camera stamps later": (
        lambda topic, data, at: shift(data, 0.03) if topic == "camera/wrist/image" else data,
        r"camera/wrist/image: in step: expected .* within 5 ms .* got the nearest 30 ms",
    ),
    "a picture is lost": (
        lambda topic, data, at: None if is_picture(topic) and at(3) else data,
        r"camera/front/image: interval: .* got 200.0 ms after frame 2",
    ),
    "a picture of one camera is lost": (
        lambda topic, data, at: None if topic == "camera/wrist/image" and at(3) else data,
        r"camera/wrist/image: in step: .* got the nearest 100 ms",
    ),
    "the first picture is lost": (
        lambda topic, data, at: None if is_picture(topic) and at(0) else data,
        r"camera/front/image: in step: .* got the nearest 100 ms",
    ),
    "a stamp goes back": (
        lambda topic, data, at: shift(data, -0.25) if is_picture(topic) and at(4) else data,
        r"camera/front/image: stamps: expected stamps that rise, got",
    ),
    "states stop": (
        lambda topic, data, at: None if topic == "state" and at(3, 0.08) else data,
        r"state: in step: expected a message within 10 ms",
    ),
    "a setpoint is lost": (
        lambda topic, data, at: None if topic == "command" and at(3) else data,
        r"/franka/command: sequence: expected \d+ after \d+, got \d+, at",
    ),
    "an answer of the policy is lost": (
        lambda topic, data, at: None if topic == "policy/command" and at(0) else data,
        r"policy/command: expected \d+ answers of the policy until",
    ),
    "pictures have another size": (
        lambda topic, data, at: data.replace(b"rgb8\0", b"bgr8\0") if is_picture(topic) else data,
        r"pictures: expected square rgb8 pictures",
    ),
}


@pytest.mark.parametrize("case", ALTERED)
def test_an_episode_that_does_not_fit_is_refused_or_skipped(
    case, rewrite, recording, converted, tmp_path
):
    alter, pattern = ALTERED[case]
    columns = converted.reader.read_episode(0, cameras=[]).columns
    begin, end = columns["stamp"][0, 0], columns["stamp"][-1, 0]

    def alter_first_episode(topic, data):
        if not begin - 0.05 <= read_stamp(data) <= end + 0.05:
            return data

        def at(frame, around=0.001):
            return abs(read_stamp(data) - begin - 0.1 * frame) < around

        return alter(topic, data, at)

    path = tmp_path / "altered.mcap"
    rewrite(path, alter_first_episode)
    with pytest.raises(DatasetError, match=pattern) as error:
        convert_recording(path, tmp_path / "dataset")
    assert "episode 0 of the recording" in str(error.value)
    assert not (tmp_path / "dataset").exists()
    conversion = convert_recording(path, tmp_path / "dataset", skip_bad=True)
    bad = [one for one in conversion.left_out if one.bad]
    assert [one.number for one in bad] == [0]
    assert conversion.episodes == len(recording.kept) - 1
    assert find_problems(tmp_path / "dataset") == []


def test_pictures_at_another_rate_are_refused(rewrite, tmp_path):
    kept = {camera: 0 for camera in ("front", "wrist")}

    def halve(topic, data):
        if not is_picture(topic):
            return data
        camera = topic.split("/")[1]
        kept[camera] += 1
        return data if kept[camera] % 2 else None

    path = tmp_path / "altered.mcap"
    rewrite(path, halve)
    conversion = convert_recording(path, tmp_path / "dataset", skip_bad=True)
    assert conversion.episodes == 0
    assert not (tmp_path / "dataset").exists()


def test_stamps_of_another_clock_are_refused(rewrite, tmp_path):
    path = tmp_path / "altered.mcap"
    rewrite(
        path,
        lambda topic, data: shift(data, 100.0),
    )
    with pytest.raises(DatasetError, match=r"front/image: stamps: expected receipt within 1 s"):
        convert_recording(path, tmp_path / "dataset")


@pytest.mark.parametrize("missing", ["camera/wrist/image", "episode_end", "state"])
def test_a_topic_that_is_missing_is_named(missing, rewrite, tmp_path):
    path = tmp_path / "altered.mcap"
    rewrite(
        path,
        lambda topic, data: None if topic == missing else data,
    )
    with pytest.raises(DatasetError, match=rf"/franka/{missing}: expected messages .* got none"):
        convert_recording(path, tmp_path / "dataset", skip_bad=True)


def test_a_recording_that_was_cut_off_is_converted_as_far_as_it_goes(
    recording, converted, tmp_path
):
    data = recording.file.read_bytes()
    generator = np.random.default_rng(3)
    ends = [len(data) - 20, *sorted(generator.integers(8, len(data), 5), reverse=True)]
    counts = []
    for number, end in enumerate(ends):
        path = tmp_path / f"{number}.mcap"
        path.write_bytes(data[:end])
        folder = tmp_path / f"dataset_{number}"
        try:
            conversion = convert_recording(path, folder, task="peg", skip_bad=True)
        except DatasetError as error:
            assert "none" in error.got
            counts.append(0)
            continue
        assert not conversion.whole
        counts.append(conversion.episodes)
        if conversion.episodes:
            assert find_problems(folder) == []
            reader = DatasetReader(folder)
            for index in range(reader.episode_count):
                assert_same(reader.read_episode(index), converted.reader.read_episode(index))
    assert counts[0] == len(recording.kept)
    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) > 1


def assert_same(episode, other):
    for name, values in episode.columns.items():
        assert (values == other.columns[name]).all(), name
    for name, pictures in episode.pictures.items():
        assert (pictures == other.pictures[name]).all(), name
