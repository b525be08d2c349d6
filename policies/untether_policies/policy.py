"""A loaded policy: what a robot runs, tick by tick."""

import struct
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from untether_policies.backends.backend import Backend
from untether_policies.backends.onnx_runtime import OnnxRuntimeBackend
from untether_policies.bundle import Bundle, load_bundle
from untether_policies.contract import Contract
from untether_policies.errors import BundleError

_WARM_UP_STEPS = 20


class Policy:
    """A bundle's graph on fixed buffers, for one robot or a batch.

    Write the inputs, call ``step()``, read the outputs. Nothing is allocated per tick but the
    Python numbers themselves. Not thread-safe: one thread owns a policy.

    Args:
        contract: what goes in and out.
        backend: what runs the graph.

    Attributes:
        contract: what goes in and out.
        inputs: by name, float32 ``(batch, *shape)`` in the contract's unit: written in place.
        outputs: by name, float32 ``(batch, *shape)`` in the contract's unit: valid after a step,
            NaN before the first.
        step: computes one tick: the outputs from the inputs, and the carry for the next tick.

    Example:
        >>> policy = Policy.load("policies/zoo/crazyflie_waypoint")
        >>> write_position = policy.writer("position")
        >>> read_thrust = policy.reader("rotor_thrust")
        >>> write_position(0.0, 0.0, 1.0)  # [m] map
        >>> policy.step()
        >>> thrust = read_thrust()  # (m1, m2, m3, m4) [N]
    """

    def __init__(self, contract: Contract, backend: Backend) -> None:
        self.contract = contract
        self.inputs: Mapping[str, NDArray[np.float32]] = backend.inputs
        self.outputs: Mapping[str, NDArray[np.float32]] = backend.outputs
        self.step: Callable[[], None] = backend.step  # not wrapped: a call less per tick
        self._backend = backend
        self._batch = len(next(iter(self.outputs.values())))

    @classmethod
    def load(cls, path: str | Path, *, batch: int = 1) -> "Policy":
        """Load, check and warm up a bundle.

        Args:
            path: a bundle's folder or ``NAME.untether`` archive.
            batch: number of robots.

        Raises:
            BundleError: for every bundle that :func:`untether_policies.bundle.load_bundle` refuses.
        """
        return cls.from_bundle(load_bundle(path), batch=batch)

    @classmethod
    def from_bundle(cls, bundle: Bundle, *, batch: int = 1) -> "Policy":
        """Warm up a bundle that is loaded already."""
        if batch < 1:
            raise BundleError("batch", expected="at least 1", got=f"{batch}", fix="correct it")
        policy = cls(bundle.contract, OnnxRuntimeBackend(bundle.model, bundle.contract, batch))
        policy._warm_up(bundle.fixture.inputs)
        return policy

    @property
    def carry(self) -> Mapping[str, NDArray[np.float32]]:
        """The state that the next step reads, by name, float32 ``(batch, *shape)``."""
        return self._backend.carry

    def reset(self, index: int | None = None) -> None:
        """Set the carry to its initial value, of robot ``index`` or of all."""
        self._backend.reset(index)

    def writer(self, name: str, index: int = 0) -> Callable[..., None]:
        """Return a function that writes one robot's input, several times faster than numpy.

        Args:
            name: the input's name.
            index: which robot of the batch.

        Returns:
            A function of one number per element, in the contract's order and unit. It raises
            ``struct.error`` for another count, and ``OverflowError`` for a number beyond 32 bits.

        Raises:
            BundleError: when there is no such input or robot.
        """
        row = self._find_row(self.inputs, name, index)
        return partial(struct.Struct(f"<{row.size}f").pack_into, row.data.cast("B"), 0)

    def reader(self, name: str, index: int = 0) -> Callable[[], tuple[float, ...]]:
        """Return a function that reads one robot's output of the last step.

        Args:
            name: the output's name.
            index: which robot of the batch.

        Returns:
            A function that returns one number per element, in the contract's order and unit.

        Raises:
            BundleError: when there is no such output or robot.
        """
        row = self._find_row(self.outputs, name, index)
        return partial(struct.Struct(f"<{row.size}f").unpack_from, row.data.cast("B"), 0)

    def _warm_up(self, inputs: Mapping[str, NDArray[np.float32]]) -> None:
        """Run a few ticks, so that the first real one is no slower than the rest."""
        for name, array in inputs.items():
            self.inputs[name][...] = array[0]
        for _ in range(_WARM_UP_STEPS):
            self._backend.step()
        self._backend.reset()
        for buffer in self.inputs.values():
            buffer[...] = 0.0
        for buffer in self.outputs.values():
            buffer[...] = np.nan  # nobody may take the warm-up for a command

    def _find_row(
        self, tensors: Mapping[str, NDArray[np.float32]], name: str, index: int
    ) -> NDArray[np.float32]:
        """Return one robot's values of a tensor, ``(*shape)``, sharing the policy's memory."""
        if name in tensors and 0 <= index < len(tensors[name]):
            return tensors[name][index]
        raise BundleError(
            f"policy {self.contract.name}",
            expected=f"one of {list(tensors)}, of robot 0 to {self._batch - 1}",
            got=f"{name!r} of robot {index}",
            fix="map messages to tensors by the names in the contract",
        )
