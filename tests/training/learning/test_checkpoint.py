"""Checkpoints are whole or absent."""

import pytest
import torch

from untether_training.learning.checkpoint import (
    CheckpointError,
    read_checkpoint,
    write_checkpoint,
)


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "checkpoint.pt"
    write_checkpoint(path, {"weights": torch.arange(3.0), "iteration": 7})
    state = read_checkpoint(path)
    assert state["iteration"] == 7
    assert state["weights"].tolist() == [0.0, 1.0, 2.0]
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_write_that_fails_leaves_the_old_one(tmp_path):
    path = tmp_path / "checkpoint.pt"
    write_checkpoint(path, {"iteration": 1})
    with pytest.raises(AttributeError):
        write_checkpoint(path, {"iteration": 2, "cannot": lambda: None})
    assert read_checkpoint(path) == {"iteration": 1}


def test_a_full_disk_is_reported_and_leaves_the_old_one_alone(tmp_path):
    path = tmp_path / "checkpoint.pt"
    write_checkpoint(path, {"iteration": 1})
    path.with_suffix(".partial").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        write_checkpoint(path, {"weights": torch.zeros(100_000)})
    assert read_checkpoint(path) == {"iteration": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_missing_and_damaged_files_are_refused_in_words(tmp_path):
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(CheckpointError, match="got no such file"):
        read_checkpoint(path)
    write_checkpoint(path, {"weights": torch.zeros(1000)})
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(CheckpointError, match="torch refuses"):
        read_checkpoint(path)


def test_code_in_a_checkpoint_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (print, ("run",))

    path = tmp_path / "checkpoint.pt"
    torch.save({"evil": Evil()}, path)
    with pytest.raises(CheckpointError):
        read_checkpoint(path)
