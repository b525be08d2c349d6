"""Checkpoints: written at once or not at all, read without running what is in them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch


class CheckpointError(Exception):
    """A checkpoint that cannot be used; says what was expected, what was got and the fix."""


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint so that a kill at any moment leaves the old one or the new one.

    Args:
        path: File to write.
        state: Tensors, numbers, strings, lists and dicts.
    """
    temporary = path.with_suffix(".partial")
    with temporary.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_checkpoint(path: Path, device: str = "cpu") -> dict[str, Any]:
    """Read what `write_checkpoint` wrote.

    Raises:
        CheckpointError: When there is no such file, or it is damaged.
    """
    try:
        return torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{path}: expected a checkpoint, got no such file. "
            "Fix: give the folder of a run that has checkpoints, or start a new one."
        ) from error
    except Exception as error:
        raise CheckpointError(
            f"{path}: expected a checkpoint, got a file that torch refuses ({error}). "
            "Fix: start a new run."
        ) from error
