import numpy as np
import pytest

from untether_hardware.datasets.features import Camera, Commander, Feature, Step
from untether_hardware.datasets.schema import DatasetSchema
from untether_hardware.datasets.writer import DatasetWriter

FPS = 10
FRONT, WRIST = "observation.images.front", "observation.images.wrist"
SCHEMA = DatasetSchema(
    FPS,
    (
        Feature("observation.state", "float32", 2, ("x", "y")),
        Feature("action", "float32", 3, ("dx", "dy", "gripper")),
    ),
    (Camera(FRONT, 32, 48), Camera(WRIST, 16, 16, "image")),
    "fr3",
)


def draw_picture(height, width, level):
    """Return a smooth picture whose brightness tells frames apart."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([y * 3 + level, x * 2 + level, np.full_like(x, level)], axis=2).astype(np.uint8)


def add_frames(writer, episode, count, **ending):
    """Add frames whose values tell episode and frame."""
    for frame in range(count):
        last = frame == count - 1
        writer.add_frame(
            {
                "observation.state": np.array([episode, frame], np.float32),
                "action": np.array([0.1 * frame, -0.5, 1.0], np.float32),
            },
            Step(
                stamp=100.0 * episode + frame / FPS,
                reward=float(last),
                commander=Commander.OPERATOR if frame % 2 else Commander.POLICY,
                intervention=bool(frame % 2),
                **(ending if last else {}),
            ),
            {
                FRONT: draw_picture(32, 48, 10 * episode + 5 * frame),
                WRIST: draw_picture(16, 16, 7 * episode + frame),
            },
        )


@pytest.fixture
def folder(tmp_path):
    """A dataset of three episodes with 5, 4 and 6 frames."""
    path = tmp_path / "dataset"
    with DatasetWriter.create(path, SCHEMA) as writer:
        for episode, (count, ending) in enumerate(
            ((5, {"terminated": True}), (4, {"truncated": True}), (6, {"terminated": True}))
        ):
            add_frames(writer, episode, count, **ending)
            assert writer.finish_episode("lift the cube" if episode < 2 else "insert it") == episode
    return path
