"""The default config of a run, task by task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from untether_training.conf.training import RunConfig, TrainingConfig
from untether_training.interactive.config import InteractiveConfig, ManipulationChoice
from untether_training.learning.ppo import LearnerConfig
from untether_training.manipulation.simulated_operator import OperatorHabits
from untether_training.models.build import PolicyConfig
from untether_training.models.features import FeaturesConfig
from untether_training.swarm.build import SwarmPolicyConfig
from untether_training.swarm.config import SwarmConfig
from untether_training.swarm.course import CourseConfig
from untether_training.tasks.registry import TASKS

_PLUG = InteractiveConfig(
    task=ManipulationChoice(name="plug"),
    learner=replace(
        InteractiveConfig().learner,
        return_steps=3,
        initial_temperature=5e-4,
        privileged=True,
    ),
    operator=OperatorHabits(help=(1.5, 4.0), trust=0.5),
    demonstrations=30,
    capacity=200_000,
    time_limit=3600.0,
)

PRESETS: Mapping[str, RunConfig] = MappingProxyType(
    {
        "waypoint": TrainingConfig(task=TASKS["waypoint"], policy=PolicyConfig()),
        "hover": TrainingConfig(task=TASKS["hover"], policy=PolicyConfig(), time_limit=600.0),
        "figure_eight": TrainingConfig(
            task=TASKS["figure_eight"],
            policy=PolicyConfig(features=FeaturesConfig(goal_velocity=True)),
        ),
        "swarm": TrainingConfig(
            task=SwarmConfig(drones=16, course=CourseConfig(density=(0.1, 0.8), size=(0.5, 0.85))),
            policy=SwarmPolicyConfig(),
            learner=LearnerConfig(largest_rate=2e-3, discount=0.995, critic_hidden=(96, 96)),
            time_limit=5700.0,
        ),
        "pick": InteractiveConfig(task=ManipulationChoice(name="pick"), time_limit=900.0),
        "peg": InteractiveConfig(task=ManipulationChoice(name="peg"), time_limit=900.0),
        "plug": _PLUG,
        "lid": InteractiveConfig(task=ManipulationChoice(name="lid"), time_limit=900.0),
    }
)
"""Configs by the task's name."""
