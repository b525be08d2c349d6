"""Joint limits of an imported policy, and the check that its joint order is plausible."""

from collections.abc import Sequence

from untether_policies.importers.robots import ROBOTS
from untether_policies.importers.supplement import Supplement
from untether_policies.importers.values import refuse

_SLACK = 0.01  # [rad] artefacts round to three decimals


def find_robot(supplement: Supplement, where: str) -> str:
    """Return the robot's name."""
    if supplement.robot is None:
        known = ", ".join(ROBOTS)
        fix = f"add --robot NAME; joints of {known} are known, others need joint_limits"
        raise refuse(where, "the robot's name", "none", fix)
    return supplement.robot


def find_limits(
    joints: Sequence[str], supplement: Supplement, where: str
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the least and the greatest target of each joint [rad].

    Args:
        joints: Joint names.
        supplement: Names the robot, and may hold limits that go before the robot's own.
        where: The artefact, for the error message.

    Raises:
        ImportRefusedError: when the range of a joint is not known.
    """
    robot = find_robot(supplement, where)
    known = {**(ROBOTS[robot].ranges if robot in ROBOTS else {}), **supplement.joint_limits}
    missing = [joint for joint in joints if joint not in known]
    if missing:
        raise refuse(
            f"{where}: joints of {robot}",
            "limits for every joint",
            f"none for {', '.join(missing[:6])}{' ...' if len(missing) > 6 else ''}",
            "add joint_limits: {JOINT: [lower, upper], ...} from the robot's URDF to --supplement",
        )
    ranges = [known[joint] for joint in joints]
    return tuple(lower for lower, _ in ranges), tuple(upper for _, upper in ranges)


def check_pose(
    joints: Sequence[str],
    pose: Sequence[float],
    limits: tuple[Sequence[float], Sequence[float]],
    where: str,
) -> None:
    """Refuse a pose that the joints cannot take: joints in another order show up here.

    Args:
        joints: Joint names.
        pose: Angle of each joint [rad].
        limits: Least and greatest angle of each joint [rad].
        where: What the pose is, for the error message.
    """
    for joint, angle, lower, upper in zip(joints, pose, *limits, strict=True):
        if not lower - _SLACK <= angle <= upper + _SLACK:
            raise refuse(
                where,
                f"{joint} between {lower:g} and {upper:g} rad",
                f"{angle:g} rad",
                "check the joint order and the robot's name: the value seems to be another joint's",
            )
