"""Checkpoints: written at once or not at all, read without running what is in them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch

from untether_policies.folder import write_synced


class CheckpointError(Exception):
    """A checkpoint that cannot be used; says what was expected, what was got and the fix."""


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint so that a kill at any moment leaves the old one or the new one.

    Args:
        path: File to write.
        state: Tensors, numbers, strings, lists and dicts.

    Raises:
        OSError: When it cannot be written, as when the disk is full; the old one is left.
    """
    content = io.BytesIO()  # since torch tells of a full disk by various errors
    torch.save(state, content)
    temporary = path.with_suffix(".partial")
    try:
        write_synced(temporary, content.getvalue())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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
