"""All tasks by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.tasks.figure_eight import FigureEightConfig
from untether_training.tasks.hover import HoverConfig
from untether_training.tasks.task import Task, TaskConfig
from untether_training.tasks.waypoint import WaypointConfig

TASKS: Mapping[str, TaskConfig] = MappingProxyType(
    {config.name: config for config in (WaypointConfig(), HoverConfig(), FigureEightConfig())}
)
"""The default config of each task, by the task's name."""


def build_task(name: str, count: int, generator: torch.Generator) -> Task:
    """Return a task with its default config, for `count` Crazyflies.

    Args:
        name: One of `TASKS`.
        count: Number of drones.
        generator: Where all randomness comes from; also names the device.

    Raises:
        ValueError: When there is no such task.
    """
    if name not in TASKS:
        raise ValueError(
            f"task: expected one of {', '.join(TASKS)}, got {name!r}; choose one of these"
        )
    return TASKS[name].build(CRAZYFLIE, count, generator)
