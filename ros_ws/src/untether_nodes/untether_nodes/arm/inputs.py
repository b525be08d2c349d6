"""What an arm's policy answers: the newest state, and pictures of one moment."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from numpy.typing import NDArray
from sensor_msgs.msg import Image
from untether_interfaces.msg import ArmState as ArmStateMessage

from untether_hardware.franka.description import FR3
from untether_hardware.franka.state import ArmState
from untether_hardware.manipulation.tensors import CAMERAS
from untether_nodes.arm.conversions import to_arm_state, to_picture
from untether_nodes.conversions import to_seconds
from untether_nodes.diagnostics import describe_inputs
from untether_nodes.measurements import InputMonitor
from untether_policies.contract import Contract

_STATE_PERIOD = 0.01  # [s]


class ArmInputs:
    """Keeps the newest of each input, and judges whether they are young enough to be answered.

    Args:
        contract: Of the policy, with the ages that it allows.
        image_size: Width and height of its pictures [px].

    Attributes:
        state: The newest, or None before the first.
        skipped: How often something was too old.
    """

    def __init__(self, contract: Contract, image_size: int) -> None:
        self.state: ArmState | None = None
        self.skipped = 0
        self._size = image_size
        ages = {spec.name: spec.max_age or np.inf for spec in contract.inputs}
        self._picture_age = ages[f"image_{CAMERAS[0]}"]
        self._state_age = ages.get("tool_position", np.inf)
        self._monitors = {"state": InputMonitor("state", _STATE_PERIOD)}
        self._monitors |= {camera: InputMonitor(camera, 1.0 / contract.rate) for camera in CAMERAS}
        self._pictures: dict[str, NDArray[np.uint8]] = {}
        self._stamps: dict[str, float] = {}

    @property
    def pictures(self) -> Mapping[str, NDArray[np.uint8]]:
        """(size, size, 3), red, green and blue, by the camera's name."""
        return self._pictures

    def add_state(self, now: float, message: ArmStateMessage) -> None:
        """Keep a state; one of other joints is left out.

        Args:
            now: Time of receipt [s, node clock].
            message: The message.
        """
        state = to_arm_state(message, FR3)
        if state is not None:
            self.state = state
            self._monitors["state"].arrive(now, state.stamp)

    def add_picture(self, now: float, camera: str, message: Image) -> bool:
        """Keep a picture; return whether there are now all cameras' of its moment.

        Args:
            now: Time of receipt [s, node clock].
            camera: Its name.
            message: The message.

        Raises:
            ValueError: When it is of another encoding or size.
        """
        stamp = to_seconds(message.header.stamp)
        self._monitors[camera].arrive(now, stamp)
        picture = to_picture(message)
        if picture is None or picture.shape[:2] != (self._size, self._size):
            raise ValueError(
                f"camera/{camera}/image ignored: expected rgb8 of {self._size} x {self._size}, got "
                f"{message.encoding} of {message.width} x {message.height}. "
                "Fix: set the camera to what the policy was trained with."
            )
        self._pictures[camera], self._stamps[camera] = picture, stamp
        return len(self._stamps) == len(CAMERAS) and len(set(self._stamps.values())) == 1

    def clear(self) -> None:
        """Forget all."""
        self.state = None
        self.clear_pictures()

    def clear_pictures(self) -> None:
        """Forget the pictures."""
        self._pictures.clear()
        self._stamps.clear()

    def is_fresh(self, now: float, stamp: float) -> bool:
        """Return whether pictures and state are young enough to be answered.

        Args:
            now: The time [s, node clock].
            stamp: Of the pictures [s, node clock].
        """
        state = self.state
        fresh = (
            state is not None
            and now - stamp <= self._picture_age
            and now - state.stamp <= self._state_age
        )
        self.skipped += not fresh
        return fresh

    def report(self, now: float, *, active: bool) -> DiagnosticStatus:
        """Return how they arrive.

        Args:
            now: Steady time [s].
            active: Whether the node is active.
        """
        return describe_inputs(self._monitors, now, rate=1.0 / _STATE_PERIOD, active=active)
