"""The simulated arm: a MuJoCo model and its impedance controller behind the robot's interface."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

from collections.abc import Sequence
from dataclasses import dataclass, field

import mujoco
import numpy as np

from untether_hardware.franka.description import FR3, ArmDescription
from untether_hardware.franka.impedance import ImpedanceController
from untether_hardware.franka.impedance_config import ImpedanceConfig
from untether_hardware.franka.inverse_kinematics import solve_joint_position
from untether_hardware.franka.model import GRIPPER_ACTUATOR, TOOL_SITE
from untether_hardware.franka.pose import Floats, Pose
from untether_hardware.franka.state import ArmState, GripperCommand
from untether_hardware.franka.workspace import Workspace

_SINGULAR = 1e-4  # keeps the wrench estimate finite where the arm is stretched out


@dataclass(frozen=True)
class SimulatedArmConfig:
    """How the simulated arm is controlled.

    Attributes:
        impedance: Gains and limits of the reference.
        workspace: Where setpoints are clipped to.
        wrench_time_constant: Of the low-pass of the wrench estimate [s].
    """

    impedance: ImpedanceConfig = field(default_factory=ImpedanceConfig)
    workspace: Workspace = field(default_factory=Workspace)
    wrench_time_constant: float = 0.02


class SimulatedArm:
    """An arm in a scene, stepped together with its controller at the model's timestep.

    The same setpoints from the same state give the same motion, bit for bit.

    Attributes:
        config: How the arm is controlled.
        description: The arm.
        model: MuJoCo's model, for scenes and rendering.
        data: MuJoCo's state, likewise; after writing to it, call ``reset``.
        controller: Gives the torques; its gains may be changed at any time.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        config: SimulatedArmConfig | None = None,
        *,
        description: ArmDescription = FR3,
    ) -> None:
        """Create an arm in its home position.

        Args:
            model: From ``build_arm``, with or without a scene.
            config: How the arm is controlled.
            description: What the model was built from.
        """
        self.config = config or SimulatedArmConfig()
        self.description = description
        self.model = model
        self.data = mujoco.MjData(model)
        self.controller = ImpedanceController(
            description, self.config.impedance, period=model.opt.timestep
        )
        self._joints = len(description.joints)
        self._fingers = [model.joint(name).qposadr[0] for name in description.hand.finger_names]
        self._finger_speeds = [
            model.joint(name).dofadr[0] for name in description.hand.finger_names
        ]
        self._gripper = model.actuator(GRIPPER_ACTUATOR).id
        self._site = model.site(TOOL_SITE).id
        self._jacobian = np.empty((6, model.nv))
        self._external_torque = np.zeros(self._joints)
        self._smoothing = min(1.0, model.opt.timestep / self.config.wrench_time_constant)
        self.reset(description.home)

    @property
    def time(self) -> float:
        """Time since the last reset [s]."""
        return self.data.time

    def reset(
        self, joint_position: Sequence[float] | Floats, *, gripper_width: float | None = None
    ) -> None:
        """Put the arm somewhere at rest, with its clock at zero; the scene stays as it is.

        Args:
            joint_position: (7,) [rad].
            gripper_width: Opening between the fingertips [m]; None opens the gripper.

        Raises:
            ValueError: When an angle or the width is outside of its limits.
        """
        angles = np.asarray(joint_position, dtype=float)
        joints, hand, data = self.description.joints, self.description.hand, self.data
        inside = angles.shape == (self._joints,) and all(
            joint.lower <= angle <= joint.upper for joint, angle in zip(joints, angles, strict=True)
        )
        if not inside:
            raise ValueError(
                f"reset(joint_position): expected {self._joints} angles within the limits of "
                f"{', '.join(self.description.joint_names)}, got {angles}. "
                "Fix: solve_joint_position finds angles for a pose."
            )
        width = hand.max_width if gripper_width is None else gripper_width
        if not 0.0 <= width <= hand.max_width:
            raise ValueError(
                f"reset(gripper_width): expected 0 to {hand.max_width} m, got {width!r}. "
                "Fix: give the opening between the fingertips."
            )
        data.time = 0.0
        data.qpos[: self._joints] = angles
        data.qpos[self._fingers] = 0.5 * width
        data.qvel[: self._joints] = 0.0
        data.qvel[self._finger_speeds] = 0.0
        data.qacc_warmstart[:] = 0.0
        data.ctrl[:] = 0.0
        self._external_torque[:] = 0.0
        mujoco.mj_step1(self.model, data)
        bias = data.qfrc_bias[: self._joints]
        self.controller.reset(self._read_pose(), angles, bias)

    def reset_to_pose(self, pose: Pose, *, gripper_width: float | None = None) -> None:
        """Put the tool somewhere at rest, as ``reset`` does.

        Raises:
            ValueError: When the pose is out of reach, or the width is outside of its limits.
        """
        angles = solve_joint_position(self.model, self.description, pose)
        self.reset(angles, gripper_width=gripper_width)

    def command_pose(self, pose: Pose, feed_forward: Floats | None = None) -> None:
        """Send the tool somewhere; it goes there until the next command.

        Args:
            pose: Setpoint in the base's frame; it is clipped to the workspace.
            feed_forward: Force and torque to exert besides, (6,) [N, N m] tool.

        Raises:
            ValueError: When a number is not finite; the last setpoint stays.
        """
        target = self.config.workspace.clip(pose) if pose.is_finite else pose
        self.controller.set_target(target, feed_forward)

    def command_gripper(self, command: GripperCommand) -> None:
        """Open or close the gripper, with its force where it meets something."""
        if command is not GripperCommand.STAY:
            speed = 2 * self.description.hand.max_finger_speed
            self.data.ctrl[self._gripper] = speed * command

    def step(self, duration: float) -> None:
        """Advance by a time [s], which is rounded to whole timesteps."""
        model, data, joints = self.model, self.data, self._joints
        compute = self.controller.compute
        for _ in range(round(duration / model.opt.timestep)):
            data.ctrl[:joints] = compute(
                self._read_pose(),
                self._read_jacobian(),
                data.qpos[:joints],
                data.qvel[:joints],
                data.qfrc_bias[:joints],
            )
            mujoco.mj_step2(model, data)
            self._external_torque += self._smoothing * (
                data.qfrc_constraint[:joints] - self._external_torque
            )
            mujoco.mj_step1(model, data)

    def read_state(self) -> ArmState:
        """Return what the arm tells now."""
        data, joints = self.data, self._joints
        jacobian = self._read_jacobian()
        velocity = jacobian @ data.qvel[:joints]
        # The wrench whose joint torques come closest to the external ones.
        gram = jacobian @ jacobian.T + _SINGULAR * np.eye(6)
        wrench = np.asarray(np.linalg.solve(gram, jacobian @ self._external_torque), np.float64)
        return ArmState(
            stamp=data.time,
            joint_position=data.qpos[:joints].copy(),
            joint_velocity=data.qvel[:joints].copy(),
            joint_torque=data.ctrl[:joints].copy(),
            pose=self._read_pose(),
            linear_velocity=velocity[:3],
            angular_velocity=velocity[3:],
            force=wrench[:3],
            torque=wrench[3:],
            gripper_width=float(data.qpos[self._fingers].sum()),
        )

    def _read_pose(self) -> Pose:
        data = self.data
        return Pose(
            data.site_xpos[self._site].copy(), data.site_xmat[self._site].reshape(3, 3).copy()
        )

    def _read_jacobian(self) -> Floats:
        jacobian = self._jacobian
        mujoco.mj_jacSite(self.model, self.data, jacobian[:3], jacobian[3:], self._site)
        return jacobian[:, : self._joints]
