import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.hardware.datasets.conftest import FRONT, SCHEMA, WRIST, add_frames, draw_picture

from untether_hardware.commands.dataset import main
from untether_hardware.datasets import deletion, folder_lock, video
from untether_hardware.datasets.checker import check_dataset
from untether_hardware.datasets.deletion import delete_episodes
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.layout import FileLimits, replacement_path
from untether_hardware.datasets.reader import DatasetReader
from untether_hardware.datasets.writer import DatasetWriter

LIMITS = FileLimits(files_per_chunk=2)
VIDEO = f"videos/{FRONT}/chunk-000/file-000.mp4"


def write_dataset(path, episodes=5, limits=LIMITS):
    """Write episodes of 3, 4, 5... frames, the last one of another task."""
    with DatasetWriter.create(path, SCHEMA, limits) as writer:
        for episode in range(episodes):
            add_frames(writer, episode, 3 + episode, terminated=True)
            writer.finish_episode("insert it" if episode == episodes - 1 else "lift")


def require_episodes(folder, wanted):
    """Require that a dataset is sound, and has these episodes as they were written."""
    problems = [problem for finding in check_dataset(folder) for problem in finding.problems]
    assert problems == []
    reader = DatasetReader(folder)
    assert reader.episode_count == len(wanted)
    for index, written in enumerate(wanted):
        episode = reader.read_episode(index)
        state = episode.columns["observation.state"]
        assert state.tolist() == [[written, frame] for frame in range(3 + written)]
        for frame in range(len(episode)):
            wrist = draw_picture(16, 16, 7 * written + frame)
            np.testing.assert_array_equal(episode.pictures[WRIST][frame], wrist)
            front = draw_picture(32, 48, 10 * written + 5 * frame)
            assert np.abs(episode.pictures[FRONT][frame].astype(int) - front).mean() < 5


@pytest.mark.parametrize("limits", [LIMITS, FileLimits(0, 0, 2)], ids=["joined", "single"])
@pytest.mark.parametrize("deleted", [[0], [2], [4], [0, 1, 3], [4, 4, 1]])
def test_the_others_stay_as_they_were_and_are_numbered_anew(tmp_path, deleted, limits):
    folder = tmp_path / "dataset"
    write_dataset(folder, limits=limits)
    kept = [episode for episode in range(5) if episode not in deleted]
    assert delete_episodes(folder, deleted) == len(kept)
    require_episodes(folder, kept)
    tasks = ["lift"] if 4 in deleted else ["lift", "insert it"]
    assert DatasetReader(folder).tasks == tasks
    assert [path.name for path in tmp_path.iterdir()] == ["dataset"]
    with DatasetWriter.resume(folder) as writer:
        add_frames(writer, len(kept), 3, terminated=True)
        writer.finish_episode("insert it")
    assert not any(finding.problems for finding in check_dataset(folder))


def test_files_stay_when_nothing_in_them_changes_and_tasks_are_numbered_anew(tmp_path):
    folder = tmp_path / "dataset"
    with DatasetWriter.create(folder, SCHEMA, FileLimits(0, 0, 2)) as writer:
        for episode, task in enumerate(("lift", "insert it", "lift")):
            add_frames(writer, episode, 3 + episode, terminated=True)
            writer.finish_episode(task)
    delete_episodes(folder, [0])
    number = (folder / VIDEO).stat().st_ino
    delete_episodes(folder, [1])
    require_episodes(folder, [1])
    assert DatasetReader(folder).tasks == ["insert it"]
    assert (folder / VIDEO).stat().st_ino == number


def test_pictures_that_stay_are_not_encoded_again(tmp_path, monkeypatch):
    folder = tmp_path / "dataset"
    write_dataset(folder)
    before = DatasetReader(folder).read_episode(3).pictures[FRONT]
    monkeypatch.setattr(video, "encode_video", None)
    delete_episodes(folder, [0, 2])
    np.testing.assert_array_equal(DatasetReader(folder).read_episode(1).pictures[FRONT], before)


def test_a_video_without_key_frames_where_it_is_cut_is_encoded_again(tmp_path):
    folder = tmp_path / "dataset"
    write_dataset(folder)
    reader = DatasetReader(folder)
    pictures = [one for index in range(5) for one in reader.read_episode(index).pictures[FRONT]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(video._ENCODER, "g", "100")
        (folder / VIDEO).write_bytes(video.encode_video(pictures, SCHEMA.fps))
    delete_episodes(folder, [0])
    require_episodes(folder, [1, 2, 3, 4])


def test_without_episodes_it_is_as_when_it_was_created(tmp_path):
    folder = tmp_path / "dataset"
    write_dataset(folder, episodes=2)
    assert delete_episodes(folder, [0, 1]) == 0
    DatasetWriter.create(tmp_path / "new", SCHEMA, LIMITS).close()
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {"meta/info.json"}
    assert (folder / "meta/info.json").read_text() == (tmp_path / "new/meta/info.json").read_text()
    with DatasetWriter.resume(folder) as writer:
        add_frames(writer, 0, 3, terminated=True)
        writer.finish_episode("lift")
    require_episodes(folder, [0])


def test_what_cannot_be_done_is_refused_and_changes_nothing(tmp_path, monkeypatch):
    folder = tmp_path / "dataset"
    write_dataset(folder, episodes=2)
    with pytest.raises(DatasetError, match="episodes from 0 to 1, got -1, 2"):
        delete_episodes(folder, [0, 2, -1])
    with DatasetWriter.resume(folder), pytest.raises(DatasetError, match="a single writer"):
        delete_episodes(folder, [0])
    with pytest.raises(DatasetError, match="expected a dataset"):
        delete_episodes(tmp_path / "nothing", [0])
    with monkeypatch.context() as patch:
        patch.chdir(folder)
        with pytest.raises(DatasetError, match="the working directory"):
            delete_episodes(Path(), [0])
        patch.chdir(tmp_path)
        patch.setattr(deletion, "exchange_paths", lambda *_: False)
        with pytest.raises(DatasetError, match="exchanges two folders"):
            delete_episodes(folder, [0])
    (folder / "data/chunk-000/file-000.parquet").write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match="a Parquet file"):
        delete_episodes(folder, [0])
    assert not replacement_path(folder).exists()
    assert DatasetReader(folder).episode_count == 2


def test_a_writer_never_holds_a_folder_that_was_replaced(tmp_path, monkeypatch):
    folder = tmp_path / "dataset"
    write_dataset(folder, episodes=2)

    def replace_first(handle, operation):
        monkeypatch.undo()
        delete_episodes(folder, [0])

    monkeypatch.setattr(folder_lock.fcntl, "flock", replace_first)
    with pytest.raises(DatasetError, match="a single writer"):
        DatasetWriter.resume(folder)
    with DatasetWriter.resume(folder) as writer:
        assert writer.episode_count == 1


def test_files_of_others_stay(tmp_path):
    folder = tmp_path / "dataset"
    write_dataset(folder, episodes=2)
    (folder / "meta" / "camera.json").write_text("{}")
    (folder / "notes").mkdir()
    (folder / "notes" / "README.md").write_text("of Tuesday")
    (folder / "latest").symlink_to("notes")
    delete_episodes(folder, [0])
    assert (folder / "meta" / "camera.json").read_text() == "{}"
    assert (folder / "latest" / "README.md").read_text() == "of Tuesday"


KILLED = """
import os, shutil, sys
from pathlib import Path
from untether_hardware.datasets.deletion import delete_episodes
source = Path(sys.argv[1])
os.fsync = lambda handle: None  # what is killed is the process, not the disk
CHANGES = {"shutil.rmtree", "ctypes.dlsym"}
CHANGES |= {f"os.{name}" for name in ("chmod", "link", "mkdir", "remove", "rename", "rmdir")}

def delete(folder, left):
    def count(event, arguments):
        nonlocal left
        if event in CHANGES or (event == "open" and arguments[2] & os.O_ACCMODE):
            if left == 0:
                os._exit(9)
            left -= 1
    sys.addaudithook(count)
    delete_episodes(folder, [1])
    os._exit(0)

for moment in range(300):
    folder = source.with_name(f"at {moment}")
    shutil.copytree(source, folder)
    child = os.fork()
    if child == 0:
        delete(folder, moment)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        break
else:
    raise SystemExit("it never finished")
"""


def test_killed_at_any_moment_it_leaves_the_dataset_as_before_or_after(tmp_path):
    write_dataset(tmp_path / "dataset", episodes=3)
    root = Path(__file__).parents[3]
    subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "dataset")], cwd=root, timeout=120, check=True
    )
    moments = sorted(tmp_path.glob("at *"), key=lambda path: int(path.name.split()[1]))
    counts = []
    for folder in moments:
        counts.append(DatasetReader(folder).episode_count)
        with DatasetWriter.resume(folder) as writer:
            assert writer.episode_count == counts[-1]
        assert not replacement_path(folder).exists()
    after = counts.index(2)
    assert counts == [3] * after + [2] * (len(counts) - after)
    assert len(counts) - after > 3  # also after the exchange
    for folder in (moments[0], *moments[after - 2 : after + 2], moments[-1]):
        require_episodes(folder, [0, 2] if folder in moments[after:] else [0, 1, 2])


def test_the_commands_list_and_delete_episodes(tmp_path, capsys):
    folder = tmp_path / "dataset"
    with DatasetWriter.create(folder, SCHEMA) as writer:
        for episode, ending in enumerate(({"terminated": True}, {"truncated": True}, {})):
            add_frames(writer, episode, 4, **ending)
            for step in writer._steps:
                step["next.reward"][:] = episode == 0 and step["next.done"][0]
            writer.finish_episode("lift [b]it")
    assert main(["show", str(folder)]) == 0
    rows = [
        [cell.strip() for cell in line.strip("│").split("│")]
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("│")
    ]
    assert rows == [
        ["0", "lift [b]it", "4", "0.4", "success", "50%"],
        ["1", "lift [b]it", "4", "0.4", "time out", "50%"],
        ["2", "lift [b]it", "4", "0.4", "no end", "50%"],
    ]
    assert main(["delete", str(folder), "0", "2"]) == 0
    assert "2 deleted, 1 left" in capsys.readouterr().out
    assert json.loads((folder / "meta/info.json").read_text())["total_episodes"] == 1
    assert main(["delete", str(folder), "1"]) == 1
    assert "episodes from 0 to 0" in capsys.readouterr().out
    assert main(["delete", str(tmp_path / "nothing"), "1"]) == 2
    assert main(["show", str(tmp_path / "nothing")]) == 2
