"""Records of the crash test: each a function of its number and kind, and what an actor reports."""

import struct

import numpy as np

from untether_hardware.actor_learner.record import EpisodeBegin, Transition

EPISODE = 10  # records
SEGMENT_SIZE = 1 << 19  # [byte], so that files come and go

REPORT = struct.Struct("<QQ")
"""Of an actor, after each record: the newest number that was sent, and that is acknowledged."""


def make_record(sequence, *, begins):
    """Return the record of a number, of either kind."""
    observation = {
        "front": np.full((112, 8, 8), sequence % 2000, np.float16),
        "state": np.random.default_rng(sequence).normal(size=19).astype(np.float32),
    }
    if begins:
        return EpisodeBegin(observation, demonstration=sequence % 3 == 0)
    action = np.full(7, sequence, np.float32)
    ends = sequence % EPISODE == 0
    return Transition(action, 0.5 * sequence, observation, truncated=ends, intervention=not ends)
