"""Runs an arm's bundle: state and pictures in, a twist out."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from numpy.typing import NDArray
from untether_interfaces.msg import ArmSetpoint

from untether_hardware.franka.state import ArmState
from untether_hardware.franka.twist import ToolTwist
from untether_hardware.manipulation.tensors import (
    measure_inputs,
    read_twist,
    require_arm_policy,
)
from untether_nodes.arm.episode import Outcome
from untether_nodes.measurements import Measurements
from untether_nodes.policy_runner import find_bundle
from untether_policies.bundle import load_bundle
from untether_policies.policy import Policy

Pictures = Mapping[str, NDArray[np.uint8]]
"""(size, size, 3), red, green and blue, by the camera's name."""


class ArmRunner:
    """What runs a bundle for the arm; what only a learner's actor does is left out here.

    Attributes:
        bundle: What was loaded.
        image_size: Width and height of the pictures [px].
        inference: Times from state and pictures to the twist [s].
    """

    def __init__(self, path: str) -> None:
        """Load and check.

        Args:
            path: A bundle's folder or archive, or the name of a bundle in the zoo.

        Raises:
            BundleError: When the bundle is not sound, or not made for the arm.
        """
        self.bundle = load_bundle(find_bundle(path))
        self.image_size = require_arm_policy(self.bundle.contract)
        self.inference = Measurements()

    @property
    def closing(self) -> bool:
        """Whether an episode that is over waits for what its last action brought."""
        return False

    def find_missing(self) -> str:
        """Return what keeps an episode from going on, for people; empty when nothing does."""
        return ""

    def begin(self, *, demonstrate: bool) -> None:
        """Begin an episode.

        Args:
            demonstrate: Whether an operator shows all of it, and the policy rests.

        Raises:
            BundleError: When that cannot be.
        """
        raise NotImplementedError

    def compute(self, state: ArmState, pictures: Pictures, stamp: float) -> ToolTwist:
        """Return what the policy wants.

        Args:
            state: Of the arm.
            pictures: Of one moment.
            stamp: Of the pictures [s, node clock].
        """
        raise NotImplementedError

    def follow(self, message: ArmSetpoint) -> None:
        """Take in what the arm is told."""

    def finish(self, outcome: Outcome) -> None:
        """Take in how the episode ended."""

    def close_episode(self, state: ArmState, pictures: Pictures, stamp: float) -> None:
        """Take in what the last action of an episode brought; arguments as in `compute`."""

    def take_status(self) -> DiagnosticStatus | None:
        """Return how the last episode went, once; None when there is nothing to tell."""
        return None

    def report(self) -> list[DiagnosticStatus]:
        """Return diagnostics besides those of the policy."""
        return []

    def close(self) -> bool:
        """End; return whether nothing got lost."""
        return True


class ArmPolicyRunner(ArmRunner):
    """Runs a policy that only acts."""

    def __init__(self, path: str) -> None:
        """Load, check and warm up; arguments and errors as those of `ArmRunner`."""
        super().__init__(path)
        self._policy = Policy.from_bundle(self.bundle)

    def begin(self, *, demonstrate: bool) -> None:
        """Begin an episode."""
        self._policy.reset()
        self.inference.clear()

    def compute(self, state: ArmState, pictures: Pictures, stamp: float) -> ToolTwist:
        """Return what the policy wants."""
        began = time.perf_counter()
        values = measure_inputs(state, pictures)
        for name, array in self._policy.inputs.items():
            array[0] = values[name]
        self._policy.step()
        twist = read_twist(self._policy.outputs)
        self.inference.add(time.perf_counter() - began)
        return twist
