"""What an episode came to, told from its record alone: nothing else is read."""

from dataclasses import dataclass
from enum import Enum

from untether_hardware.datasets.episode_record import EpisodeRecord
from untether_hardware.datasets.errors import DatasetError


class Outcome(Enum):
    """How an episode ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    TIMEOUT = "time out"
    OPEN = "no end"


@dataclass(frozen=True)
class EpisodeSummary:
    """One episode.

    Attributes:
        index: Its number.
        task: What was to be done, in words.
        length: Number of frames.
        duration: [s]
        outcome: Success when a step earned a reward above 0, as sparse rewards tell it.
        corrected: Share of its steps in which the operator had taken over, 0 to 1.
    """

    index: int
    task: str
    length: int
    duration: float
    outcome: Outcome
    corrected: float


def summarize(record: EpisodeRecord, fps: int) -> EpisodeSummary:
    """Return what an episode came to.

    Args:
        record: The episode.
        fps: Frames per second [Hz].

    Raises:
        DatasetError: When its statistics are missing.
    """
    return EpisodeSummary(
        index=record.index,
        task=record.task,
        length=record.length,
        duration=record.length / fps,
        outcome=_judge(record),
        corrected=_read(record, "intervention", "mean"),
    )


def _judge(record: EpisodeRecord) -> Outcome:
    if _read(record, "next.reward", "max") > 0.0:
        return Outcome.SUCCESS
    if _read(record, "next.truncated", "max") > 0.0:
        return Outcome.TIMEOUT
    return Outcome.FAILURE if _read(record, "next.done", "max") > 0.0 else Outcome.OPEN


def _read(record: EpisodeRecord, feature: str, fact: str) -> float:
    try:
        return float(record.statistics[feature][fact][0])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise DatasetError(
            f"episode {record.index}: {fact} of {feature}",
            expected="a number in meta/episodes",
            got=f"{type(error).__name__}: {error}",
            fix="restore meta/episodes from a copy",
        ) from error
