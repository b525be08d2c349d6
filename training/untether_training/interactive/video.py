"""Films a bundle at its task."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from PIL import Image

from untether_hardware.crazyflie.video_file import write_video
from untether_hardware.franka.cameras import CameraRenderer
from untether_hardware.manipulation.registry import make_task
from untether_hardware.manipulation.tensors import CAMERAS, require_arm_policy
from untether_policies.bundle import load_bundle
from untether_policies.policy import Policy
from untether_training.interactive.evaluator import BundleActor
from untether_training.manipulation.environment import ManipulationEnvironment

_SIZE = 384  # [px] of each camera's picture
_LAST = 5  # pictures for which the end is shown


def film_bundle(path: Path, task: str, video: Path, *, episodes: int, seed: int) -> None:
    """Write a video with both cameras beside each other, in real time.

    Args:
        path: Of the bundle.
        task: Its name.
        video: MP4 file to write.
        episodes: How many.
        seed: Of the first scene.

    Raises:
        BundleError: When the bundle is refused.
        VideoUnavailableError: When this machine cannot render or encode.
    """
    bundle = load_bundle(path)
    size = require_arm_policy(bundle.contract)
    policy = Policy.from_bundle(bundle)
    with closing(ManipulationEnvironment(make_task(task), image_size=size)) as environment:
        rate = round(1.0 / environment.config.period)
        frames = _film(policy, environment, range(seed, seed + episodes))
        write_video(frames, video, frame_rate=rate)


def _film(
    policy: Policy, environment: ManipulationEnvironment, scenes: range
) -> Iterator[Image.Image]:
    actor = BundleActor(policy, environment)
    arm = environment.arm
    with CameraRenderer(arm.model, width=_SIZE, height=_SIZE) as renderer:

        def take() -> Image.Image:
            views = [renderer.render(arm.data, camera) for camera in CAMERAS]
            return Image.fromarray(np.concatenate(views, axis=1))

        for scene in scenes:
            observation, _ = environment.reset(seed=scene)
            actor.reset()
            ended = False
            while not ended:
                yield take()
                observation, _, terminated, truncated, _ = environment.step(actor.act(observation))
                ended = terminated or truncated
            last = take()
            yield from (last for _ in range(_LAST))
