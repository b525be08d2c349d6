"""Writes pictures as a video file."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image

from untether_hardware.crazyflie.offscreen import VideoUnavailableError

_BIT_RATE_FACTOR = "23"  # x264's constant rate factor: visually clean, 1 MB a minute


def write_video(frames: Iterator[Image.Image], path: str | Path, *, frame_rate: int) -> Path:
    """Write pictures as an MP4 video (H.264).

    Args:
        frames: At least one picture, all of the first one's size, which is even.
        path: File to write; its folder must be there.
        frame_rate: Pictures a second [Hz].

    Returns:
        The path.

    Raises:
        VideoUnavailableError: When this machine cannot encode.
    """
    try:
        import av
        from av.video.stream import VideoStream
    except ImportError as error:
        raise VideoUnavailableError(
            expected="the package av", got=str(error), fix="pip install 'untether[hardware]'"
        ) from error
    path = Path(path)
    first = next(frames)  # before there is a file, in case this machine cannot render
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        try:
            stream = container.add_stream("libx264", rate=Fraction(frame_rate))
        except ValueError as error:
            raise VideoUnavailableError(
                expected="an encoder for H.264", got=str(error), fix="install av from PyPI"
            ) from error
        if not isinstance(stream, VideoStream):
            raise VideoUnavailableError(
                expected="a video stream", got=type(stream).__name__, fix="install av from PyPI"
            )
        stream.width, stream.height, stream.pix_fmt = *first.size, "yuv420p"
        stream.options = {"crf": _BIT_RATE_FACTOR, "preset": "veryfast", "tune": "animation"}
        for picture in chain([first], frames):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
