"""Reads a policy for Unitree robots: ``deploy.yaml`` and the ONNX file beside it.

Format and meaning follow the exporter (``export_deploy_cfg.py``) and the C++ controller of
unitree_rl_lab and unitree_rl_mjlab: ``joint_ids_map[i]`` is the motor of the policy's joint i.
``default_joint_pos``, the action's scale and offset are in the policy's order; ``stiffness`` and
``damping`` are in motor order. See ``policies/IMPORTING.md``.
"""

from collections.abc import Mapping, Sequence

from untether_policies.importers.inputs import make_inputs
from untether_policies.importers.joints import check_pose, find_limits, find_robot
from untether_policies.importers.pipeline import JointAction, Pipeline
from untether_policies.importers.robots import ROBOTS
from untether_policies.importers.supplement import Supplement
from untether_policies.importers.unitree_joints import UnitreeJoints, read_indices
from untether_policies.importers.unitree_terms import UnitreeTerms
from untether_policies.importers.values import (
    read_mapping,
    read_numbers,
    read_positive,
    read_range,
    read_whole,
    refuse,
    spread_numbers,
    take,
)


def read_unitree(
    document: Mapping[str, object], supplement: Supplement, action_width: int, where: str
) -> Pipeline:
    """Read what surrounds the network.

    Args:
        document: The content of ``deploy.yaml``.
        supplement: What the user adds; the robot's name at least.
        action_width: Number of values that the network returns.
        where: The file, for error messages.

    Raises:
        ImportRefusedError: when something is missing, contradicts itself or is not known.
    """
    joints = _read_joints(document, supplement, where)
    pose = read_numbers(
        take(document, "default_joint_pos", where),
        f"{where}: default_joint_pos",
        len(joints.motors),
    )
    policy_joints = tuple(joints.names[motor] for motor in joints.motors)
    pose_limits = find_limits(policy_joints, supplement, where)
    check_pose(policy_joints, pose, pose_limits, f"{where}: default_joint_pos")
    rate = 1.0 / read_positive(take(document, "step_dt", where), f"{where}: step_dt")
    action = _read_action(document, joints, supplement, action_width, where)
    reader = UnitreeTerms(document, joints, pose, action_width, supplement, where)
    terms, frames_outermost = reader.read_all()
    names = {name for term in terms for name in term.inputs}
    custom = {spec.name: spec for spec in supplement.observations.values() if spec.name in names}
    return Pipeline(
        rate=rate,
        inputs=(*make_inputs(names, joints.bundle, rate), *custom.values()),
        terms=terms,
        action=action,
        pose=tuple(pose[index] for index in joints.from_policy),
        limits=find_limits(action.joints, supplement, where),
        frames_outermost=frames_outermost,
        assumptions=tuple(reader.assumptions),
    )


def _read_joints(
    document: Mapping[str, object], supplement: Supplement, where: str
) -> UnitreeJoints:
    """Read which motor each joint of the policy is, and what the motors are called."""
    robot = find_robot(supplement, where)
    names = supplement.joint_names or (ROBOTS[robot].names if robot in ROBOTS else None)
    if names is None:
        fix = f"add joint_names, in motor order, to --supplement (known: {', '.join(ROBOTS)})"
        raise refuse(f"{where}: robot {robot}", "joint names in motor order", "none", fix)
    value = take(document, "joint_ids_map", where)
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise refuse(f"{where}: joint_ids_map", "a list of motor numbers", value, "correct it")
    motors = tuple(read_whole(item, f"{where}: joint_ids_map") for item in value)
    if len(set(motors)) != len(motors) or max(motors) >= len(names):
        raise refuse(
            f"{where}: joint_ids_map",
            f"different motor numbers from 0 to {len(names) - 1}, as {robot} has",
            value,
            "name the right robot, or correct the map",
        )
    return UnitreeJoints(motors, names)


def _read_action(
    document: Mapping[str, object],
    joints: UnitreeJoints,
    supplement: Supplement,
    action_width: int,
    where: str,
) -> JointAction:
    """Read what becomes of the network's action."""
    terms = take(document, "actions", where)
    if not isinstance(terms, Mapping) or list(terms) != ["JointPositionAction"]:
        got = list(terms) if isinstance(terms, Mapping) else terms
        fix = "other actions are not imported; write such a bundle by hand (policies/IMPORTING.md)"
        raise refuse(f"{where}: actions", "JointPositionAction alone", got, fix)
    place = f"{where}: actions: JointPositionAction"
    term = read_mapping(terms["JointPositionAction"], place)
    taken = read_indices(term.get("joint_ids"), len(joints.motors), f"{place}: joint_ids")
    if len(taken) != action_width:
        fix = "take deploy.yaml and policy.onnx of the same run"
        got = f"{len(taken)} joints"
        raise refuse(place, f"{action_width} joints, as the network's actions", got, fix)
    motors = tuple(joints.motors[index] for index in taken)
    order = tuple(sorted(range(len(motors)), key=lambda index: motors[index]))
    stiffness, damping = (
        _read_gains(document, name, joints, motors, supplement, where)
        for name in ("stiffness", "damping")
    )
    clips = _read_clips(term.get("clip"), len(taken), f"{place}: clip")
    return JointAction(
        joints=tuple(joints.names[motors[index]] for index in order),
        order=order,
        scale=_read_scale(term.get("scale"), len(taken), f"{place}: scale"),
        offset=_read_offset(term, supplement, len(taken), place),
        stiffness=tuple(stiffness[index] for index in order),
        damping=tuple(damping[index] for index in order),
        raw_clip=supplement.raw_clip,
        lower=tuple(lower for lower, _ in clips) if clips else None,
        upper=tuple(upper for _, upper in clips) if clips else None,
    )


def _read_scale(value: object, count: int, where: str) -> tuple[float, ...]:
    return (1.0,) * count if value is None else spread_numbers(value, where, count)


def _read_offset(
    term: Mapping[str, object], supplement: Supplement, count: int, where: str
) -> tuple[float, ...]:
    if supplement.action_offset is not None:
        return read_numbers(supplement.action_offset, "--supplement: action_offset", count)
    if "offset" not in term:
        fix = "add action_offset to --supplement: default_joint_pos if the policy was trained so"
        raise refuse(where, "offset", f"only {sorted(term)}", fix)
    value = term["offset"]
    return (0.0,) * count if value is None else spread_numbers(value, f"{where}: offset", count)


def _read_clips(value: object, count: int, where: str) -> tuple[tuple[float, float], ...]:
    if value is None:
        return ()
    if not isinstance(value, Sequence) or len(value) != count:
        raise refuse(where, f"null or {count} pairs", value, "give one [lower, upper] for each")
    return tuple(read_range(pair, f"{where}[{index}]") for index, pair in enumerate(value))


def _read_gains(
    document: Mapping[str, object],
    name: str,
    joints: UnitreeJoints,
    motors: Sequence[int],
    supplement: Supplement,
    where: str,
) -> tuple[float, ...]:
    """Return a gain of each motor in ``motors``.

    The controller writes ``stiffness[i]`` to motor i. Some hand-written files list the gains of the
    policy's joints only; which order those are in, the user has to say.
    """
    value = take(document, name, where)
    count = len(value) if isinstance(value, Sequence) else 0
    numbers = read_numbers(value, f"{where}: {name}", count)
    if supplement.gains_order is None and count <= max(joints.motors):
        raise refuse(
            f"{where}: {name}",
            f"a gain for each motor from 0 to {max(joints.motors)}, in motor order",
            f"{count} gains",
            "say which joints they are: --gains-order ascending (the policy's joints by rising "
            "motor number) or policy (in the policy's order)",
        )
    if supplement.gains_order in (None, "motor"):
        order: Sequence[int] = range(count)
    else:
        ascending = supplement.gains_order == "ascending"
        order = sorted(joints.motors) if ascending else joints.motors
    if len(order) != count or not set(motors) <= set(order):
        raise refuse(f"{where}: {name}", f"{len(order)} gains", f"{count}", "see --gains-order")
    if min(numbers) < 0.0:
        raise refuse(f"{where}: {name}", "gains that are not negative", min(numbers), "correct it")
    by_motor = dict(zip(order, numbers, strict=True))
    return tuple(by_motor[motor] for motor in motors)
