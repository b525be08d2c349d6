"""Fills replay buffers from a journal: after a restart with everything, later with what is new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import UUID

from numpy.typing import NDArray

from untether_hardware.actor_learner.journal_reader import JournalReader
from untether_hardware.actor_learner.record import (
    EpisodeBegin,
    EpisodeLabel,
    Label,
    Record,
    Transition,
    decode_record,
    kinds_after,
)
from untether_training.offpolicy.replay_buffer import ReplayBuffer


class Notice(Protocol):
    """Is told of each finished episode that was not discarded; of a shown one if it succeeded."""

    def __call__(self, steps: Sequence[Transition], *, demonstration: bool) -> None:
        """Take notice.

        Args:
            steps: Of the episode.
            demonstration: Whether an operator showed all of it.
        """


def restore(
    journal: Path,
    experience: ReplayBuffer,
    demonstrations: ReplayBuffer,
    *,
    notice: Notice | None = None,
) -> "ReplayFeed":
    """Fill buffers with all of a journal, and return what goes on from there.

    Args:
        journal: Its folder.
        experience: Of the policy, corrections included.
        demonstrations: Whole ones, and corrections.
        notice: Whom to tell of the episodes.

    Raises:
        JournalError: When the journal is damaged.
        RecordError: When a record is of another release.
        ValueError: When a record does not fit the buffers.
    """
    feed = ReplayFeed(JournalReader(journal), experience, demonstrations, notice=notice)
    feed.update()
    feed.flush()
    return feed


@dataclass
class _Episode:
    """What is known of an episode; ``stored`` of its steps are in the buffers already."""

    observation: Mapping[str, NDArray]
    demonstration: bool
    steps: list[Transition] = field(default_factory=list)
    stored: int = 0


class ReplayFeed:
    """Puts an actor's episode into the buffers once the next one begins, or it gets a label.

    Corrections go into both buffers, demonstrations only to the demonstrations, other steps only to
    the experience. An episode that was cut off, as its actor was killed, ends truncated; one that
    is discarded is left out.

    Args:
        reader: Of the journal.
        experience: Of the policy, corrections included.
        demonstrations: Whole ones, and corrections.
        notice: Whom to tell of the episodes.

    Attributes:
        skipped: Records outside an episode, which only a faulty actor sends.
    """

    def __init__(
        self,
        reader: JournalReader,
        experience: ReplayBuffer,
        demonstrations: ReplayBuffer,
        *,
        notice: Notice | None = None,
    ) -> None:
        self.skipped = 0
        self._reader = reader
        self._notice = notice
        self._experience, self._demonstrations = experience, demonstrations
        self._episodes: dict[UUID, _Episode] = {}
        self._allowed: dict[UUID, tuple[type[Record], ...]] = {}

    def update(self) -> None:
        """Read what is new in the journal.

        Raises:
            JournalError: When the journal is damaged.
            RecordError: When a record is of another release.
            ValueError: When a record does not fit the buffers.
        """
        for entry in self._reader:
            record = decode_record(entry.payload)
            if isinstance(record, self._allowed.get(entry.actor, kinds_after(None))):
                self._allowed[entry.actor] = kinds_after(record)
                self._take(entry.actor, record)
            else:
                self.skipped += 1

    def flush(self) -> None:
        """Put what there is of unfinished episodes into the buffers, truncated.

        What comes of them later goes on at the last observation. When such an episode is discarded
        later, the next restoration leaves all of it out.
        """
        for episode in self._episodes.values():
            self._store(episode)

    def _take(self, actor: UUID, record: Record) -> None:
        if isinstance(record, Transition):
            self._episodes[actor].steps.append(record)
            return
        finished = self._episodes.pop(actor, None)
        label = record.label if isinstance(record, EpisodeLabel) else None
        if finished is not None and label != Label.DISCARD:
            self._store(finished)
            counts = label == Label.SUCCESS or not finished.demonstration
            if self._notice is not None and counts:
                self._notice(finished.steps, demonstration=finished.demonstration)
        if isinstance(record, EpisodeBegin):
            self._episodes[actor] = _Episode(record.observation, record.demonstration)

    def _store(self, episode: _Episode) -> None:
        """Put the steps of an episode that are in no buffer yet into the buffers."""
        known, steps = episode.steps[: episode.stored], episode.steps[episode.stored :]
        observation = known[-1].next_observation if known else episode.observation
        if not episode.demonstration:
            _add(self._experience, observation, steps, [True] * len(steps))
        taught = [episode.demonstration or step.intervention for step in steps]
        _add(self._demonstrations, observation, steps, taught)
        episode.stored = len(episode.steps)


def _add(
    buffer: ReplayBuffer,
    observation: Mapping[str, NDArray],
    steps: Sequence[Transition],
    chosen: Sequence[bool],
) -> None:
    """Add chosen steps; a run of them is an episode to the buffer, truncated where it is cut."""
    before: Transition | None = None  # of the same run
    for step, wanted, next_wanted in zip(steps, chosen, [*chosen, False][1:], strict=True):
        if wanted:
            if before is None:
                buffer.begin(observation)
            buffer.add(
                step.action,
                step.reward,
                step.next_observation,
                terminated=step.terminated,
                truncated=step.truncated or not (next_wanted or step.terminated),
                penalty=step.penalty,
                goes_on=before is not None and before.intervention == step.intervention,
            )
        observation, before = step.next_observation, step if wanted else None
