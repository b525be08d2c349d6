"""Pictures of a MuJoCo scene without a display: EGL, or OSMesa where there is no EGL."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

import math
from collections.abc import Callable
from importlib import import_module
from typing import Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from untether_hardware.crazyflie.camera import Camera

Image = NDArray[np.uint8]

_BACKENDS = ("mujoco.egl", "mujoco.osmesa")


class VideoUnavailableError(RuntimeError):
    """This machine cannot render or encode a video; says what was expected, got and the fix."""

    def __init__(self, *, expected: str, got: str, fix: str) -> None:
        super().__init__(f"No video: expected {expected}, got {got}. Fix: {fix}")


class GraphicsContext(Protocol):
    """An OpenGL context of one of MuJoCo's backends."""

    def make_current(self) -> None:
        """Let this thread draw with it."""
        ...

    def free(self) -> None:
        """Give it back."""
        ...


class OffscreenRenderer:
    """Renders pictures of a model; close it after use, or use it as a context manager."""

    def __init__(
        self, model: mujoco.MjModel, camera: Camera, *, reach: float, max_geoms: int = 200
    ) -> None:
        """Create a renderer.

        Args:
            model: The model; frame buffer, floor and fog are set to suit the camera.
            camera: Size of the pictures, and about how far away things are.
            reach: Of the floor around what is looked at [m], where it ends in fog. A large floor
                takes most of the time.
            max_geoms: Most shapes that a picture has.

        Raises:
            VideoUnavailableError: When this machine has neither EGL nor OSMesa.
        """
        model.vis.global_.offwidth = camera.width
        model.vis.global_.offheight = camera.height
        model.geom("floor").size[:2] = reach
        model.vis.map.fogstart = (camera.distance + 0.1 * reach) / model.stat.extent
        model.vis.map.fogend = (camera.distance + 0.9 * reach) / model.stat.extent
        self._model = model
        self._window = create_context(camera.width, camera.height)
        self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._scene = mujoco.MjvScene(model, maxgeom=max_geoms)
        self._option = mujoco.MjvOption()
        self._option.geomgroup[3] = 0  # collision shapes

    def render(
        self,
        data: mujoco.MjData,
        camera: Camera,
        *,
        shadows: bool,
        decorate: Callable[[mujoco.MjvScene], None] | None = None,
    ) -> Image:
        """Return a picture.

        Args:
            data: State of the model.
            camera: From where to look; its size is that of the picture.
            shadows: Whether to draw shadows, which takes several times as long.
            decorate: Adds shapes to the scene that are not in the model.

        Returns:
            (height, width, 3), red, green and blue from 0 to 255.
        """
        view = mujoco.MjvCamera()
        view.lookat[:] = camera.look_at
        view.distance = camera.distance
        view.azimuth = math.degrees(camera.azimuth)
        view.elevation = math.degrees(camera.elevation)
        self._model.vis.global_.fovy = math.degrees(camera.field_of_view)
        self._window.make_current()
        everything = mujoco.mjtCatBit.mjCAT_ALL
        mujoco.mjv_updateScene(self._model, data, self._option, None, view, everything, self._scene)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = shadows
        self._scene.flags[mujoco.mjtRndFlag.mjRND_FOG] = True
        self._centre_floor(camera)
        if decorate is not None:
            decorate(self._scene)
        area = mujoco.MjrRect(0, 0, camera.width, camera.height)
        mujoco.mjr_render(area, self._scene, self._context)
        picture = np.empty((camera.height, camera.width, 3), dtype=np.uint8)
        mujoco.mjr_readPixels(picture, None, area, self._context)
        return picture[::-1]

    def _centre_floor(self, camera: Camera) -> None:
        """Keep the middle of the floor below what is looked at."""
        for geom in self._scene.geoms[: self._scene.ngeom]:
            if geom.type == mujoco.mjtGeom.mjGEOM_PLANE:
                geom.pos[:2] = np.round(camera.look_at[:2])  # whole tiles of one metre

    def close(self) -> None:
        """Free what the renderer holds on the graphics card."""
        self._window.make_current()
        self._context.free()
        self._window.free()

    def __enter__(self) -> "OffscreenRenderer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def create_context(width: int, height: int) -> GraphicsContext:
    """Return the first OpenGL context that this machine has, made current."""
    problems = []
    for backend in _BACKENDS:
        try:
            context = import_module(backend).GLContext(width, height)
            context.make_current()
        except (ImportError, OSError, RuntimeError, AttributeError) as error:
            problems.append(f"{backend}: {error}")
        else:
            return context
    raise VideoUnavailableError(
        expected="EGL or OSMesa for rendering without a display",
        got="; ".join(problems),
        fix="install libegl1 (or libosmesa6), or go without the video",
    )
