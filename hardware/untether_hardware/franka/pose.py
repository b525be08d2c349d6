"""Poses and rotations as matrices: product, inverse, rotation vectors and quaternions."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_SMALL = 1e-8  # [rad] below which a rotation is its own rotation vector to machine precision


@dataclass(frozen=True, eq=False)
class Pose:
    """Where a frame is in another frame.

    Attributes:
        position: Of the origin, (3,) [m].
        rotation: Its columns are the frame's axes, (3, 3) [1].
    """

    position: Floats
    rotation: Floats

    @classmethod
    def from_quaternion(cls, position: ArrayLike, quaternion: ArrayLike) -> "Pose":
        """Return a pose.

        Args:
            position: (3,) [m].
            quaternion: (4,) [1] xyzw; it is normalised.

        Raises:
            ValueError: When a number is not finite, or the quaternion is zero.
        """
        place, turn = np.asarray(position, dtype=float), np.asarray(quaternion, dtype=float)
        norm = np.linalg.norm(turn)
        if place.shape != (3,) or turn.shape != (4,) or not np.isfinite(place).all():
            raise ValueError(
                f"Pose: expected a finite position (3,) and a quaternion (4,), got {place} and "
                f"{turn}. Fix: check what computes the pose."
            )
        if not (math.isfinite(norm) and norm > 1e-6):
            raise ValueError(
                f"Pose: expected a quaternion (x, y, z, w) other than zero, got {turn}. "
                "Fix: (0, 0, 0, 1) turns nothing."
            )
        x, y, z, w = (turn / norm).tolist()
        rotation = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
        )
        return cls(place, rotation)

    @property
    def quaternion(self) -> Floats:
        """The rotation as a unit quaternion with w >= 0, (4,) [1] xyzw."""
        turn = find_rotation_vector(self.rotation)
        angle = float(np.linalg.norm(turn))
        scale = math.sin(0.5 * angle) / angle if angle > _SMALL else 0.5
        return np.append(scale * turn, math.cos(0.5 * angle))

    @property
    def is_finite(self) -> bool:
        """Whether all numbers are."""
        return bool(np.isfinite(self.position).all() and np.isfinite(self.rotation).all())

    def __matmul__(self, other: "Pose") -> "Pose":
        return Pose(self.position + self.rotation @ other.position, self.rotation @ other.rotation)

    def invert(self) -> "Pose":
        """Return where the other frame is in this one."""
        return Pose(-(self.position @ self.rotation), self.rotation.T)

    def move(self, translation: ArrayLike, turn: ArrayLike) -> "Pose":
        """Return the pose after a motion that its own frame states.

        Args:
            translation: (3,) [m] in this pose's frame.
            turn: Axis times angle, (3,) [rad] in this pose's frame.
        """
        motion = Pose(np.asarray(translation, dtype=float), make_rotation(turn))
        return self @ motion


def make_rotation(turn: ArrayLike) -> Floats:
    """Return the matrix of a rotation vector (Rodrigues' formula), (3, 3) [1].

    Args:
        turn: Axis times angle, (3,) [rad].
    """
    x, y, z = np.asarray(turn, dtype=float).tolist()
    angle = math.sqrt(x * x + y * y + z * z)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    if angle < _SMALL:
        return np.eye(3) + cross
    first = math.sin(angle) / angle
    second = (1.0 - math.cos(angle)) / (angle * angle)
    return np.eye(3) + first * cross + second * (cross @ cross)


def find_rotation_vector(rotation: Floats) -> Floats:
    """Return axis times angle of a rotation matrix, the angle from 0 to pi, (3,) [rad].

    Args:
        rotation: (3, 3) [1].
    """
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = rotation.tolist()
    x, y, z = 0.5 * (zy - yz), 0.5 * (xz - zx), 0.5 * (yx - xy)  # axis times sine
    sine = math.sqrt(x * x + y * y + z * z)
    cosine = 0.5 * (xx + yy + zz - 1.0)
    if sine > _SMALL:
        scale = math.atan2(sine, cosine) / sine
        return np.array([scale * x, scale * y, scale * z])
    if cosine > 0.0:
        return np.array([x, y, z])
    # Half a turn: the symmetric part is 2 axis axis^T - 1, whose largest column gives the axis.
    outer = 0.5 * (rotation + np.eye(3))
    column = int(np.argmax(np.diag(outer)))
    return math.pi * outer[column] / math.sqrt(outer[column, column])
