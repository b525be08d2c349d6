"""Pictures of the arm's cameras, rendered without a display, shadows or multisampling."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

import mujoco
import numpy as np

from untether_hardware.crazyflie.offscreen import Image, create_context


class CameraRenderer:
    """Renders the cameras of a model; close it after use, or use it as a context manager.

    A renderer belongs to the thread that made it.
    """

    def __init__(self, model: mujoco.MjModel, *, width: int = 128, height: int = 128) -> None:
        """Create a renderer.

        Args:
            model: The model; its frame buffer is set to the pictures' size.
            width: Of the pictures [px].
            height: Of the pictures [px].

        Raises:
            VideoUnavailableError: When this machine has neither EGL nor OSMesa.
        """
        model.vis.global_.offwidth = width
        model.vis.global_.offheight = height
        self._model = model
        self._window = create_context(width, height)
        self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._scene = mujoco.MjvScene(model, maxgeom=model.ngeom + 8)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = False
        self._scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = False
        self._option = mujoco.MjvOption()
        self._option.sitegroup[:] = 0
        self._option.flags[mujoco.mjtVisFlag.mjVIS_TENDON] = False
        self._area = mujoco.MjrRect(0, 0, width, height)
        self._view = mujoco.MjvCamera()
        self._view.type = mujoco.mjtCamera.mjCAMERA_FIXED

    def render(self, data: mujoco.MjData, camera: str) -> Image:
        """Return what a camera sees.

        Args:
            data: State of the model.
            camera: Name of the camera.

        Returns:
            (height, width, 3), red, green and blue from 0 to 255.
        """
        self._view.fixedcamid = self._model.camera(camera).id
        self._window.make_current()
        everything = mujoco.mjtCatBit.mjCAT_ALL
        mujoco.mjv_updateScene(
            self._model, data, self._option, None, self._view, everything, self._scene
        )
        mujoco.mjr_render(self._area, self._scene, self._context)
        picture = np.empty((self._area.height, self._area.width, 3), dtype=np.uint8)
        mujoco.mjr_readPixels(picture, None, self._area, self._context)
        return np.ascontiguousarray(picture[::-1])

    def close(self) -> None:
        """Free what the renderer holds on the graphics card."""
        self._window.make_current()
        self._context.free()
        self._window.free()

    def __enter__(self) -> "CameraRenderer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
