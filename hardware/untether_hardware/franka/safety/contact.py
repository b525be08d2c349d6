"""Contact: no twist pushes further into what presses back hard already."""

import numpy as np

from untether_hardware.franka.pose import Floats
from untether_hardware.safety.events import Finding, Guard


def yield_to_contact(velocity: Floats, load: Floats, soft: float) -> Floats:
    """Return a velocity without its component against a load beyond a limit.

    The same goes for angular velocity and torque.

    Args:
        velocity: (3,), in the frame of the load.
        load: What the surroundings exert, (3,) [N].
        soft: Load up to which the velocity is left alone [N].
    """
    size = float(np.linalg.norm(load))
    if size <= soft:
        return velocity
    back = load / size
    return velocity - min(0.0, float(velocity @ back)) * back


def describe_contact(load: Floats, limit: float, what: str, unit: str) -> Finding:
    """Return the finding for a load beyond a limit.

    Args:
        load: (3,) [N].
        limit: What is allowed [N].
        what: ``"force"`` or ``"torque"``.
        unit: Of the load.
    """
    size = float(np.linalg.norm(load))
    return Finding(
        Guard.FORCE,
        what,
        size,
        limit,
        f"expected a {what} on the tool of at most {limit:g} {unit}, got {size:.1f} {unit}; "
        "free the arm, or raise the limit if the task needs it",
    )
