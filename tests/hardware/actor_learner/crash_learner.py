"""A learner that takes records and gives weights until its standard input ends.

Arguments: folder of the journal, port.
"""

import select
import sys
from pathlib import Path

import numpy as np
from tests.hardware.actor_learner.crash_records import SEGMENT_SIZE

from untether_hardware.actor_learner.journal import Journal
from untether_hardware.actor_learner.learner_server import LearnerServer

PERIOD = 0.05  # of weights [s]


def main(folder, port):
    """Serve."""
    with (
        Journal(Path(folder), SEGMENT_SIZE) as journal,
        LearnerServer(journal, port=int(port)) as server,
    ):
        number = 0
        while not select.select([sys.stdin], [], [], PERIOD)[0]:
            number = server.publish({"layer": np.full(400_000, number + 1.0)}).number


if __name__ == "__main__":
    main(*sys.argv[1:])
