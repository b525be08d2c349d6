"""An actor's policy: draws actions, with the weights that its learner published last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from untether_hardware.exploration.actor_graph import (
    MEAN,
    OBSERVED,
    STD,
    WEIGHT,
    open_actor_graph,
)
from untether_policies.backends.session import RUNTIME_ERRORS, build_session, graph_failure
from untether_policies.bundle import Bundle
from untether_policies.errors import BundleError

_WARM_UP_STEPS = 5
_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_GRIPPER = "command_gripper"

Observation = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Draw:
    """An action, and what it answers.

    Attributes:
        action: Of one task, (A,) float32 [1]: a twist within -1 to 1, and the gripper's command
            where the policy has one.
        observation: What the learner keeps, by name; arrays of its own.
    """

    action: NDArray[np.float32]
    observation: Observation


class ActorPolicy:
    """Runs the graph of an actor's bundle for one arm, on buffers that are bound once.

    The weights are inputs, so that new ones are there by a copy, within a millisecond, and no
    session is built anew. Not thread-safe.

    Args:
        bundle: That a learner wrote for its actors.
        generator: Of the draws.

    Raises:
        GraphError: When it is another bundle.
    """

    def __init__(self, bundle: Bundle, generator: np.random.Generator) -> None:
        graph = open_actor_graph(bundle.model)
        self._session = build_session(graph.model)
        self._generator = generator
        self._names = graph.observation
        self._weights = {name: values.copy() for name, values in graph.weights.items()}
        contract = bundle.contract
        self._inputs = {
            spec.name: np.zeros((1, *spec.shape), np.float32) for spec in contract.inputs
        }
        self._initial = {
            carry.name: np.asarray(carry.initial, np.float32).reshape(1, *carry.shape)
            for carry in contract.carry
        }
        self._carry = {name: values.copy() for name, values in self._initial.items()}
        self._outputs = {
            value.name: np.zeros((1, *value.shape[1:]), _TYPES[value.type])
            for value in self._session.get_outputs()
        }
        self._next = {carry.name: self._outputs[carry.next_name] for carry in contract.carry}
        self._bind()
        self._warm_up(bundle.fixture.inputs)

    def reset(self) -> None:
        """Begin an episode."""
        for name, values in self._initial.items():
            self._carry[name][...] = values

    def load(self, weights: Mapping[str, NDArray]) -> None:
        """Act with other weights from now on.

        Args:
            weights: By name, as the learner publishes them.

        Raises:
            BundleError: When names or shapes are not the bundle's; nothing is changed then.
        """
        known = {name: values.shape for name, values in self._weights.items()}
        given = {name: values.shape for name, values in weights.items()}
        if known != given:
            wrong = sorted(name for name in {*known, *given} if known.get(name) != given.get(name))
            raise BundleError(
                f"weights {wrong[0]}",
                expected=str(known.get(wrong[0], "none of that name")),
                got=str(given.get(wrong[0], "none")),
                fix="set policy to the folder `actor` of this learner's run",
            )
        for name, values in weights.items():
            self._weights[name][...] = values

    def compute(self, values: Mapping[str, NDArray[np.float32]]) -> Draw:
        """Draw an action.

        Args:
            values: Of the contract's inputs, without batch.
        """
        for name, array in self._inputs.items():
            array[0] = values[name]
        self._step()
        outputs = self._outputs
        mean, std = outputs[MEAN][0], outputs[STD][0]
        noise = self._generator.standard_normal(len(mean), np.float32)
        action = np.tanh(mean + std * noise)
        if _GRIPPER in outputs:
            action = np.append(action, outputs[_GRIPPER][0])
        seen = {name: outputs[OBSERVED + name][0].copy() for name in self._names}
        return Draw(action, seen)

    def _bind(self) -> None:
        self._binding = self._session.io_binding()
        weights = {WEIGHT + name: values for name, values in self._weights.items()}
        for name, array in {**self._inputs, **self._carry, **weights}.items():
            self._binding.bind_input(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        for name, array in self._outputs.items():
            self._binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)

    def _step(self) -> None:
        try:
            self._session.run_with_iobinding(self._binding)
        except RUNTIME_ERRORS as error:
            raise graph_failure(error) from error
        for name, values in self._next.items():
            self._carry[name][...] = values

    def _warm_up(self, inputs: Mapping[str, NDArray[np.float32]]) -> None:
        for name, array in inputs.items():
            self._inputs[name][0] = array[0]
        for _ in range(_WARM_UP_STEPS):
            self._step()
        self.reset()
