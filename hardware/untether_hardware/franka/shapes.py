"""The shapes of the arm: capsules and boxes, for contacts and for pictures."""

from dataclasses import dataclass

from untether_hardware.franka.description import Vector3

Color = tuple[float, float, float, float]

WHITE: Color = (0.90, 0.91, 0.92, 1.0)
GREY: Color = (0.55, 0.57, 0.60, 1.0)
DARK: Color = (0.18, 0.19, 0.21, 1.0)
RUBBER: Color = (0.30, 0.31, 0.33, 1.0)


@dataclass(frozen=True)
class Capsule:
    """A capsule from one point to another.

    Attributes:
        body: Name of the body.
        start: Centre of one end, (3,) [m] body.
        end: Centre of the other end, (3,) [m] body.
        radius: [m].
        color: Red, green, blue and opacity, 0 to 1.
    """

    body: str
    start: Vector3
    end: Vector3
    radius: float
    color: Color


@dataclass(frozen=True)
class Box:
    """A box along the axes of its body.

    Attributes:
        body: Name of the body.
        centre: (3,) [m] body.
        half_size: (3,) [m].
        color: Red, green, blue and opacity, 0 to 1.
    """

    body: str
    centre: Vector3
    half_size: Vector3
    color: Color


# After the coarse collision model of franka_description (Apache-2.0).
CAPSULES = (
    Capsule("fr3_link0", (-0.09, 0.0, 0.06), (-0.03, 0.0, 0.06), 0.06, WHITE),
    Capsule("fr3_link0", (0.0, 0.0, 0.06), (0.0, 0.0, 0.10), 0.065, WHITE),
    Capsule("fr3_link1", (0.0, 0.0, -0.193), (0.0, 0.0, 0.0), 0.06, WHITE),
    Capsule("fr3_link1", (0.0, -0.06, 0.0), (0.0, 0.06, 0.0), 0.06, WHITE),
    Capsule("fr3_link2", (0.0, -0.12, 0.0), (0.0, 0.0, 0.0), 0.06, WHITE),
    Capsule("fr3_link3", (0.0, 0.0, -0.145), (0.0, 0.0, -0.06), 0.06, WHITE),
    Capsule("fr3_link3", (0.0825, -0.06, 0.0), (0.0825, 0.06, 0.0), 0.055, GREY),
    Capsule("fr3_link4", (-0.0825, 0.0, 0.0), (-0.02, 0.0, 0.0), 0.06, WHITE),
    Capsule("fr3_link4", (-0.0825, 0.06, 0.0), (-0.0825, 0.10, 0.0), 0.06, WHITE),
    Capsule("fr3_link5", (0.0, 0.0, -0.26), (0.0, 0.02, -0.20), 0.06, WHITE),
    Capsule("fr3_link5", (0.0, 0.08, -0.20), (0.0, 0.08, -0.06), 0.025, WHITE),
    Capsule("fr3_link5", (0.0, 0.06, -0.02), (0.0, 0.02, 0.0), 0.05, WHITE),
    Capsule("fr3_link6", (0.0, 0.0, -0.06), (0.0, 0.0, 0.03), 0.05, WHITE),
    Capsule("fr3_link6", (0.02, 0.0, 0.0), (0.088, 0.02, 0.0), 0.045, WHITE),
    Capsule("fr3_link7", (0.0, 0.0, 0.0), (0.0, 0.0, 0.06), 0.04, GREY),
)
"""Shapes of the links, in the links' frames."""

BOXES = (
    Box("fr3_hand", (0.0, 0.0, 0.033), (0.032, 0.10, 0.033), WHITE),
    Box("fr3_leftfinger", (0.0, 0.018, 0.018), (0.010, 0.010, 0.018), DARK),
    Box("fr3_rightfinger", (0.0, 0.018, 0.018), (0.010, 0.010, 0.018), DARK),
)
"""Shapes of the hand, in the hand's and the fingers' frames."""

PADS = (
    Box("fr3_leftfinger", (0.0, 0.006, 0.045), (0.009, 0.006, 0.009), RUBBER),
    Box("fr3_rightfinger", (0.0, 0.006, 0.045), (0.009, 0.006, 0.009), RUBBER),
)
"""Fingertips, whose inner faces touch where y is 0 in both fingers' frames."""
