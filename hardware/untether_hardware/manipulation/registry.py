"""All tasks of the arm by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from untether_hardware.manipulation.lid_button import LidButton
from untether_hardware.manipulation.peg_insert import PegInsert
from untether_hardware.manipulation.pick_lift import PickLift
from untether_hardware.manipulation.plug_insert import PlugInsert
from untether_hardware.manipulation.task import ManipulationTask

TASKS: Mapping[str, Callable[[], ManipulationTask]] = MappingProxyType(
    {"pick": PickLift, "peg": PegInsert, "plug": PlugInsert, "lid": LidButton}
)
"""What makes each task with its default config."""


def make_task(name: str) -> ManipulationTask:
    """Return a task with its default config.

    Args:
        name: One of ``TASKS``.

    Raises:
        ValueError: When there is no such task.
    """
    if name not in TASKS:
        raise ValueError(
            f"task: expected one of {', '.join(TASKS)}, got {name!r}. Fix: choose one of these."
        )
    return TASKS[name]()
