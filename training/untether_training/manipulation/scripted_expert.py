"""What scripted experts share: how clumsily a person's hand moves the arm."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from untether_hardware.franka.pose import find_rotation_vector
from untether_hardware.franka.state import GripperCommand
from untether_hardware.franka.workspace import POINTING_DOWN
from untether_hardware.manipulation.task import ManipulationTask
from untether_training.manipulation.environment import Action, ManipulationEnvironment

TaskT = TypeVar("TaskT", bound=ManipulationTask)


@dataclass(frozen=True)
class ExpertSkill:
    """How well the expert sees and acts.

    Attributes:
        position_error: Standard deviation of where it takes things to be, drawn once an attempt,
            each axis [m].
        speed: Largest action for each axis [1].
        action_noise: Standard deviation of the noise on each twist [1].
        hesitation: Probability of standing still for an action [1].
    """

    position_error: float = 0.012
    speed: float = 0.6
    action_noise: float = 0.15
    hesitation: float = 0.1


class ScriptedExpert(ABC, Generic[TaskT]):
    """Does a task as a person of limited skill might; it sees what only a simulator knows.

    What it does next follows from where arm and things are, so it can take over at any moment.
    """

    def __init__(
        self,
        environment: ManipulationEnvironment,
        task: TaskT,
        generator: np.random.Generator,
        skill: ExpertSkill | None = None,
    ) -> None:
        """Create an expert; call ``reset`` at the start of each episode.

        Args:
            environment: Where it acts.
            task: The environment's task.
            generator: Source of its errors.
            skill: How well it sees and acts.
        """
        self.skill = skill or ExpertSkill()
        self._environment = environment
        self._task = task
        self._generator = generator
        self.reset()

    @abstractmethod
    def reset(self) -> None:
        """Look at the things anew, as at the start of an episode."""

    @abstractmethod
    def act(self) -> Action:
        """Return the next action, (7,) [1]."""

    def _move(
        self,
        translation: ArrayLike,
        grip: GripperCommand,
        *,
        facing: NDArray[np.float64] = POINTING_DOWN,
    ) -> Action:
        """Return a clumsy action towards somewhere.

        Args:
            translation: Where to, from where the tool is, (3,) [m] base.
            grip: What the gripper is to do.
            facing: How the tool is to be turned, (3, 3) [1] base.
        """
        skill, config = self.skill, self._environment.config
        rotation = self._environment.arm.read_state().pose.rotation
        twist = np.concatenate(
            [
                rotation.T @ np.asarray(translation) / config.translation_scale,
                find_rotation_vector(rotation.T @ facing) / config.rotation_scale,
            ]
        )
        twist = np.clip(twist, -skill.speed, skill.speed)
        if self._generator.random() < skill.hesitation:
            twist[:] = 0.0
        twist += self._generator.normal(0.0, skill.action_noise, 6)
        return np.append(np.clip(twist, -1.0, 1.0), grip).astype(np.float32)
