"""What Unitree's controller does around the network, in numpy, to check compositions against.

Written from the C++ of unitree_rl_lab and unitree_rl_mjlab (``observation_manager.h``,
``observations.h``, ``joint_actions.h``, ``unitree_articulation.h``, ``State_RLBase``) and not from
the composition: it reads ``deploy.yaml`` itself and keeps joint states by motor number.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from untether_policies.importers.deploy_yaml import IndexSlice
from untether_policies.importers.reference import (
    Array,
    FrameHistory,
    Network,
    rotate_gravity,
)
from untether_policies.importers.supplement import Supplement

Frame = NDArray[np.float64]
Settings = Mapping[str, object]


class UnitreeReference:
    """The controller for one robot.

    Args:
        document: The content of ``deploy.yaml``, which the importer has accepted.
        supplement: What the user adds.
        motor_names: Joint names by motor number.
        network: The original network: observation in, action out.
    """

    def __init__(
        self,
        document: Settings,
        supplement: Supplement,
        motor_names: Sequence[str],
        network: Network,
    ) -> None:
        self._network = network
        self._supplement = supplement
        self._motor_names = list(motor_names)
        self._document = document
        self._map = [_whole(motor) for motor in cast(Sequence[object], document["joint_ids_map"])]
        self._pose = np.array(document["default_joint_pos"], np.float64)  # policy order [rad]
        self._action = cast(Settings, cast(Settings, document["actions"])["JointPositionAction"])
        group = dict(cast(Settings, document["observations"]))
        first = next(iter(group.values()))
        if isinstance(first, Mapping) and not {"scale", "params", "clip"} & set(first):
            group = dict(first)
        self._scale_first = bool(group.pop("scale_first", False))
        self._by_frame = bool(group.pop("use_gym_history", False))
        self._terms = cast(dict[str, Settings], group)
        self._ids = _chosen(self._action.get("joint_ids"), len(self._map))
        self._positions = np.zeros(len(self._motor_names))  # by motor [rad]
        self._velocities = np.zeros(len(self._motor_names))  # by motor [rad/s]
        self.reset()

    def reset(self) -> None:
        """Enter the controller's state anew."""
        self.last_action = np.zeros(len(self._ids))
        self._tick = 0
        self._histories = {
            name: FrameHistory(_whole(term.get("history_length", 1)))
            for name, term in self._terms.items()
        }

    def step(self, inputs: Mapping[str, Array]) -> dict[str, float]:
        """Return each joint's target [rad] for the bundle's inputs, by joint name."""
        self._read_motors(inputs)
        frames = [
            self._histories[name].append(self._finish(term, self._observe(name, term, inputs)))
            for name, term in self._terms.items()
        ]
        if self._by_frame:
            frames = [[term[age] for term in frames] for age in range(len(frames[0]))]
        ordered = [frame for group in frames for frame in group]
        self._tick += 1
        action = self._network(np.concatenate(ordered).astype(np.float32)).astype(np.float64)
        bound = self._supplement.raw_clip
        self.last_action = action if bound is None else np.clip(action, -bound, bound)
        return {
            self._motor_names[self._map[joint]]: target
            for joint, target in zip(self._ids, self._process(self.last_action), strict=True)
        }

    def _read_motors(self, inputs: Mapping[str, Array]) -> None:
        """Put the bundle's joint states, which come in motor order, where the motors are."""
        for rank, motor in enumerate(sorted(self._map)):
            if "joint_position" in inputs:
                self._positions[motor] = inputs["joint_position"][rank]
            if "joint_velocity" in inputs:
                self._velocities[motor] = inputs["joint_velocity"][rank]

    def _finish(self, term: Settings, frame: Frame) -> Frame:
        """Clip and scale a frame."""
        scale = np.asarray(1.0 if term.get("scale") is None else term["scale"], np.float64)
        clip = cast("list[float] | None", term.get("clip"))
        lower, upper = (-np.inf, np.inf) if clip is None else (float(clip[0]), float(clip[1]))
        if self._scale_first:
            return np.clip(frame * scale, lower, upper)
        return np.clip(frame, lower, upper) * scale

    def _observe(self, name: str, term: Settings, inputs: Mapping[str, Array]) -> Frame:
        """Return an observation term before clip, scale and history."""
        params = cast(Settings, term.get("params") or {})
        if name in self._supplement.observations:
            return np.asarray(inputs[self._supplement.observations[name].name], np.float64).ravel()
        if name == "base_ang_vel":
            return np.asarray(inputs["angular_velocity"], np.float64)
        if name == "projected_gravity":
            return rotate_gravity(inputs["orientation"])
        if name == "last_action":
            return self.last_action
        if name == "velocity_commands":
            return self._command(inputs)
        if name == "gait_phase":
            cycles = self._tick * float(cast(float, self._document["step_dt"]))
            angle = 2.0 * np.pi * cycles / float(cast(float, params["period"]))
            return np.array([np.sin(angle), np.cos(angle)])
        asset = cast(Settings, params.get("asset_cfg") or {})
        ids = _chosen(asset.get("joint_ids"), len(self._map))
        by_motor = self._velocities if name == "joint_vel_rel" else self._positions
        values = np.array([by_motor[self._map[joint]] for joint in ids])
        return values - self._pose[ids] if name == "joint_pos_rel" else values

    def _command(self, inputs: Mapping[str, Array]) -> Frame:
        """Return the velocity command within the trained ranges."""
        commands = cast(Settings, self._document["commands"])
        ranges = cast(Settings, cast(Settings, commands["base_velocity"])["ranges"])
        wanted = [*inputs["linear_velocity_command"], inputs["angular_velocity_command"][0]]
        axes = ("lin_vel_x", "lin_vel_y", "ang_vel_z")
        limits = [cast(Sequence[float], ranges[axis]) for axis in axes]
        return np.array(
            [
                min(max(float(value), float(lower)), float(upper))
                for value, (lower, upper) in zip(wanted, limits, strict=True)
            ]
        )

    def _process(self, action: Frame) -> list[float]:
        """Return the joint targets, in the action's order [rad]."""
        scale = 1.0 if self._action.get("scale") is None else self._action["scale"]
        offset = self._supplement.action_offset or self._action.get("offset") or 0.0
        targets = action * np.asarray(scale, np.float64) + np.asarray(offset, np.float64)
        clip = self._action.get("clip")
        if clip is not None:
            bounds = np.asarray(clip, np.float64)
            targets = np.clip(targets, bounds[:, 0], bounds[:, 1])
        return [float(target) for target in targets]


def _chosen(ids: object, count: int) -> list[int]:
    """Return which of the policy's joints are meant."""
    if ids is None:
        return list(range(count))
    if isinstance(ids, IndexSlice):
        return list(range(count))[slice(ids.start, ids.stop, ids.step)]
    return [_whole(index) for index in cast(Sequence[object], ids)]


def _whole(value: object) -> int:
    return int(float(cast(float, value)))
