"""The default config of a run, task by task."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from untether_training.conf.training import TrainingConfig
from untether_training.models.build import PolicyConfig
from untether_training.models.features import FeaturesConfig
from untether_training.tasks.registry import TASKS

PRESETS: Mapping[str, TrainingConfig] = MappingProxyType(
    {
        "waypoint": TrainingConfig(task=TASKS["waypoint"], policy=PolicyConfig()),
        "hover": TrainingConfig(task=TASKS["hover"], policy=PolicyConfig(), time_limit=600.0),
        "figure_eight": TrainingConfig(
            task=TASKS["figure_eight"],
            policy=PolicyConfig(features=FeaturesConfig(goal_velocity=True)),
        ),
    }
)
"""Configs by the task's name."""
