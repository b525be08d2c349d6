"""What the records of a task have to hold, so that none is stored that does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from untether_hardware.actor_learner.array_spec import ArraySpec
from untether_hardware.actor_learner.errors import RecordError
from untether_hardware.actor_learner.record import EpisodeBegin, Record, Transition


@dataclass(frozen=True)
class RecordSchema:
    """Arrays of the replay buffers that records go into.

    Attributes:
        observation: Shape and type of each array.
        action_size: A, the gripper's command included.
    """

    observation: Mapping[str, ArraySpec]
    action_size: int

    def check(self, record: Record) -> None:
        """Refuse a record that does not fit.

        Raises:
            RecordError: When an array is missing, too much, or of another shape or type.
        """
        if isinstance(record, EpisodeBegin):
            self._check_observation(record.observation)
        elif isinstance(record, Transition):
            if record.action.shape != (self.action_size,):
                raise _refuse("action", f"({self.action_size},)", str(record.action.shape))
            self._check_observation(record.next_observation)

    def _check_observation(self, observation: Mapping[str, NDArray]) -> None:
        expected = {
            name: f"{np.dtype(spec.dtype)} {spec.shape}" for name, spec in self.observation.items()
        }
        got = {name: f"{array.dtype} {array.shape}" for name, array in observation.items()}
        if expected != got:
            raise _refuse("observation", str(expected), str(got))


def _refuse(what: str, expected: str, got: str) -> RecordError:
    fix = "give actor and learner the same task and cameras"
    return RecordError(what, expected=expected, got=got, fix=fix)
