"""Reads a policy that mjlab (rsl_rl) exported: an ONNX file with metadata.

Meaning follows mjlab 1.6: terms are clipped, then scaled, then kept as history, oldest frame
first, each term's frames together; the first frame after a reset fills the history. See
``policies/IMPORTING.md``.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from untether_policies.importers.inputs import (
    ANGULAR_VELOCITY,
    JOINT_POSITION,
    JOINT_VELOCITY,
    LINEAR_VELOCITY,
    ORIENTATION,
    VELOCITY_COMMAND,
    make_inputs,
)
from untether_policies.importers.joints import check_pose, find_limits
from untether_policies.importers.mjlab_metadata import MjlabMetadata
from untether_policies.importers.pipeline import JointAction, ObservationTerm, Pipeline, Source
from untether_policies.importers.supplement import Supplement
from untether_policies.importers.values import read_numbers, refuse

_KNOWN = {
    "base_lin_vel": (Source.INPUT, (LINEAR_VELOCITY,)),
    "base_ang_vel": (Source.INPUT, (ANGULAR_VELOCITY,)),
    "projected_gravity": (Source.GRAVITY, (ORIENTATION,)),
    "joint_pos": (Source.INPUT, (JOINT_POSITION,)),
    "joint_vel": (Source.INPUT, (JOINT_VELOCITY,)),
    "actions": (Source.LAST_ACTION, ()),
    "command": (Source.INPUT, VELOCITY_COMMAND),
}
_VELOCITY_COMMANDS = (("twist",), ("base_velocity",))


def read_mjlab(
    entries: Mapping[str, str], supplement: Supplement, action_width: int, where: str
) -> Pipeline:
    """Read what surrounds the network.

    Args:
        entries: The file's metadata, completed by the user's.
        supplement: What the user adds; the robot's name and the rate at least.
        action_width: Number of values that the network returns.
        where: The file, for error messages.

    Raises:
        ImportRefusedError: when something is missing, contradicts itself or is not known.
    """
    metadata = MjlabMetadata(entries, where)
    if supplement.rate is None:
        fix = "add --rate HZ: 1 / (timestep x decimation); mjlab's own velocity tasks run at 50"
        raise refuse(where, "the control rate", "none: mjlab does not write it", fix)
    joints = metadata.names("joint_names")
    pose = metadata.numbers("default_joint_pos", len(joints))
    check_pose(
        joints,
        pose,
        find_limits(joints, supplement, where),
        f"{where}: metadata: default_joint_pos",
    )
    action = _read_action(metadata, joints, pose, supplement, action_width, where)
    terms = _read_terms(metadata, joints, pose, action_width, supplement, where)
    names = {name for term in terms for name in term.inputs}
    custom = {spec.name: spec for spec in supplement.observations.values() if spec.name in names}
    return Pipeline(
        rate=supplement.rate,
        inputs=(*make_inputs(names, joints, supplement.rate), *custom.values()),
        terms=terms,
        action=action,
        pose=pose,
        limits=find_limits(action.joints, supplement, where),
        assumptions=_list_assumptions(supplement, terms),
    )


def _read_action(
    metadata: MjlabMetadata,
    joints: tuple[str, ...],
    pose: tuple[float, ...],
    supplement: Supplement,
    action_width: int,
    where: str,
) -> JointAction:
    """Read what becomes of the network's action."""
    commanded = supplement.action_joints or joints
    if len(commanded) != action_width or not set(commanded) <= set(joints):
        raise refuse(
            f"{where}: actions",
            f"{action_width} commanded joints out of {len(joints)}, as the network's actions",
            f"{len(commanded)} joints",
            "add action_joints: [...] to --supplement, in the order of joint_names",
        )
    index = [joints.index(joint) for joint in commanded]
    scale = metadata.spread("action_scale", action_width)
    if 0.0 in scale:
        raise refuse(
            f"{where}: metadata: action_scale",
            "no action without effect",
            "a scale of 0.000, to which mjlab rounds what is below 0.0005",
            "add metadata: {action_scale: [...]} with all digits to --supplement",
        )
    offset = tuple(pose[position] for position in index)
    if supplement.action_offset is not None:
        place = "--supplement: action_offset"
        offset = read_numbers(supplement.action_offset, place, action_width)
    return JointAction(
        joints=tuple(commanded),
        order=tuple(range(action_width)),
        scale=scale,
        offset=offset,
        stiffness=_read_gains(metadata, "joint_stiffness", joints, index, where),
        damping=_read_gains(metadata, "joint_damping", joints, index, where),
        raw_clip=supplement.raw_clip,
    )


def _read_gains(
    metadata: MjlabMetadata, key: str, joints: Sequence[str], index: Sequence[int], where: str
) -> tuple[float, ...]:
    """Return the gain of each commanded joint; the file lists those of the actuated joints."""
    count = metadata.count(key)
    gains = metadata.numbers(key, count)
    if count not in (len(joints), len(index)):
        fix = f"add metadata: {{{key}: [...]}} to --supplement, one for each of joint_names"
        raise refuse(f"{where}: metadata: {key}", f"{len(joints)} gains", f"{count}", fix)
    if min(gains) < 0.0:
        place = f"{where}: metadata: {key}"
        fix = "position actuators alone are imported; export a policy trained with those"
        raise refuse(place, "gains that are not negative", min(gains), fix)
    return gains if count == len(index) else tuple(gains[position] for position in index)


def _read_terms(
    metadata: MjlabMetadata,
    joints: tuple[str, ...],
    pose: tuple[float, ...],
    action_width: int,
    supplement: Supplement,
    where: str,
) -> tuple[ObservationTerm, ...]:
    """Read the observation terms."""
    names = metadata.names("observation_names")
    count = len(names)
    scales = metadata.groups("observation_terms_scale", count)
    clips = metadata.groups("observation_terms_clip", count)
    lengths = metadata.numbers("observation_terms_history_length", count)
    flat = metadata.flags("observation_terms_flatten_history_dim", count)
    terms = []
    for position, name in enumerate(names):
        place = f"{where}: metadata: observation {name}"
        term = _find_term(name, metadata, len(joints), action_width, supplement, place)
        if name == "joint_pos" and term.inputs == (JOINT_POSITION,):
            term = replace(term, bias=pose)
        history = max(int(lengths[position]), 1)
        if history > 1 and not flat[position]:
            fix = "export with flatten_history_dim=True"
            raise refuse(place, "a flattened history", "flatten_history_dim=False", fix)
        terms.append(
            replace(
                term,
                clip=_read_clip(clips[position], place),
                scale=_read_scale(scales[position], term.width, place),
                history=history,
            )
        )
    return tuple(terms)


def _find_term(
    name: str,
    metadata: MjlabMetadata,
    joint_count: int,
    action_width: int,
    supplement: Supplement,
    where: str,
) -> ObservationTerm:
    """Return a term by its name, without scale, clip and history."""
    if name in supplement.observations:
        spec = supplement.observations[name]
        return ObservationTerm(name, spec.size, Source.INPUT, (spec.name,))
    if name not in _KNOWN:
        fix = "describe it as an input of its own, under observations in --supplement"
        raise refuse(where, f"one of {', '.join(_KNOWN)}", name, fix)
    if name == "command" and metadata.names("command_names") not in _VELOCITY_COMMANDS:
        got = f"the command {metadata.names('command_names')}"
        fix = "describe command as an input of its own, under observations in --supplement"
        raise refuse(where, "a velocity command (twist)", got, fix)
    source, inputs = _KNOWN[name]
    widths = {"joint_pos": joint_count, "joint_vel": joint_count, "actions": action_width}
    return ObservationTerm(name, widths.get(name, 3), source, inputs)


def _read_clip(group: tuple[float, ...], where: str) -> tuple[float, float] | None:
    if len(group) != 2 or not group[0] < group[1]:
        raise refuse(where, "a clip MIN;MAX", ";".join(map(str, group)), "export the file again")
    lower, upper = group
    return None if math.isinf(lower) and math.isinf(upper) else (lower, upper)


def _read_scale(group: tuple[float, ...], width: int, where: str) -> tuple[float, ...] | None:
    """Return the scale of each element; None for a term that is not scaled."""
    scale = group * width if len(group) == 1 else group
    if len(scale) != width or not all(map(math.isfinite, scale)):
        got = f"{len(scale)} for {width} values"
        raise refuse(where, "one finite scale, or one for each value", got, "export the file again")
    if 0.0 in scale:
        got = "a scale of 0.000, to which mjlab rounds what is below 0.0005"
        fix = "add metadata: {observation_terms_scale: [...]} with all digits to --supplement"
        raise refuse(where, "no observation without effect", got, fix)
    return None if all(factor == 1.0 for factor in scale) else scale


def _list_assumptions(supplement: Supplement, terms: Sequence[ObservationTerm]) -> tuple[str, ...]:
    """Return what mjlab's metadata leaves out and its code does by default."""
    assumptions = []
    if "action_scale" not in supplement.metadata:
        assumptions.append(
            "action_scale is as mjlab rounds it, so a target may be off by 0.0005 rad per unit of "
            "action; exact values go under metadata in --supplement"
        )
    if supplement.action_offset is None:
        assumptions.append("the action's offset is default_joint_pos (use_default_offset)")
    if supplement.raw_clip is None:
        assumptions.append("the action is not clipped (clip_actions is None)")
    if any(term.inputs == (JOINT_POSITION,) for term in terms):
        assumptions.append("joint_pos is measured from default_joint_pos (joint_pos_rel)")
    if any(term.inputs == (JOINT_VELOCITY,) for term in terms):
        assumptions.append("the default joint velocity is zero (joint_vel_rel)")
    return tuple(assumptions)
