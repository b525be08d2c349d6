"""Records of an actor, each a function of its number."""

import numpy as np

from untether_hardware.actor_learner.record import (
    EpisodeBegin,
    EpisodeLabel,
    Label,
    Transition,
)
from untether_hardware.datasets.features import Commander

EPISODE = 10  # records: a begin, eight steps, a label


def see(number):
    """Return the observation that carries a number."""
    generator = np.random.default_rng(number)
    return {
        "front": generator.integers(0, 256, (4, 4, 3), np.uint8),
        "map": generator.normal(size=(6, 4, 4)).astype(np.float16),
        "state": np.array([number, -1.0], np.float32),
    }


def make_record(sequence):
    """Return an actor's record of that number, from 1."""
    episode, index = divmod(sequence - 1, EPISODE)
    if index == 0:
        return EpisodeBegin(see(sequence), demonstration=episode % 3 == 0)
    if index == EPISODE - 1:
        return EpisodeLabel(Label(1 + episode % 3))
    return Transition(
        np.full(7, sequence, np.float32),
        0.5 * sequence,
        see(sequence),
        terminated=index == EPISODE - 2,
        penalty=-0.02 * (index == 3),
        intervention=index in (4, 5),
        commander=Commander.OPERATOR if index in (4, 5) else Commander.POLICY,
    )


def join(record):
    return b"".join(record.encode())
