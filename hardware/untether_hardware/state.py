"""What a robot tells and what it is told: body state, inertial sample and actuator command.

Plain floats and tuples on purpose: for vectors of three and four they are faster than arrays, and
the safety stage handles one of each per control period.
"""

from dataclasses import dataclass

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class BodyState:
    """Pose and velocity of a robot's base, as its odometry tells.

    Attributes:
        stamp: when it was measured [s, node clock].
        position: (3,) [m] map.
        orientation: unit quaternion base_link to map, (4,) [1] xyzw.
        linear_velocity: (3,) [m/s] map.
        angular_velocity: (3,) [rad/s] base_link.
    """

    stamp: float
    position: Vector
    orientation: Quaternion
    linear_velocity: Vector
    angular_velocity: Vector


@dataclass(frozen=True, slots=True)
class ImuSample:
    """One sample of an inertial measurement unit.

    Attributes:
        stamp: when it was measured [s, node clock].
        angular_velocity: (3,) [rad/s] base_link.
        linear_acceleration: specific force, (0, 0, 9.81) when level and at rest,
            (3,) [m/s^2] base_link.
    """

    stamp: float
    angular_velocity: Vector
    linear_acceleration: Vector


@dataclass(frozen=True, slots=True)
class ActuatorCommand:
    """A command for a robot's actuators, matched by element name and never by position.

    Attributes:
        stamp: stamp of the sensor sample that the command answers [s, node clock].
        kind: tensor kind of the contract, e.g. ``"command/rotor/thrust"``.
        names: element names, in the order of ``values``.
        values: one value per name, in the contract's unit ([N] for ``command/rotor/thrust``).
        source: who computed the values, one of ``Source``.
    """

    stamp: float
    kind: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    source: int
