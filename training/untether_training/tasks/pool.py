"""A stock of random samples, drawn in blocks because drawing a few costs as much as many."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor


class SamplePool:
    """Hands out samples one after the other, each only once.

    Args:
        draw: Returns so many fresh samples, (rows, count).
        block: How many are drawn at once.
    """

    def __init__(self, draw: Callable[[int], Tensor], block: int = 1024) -> None:
        self._draw = draw
        self._block = block
        self._samples = draw(0)
        self._next = 0

    def take(self, count: int) -> Tensor:
        """Return `count` samples, (rows, count); do not write to them."""
        if self._next + count > self._samples.shape[1]:
            self._samples = self._draw(max(self._block, count))
            self._next = 0
        self._next += count
        return self._samples[:, self._next - count : self._next]

    def state_dict(self) -> dict[str, Tensor | int]:
        """Return the stock."""
        return {"samples": self._samples, "next": self._next}

    def load_state_dict(self, state: dict[str, Tensor | int]) -> None:
        """Take over what `state_dict` returned."""
        samples, position = state["samples"], state["next"]
        if not isinstance(samples, Tensor) or not isinstance(position, int):
            raise TypeError("stock of samples: expected what state_dict returned, got another")
        self._samples, self._next = samples, position
