"""Reads the observation terms of a ``deploy.yaml``."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from untether_policies.importers.inputs import (
    ANGULAR_VELOCITY,
    JOINT_POSITION,
    JOINT_VELOCITY,
    ORIENTATION,
    VELOCITY_COMMAND,
)
from untether_policies.importers.pipeline import ObservationTerm, Source
from untether_policies.importers.supplement import Supplement
from untether_policies.importers.unitree_joints import UnitreeJoints, read_indices
from untether_policies.importers.values import (
    read_mapping,
    read_positive,
    read_range,
    read_whole,
    refuse,
    spread_numbers,
    take,
)

_COMMAND_RANGES = ("lin_vel_x", "lin_vel_y", "ang_vel_z")
_TERM_KEYS = {"params", "clip", "scale", "history_length"}


class UnitreeTerms:
    """Reads the observation terms; collects what had to be assumed."""

    def __init__(
        self,
        document: Mapping[str, object],
        joints: UnitreeJoints,
        pose: tuple[float, ...],
        action_width: int,
        supplement: Supplement,
        where: str,
    ) -> None:
        self._document = document
        self._joints = joints
        self._pose = pose
        self._action_width = action_width
        self._supplement = supplement
        self._where = f"{where}: observations"
        self._known: dict[str, Callable[[str, Mapping[str, object]], ObservationTerm]] = {
            "base_ang_vel": self._angular_velocity,
            "projected_gravity": self._gravity,
            "velocity_commands": self._command,
            "joint_pos": self._joint,
            "joint_pos_rel": self._joint,
            "joint_vel_rel": self._joint,
            "last_action": self._last_action,
            "gait_phase": self._gait,
        }
        self.assumptions: list[str] = []

    def read_all(self) -> tuple[tuple[ObservationTerm, ...], bool]:
        """Return the terms in order, and whether the frames are outermost."""
        group = dict(self._find_group())
        scale_first = self._flag(group, "scale_first")
        frames_outermost = self._flag(group, "use_gym_history")
        terms = tuple(
            replace(self._read(name, value), scale_first=scale_first)
            for name, value in group.items()
        )
        if not terms:
            raise refuse(self._where, "at least one term", "none", "take the whole deploy.yaml")
        lengths = {term.history for term in terms}
        if frames_outermost and len(lengths) > 1:
            fix = "give every term the same history_length"
            where = f"{self._where}: use_gym_history"
            raise refuse(where, "one history_length", sorted(lengths), fix)
        return terms, frames_outermost

    def _find_group(self) -> Mapping[str, object]:
        """Return the terms, which may lie in one group."""
        group = read_mapping(take(self._document, "observations", self._where), self._where)
        first = next(iter(group.values()), None)
        if isinstance(first, Mapping) and not _TERM_KEYS & set(first):
            if len(group) > 1:
                fix = "several inputs are not imported; write the bundle by hand (IMPORTING.md)"
                raise refuse(self._where, "one group of terms", list(group), fix)
            return read_mapping(first, self._where)
        return group

    def _flag(self, group: dict[str, object], name: str) -> bool:
        value = group.pop(name, False)
        if not isinstance(value, bool):
            raise refuse(f"{self._where}: {name}", "true or false", value, "correct it")
        return value

    def _read(self, name: str, value: object) -> ObservationTerm:
        """Read one term with its clip, scale and history."""
        where = f"{self._where}: {name}"
        entry = read_mapping(value, where)
        if name in self._supplement.observations:
            spec = self._supplement.observations[name]
            term = ObservationTerm(name, spec.size, Source.INPUT, (spec.name,))
        elif name in self._known:
            params = entry.get("params")
            term = self._known[name](name, {} if params is None else read_mapping(params, where))
        else:
            raise refuse(
                where,
                f"one of {', '.join(self._known)}",
                name,
                "describe it as an input of its own, under observations in --supplement",
            )
        history = read_whole(entry.get("history_length", 1), f"{where}: history_length")
        if history < 1:
            fix = "write 1 for no history"
            raise refuse(f"{where}: history_length", "at least 1", history, fix)
        clip, scale = entry.get("clip"), entry.get("scale")
        return replace(
            term,
            clip=None if clip is None else read_range(clip, f"{where}: clip"),
            scale=None if scale is None else spread_numbers(scale, f"{where}: scale", term.width),
            history=history,
        )

    def _angular_velocity(self, name: str, _: Mapping[str, object]) -> ObservationTerm:
        return ObservationTerm(name, 3, Source.INPUT, (ANGULAR_VELOCITY,))

    def _gravity(self, name: str, _: Mapping[str, object]) -> ObservationTerm:
        return ObservationTerm(name, 3, Source.GRAVITY, (ORIENTATION,))

    def _last_action(self, name: str, _: Mapping[str, object]) -> ObservationTerm:
        return ObservationTerm(name, self._action_width, Source.LAST_ACTION)

    def _gait(self, name: str, params: Mapping[str, object]) -> ObservationTerm:
        where = f"{self._where}: {name}: params"
        period = read_positive(take(params, "period", where), f"{where}: period")
        self.assumptions.append(
            "the gait clock is 0 at the first tick, as in training (the C++ starts 2 ticks later)"
        )
        return ObservationTerm(name, 2, Source.GAIT_PHASE, period=period)

    def _command(self, name: str, _: Mapping[str, object]) -> ObservationTerm:
        """Read the velocity command, which the controller clamps to the trained ranges."""
        value: object = self._document
        path = ("commands", "base_velocity", "ranges")
        for depth, key in enumerate(path):
            where = ": ".join((self._where.removesuffix(": observations"), *path[:depth]))
            value = take(read_mapping(value, where), key, where)
        where = f"{self._where.removesuffix(': observations')}: {': '.join(path)}"
        ranges = read_mapping(value, where)
        limits = [
            read_range(take(ranges, axis, where), f"{where}: {axis}") for axis in _COMMAND_RANGES
        ]
        bounds = (tuple(lower for lower, _ in limits), tuple(upper for _, upper in limits))
        return ObservationTerm(name, 3, Source.INPUT, VELOCITY_COMMAND, bounds=bounds)

    def _joint(self, name: str, params: Mapping[str, object]) -> ObservationTerm:
        """Read joint positions, absolute or from the default pose, or joint velocities."""
        where = f"{self._where}: {name}: params: asset_cfg"
        asset = params.get("asset_cfg")
        ids = None if asset is None else read_mapping(asset, where).get("joint_ids")
        taken = read_indices(ids, len(self._pose), f"{where}: joint_ids")
        source = JOINT_VELOCITY if name == "joint_vel_rel" else JOINT_POSITION
        bias = tuple(self._pose[index] for index in taken) if name == "joint_pos_rel" else None
        positions = self._joints.from_bundle
        indices = tuple(positions[index] for index in taken)
        return ObservationTerm(name, len(taken), Source.INPUT, (source,), indices, bias)
