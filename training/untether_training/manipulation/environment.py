"""The Gymnasium environment of every manipulation task."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from untether_hardware.franka.cameras import CameraRenderer
from untether_hardware.franka.model import FRONT_CAMERA, WRIST_CAMERA
from untether_hardware.franka.pose import Pose
from untether_hardware.franka.state import ArmState, GripperCommand
from untether_hardware.manipulation.action import ACTION_SIZE
from untether_hardware.manipulation.observation import STATE_SIZES, observe_state
from untether_hardware.manipulation.task import ManipulationTask
from untether_hardware.manipulation.workcell import Workcell

Observation = dict[str, NDArray[Any]]
Action = NDArray[np.float32]

CAMERAS = (FRONT_CAMERA.name, WRIST_CAMERA.name)


class ManipulationEnvironment(gymnasium.Env[Observation, Action]):
    """A simulated arm with a task, sparse reward and randomised resets.

    An action is a twist in the tool's frame and a gripper command: translation (3) and rotation (3)
    of the setpoint relative to where the tool is, from -1 to 1 of their scales, and the gripper,
    which is rounded to -1 (close), 0 (go on) or 1 (open).

    Observations are those of ``STATE_SIZES``, ``image_front`` and ``image_wrist`` (size, size, 3)
    where images are asked for, and ``privileged`` where that is.

    The reward is 1 where the task succeeds, which terminates the episode, else 0. It also
    terminates where the task is lost. The time limit truncates it, and is no terminal state.
    ``info`` holds ``is_success``, ``is_lost``, and ``gripper_toggled``, whether the action made the
    gripper change its direction.

    Attributes:
        task: What is to be done.
        arm: The simulated arm, with MuJoCo's model and state.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012

    def __init__(
        self,
        task: ManipulationTask,
        *,
        images: bool = True,
        image_size: int = 128,
        privileged: bool = False,
        render_mode: str | None = None,
    ) -> None:
        """Create an environment; call ``reset`` before it is used.

        Args:
            task: What is to be done, with its config.
            images: Whether observations hold the cameras' pictures.
            image_size: Width and height of the pictures [px].
            privileged: Whether observations hold what only a simulator knows of the objects.
            render_mode: ``"rgb_array"`` or None, as Gymnasium has it.
        """
        self.task = task
        self.config = task.config
        self.render_mode = render_mode
        self._cell = Workcell(task)
        self.arm = self._cell.arm
        self._images = images
        self._image_size = image_size
        self._privileged = privileged
        self._renderer: CameraRenderer | None = None
        self._reset_pose: Pose | None = None
        self._steps = 0
        self.action_space = spaces.Box(-1.0, 1.0, (ACTION_SIZE,), np.float32)
        self.observation_space = spaces.Dict(self._make_spaces())

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode at a random start.

        Args:
            seed: Starts the random numbers anew; None goes on with them.
            options: None are known.
        """
        super().reset(seed=seed, options=options)
        state = self._cell.reset(self.np_random)
        self._reset_pose = state.pose
        self._steps = 0
        return self._observe(state, state.pose), self._inform(state, toggled=False)

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Act for one period.

        Args:
            action: (7,) [1]; it is clipped to -1 to 1.

        Raises:
            ValueError: When the action is not of seven finite numbers.
            RuntimeError: When the environment was never reset.
        """
        if self._reset_pose is None:
            raise RuntimeError("step: expected a call of reset before, got none. Fix: reset first.")
        values = np.asarray(action, dtype=float)
        if values.shape != (ACTION_SIZE,) or not np.isfinite(values).all():
            raise ValueError(
                f"step(action): expected {ACTION_SIZE} finite numbers, got {action!r}. "
                "Fix: check what computes the action."
            )
        values = np.clip(values, -1.0, 1.0)
        tool = self.arm.read_state().pose
        self.arm.command_pose(
            tool.move(
                self.config.translation_scale * values[:3],
                self.config.rotation_scale * values[3:6],
            )
        )
        toggled = self._cell.command_gripper(GripperCommand(round(values[6])))
        self.arm.step(self.config.period)
        self._steps += 1
        state = self.arm.read_state()
        info = self._inform(state, toggled=toggled)
        success = info["is_success"]
        terminated = success or info["is_lost"]
        truncated = not terminated and self._steps >= self.config.max_steps
        observation = self._observe(state, self._reset_pose)
        return observation, float(success), terminated, truncated, info

    def render(self) -> NDArray[np.uint8] | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return what the front camera sees, (size, size, 3); None without a render mode."""
        return None if self.render_mode is None else self._take_picture(CAMERAS[0])

    def close(self) -> None:
        """Free what the renderer holds on the graphics card."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def _make_spaces(self) -> dict[str, spaces.Space[Any]]:
        made: dict[str, spaces.Space[Any]] = {
            name: spaces.Box(-np.inf, np.inf, (size,), np.float32)
            for name, size in STATE_SIZES.items()
        }
        if self._privileged:
            size = self.task.privileged_size
            made["privileged"] = spaces.Box(-np.inf, np.inf, (size,), np.float32)
        if self._images:
            shape = (self._image_size, self._image_size, 3)
            for camera in CAMERAS:
                made[f"image_{camera}"] = spaces.Box(0, 255, shape, np.uint8)
        return made

    def _observe(self, state: ArmState, reset_pose: Pose) -> Observation:
        observation: Observation = dict(observe_state(state, reset_pose))
        if self._privileged:
            known = self.task.observe_privileged(self.arm.data, state)
            observation["privileged"] = known.astype(np.float32)
        if self._images:
            for camera in CAMERAS:
                observation[f"image_{camera}"] = self._take_picture(camera)
        return observation

    def _inform(self, state: ArmState, *, toggled: bool) -> dict[str, Any]:
        task, data = self.task, self.arm.data
        success = task.is_success(data, state)
        lost = not success and task.is_lost(data, state)
        return {"is_success": success, "is_lost": lost, "gripper_toggled": toggled}

    def _take_picture(self, camera: str) -> NDArray[np.uint8]:
        if self._renderer is None:
            size = self._image_size
            self._renderer = CameraRenderer(self.arm.model, width=size, height=size)
        return self._renderer.render(self.arm.data, camera)
