import pytest

from untether_policies.exchange import exchange_paths


def test_two_folders_change_places(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    assert exchange_paths(tmp_path / "a", tmp_path / "b")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["a"]


def test_missing_path_is_named(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(FileNotFoundError, match="nowhere"):
        exchange_paths(tmp_path / "a", tmp_path / "nowhere")


def test_system_that_cannot_is_told_apart_from_a_failure(tmp_path):
    # A folder cannot change places with what is inside of it, nor with what is on another disk.
    (tmp_path / "a/b").mkdir(parents=True)
    assert not exchange_paths(tmp_path / "a", tmp_path / "a/b")
    with pytest.raises(OSError):
        exchange_paths(tmp_path / "a", "/proc/self")
