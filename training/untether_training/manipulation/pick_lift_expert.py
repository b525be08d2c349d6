"""A scripted expert of limited skill, which picks up the cube as a person might."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from untether_hardware.franka.pose import find_rotation_vector
from untether_hardware.franka.state import GripperCommand
from untether_hardware.franka.workspace import POINTING_DOWN
from untether_training.manipulation.environment import Action, ManipulationEnvironment
from untether_training.manipulation.pick_lift import CUBE, PickLift

_HOVER = 0.06  # [m] above the cube, where the tool goes before it descends
_ALIGNED = 0.010  # [m] horizontal error with which it descends
_LOWERED = 0.008  # [m] vertical error with which it closes the gripper
_PRESSING = 15.0  # [N] upward force at which it takes notice that a finger stands on something
_SLACK = 0.008  # [m] by which the opening may differ from the cube's size in a grasp


@dataclass(frozen=True)
class ExpertSkill:
    """How well the expert sees and acts.

    Attributes:
        position_error: Standard deviation of where it takes the cube to be, drawn once an attempt,
            each axis [m].
        speed: Largest action for each axis [1].
        action_noise: Standard deviation of the noise on each twist [1].
        hesitation: Probability of standing still for an action [1].
    """

    position_error: float = 0.012
    speed: float = 0.6
    action_noise: float = 0.15
    hesitation: float = 0.1


class PickLiftExpert:
    """Goes above the cube, descends, grasps and lifts; where it missed, it tries again.

    What it does next follows from where arm and cube are, so it can take over at any moment.
    """

    def __init__(
        self,
        environment: ManipulationEnvironment,
        task: PickLift,
        generator: np.random.Generator,
        skill: ExpertSkill | None = None,
    ) -> None:
        """Create an expert; call ``reset`` at the start of each episode.

        Args:
            environment: Where it acts; it sees the cube as only a simulator can.
            task: The environment's task.
            generator: Source of its errors.
            skill: How well it sees and acts.
        """
        self._environment = environment
        self._size = task.config.cube_size
        self._translation_scale = task.config.translation_scale
        self._rotation_scale = task.config.rotation_scale
        self._generator = generator
        self._skill = skill or ExpertSkill()
        self._misjudgement = np.zeros(3)
        self.reset()

    def reset(self) -> None:
        """Look at the cube anew."""
        error = self._skill.position_error
        self._misjudgement = self._generator.normal(0.0, (error, error, 0.2 * error))

    def act(self) -> Action:
        """Return the next action, (7,) [1]."""
        state = self._environment.arm.read_state()
        cube = self._environment.arm.data.body(CUBE).xpos
        offset = cube - state.pose.position  # (3,) [m] base
        width = state.gripper_width
        between = abs(offset) < (0.02, 0.01, 0.02)
        if abs(width - self._size) < _SLACK and between.all():
            return self._move((0.0, 0.0, 1.0), GripperCommand.CLOSE)
        if width < self._size - _SLACK or state.force[2] > _PRESSING:
            self.reset()
            return self._move((0.0, 0.0, 0.5), GripperCommand.OPEN)
        seen = offset + self._misjudgement
        if np.abs(seen[:2]).max() > _ALIGNED:
            height = max(seen[2] + _HOVER, 0.0)  # it never descends while it is not above the cube
            return self._move((seen[0], seen[1], height), GripperCommand.OPEN)
        if abs(seen[2]) > _LOWERED:
            return self._move(seen, GripperCommand.OPEN)
        return self._move((0.0, 0.0, 0.0), GripperCommand.CLOSE)

    def _move(
        self, translation: tuple[float, float, float] | NDArray[np.float64], grip: GripperCommand
    ) -> Action:
        """Return a clumsy action towards a translation, (3,) [m] base, upright."""
        skill, rotation = self._skill, self._environment.arm.read_state().pose.rotation
        upright = find_rotation_vector(rotation.T @ POINTING_DOWN)  # (3,) [rad] tool
        twist = np.concatenate(
            [
                rotation.T @ np.asarray(translation) / self._translation_scale,
                upright / self._rotation_scale,
            ]
        )
        twist = np.clip(twist, -skill.speed, skill.speed)
        if self._generator.random() < skill.hesitation:
            twist[:] = 0.0
        twist += self._generator.normal(0.0, skill.action_noise, 6)
        return np.append(np.clip(twist, -1.0, 1.0), grip).astype(np.float32)
