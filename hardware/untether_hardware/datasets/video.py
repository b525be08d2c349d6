"""MP4 files of pictures at a steady rate: encoded, joined and cut without loss, decoded."""

import io
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from untether_hardware.datasets.errors import DatasetError

# Every second frame is a key frame, so that any frame is reached by decoding two at most; frames
# are in the order in which they are shown, so that a file can be cut after any of them.
_ENCODER = {"preset": "veryfast", "crf": "18", "g": "2", "bf": "0", "threads": "1"}


def encode_video(pictures: Iterable[np.ndarray], fps: int) -> bytes:
    """Return an MP4 file (H.264).

    Args:
        pictures: Each (height, width, 3) uint8, RGB; at least one.
        fps: Frames per second [Hz].
    """
    content = io.BytesIO()
    remaining = iter(pictures)
    first = next(remaining)
    with av.open(content, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=fps, options=_ENCODER)
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, fps)
        for index, picture in enumerate(chain((first,), remaining)):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return content.getvalue()


def join_videos(parts: Sequence[bytes], fps: int) -> bytes | None:
    """Return one file with the frames of several, in order.

    Returns:
        The file; None when they were encoded too differently to be in one.
    """
    settings = {_read_settings(part) for part in parts}
    if len(settings) > 1:
        return None
    return _copy_packets(
        parts[0], (packet for part in parts for packet in _read_packets(part)), fps
    )


def cut_video(path: Path, spans: Sequence[range], fps: int) -> bytes:
    """Return a file with some frames of another one.

    They are copied without loss when each span begins with a key frame, as every episode does that
    this module encoded; else they are encoded anew.

    Args:
        path: The other file.
        spans: Numbers of the frames, in order.
        fps: Frames per second [Hz].

    Raises:
        DatasetError: When the other file is missing, damaged or lacks frames.
    """
    try:
        packets = list(_read_packets(path))
        if _can_be_cut(packets, spans):
            kept = (packets[number] for span in spans for number in span)
            return _copy_packets(path.read_bytes(), kept, fps)
    except (FFmpegError, OSError, IndexError) as error:
        raise _refuse(path, str(error)) from error
    pictures = (
        picture for span in spans for picture in decode_frames(path, span.start, span.stop, fps)
    )
    return encode_video(pictures, fps)


def count_frames(path: Path) -> int:
    """Return the number of frames of a file, without decoding them.

    Raises:
        DatasetError: When there is no such file, or it is damaged.
    """
    try:
        return sum(1 for _ in _read_packets(path))
    except (FFmpegError, OSError, IndexError) as error:
        raise _refuse(path, str(error)) from error


def decode_frames(path: Path, start: int, stop: int, fps: int) -> np.ndarray:
    """Return the frames of a file from one to before another.

    Args:
        path: The file.
        start: First frame.
        stop: Frame after the last one.
        fps: Frames per second [Hz].

    Returns:
        (frames, height, width, 3) uint8, RGB.

    Raises:
        DatasetError: When the file is missing, damaged or lacks frames.
    """
    wanted: dict[int, np.ndarray] = {}
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            base = stream.time_base or Fraction(1, fps)
            container.seek(int(start / fps / base), stream=stream)
            for frame in container.decode(stream):
                number = round((frame.pts or 0) * base * fps)
                if number >= stop:
                    break
                if number >= start:
                    wanted[number] = frame.to_ndarray(format="rgb24")
    except (FFmpegError, OSError, IndexError) as error:
        raise _refuse(path, str(error)) from error
    missing = [number for number in range(start, stop) if number not in wanted]
    if missing:
        got = f"{len(missing)} missing, the first at {missing[0] / fps:.3f} s"
        raise _refuse(path, got, f"frames {start} to {stop - 1}")
    return np.stack([wanted[number] for number in range(start, stop)])


def _can_be_cut(packets: Sequence[av.Packet], spans: Sequence[range]) -> bool:
    """Return whether no span needs frames outside of it, and none is shown out of order."""
    times = [packet.pts or 0 for packet in packets]
    return times == sorted(times) and all(packets[span.start].is_keyframe for span in spans)


def _copy_packets(template: bytes, packets: Iterable[av.Packet], fps: int) -> bytes:
    """Return a file with these packets, shown one after the other."""
    content = io.BytesIO()
    with (
        av.open(io.BytesIO(template), "r") as source,
        av.open(content, "w", format="mp4") as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.time_base = Fraction(1, fps)
        for index, packet in enumerate(packets):
            packet.stream = stream
            packet.time_base = Fraction(1, fps)
            packet.pts = packet.dts = index
            packet.duration = 1
            target.mux(packet)
    return content.getvalue()


def _read_packets(file: bytes | Path) -> Iterator[av.Packet]:
    source = str(file) if isinstance(file, Path) else io.BytesIO(file)
    with av.open(source, "r") as container:
        for packet in container.demux(container.streams.video[0]):
            if packet.size:  # the last one is empty: it only tells that there are no more
                yield packet


def _read_settings(content: bytes) -> tuple[int, int, bytes]:
    """Return what must be equal for files to be joined: sizes and the decoder's set-up."""
    with av.open(io.BytesIO(content)) as container:
        context = container.streams.video[0].codec_context
        return context.height, context.width, context.extradata or b""


def _refuse(path: Path, got: str, expected: str = "an MP4 file that can be read") -> DatasetError:
    fix = "restore it from a copy, or delete the episodes in it"
    return DatasetError(str(path), expected=expected, got=got, fix=fix)
