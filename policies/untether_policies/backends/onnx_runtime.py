"""Runs a policy with ONNX Runtime, on buffers bound once, with the carry double-buffered."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from onnxruntime import IOBinding

from untether_policies.backends.session import RUNTIME_ERRORS, build_session, graph_failure
from untether_policies.contract import Contract

Buffers = Mapping[str, NDArray[np.float32]]


class OnnxRuntimeBackend:
    """A graph bound to fixed buffers; :meth:`step` neither allocates arrays nor copies any.

    Two bindings are built once: what one reads as carry the other writes, so that swapping the
    bindings hands the state on without a copy.

    Args:
        model: the bytes of ``policy.onnx``.
        contract: names, shapes and initial carry.
        batch: number of robots.

    Raises:
        GraphError: when ONNX Runtime cannot run the graph, or not with this batch.
    """

    def __init__(self, model: bytes, contract: Contract, batch: int = 1) -> None:
        self._session = build_session(model)
        self._run = self._session.run_with_iobinding
        self._inputs = {
            spec.name: np.zeros((batch, *spec.shape), np.float32) for spec in contract.inputs
        }
        # NaN until the first step, so that nobody takes the buffer's old content for a command.
        self._outputs = {
            spec.name: np.full((batch, *spec.shape), np.nan, np.float32)
            for spec in contract.outputs
        }
        self._initial = {
            carry.name: np.asarray(carry.initial, np.float32).reshape(carry.shape)
            for carry in contract.carry
        }
        self._carry = [
            {carry.name: np.zeros((batch, *carry.shape), np.float32) for carry in contract.carry}
            for _ in range(2)
        ]
        next_names = {carry.name: carry.next_name for carry in contract.carry}
        self._bindings = [
            self._bind(self._carry[turn], self._carry[1 - turn], next_names) for turn in range(2)
        ]
        self._turn = 0  # which carry the next step reads
        self.reset()

    @property
    def inputs(self) -> Buffers:
        """The buffers that the next step reads."""
        return MappingProxyType(self._inputs)

    @property
    def outputs(self) -> Buffers:
        """The buffers that the last step wrote."""
        return MappingProxyType(self._outputs)

    @property
    def carry(self) -> Buffers:
        """The state that the next step reads; may be written in place, until that step."""
        return MappingProxyType(self._carry[self._turn])

    def step(self) -> None:
        """Run the graph once; what it returns as carry is what the next step reads.

        Raises:
            GraphError: when the graph fails while running.
        """
        turn = self._turn
        try:
            self._run(self._bindings[turn])  # without RunOptions, which cost more than the call
        except RUNTIME_ERRORS as error:
            raise graph_failure(error) from error
        self._turn = 1 - turn

    def reset(self, index: int | None = None) -> None:
        """Set the carry to its initial value, of robot ``index`` or of all."""
        rows = slice(None) if index is None else index
        for name, initial in self._initial.items():
            self._carry[self._turn][name][rows] = initial

    def _bind(self, carry: Buffers, next_carry: Buffers, next_names: dict[str, str]) -> IOBinding:
        """Return a binding that reads the inputs and ``carry``, and writes the rest."""
        binding = self._session.io_binding()
        for name, array in (*self._inputs.items(), *carry.items()):
            binding.bind_input(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        written = {next_names[name]: array for name, array in next_carry.items()}
        for name, array in (*self._outputs.items(), *written.items()):
            binding.bind_output(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        return binding
