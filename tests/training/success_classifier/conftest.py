import numpy as np
import pytest

from untether_hardware.datasets.features import Step
from untether_hardware.datasets.writer import DatasetWriter
from untether_hardware.manipulation.dataset_schema import make_schema
from untether_hardware.manipulation.observation import STATE_SIZES

SIZE = 32
LENGTH = 10


def draw_pictures(success, generator):
    """Noise, with a bright patch somewhere where the task is done."""
    pictures = {}
    for camera in ("front", "wrist"):
        picture = generator.integers(0, 120, (SIZE, SIZE, 3), dtype=np.uint8)
        if success:
            row, column = generator.integers(4, 12, 2)
            picture[row : row + 16, column : column + 16] = (250, 40, 40)
        pictures[camera] = picture
    return pictures


@pytest.fixture
def write_recording(tmp_path):
    """Write a recording whose pictures tell success by a patch; every third episode fails."""

    def write(name, *, episodes=12, seed=0, task="pick", mislabel=False):
        generator = np.random.default_rng(seed)
        folder = tmp_path / name
        with DatasetWriter.create(folder, make_schema(SIZE, 10)) as writer:
            for episode in range(episodes):
                for frame in range(LENGTH):
                    success = frame >= LENGTH // 2 and episode % 3 != 2
                    pictures = draw_pictures(success != mislabel, generator)
                    values = {
                        "observation.state": np.zeros(sum(STATE_SIZES.values()), np.float32),
                        "action": np.zeros(7, np.float32),
                        "success": success,
                    }
                    shown = {f"observation.images.{name}": one for name, one in pictures.items()}
                    writer.add_frame(values, Step(0.1 * frame), shown)
                writer.finish_episode(task)
        return folder

    return write
