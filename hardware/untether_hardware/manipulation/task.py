"""What every manipulation task states: scene, start and success."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from untether_hardware.franka.pose import Pose
from untether_hardware.franka.state import ArmState
from untether_hardware.manipulation.config import ManipulationConfig


@dataclass(frozen=True)
class ArmStart:
    """Where an episode begins.

    Attributes:
        pose: Of the tool, in the base's frame.
        gripper_width: Opening between the fingertips [m]; None opens the gripper.
    """

    pose: Pose
    gripper_width: float | None = None


class ManipulationTask(ABC):
    """A task of one arm.

    Attributes:
        privileged_size: Length of what ``observe_privileged`` returns.
    """

    privileged_size: int

    @property
    @abstractmethod
    def config(self) -> ManipulationConfig:
        """How the policy acts and what it sees."""

    @abstractmethod
    def add_scene(self, spec: mujoco.MjSpec) -> None:
        """Add table and objects to the model of the arm."""

    @abstractmethod
    def reset(self, data: mujoco.MjData, generator: np.random.Generator) -> ArmStart:
        """Put the objects somewhere, and return where the arm begins.

        Args:
            data: State of the scene, to be written to; velocities are zero.
            generator: Source of all randomness.
        """

    @abstractmethod
    def is_success(self, data: mujoco.MjData, state: ArmState) -> bool:
        """Return whether the task is done.

        Args:
            data: State of the scene.
            state: Of the arm.
        """

    def is_lost(self, data: mujoco.MjData, state: ArmState) -> bool:
        """Return whether the task cannot be done any more, so that a person would give it up.

        Args:
            data: State of the scene.
            state: Of the arm.
        """
        return False

    @abstractmethod
    def observe_privileged(self, data: mujoco.MjData, state: ArmState) -> NDArray[np.float64]:
        """Return where the objects are, relative to the tool and in its frame, in SI units.

        Args:
            data: State of the scene.
            state: Of the arm.
        """

    @abstractmethod
    def measure_remaining(self, data: mujoco.MjData, state: ArmState) -> float:
        """Return how far there is to go until the task is done [m]; it falls while it progresses.

        Whoever watches tells progress from standstill by it; it is neither reward nor observation.

        Args:
            data: State of the scene.
            state: Of the arm.
        """
