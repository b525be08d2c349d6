"""What a training tells of each of its steps, whatever they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol


class Report(Protocol):
    """A dataclass of numbers, which becomes a row of the history; the first field counts the rows.

    Attributes:
        groups: Of the TensorBoard log, by the field's name; "learning" for those that lack.
        elapsed: Training time so far [s].
        summary: The most important figures in a few words.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]
    groups: ClassVar[Mapping[str, str]]

    @property
    def elapsed(self) -> float: ...  # noqa: D102

    @property
    def summary(self) -> str: ...  # noqa: D102
