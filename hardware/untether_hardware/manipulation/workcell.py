"""A simulated arm with a task's table and things."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

from __future__ import annotations

import mujoco
import numpy as np

from untether_hardware.franka.model import ArmModelConfig, build_arm
from untether_hardware.franka.simulated_arm import SimulatedArm, SimulatedArmConfig
from untether_hardware.franka.state import ArmState, GripperCommand
from untether_hardware.manipulation.task import ManipulationTask


class Workcell:
    """A simulated arm and what it works with; call ``reset`` before it is used.

    Attributes:
        task: What is to be done.
        arm: The simulated arm, with MuJoCo's model and state.
        gripper: Where the gripper was sent last.
    """

    def __init__(self, task: ManipulationTask) -> None:
        """Build the scene.

        Args:
            task: What is to be done, with its config.
        """
        self.task = task
        config = task.config
        spec = build_arm(
            config=ArmModelConfig(gripper_force=config.gripper_force, cameras=config.cameras)
        )
        task.add_scene(spec)
        self.arm = SimulatedArm(
            spec.compile(), SimulatedArmConfig(config.impedance, config.workspace)
        )
        self.gripper = GripperCommand.OPEN

    def reset(self, generator: np.random.Generator) -> ArmState:
        """Draw a new start, and return what the arm tells there.

        Args:
            generator: Source of all randomness.
        """
        arm = self.arm
        mujoco.mj_resetData(arm.model, arm.data)
        start = self.task.reset(arm.data, generator)
        arm.reset_to_pose(start.pose, gripper_width=start.gripper_width)
        state = arm.read_state()
        is_open = state.gripper_width > 0.5 * arm.description.hand.max_width
        self.gripper = GripperCommand.OPEN if is_open else GripperCommand.CLOSE
        arm.command_gripper(self.gripper)
        return state

    def command_gripper(self, command: GripperCommand) -> bool:
        """Send the gripper somewhere; return whether its direction has changed by it.

        Nothing happens where the task keeps the gripper as it is.
        """
        fixed = self.task.config.gripper_fixed
        toggled = not fixed and command not in (GripperCommand.STAY, self.gripper)
        if toggled:
            self.gripper = command
            self.arm.command_gripper(command)
        return toggled

    def is_success(self) -> bool:
        """Return whether the task is done."""
        return self.task.is_success(self.arm.data, self.arm.read_state())
