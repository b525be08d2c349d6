"""What a contract says about one tensor: input, output or carry, and what training saw of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod


@dataclass(frozen=True)
class TensorSpec:
    """A named input or output of the graph, float32 with the batch as first axis.

    Sequences are stored as tuples of plain Python numbers, so arrays may be passed.

    Attributes:
        name: the tensor's name in the graph, e.g. ``"position"``.
        kind: what it means, from the vocabulary in :mod:`untether_policies.kinds`.
        elements: one name per value, in row-major order; empty for grids (images, height maps).
        shape: the shape of one robot's value, without the batch.
        unit: SI unit, one of :data:`untether_policies.kinds.UNITS`.
        frame: frame in which the values are expressed, e.g. ``"map"``.
        max_age: inputs: age beyond which the value must not be used [s]; None means it never ages.
        lower: outputs: least value of each element, in ``unit``.
        upper: outputs: greatest value of each element, in ``unit``.
        quaternion_order: ``"xyzw"`` or ``"wxyz"``, for quaternions and only for them.
    """

    name: str
    kind: str
    elements: tuple[str, ...]
    shape: tuple[int, ...]
    unit: str
    frame: str
    max_age: float | None = None
    lower: tuple[float, ...] | None = None
    upper: tuple[float, ...] | None = None
    quaternion_order: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "elements", tuple(self.elements))
        object.__setattr__(self, "shape", tuple(int(size) for size in self.shape))
        if self.max_age is not None:
            object.__setattr__(self, "max_age", float(self.max_age))
        for limit in ("lower", "upper"):
            values = getattr(self, limit)
            if values is not None:
                object.__setattr__(self, limit, _floats(values))

    @property
    def size(self) -> int:
        """The number of values of one robot."""
        return prod(self.shape)


@dataclass(frozen=True)
class CarrySpec:
    """State that the graph hands to its own next tick.

    Attributes:
        name: the graph's input; its output is ``f"{name}_next"``.
        shape: the shape of one robot's value, without the batch.
        initial: the value before the first tick, flattened in row-major order.
    """

    name: str
    shape: tuple[int, ...]
    initial: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(int(size) for size in self.shape))
        object.__setattr__(self, "initial", _floats(self.initial))

    @property
    def next_name(self) -> str:
        """The name of the graph's output that feeds this carry at the next tick."""
        return f"{self.name}_next"

    @property
    def size(self) -> int:
        """The number of values of one robot."""
        return prod(self.shape)


@dataclass(frozen=True)
class EnvelopeSpec:
    """What training or evaluation saw of an input, per element and in the input's unit.

    For a grid (an input without element names) each tuple has one value, for all cells together.

    Attributes:
        lower: quantile 0.001.
        median: quantile 0.5.
        upper: quantile 0.999.
    """

    lower: tuple[float, ...]
    median: tuple[float, ...]
    upper: tuple[float, ...]

    def __post_init__(self) -> None:
        for quantile in ("lower", "median", "upper"):
            object.__setattr__(self, quantile, _floats(getattr(self, quantile)))


def _floats(values: Iterable[float]) -> tuple[float, ...]:
    """Return the values as plain Python floats."""
    return tuple(float(value) for value in values)
