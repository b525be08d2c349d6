import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.hardware.datasets.conftest import FRONT, SCHEMA, WRIST, add_frames, draw_picture

from untether_hardware.datasets.checker import check_dataset
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.features import Feature, Step
from untether_hardware.datasets.layout import FileLimits
from untether_hardware.datasets.reader import DatasetReader
from untether_hardware.datasets.schema import DatasetSchema
from untether_hardware.datasets.writer import DatasetWriter


def find_problems(folder):
    return [problem for finding in check_dataset(folder) for problem in finding.problems]


def test_what_was_written_is_read(folder):
    reader = DatasetReader(folder)
    assert reader.schema == SCHEMA
    assert (reader.episode_count, reader.frame_count) == (3, 15)
    assert reader.tasks == ["lift the cube", "insert it"]
    episode = reader.read_episode(1)
    assert (episode.task, len(episode)) == ("lift the cube", 4)
    assert episode.columns["observation.state"].tolist() == [[1, f] for f in range(4)]
    assert episode.columns["index"][:, 0].tolist() == [5, 6, 7, 8]
    assert episode.columns["commander"][:, 0].tolist() == [1, 2, 1, 2]
    assert episode.columns["next.done"][:, 0].tolist() == [False, False, False, True]
    assert episode.columns["next.truncated"][:, 0].tolist() == [False, False, False, True]
    assert not reader.read_episode(0).columns["next.truncated"].any()
    np.testing.assert_allclose(episode.columns["timestamp"][:, 0], np.arange(4) / 10, atol=1e-6)
    for frame in range(4):
        wrist = draw_picture(16, 16, 7 + frame)
        np.testing.assert_array_equal(episode.pictures[WRIST][frame], wrist)
        front = draw_picture(32, 48, 10 + 5 * frame)
        assert np.abs(episode.pictures[FRONT][frame].astype(int) - front).mean() < 4
    assert find_problems(folder) == []


def test_single_frames_and_cameras_can_be_read(folder):
    reader = DatasetReader(folder)
    frame = reader.read_frame(7, cameras=[FRONT])
    assert (frame.index, len(frame)) == (1, 1)
    assert set(frame.pictures) == {FRONT}
    whole = reader.read_episode(1)
    np.testing.assert_array_equal(frame.pictures[FRONT][0], whole.pictures[FRONT][2])
    for wrong in (15, -1):
        with pytest.raises(DatasetError, match="a frame from 0 to 14"):
            reader.read_frame(wrong)
    with pytest.raises(DatasetError, match="a camera among"):
        reader.read_episode(0, cameras=["observation.images.left"])


def test_statistics_are_those_of_all_frames(folder):
    reader = DatasetReader(folder)
    values = np.concatenate([reader.read_episode(i).columns["action"] for i in range(3)])
    found = reader.statistics["action"]
    np.testing.assert_allclose(found["mean"], values.mean(0), atol=1e-7)
    np.testing.assert_allclose(found["std"], values.std(0), atol=1e-7)
    assert found["count"].tolist() == [15]
    assert reader.statistics[FRONT]["mean"].shape == (3, 1, 1)


def test_a_dataset_grows_over_files_and_writers(tmp_path):
    path = tmp_path / "dataset"
    limits = FileLimits(data_megabytes=0, video_megabytes=0, files_per_chunk=2)
    DatasetWriter.create(path, SCHEMA, limits).close()
    for episode in range(3):
        with DatasetWriter.resume(path) as writer:
            add_frames(writer, episode, 3, terminated=True)
            writer.finish_episode("lift")
    assert sorted(str(one.relative_to(path)) for one in path.glob("data/*/*")) == [
        "data/chunk-000/file-000.parquet",
        "data/chunk-000/file-001.parquet",
        "data/chunk-001/file-000.parquet",
    ]
    assert (
        DatasetReader(path).read_episode(2).columns["observation.state"][:, 0].tolist() == [2] * 3
    )
    assert find_problems(path) == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"observation.state": [1.0, np.nan]}, "finite values, got nan in y"),
        ({"observation.state": [1.0]}, r"shape \(2,\)"),
        ({"observation.state": ["a", "b"]}, "float32 values"),
        ({"more": [1.0]}, "give one for each feature"),
    ],
)
def test_a_bad_frame_is_refused_and_the_episode_stays(tmp_path, values, message):
    with DatasetWriter.create(tmp_path / "dataset", SCHEMA) as writer:
        add_frames(writer, 0, 2)
        good = {"observation.state": [0.0, 0.0], "action": [0.0, 0.0, 0.0]}
        pictures = {FRONT: draw_picture(32, 48, 0), WRIST: draw_picture(16, 16, 0)}
        with pytest.raises(DatasetError, match=message):
            writer.add_frame({**good, **values}, Step(0.0), pictures)
        with pytest.raises(DatasetError, match="uint8"):
            writer.add_frame(good, Step(0.0), {**pictures, WRIST: np.zeros((16, 16, 3))})
        assert writer.pending == 2
        writer.finish_episode("lift")
    assert find_problems(tmp_path / "dataset") == []


def test_a_dataset_has_one_writer_and_is_never_overwritten(folder):
    with DatasetWriter.resume(folder), pytest.raises(DatasetError, match="a single writer"):
        DatasetWriter.resume(folder)
    with pytest.raises(DatasetError, match="an empty folder"):
        DatasetWriter.create(folder, SCHEMA)
    with (
        pytest.raises(DatasetError, match="expected at least one frame"),
        DatasetWriter.resume(folder) as writer,
    ):
        writer.finish_episode("lift")
    assert DatasetReader(folder).episode_count == 3


def test_schemas_that_cannot_be_written_are_refused():
    action = Feature("action", "float32", 1)
    with pytest.raises(DatasetError, match="one named 'action'"):
        DatasetSchema(10, (Feature("state", "float32", 1),))
    with pytest.raises(DatasetError, match="rename it"):
        DatasetSchema(10, (action, Feature("timestamp", "float32", 1)))
    with pytest.raises(DatasetError, match="whole number"):
        DatasetSchema(0, (action,))
    with pytest.raises(DatasetError, match="without slashes"):
        Feature("a/b", "float32", 1)


KILLED = """
import os, sys
from pathlib import Path
from tests.hardware.datasets.conftest import add_frames
from untether_hardware.datasets import durable_file, episode_record, information, recovery
from untether_hardware.datasets import table, tasks, video, writer
folder, left = Path(sys.argv[1]), int(sys.argv[2])
real = durable_file.write_durably
def write(path, content):
    global left
    if left == 0:
        path.with_name(f".{path.name}.draft").write_bytes(content[: len(content) // 2])
        os._exit(9)
    left -= 1
    real(path, content)
for module in (information, recovery, table, tasks, writer):
    if hasattr(module, "write_durably"):
        module.write_durably = write
with writer.DatasetWriter.resume(folder) as made:
    add_frames(made, 3, 4, terminated=True)
    made.finish_episode("a new task")
"""


def test_a_writer_that_is_killed_at_any_write_loses_its_unfinished_episode_at_most(folder):
    root = Path(__file__).parents[3]
    survived = []
    for writes in range(20):
        before = DatasetReader(folder).episode_count
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(folder), str(writes)],
            env={**os.environ, "PYTHONPATH": str(root)},
            cwd=root,
            timeout=60,
            check=False,
        )
        with DatasetWriter.resume(folder) as writer:
            survived.append(writer.episode_count - before)
        assert find_problems(folder) == []
        for episode in range(3):
            state = DatasetReader(folder).read_episode(episode).columns["observation.state"]
            assert set(state[:, 0].tolist()) == {episode}
        if done.returncode == 0:
            break
        assert done.returncode == 9
    else:
        pytest.fail("the writer never finished")
    assert survived[0] == 0
    assert survived[-1] == 1
    assert len(survived) > 4
    assert json.loads((folder / "meta/info.json").read_text())["total_episodes"] == 3 + sum(
        survived
    )
