"""Who can show each task."""

from __future__ import annotations

import numpy as np

from untether_hardware.manipulation.lid_button import LidButton
from untether_hardware.manipulation.peg_insert import PegInsert
from untether_hardware.manipulation.pick_lift import PickLift
from untether_hardware.manipulation.plug_insert import PlugInsert
from untether_training.manipulation.environment import ManipulationEnvironment
from untether_training.manipulation.lid_button_expert import LidButtonExpert
from untether_training.manipulation.peg_insert_expert import PegInsertExpert
from untether_training.manipulation.pick_lift_expert import PickLiftExpert
from untether_training.manipulation.plug_insert_expert import PlugInsertExpert
from untether_training.manipulation.scripted_expert import ExpertSkill, ScriptedExpert


def make_expert(
    environment: ManipulationEnvironment,
    generator: np.random.Generator,
    skill: ExpertSkill | None = None,
) -> ScriptedExpert:
    """Return an expert for the environment's task.

    Args:
        environment: Where it acts.
        generator: Source of its errors.
        skill: How well it sees and acts.

    Raises:
        TypeError: When nobody can show the task.
    """
    task = environment.task
    if isinstance(task, PickLift):
        return PickLiftExpert(environment, task, generator, skill)
    if isinstance(task, PegInsert):
        return PegInsertExpert(environment, task, generator, skill)
    if isinstance(task, LidButton):
        return LidButtonExpert(environment, task, generator, skill)
    if isinstance(task, PlugInsert):
        return PlugInsertExpert(environment, task, generator, skill)
    raise TypeError(
        f"make_expert: expected a task with an expert, got {type(task).__name__}. "
        "Fix: write a ScriptedExpert for it."
    )
