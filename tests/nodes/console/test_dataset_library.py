"""Datasets below the console's folder are listed and read; nothing else is, and damage is told."""

import io
import shutil
import threading

import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient
from tests.hardware.datasets.conftest import FRONT, SCHEMA, WRIST, add_frames

from untether_hardware.datasets.deletion import delete_episodes
from untether_hardware.datasets.writer import DatasetWriter
from untether_nodes.console.dataset_library import DatasetLibrary
from untether_nodes.console.dataset_routes import EPISODE_PATH, PICTURE_PATH, serve_datasets
from untether_policies.errors import BundleError


def write_dataset(folder, lengths=(5, 4, 40)):
    with DatasetWriter.create(folder, SCHEMA) as writer:
        for episode, length in enumerate(lengths):
            add_frames(writer, episode, length, terminated=True)
            writer.finish_episode(f"task {episode}")


@pytest.fixture
def root(tmp_path):
    """A folder with one dataset, among other things; another one is beside it."""
    write_dataset(tmp_path / "runs" / "peg" / "demos")
    write_dataset(tmp_path / "secret", (3,))
    (tmp_path / "runs" / "link").symlink_to(tmp_path / "secret")
    shutil.copytree(tmp_path / "secret", tmp_path / "runs" / ".hidden")
    (tmp_path / "runs" / "peg" / "notes.txt").write_text("not a dataset")
    return tmp_path / "runs"


@pytest.fixture
def library(root):
    return DatasetLibrary(root)


def test_datasets_and_their_episodes_are_listed(library):
    (entry,) = library.list_datasets()
    assert (entry.name, entry.episodes, entry.frames) == ("peg/demos", 3, 49)
    listing = library.list_episodes("peg/demos")
    facts = [(one.task, one.length, one.outcome.value) for one in listing.episodes]
    assert facts == [("task 0", 5, "success"), ("task 1", 4, "success"), ("task 2", 40, "success")]
    assert listing.episodes[0].corrected == pytest.approx(0.4)


def test_steps_and_pictures_are_those_of_the_episode(library):
    version = library.list_episodes("peg/demos").version
    steps = library.read_episode("peg/demos", version, 1)
    assert steps["cameras"] == [FRONT, WRIST]
    assert steps["elements"] == ("dx", "dy", "gripper")
    assert steps["action"][2] == pytest.approx([0.2, -0.5, 1.0])
    assert steps["reward"] == [0.0, 0.0, 0.0, 1.0]
    assert steps["commander"] == ["policy", "operator"] * 2
    assert steps["correction"] == [False, True] * 2
    for frame in (0, 31, 32, 39):
        content = library.read_picture("peg/demos", version, 2, WRIST, frame)
        picture = Image.open(io.BytesIO(content))
        assert (picture.format, picture.size) == ("JPEG", (16, 16))
        assert picture.getchannel("B").getpixel((0, 0)) == pytest.approx(14 + frame, abs=4)
    with pytest.raises(BundleError, match="a frame of the episode"):
        library.read_picture("peg/demos", version, 2, WRIST, 40)


@pytest.mark.parametrize(
    "name",
    [
        *("../secret", "peg/../../secret", "peg/demos/../../../secret", "link", ".hidden"),
        *("", "peg", "peg/demos/meta", "a\0b", "/etc", "x" * 5000),
    ],
)
def test_nothing_outside_of_the_folder_is_reached(library, tmp_path, name):
    version = DatasetLibrary(tmp_path).list_episodes("secret").version
    for ask in (
        lambda: library.list_episodes(name),
        lambda: library.read_stamp(name),
        lambda: library.read_episode(name, version, 0),
        lambda: library.read_picture(name, version, 0, FRONT, 0),
        lambda: library.delete_episode(name, version, 0),
    ):
        with pytest.raises(BundleError, match="expected one below"):
            ask()
    absolute = str(tmp_path / "secret")
    with pytest.raises(BundleError, match="expected one below"):
        library.list_episodes(absolute)
    assert DatasetLibrary(tmp_path).list_episodes("secret").version == version


def test_a_number_of_before_a_deletion_means_no_other_episode(library, root):
    before = library.list_episodes("peg/demos")
    library.read_picture("peg/demos", before.version, 1, WRIST, 0)
    with DatasetWriter.resume(root / "peg/demos") as writer:
        add_frames(writer, 3, 4, terminated=True)
        writer.finish_episode("task 3")
    grown = library.list_episodes("peg/demos")
    assert (grown.version, len(grown.episodes)) == (before.version, 4)
    assert grown.stamp != before.stamp
    assert library.read_stamp("peg/demos") == grown.stamp
    delete_episodes(root / "peg/demos", [0])
    for ask in (
        lambda: library.delete_episode("peg/demos", before.version, 1),
        lambda: library.read_episode("peg/demos", before.version, 1),
        lambda: library.read_picture("peg/demos", before.version, 1, WRIST, 0),
    ):
        with pytest.raises(BundleError, match="list the episodes again"):
            ask()
    after = library.list_episodes("peg/demos")
    assert [one.task for one in after.episodes] == ["task 1", "task 2", "task 3"]
    assert library.delete_episode("peg/demos", after.version, 1) == 2


def test_a_dataset_that_is_recorded_is_not_changed(library, root):
    version = library.list_episodes("peg/demos").version
    with (
        DatasetWriter.resume(root / "peg/demos"),
        pytest.raises(BundleError, match="a single writer"),
    ):
        library.delete_episode("peg/demos", version, 0)
    assert len(library.list_episodes("peg/demos").episodes) == 3


def test_damage_is_told_whatever_it_is(root):
    folder = root / "peg/demos"
    told = set()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        for damaged in (whole[: len(whole) // 2], b"", b"\x00" * 64, b"{}", b"[1]"):
            path.write_bytes(damaged)
            library = DatasetLibrary(root)
            try:
                listing = library.list_episodes("peg/demos")
                for episode in range(3):
                    library.read_episode("peg/demos", listing.version, episode)
                    for camera in (FRONT, WRIST):
                        library.read_picture("peg/demos", listing.version, episode, camera, 0)
            except BundleError as error:
                assert error.fix
                told.add(path.name)
            assert len(library.list_datasets()) == 1
        path.write_bytes(whole)
    assert {"info.json", "file-000.parquet", "file-000.mp4", "tasks.parquet"} <= told
    (folder / "meta/info.json").write_text("{}")
    (entry,) = DatasetLibrary(root).list_datasets()
    assert "codebase_version" in entry.problem


def test_without_the_folder_the_fix_is_told(tmp_path):
    with pytest.raises(BundleError, match="--datasets"):
        DatasetLibrary(tmp_path / "nothing").list_datasets()


def test_the_browser_gets_json_and_jpeg_and_no_traceback(library):
    app = FastAPI()
    serve_datasets(app, library)
    client = TestClient(app)
    version = library.list_episodes("peg/demos").version
    asked = {"dataset": "peg/demos", "version": version, "episode": 0}
    assert client.get(EPISODE_PATH, params=asked).json()["fps"] == 10
    picture = client.get(PICTURE_PATH, params={**asked, "camera": FRONT, "frame": 2})
    assert picture.headers["content-type"] == "image/jpeg"
    for wrong in ({"dataset": "../secret"}, {"version": "1"}, {"episode": 3}, {"camera": "left"}):
        params = {**asked, "camera": FRONT, "frame": 0, **wrong}
        answer = client.get(PICTURE_PATH, params=params)
        assert answer.status_code == 404, wrong
        assert "Fix:" in answer.text
    for wrong in ({"episode": -1}, {"frame": "x"}, {"frame": -1}):
        params = {**asked, "camera": FRONT, "frame": 0, **wrong}
        assert client.get(PICTURE_PATH, params=params).status_code == 422


def test_many_may_look_at_once(library):
    version = library.list_episodes("peg/demos").version
    seen = []

    def look():
        seen.extend(
            library.read_picture("peg/demos", version, 2, WRIST, frame) for frame in range(40)
        )

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(seen) == 160
    assert len(set(seen)) == 40
