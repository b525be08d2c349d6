"""What an actor tells its learner: how an episode begins, its steps, and how it came out."""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from untether_hardware.actor_learner.byte_reader import ByteReader
from untether_hardware.actor_learner.errors import RecordError
from untether_hardware.actor_learner.named_arrays import decode_arrays, encode_arrays
from untether_hardware.datasets.features import ACTION, Commander

OBSERVATION_DTYPES = ("uint8", "float16", "float32")
"""Types of an observation's arrays."""

_BEGIN, _TRANSITION, _LABEL = 1, 2, 3
_TYPE = struct.Struct("<B")
_FLAGS = struct.Struct("<B")
_FACTS = struct.Struct("<ddBB")  # reward, penalty, flags, commander
_DEMONSTRATION = 1
_TERMINATED, _TRUNCATED, _INTERVENTION = 1, 2, 4
_OBSERVATION = "observation."
_FIX = "check what makes the records; run the same release on both sides"


class Label(IntEnum):
    """How an episode came out; the values of ``untether_interfaces/srv/LabelEpisode``."""

    SUCCESS = 1
    FAILURE = 2
    DISCARD = 3


@dataclass(frozen=True)
class EpisodeBegin:
    """The first observation of an episode; an episode that goes on is cut off by it.

    Attributes:
        observation: Named arrays of any shapes, of one of `OBSERVATION_DTYPES`.
        demonstration: Whether an operator shows the whole episode.
    """

    observation: Mapping[str, NDArray]
    demonstration: bool = False

    def __post_init__(self) -> None:
        _check_observation(self.observation)

    def encode(self) -> list[bytes | memoryview]:
        """Return it as parts of bytes.

        Raises:
            RecordError: When an array cannot be written.
        """
        facts = _FLAGS.pack(_DEMONSTRATION * bool(self.demonstration))
        return [_TYPE.pack(_BEGIN), facts, *encode_arrays(self.observation)]


@dataclass(frozen=True)
class Transition:
    """A step of the episode that was begun last, and what was observed after it.

    Attributes:
        action: What was really sent, (A,) float32 [1].
        reward: For it.
        next_observation: As `EpisodeBegin.observation`.
        terminated: Whether the task ended there, so that nothing follows.
        truncated: Whether the episode was only cut off, as by a time limit.
        penalty: Added to the reward of the gripper's critic only.
        intervention: Whether the operator had taken over from the policy.
        commander: Who computed the action.
    """

    action: NDArray[np.float32]
    reward: float
    next_observation: Mapping[str, NDArray]
    terminated: bool = False
    truncated: bool = False
    penalty: float = 0.0
    intervention: bool = False
    commander: Commander = Commander.POLICY

    def __post_init__(self) -> None:
        action = self.action
        if action.ndim != 1 or action.dtype != np.float32 or not np.isfinite(action).all():
            got = f"{action.dtype} of shape {action.shape}: {action.tolist()}"
            raise RecordError("action", expected="(A,) finite float32", got=got, fix=_FIX)
        if not (math.isfinite(self.reward) and math.isfinite(self.penalty)):
            got = f"{self.reward} and {self.penalty}"
            raise RecordError("reward and penalty", expected="finite", got=got, fix=_FIX)
        _check_observation(self.next_observation)

    @property
    def ends(self) -> bool:
        """Whether it is the last of its episode."""
        return self.terminated or self.truncated

    @property
    def succeeds(self) -> bool:
        """Whether the task was done with it; it may also terminate because the task is lost."""
        return self.terminated and self.reward > 0.0

    def encode(self) -> list[bytes | memoryview]:
        """Return it as parts of bytes.

        Raises:
            RecordError: When an array cannot be written.
        """
        flags = (
            _TERMINATED * bool(self.terminated)
            | _TRUNCATED * bool(self.truncated)
            | _INTERVENTION * bool(self.intervention)
        )
        facts = _FACTS.pack(self.reward, self.penalty, flags, self.commander)
        seen = {_OBSERVATION + name: array for name, array in self.next_observation.items()}
        return [_TYPE.pack(_TRANSITION), facts, *encode_arrays({ACTION: self.action, **seen})]


@dataclass(frozen=True)
class EpisodeLabel:
    """How the episode that was begun last came out; it ends with it.

    Attributes:
        label: A discarded episode is never learned from.
    """

    label: Label

    def encode(self) -> list[bytes | memoryview]:
        """Return it as parts of bytes."""
        return [_TYPE.pack(_LABEL), _FLAGS.pack(self.label)]


Record = EpisodeBegin | Transition | EpisodeLabel
"""Whatever an actor sends."""


def kinds_after(record: Record | None) -> tuple[type[Record], ...]:
    """Return which kinds of records may follow one; None stands for an actor's start."""
    if record is None or isinstance(record, EpisodeLabel):
        return (EpisodeBegin,)
    if isinstance(record, Transition) and record.ends:
        return EpisodeBegin, EpisodeLabel
    return EpisodeBegin, Transition, EpisodeLabel


def decode_record(payload: bytes | memoryview) -> Record:
    """Return what ``encode`` wrote; its arrays are read-only views of the bytes.

    Raises:
        RecordError: When the bytes are something else.
    """
    reader = ByteReader(payload, "record")
    (kind,) = reader.unpack(_TYPE)
    if kind == _BEGIN:
        (flags,) = reader.unpack(_FLAGS)
        _check_flags(reader, flags, _DEMONSTRATION)
        record = EpisodeBegin(decode_arrays(reader), bool(flags))
    elif kind == _TRANSITION:
        record = _decode_transition(reader)
    elif kind == _LABEL:
        (label,) = reader.unpack(_FLAGS)
        if label not in set(Label):
            raise reader.refuse(f"a label of {[*map(int, Label)]}", str(label))
        record = EpisodeLabel(Label(label))
    else:
        raise reader.refuse(f"a type from {_BEGIN} to {_LABEL}", str(kind))
    reader.finish()
    return record


def _decode_transition(reader: ByteReader) -> Transition:
    reward, penalty, flags, commander = reader.unpack(_FACTS)
    _check_flags(reader, flags, _TERMINATED | _TRUNCATED | _INTERVENTION)
    if commander not in set(Commander):
        raise reader.refuse(f"a commander of {[*map(int, Commander)]}", str(commander))
    arrays = decode_arrays(reader)
    action = arrays.pop(ACTION, None)
    if action is None or not all(name.startswith(_OBSERVATION) for name in arrays):
        raise reader.refuse(f"{ACTION} and arrays named {_OBSERVATION}NAME", str(sorted(arrays)))
    return Transition(
        action,
        reward,
        {name.removeprefix(_OBSERVATION): array for name, array in arrays.items()},
        terminated=bool(flags & _TERMINATED),
        truncated=bool(flags & _TRUNCATED),
        penalty=penalty,
        intervention=bool(flags & _INTERVENTION),
        commander=Commander(commander),
    )


def _check_flags(reader: ByteReader, flags: int, known: int) -> None:
    if flags & ~known:
        raise reader.refuse("known flags", f"{flags:08b}")


def _check_observation(observation: Mapping[str, NDArray]) -> None:
    if not observation:
        raise RecordError("observation", expected="named arrays", got="none", fix=_FIX)
    for name, array in observation.items():
        if array.dtype not in OBSERVATION_DTYPES:
            expected = "one of " + ", ".join(OBSERVATION_DTYPES)
            raise RecordError(name, expected=expected, got=str(array.dtype), fix="convert it")
        if array.dtype != np.uint8 and not np.isfinite(array).all():
            fix = "check the sensor that it comes from"
            raise RecordError(name, expected="finite values", got="NaN or infinity", fix=fix)
