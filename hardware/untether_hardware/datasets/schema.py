"""What all frames of a dataset have in common, and its form in ``meta/info.json``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.features import (
    ACTION,
    CHANNELS,
    INDEX_FEATURES,
    STEP_FEATURES,
    Camera,
    Feature,
)

_PIXEL_NAMES = ["height", "width", "channels"]


@dataclass(frozen=True)
class DatasetSchema:
    """Names, shapes and rate of a dataset.

    Attributes:
        fps: Frames per second [Hz].
        features: Observations and the action; facts about the step are added by the writer.
        cameras: Camera streams.
        robot: Kind of robot, empty when it does not matter.
    """

    fps: int
    features: tuple[Feature, ...]
    cameras: tuple[Camera, ...] = ()
    robot: str = ""

    def __post_init__(self) -> None:
        if self.fps < 1:
            raise _refuse("fps", "a whole number of frames per second", str(self.fps))
        own = {feature.name for feature in (*STEP_FEATURES, *INDEX_FEATURES)}
        names = [one.name for one in (*self.features, *self.cameras)]
        for name in names:
            if name in own or names.count(name) > 1:
                got = "one that every dataset has" if name in own else "it twice"
                raise _refuse(f"feature {name}", "a name of its own", got, "rename it")
        if ACTION not in names:
            got = ", ".join(names) or "none"
            raise _refuse("features", f"one named {ACTION!r}", got, "add the command that was sent")

    @property
    def columns(self) -> tuple[Feature, ...]:
        """All vectors of a frame, in the order in which they are stored."""
        return (*self.features, *STEP_FEATURES, *INDEX_FEATURES)

    @property
    def videos(self) -> tuple[Camera, ...]:
        """Cameras whose pictures are in MP4 files."""
        return tuple(camera for camera in self.cameras if camera.storage == "video")

    @property
    def images(self) -> tuple[Camera, ...]:
        """Cameras whose pictures are in the Parquet files."""
        return tuple(camera for camera in self.cameras if camera.storage == "image")

    def describe(self) -> dict[str, object]:
        """Return the ``features`` of ``info.json``."""
        described: dict[str, object] = {
            camera.name: _describe_camera(camera, self.fps) for camera in self.cameras
        }
        for feature in self.columns:
            names = list(feature.elements) or None
            described[feature.name] = {
                "dtype": feature.dtype,
                "shape": [feature.size],
                "names": names,
            }
        return described


def parse_schema(info: Mapping[str, object]) -> DatasetSchema:
    """Return the schema of a dataset from its ``info.json``.

    Raises:
        DatasetError: When it says something that is not understood, as matrices.
    """
    try:
        described = cast("Mapping[str, Mapping[str, object]]", info["features"])
        own = {feature.name for feature in (*STEP_FEATURES, *INDEX_FEATURES)}
        cameras, features = [], []
        for name, facts in described.items():
            if facts["dtype"] in ("video", "image"):
                cameras.append(_parse_camera(name, facts))
            elif name not in own:
                features.append(_parse_feature(name, facts))
        fps, robot = int(cast("int", info["fps"])), str(info.get("robot_type") or "")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        got = f"{type(error).__name__}: {error}"
        raise _refuse("meta/info.json", "the facts of a LeRobotDataset v3", got) from error
    return DatasetSchema(fps, tuple(features), tuple(cameras), robot)


def _describe_camera(camera: Camera, fps: int) -> dict[str, object]:
    described: dict[str, object] = {
        "dtype": camera.storage,
        "shape": [camera.height, camera.width, CHANNELS],
        "names": _PIXEL_NAMES,
    }
    if camera.storage == "video":
        described["info"] = {
            "video.height": camera.height,
            "video.width": camera.width,
            "video.codec": "h264",
            "video.pix_fmt": "yuv420p",
            "video.is_depth_map": False,
            "video.fps": fps,
            "video.channels": CHANNELS,
            "has_audio": False,
        }
    return described


def _parse_camera(name: str, facts: Mapping[str, object]) -> Camera:
    height, width, channels = cast("list[int]", facts["shape"])
    if channels != CHANNELS:
        got = f"shape {facts['shape']}"
        raise _refuse(f"feature {name}", f"height, width and {CHANNELS} channels", got)
    return Camera(name, height, width, cast('Literal["video", "image"]', facts["dtype"]))


def _parse_feature(name: str, facts: Mapping[str, object]) -> Feature:
    shape, names = cast("list[int]", facts["shape"]), facts.get("names")
    if len(shape) != 1:
        raise _refuse(f"feature {name}", "a vector", f"shape {shape}")
    elements = tuple(map(str, names)) if isinstance(names, list) else ()
    return Feature(name, str(facts["dtype"]), shape[0], elements)


def _refuse(
    what: str, expected: str, got: str, fix: str = "write the dataset anew"
) -> DatasetError:
    return DatasetError(what, expected=expected, got=got, fix=fix)
