"""The numbers and nominal times that the format keeps of an episode's frames."""

import numpy as np

from untether_hardware.datasets.features import INDEX_FEATURES


def number_frames(
    length: int, *, episode: int, first_frame: int, task: int, fps: int
) -> dict[str, np.ndarray]:
    """Return the columns of `INDEX_FEATURES`.

    Args:
        length: Number of frames of the episode.
        episode: Its number.
        first_frame: Number of its first frame among those of all episodes.
        task: Number of its task.
        fps: Frames per second [Hz].

    Returns:
        (length, 1) each.
    """
    frames = np.arange(length)
    columns = {
        "timestamp": frames / fps,
        "frame_index": frames,
        "episode_index": np.full(length, episode),
        "index": first_frame + frames,
        "task_index": np.full(length, task),
    }
    return {one.name: columns[one.name].astype(one.dtype)[:, None] for one in INDEX_FEATURES}
