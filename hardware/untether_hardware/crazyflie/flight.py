"""A recorded flight: what flew, where it was to go, and what was commanded."""

from dataclasses import dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FORMAT_VERSION = 1
_SHAPES: dict[str, tuple[int, ...]] = {
    "time": (),
    "position": (3,),
    "orientation": (4,),
    "linear_velocity": (3,),
    "angular_velocity": (3,),
    "goal": (3,),
    "goal_index": (),
    "thrust": (4,),
    "mode": (),
}


class FlightError(Exception):
    """A recorded flight that does not fit; says what was expected, what was got and the fix."""


@dataclass(frozen=True, eq=False)
class Flight:
    """Samples of a flight, one a control period, and the goals that it had.

    Attributes:
        name: What flew, for titles.
        time: (samples,) [s], rising.
        position: True position, (samples, 3) [m] map.
        orientation: True orientation from base_link to map, (samples, 4) [1] x, y, z, w.
        linear_velocity: True velocity, (samples, 3) [m/s] map.
        angular_velocity: True angular velocity, (samples, 3) [rad/s] base_link.
        goal: Where the robot was to be, (samples, 3) [m] map; NaN where there was no goal.
        goal_index: Row of ``waypoints`` that was the goal, (samples,) [1]; -1 for none of them.
        thrust: Commanded rotor thrusts, (samples, 4) [N].
        mode: Values of ``untether_interfaces/msg/Mode``, (samples,) [1].
        waypoints: Waypoints of the tour, (waypoints, 3) [m] map; none for a moving goal.
        radius: Distance within which a waypoint counts as reached [m].
        dwell: How long the robot has to stay within it [s].
    """

    name: str
    time: Floats
    position: Floats
    orientation: Floats
    linear_velocity: Floats
    angular_velocity: Floats
    goal: Floats
    goal_index: Integers
    thrust: Floats
    mode: Integers
    waypoints: Floats
    radius: float = 0.15
    dwell: float = 0.5

    def __post_init__(self) -> None:
        samples = len(self.time)
        shapes = {name: (samples, *shape) for name, shape in _SHAPES.items()}
        shapes["waypoints"] = (len(self.waypoints), 3)
        for name, expected in shapes.items():
            got = np.shape(getattr(self, name))
            if got != expected:
                raise FlightError(
                    f"Flight.{name}: expected shape {expected}, got {got}. "
                    "Fix: give every array one row a sample."
                )
        if samples == 0 or np.any(np.diff(self.time) <= 0):
            raise FlightError(
                f"Flight.time: expected rising times, got {samples} samples that do not rise. "
                "Fix: record at least one sample, and each of them once."
            )

    @property
    def duration(self) -> float:
        """Time from the first to the last sample [s]."""
        return float(self.time[-1] - self.time[0])

    @property
    def error(self) -> Floats:
        """Distance to the goal, (samples,) [m]; NaN where there was no goal."""
        return np.linalg.norm(self.position - self.goal, axis=1)

    @property
    def speed(self) -> Floats:
        """Speed, (samples,) [m/s]."""
        return np.linalg.norm(self.linear_velocity, axis=1)

    @property
    def tilt(self) -> Floats:
        """Angle between the body's z axis and the vertical, (samples,) [rad]."""
        x, y = self.orientation[:, 0], self.orientation[:, 1]
        return np.arccos(np.clip(1.0 - 2.0 * (x * x + y * y), -1.0, 1.0))

    def save(self, path: str | Path) -> Path:
        """Write the flight as compressed NumPy archive.

        Args:
            path: File to write; its folder must be there.

        Returns:
            The path.
        """
        path = Path(path)
        contents = {item.name: np.asarray(getattr(self, item.name)) for item in fields(self)}
        contents["format_version"] = np.asarray(FORMAT_VERSION)
        with path.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **contents)
        return path

    @classmethod
    def load(cls, path: str | Path) -> "Flight":
        """Read a flight that ``save`` wrote; nothing in the file is executed.

        Args:
            path: File to read.

        Raises:
            FlightError: When the file is not a flight.
            OSError: When the file cannot be read.
        """
        try:
            with np.load(path, allow_pickle=False) as archive:
                contents = {name: archive[name] for name in archive.files}
        except (ValueError, BadZipFile, EOFError) as error:
            raise FlightError(
                f"{path}: expected a flight as .npz, got a file that NumPy refuses ({error}). "
                "Fix: record the flight again."
            ) from error
        expected = {item.name for item in fields(cls)} | {"format_version"}
        version = contents.get("format_version", np.asarray(0)).tolist()
        if set(contents) != expected or version != FORMAT_VERSION:
            raise FlightError(
                f"{path}: expected version {FORMAT_VERSION} with {sorted(expected)}, got version "
                f"{version} with {sorted(contents)}. Fix: record the flight with this release."
            )
        del contents["format_version"]
        scalars = {key: contents.pop(key).tolist() for key in ("name", "radius", "dwell")}
        return cls(**scalars, **contents)
