"""Rotations by unit quaternions, xyzw, in plain floats."""

from math import cos, sin, sqrt

from untether_hardware.state import Quaternion, Vector


def rotate(orientation: Quaternion, vector: Vector) -> Vector:
    """Return a vector of base_link in map.

    Args:
        orientation: base_link to map, (4,) [1] xyzw.
        vector: (3,) base_link.
    """
    x, y, z, w = orientation
    a, b, c = vector
    s = 2.0 * (y * c - z * b)
    t = 2.0 * (z * a - x * c)
    u = 2.0 * (x * b - y * a)
    return (
        a + w * s + y * u - z * t,
        b + w * t + z * s - x * u,
        c + w * u + x * t - y * s,
    )


def rotate_back(orientation: Quaternion, vector: Vector) -> Vector:
    """Return a vector of map in base_link.

    Args:
        orientation: base_link to map, (4,) [1] xyzw.
        vector: (3,) map.
    """
    x, y, z, w = orientation
    a, b, c = vector
    s = 2.0 * (z * b - y * c)
    t = 2.0 * (x * c - z * a)
    u = 2.0 * (y * a - x * b)
    return (
        a + w * s - y * u + z * t,
        b + w * t - z * s + x * u,
        c + w * u - x * t + y * s,
    )


def turn(orientation: Quaternion, rotation: Vector) -> Quaternion:
    """Return an orientation turned by a rotation vector of its own body frame, normalised.

    Args:
        orientation: base_link to map, (4,) [1] xyzw.
        rotation: axis times angle, (3,) [rad] base_link.
    """
    x, y, z, w = orientation
    a, b, c = rotation
    squared = a * a + b * b + c * c
    if squared < 1e-4:  # the series is exact to 1e-10 here, and has no division by zero
        scale = 0.5 - squared / 48.0
        d = 1.0 - squared / 8.0
    else:
        angle = sqrt(squared)
        scale = sin(0.5 * angle) / angle
        d = cos(0.5 * angle)
    a *= scale
    b *= scale
    c *= scale
    p = x * d + w * a + y * c - z * b
    q = y * d + w * b + z * a - x * c
    r = z * d + w * c + x * b - y * a
    s = w * d - x * a - y * b - z * c
    norm = 1.0 / sqrt(p * p + q * q + r * r + s * s)
    return p * norm, q * norm, r * norm, s * norm


def difference(start: Quaternion, end: Quaternion) -> Vector:
    """Return the small rotation from one orientation to another, (3,) [rad] in start's body frame.

    Exact to third order in the angle; for larger angles it is too short but points the right way.
    """
    x, y, z, w = start
    a, b, c, d = end
    scale = 2.0 if w * d + x * a + y * b + z * c >= 0.0 else -2.0
    return (
        scale * (w * a - x * d - y * c + z * b),
        scale * (w * b - y * d - z * a + x * c),
        scale * (w * c - z * d - x * b + y * a),
    )


def up_axis(orientation: Quaternion) -> Vector:
    """Return the z axis of base_link in map, (3,) [1]; its last entry is the cosine of the tilt."""
    x, y, z, w = orientation
    return 2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y)
