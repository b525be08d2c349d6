"""What an array of an observation looks like."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ArraySpec:
    """A named array of an observation.

    Attributes:
        shape: Its shape.
        dtype: Its type.
        scale: By which a vector is multiplied before it is encoded, so that it is about one [1].
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    scale: float = 1.0

    @property
    def is_picture(self) -> bool:
        """Whether it is a camera's picture, (H, W, 3) of uint8."""
        return self.dtype == "uint8" and len(self.shape) == 3
