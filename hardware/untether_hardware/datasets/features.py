"""What a frame of a dataset holds: vectors, camera pictures, and facts about the step."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np

from untether_hardware.datasets.errors import DatasetError

DTYPES = ("float32", "float64", "int64", "int32", "uint8", "bool")
CHANNELS = 3  # red, green, blue

ACTION = "action"
"""Name of the command that was really sent, by LeRobot's convention."""


def _require_key(name: str) -> None:
    if not name or "/" in name or name != name.strip():
        fix = "use dots, as in observation.state"
        raise _refuse("feature name", "a name without slashes", repr(name), fix)


def _refuse(what: str, expected: str, got: str, fix: str) -> DatasetError:
    return DatasetError(what, expected=expected, got=got, fix=fix)


class Commander(IntEnum):
    """Who computed a command; the values are those of ``untether_interfaces/msg/Command``."""

    NONE = 0
    POLICY = 1
    OPERATOR = 2
    FALLBACK = 3


@dataclass(frozen=True)
class Feature:
    """A vector of each frame.

    Attributes:
        name: Its key, for example ``observation.state``; no slash.
        dtype: One of `DTYPES`.
        size: Number of elements.
        elements: Their names, in order; empty when they have none.
    """

    name: str
    dtype: str
    size: int
    elements: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _require_key(self.name)
        if self.dtype not in DTYPES:
            expected = "one of " + ", ".join(DTYPES)
            raise _refuse(f"{self.name}: dtype", expected, repr(self.dtype), "convert the values")
        if self.size < 1 or len(self.elements) not in (0, self.size):
            got = f"size {self.size} with {len(self.elements)} names"
            expected = "at least one element, and a name for each or for none"
            raise _refuse(f"{self.name}: elements", expected, got, "name every element")

    def convert(self, values: object) -> np.ndarray:
        """Return values as an array (size,) of this dtype.

        Raises:
            DatasetError: When their number differs, one is not finite, or none is a number.
        """
        try:
            array = np.atleast_1d(np.asarray(values)).astype(self.dtype, casting="same_kind")
        except (TypeError, ValueError) as error:
            fix = "convert the values before they are recorded"
            raise _refuse(self.name, f"{self.dtype} values", str(error), fix) from error
        if array.shape != (self.size,):
            expected, got = f"shape ({self.size},)", f"{array.shape}"
            raise _refuse(self.name, expected, got, "flatten it, or mend the schema")
        if not np.isfinite(array).all():
            element = int(np.flatnonzero(~np.isfinite(array))[0])
            label = self.elements[element] if self.elements else str(element)
            got, fix = f"{array[element]} in {label}", "discard the episode and mend its source"
            raise _refuse(self.name, "finite values", got, fix)
        return array


@dataclass(frozen=True)
class Camera:
    """A stream of colour pictures, one for each frame.

    Attributes:
        name: Its key, by LeRobot's convention ``observation.images.NAME``.
        height: [pixels]
        width: [pixels]
        storage: ``video`` is MP4 (H.264), small and lossy; ``image`` is PNG, lossless.
    """

    name: str
    height: int
    width: int
    storage: Literal["video", "image"] = "video"

    def __post_init__(self) -> None:
        _require_key(self.name)
        if self.storage not in ("video", "image"):
            expected = "'video' or 'image'"
            raise _refuse(f"{self.name}: storage", expected, repr(self.storage), "choose one")
        odd = self.storage == "video" and (self.height % 2 or self.width % 2)
        if min(self.height, self.width) < 1 or odd:
            got = f"{self.width} x {self.height}"
            expected = "positive sizes, and even ones for a video"
            raise _refuse(f"{self.name}: size", expected, got, "crop it, or store images")

    def convert(self, picture: np.ndarray) -> np.ndarray:
        """Return a copy of a picture (height, width, 3) uint8, RGB.

        Raises:
            DatasetError: When shape or dtype differ.
        """
        shape = (self.height, self.width, CHANNELS)
        if picture.shape != shape or picture.dtype != np.uint8:
            got = f"{picture.shape} {picture.dtype}"
            raise _refuse(self.name, f"{shape} uint8", got, "resize it, or mend the schema")
        return picture.copy()


@dataclass(frozen=True)
class Step:
    """Facts about the step that a frame's action made.

    Attributes:
        stamp: When the frame was observed [s], by the recorder's clock; true, not nominal.
        reward: What the step earned.
        terminated: Whether the task ended with it, by success or failure.
        truncated: Whether only time ran out: the state after it still has value.
        commander: Who computed the action.
        intervention: Whether the operator had taken over from the policy.
    """

    stamp: float
    reward: float = 0.0
    terminated: bool = False
    truncated: bool = False
    commander: Commander = Commander.POLICY
    intervention: bool = False

    def columns(self) -> dict[str, float | int | bool]:
        """Return the values of `STEP_FEATURES` by name.

        ``next.done`` tells, as in LeRobot, that the episode ended, by whatever cause. A step that
        both terminates and runs out of time counts as terminated.
        """
        return {
            "stamp": self.stamp,
            "next.reward": self.reward,
            "next.done": self.terminated or self.truncated,
            "next.truncated": self.truncated and not self.terminated,
            "commander": int(self.commander),
            "intervention": self.intervention,
        }


STEP_FEATURES = (
    Feature("stamp", "float64", 1),
    Feature("next.reward", "float32", 1),
    Feature("next.done", "bool", 1),
    Feature("next.truncated", "bool", 1),
    Feature("commander", "int64", 1),
    Feature("intervention", "bool", 1),
)
"""What `Step` becomes; every dataset has it."""

INDEX_FEATURES = (
    Feature("timestamp", "float32", 1),
    Feature("frame_index", "int64", 1),
    Feature("episode_index", "int64", 1),
    Feature("index", "int64", 1),
    Feature("task_index", "int64", 1),
)
"""What the format itself keeps; ``timestamp`` is ``frame_index`` over the rate [s]."""
