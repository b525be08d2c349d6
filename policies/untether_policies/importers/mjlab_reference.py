"""What mjlab's environment does around its network, in numpy, to check compositions against.

Written from mjlab's code and not from the composition: it reads the metadata itself, keeps frames
in a list as mjlab's circular buffer does, and rotates with a rotation matrix.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from untether_policies.importers.reference import (
    Array,
    FrameHistory,
    Network,
    rotate_gravity,
)
from untether_policies.importers.supplement import Supplement


class MjlabReference:
    """An mjlab environment as its policy sees it, for one robot.

    Args:
        entries: The file's metadata, completed by the user's.
        supplement: What the user adds.
        network: The original network: observation in, action out.
    """

    def __init__(
        self, entries: Mapping[str, str], supplement: Supplement, network: Network
    ) -> None:
        self._network = network
        self._supplement = supplement
        self._joints = entries["joint_names"].split(",")
        self._pose = _numbers(entries["default_joint_pos"])  # (joints) [rad]
        self._commanded = list(supplement.action_joints or self._joints)
        count = len(self._commanded)
        self._scale = np.broadcast_to(_numbers(entries["action_scale"]), count)  # [rad]
        chosen = [self._pose[self._joints.index(name)] for name in self._commanded]
        self._offset = np.array(supplement.action_offset or chosen)  # (actions) [rad]
        self._terms = list(
            zip(
                entries["observation_names"].split(","),
                entries["observation_terms_scale"].split(","),
                entries["observation_terms_clip"].split(","),
                entries["observation_terms_history_length"].split(","),
                strict=True,
            )
        )
        self.reset()

    def reset(self) -> None:
        """Forget the past, as an environment does at the start of an episode."""
        self.last_action = np.zeros(len(self._commanded))
        self._histories = {
            name: FrameHistory(int(float(length))) for name, _, _, length in self._terms
        }

    def step(self, inputs: Mapping[str, Array]) -> dict[str, float]:
        """Return each joint's target [rad] for the bundle's inputs, by joint name."""
        parts: list[NDArray[np.float64]] = []
        for name, scale, clip, _ in self._terms:
            lower, upper = (float(bound) for bound in clip.split(";"))
            frame = np.clip(self._observe(name, inputs), lower, upper)
            frame = frame * np.array([float(factor) for factor in scale.split(";")])
            parts.append(np.concatenate(self._histories[name].append(frame)))
        action = self._network(np.concatenate(parts).astype(np.float32)).astype(np.float64)
        bound = self._supplement.raw_clip
        self.last_action = action if bound is None else np.clip(action, -bound, bound)
        target = self.last_action * self._scale + self._offset
        return dict(zip(self._commanded, map(float, target), strict=True))

    def _observe(self, name: str, inputs: Mapping[str, Array]) -> NDArray[np.float64]:
        """Return an observation term before clip, scale and history."""
        if name in self._supplement.observations:
            value = inputs[self._supplement.observations[name].name].ravel()
        elif name == "actions":
            value = self.last_action
        elif name == "joint_pos":
            value = inputs["joint_position"] - self._pose
        elif name == "projected_gravity":
            value = rotate_gravity(inputs["orientation"])
        elif name == "command":
            value = np.hstack(
                [inputs["linear_velocity_command"], inputs["angular_velocity_command"]]
            )
        else:
            plain = {
                "base_lin_vel": "linear_velocity",
                "base_ang_vel": "angular_velocity",
                "joint_vel": "joint_velocity",
            }
            value = inputs[plain[name]]
        return np.asarray(value, np.float64)


def _numbers(text: str) -> NDArray[np.float64]:
    return np.array([float(item) for item in text.split(",")])
