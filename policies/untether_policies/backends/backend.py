"""The interface between a policy and whatever runs its graph."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Backend(Protocol):
    """Runs one graph for a batch of robots, on buffers that live as long as it does.

    Attributes:
        inputs: by name, float32 ``(batch, *shape)``: written in place before :meth:`step`.
        outputs: by name, float32 ``(batch, *shape)``: overwritten by :meth:`step`.
    """

    @property
    def inputs(self) -> Mapping[str, NDArray[np.float32]]:
        """The buffers that the next step reads."""
        ...

    @property
    def outputs(self) -> Mapping[str, NDArray[np.float32]]:
        """The buffers that the last step wrote."""
        ...

    @property
    def carry(self) -> Mapping[str, NDArray[np.float32]]:
        """The state that the next step reads; may be written in place."""
        ...

    def step(self) -> None:
        """Run the graph once; what it returns as carry is what the next step reads."""
        ...

    def reset(self, index: int | None = None) -> None:
        """Set the carry to its initial value, of robot ``index`` or of all."""
        ...
