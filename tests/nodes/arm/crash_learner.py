"""A learner whose policies go somewhere else every second, until its standard input ends.

Arguments: folder of the journal, port.
"""

import select
import sys
from pathlib import Path

import numpy as np
from tests.hardware.exploration.small_actor import WEIGHTS

from untether_hardware.actor_learner.journal import Journal
from untether_hardware.actor_learner.learner_server import LearnerServer

PERIOD = 1.0  # of weights [s]


def main(folder, port):
    """Serve."""
    generator = np.random.default_rng()
    with Journal(Path(folder)) as journal, LearnerServer(journal, port=int(port)) as server:
        while True:
            mean = 3.0 * generator.standard_normal(6).astype(np.float32)
            server.publish({"mean": mean, "std": WEIGHTS["std"]})
            if select.select([sys.stdin], [], [], PERIOD)[0]:
                return


if __name__ == "__main__":
    main(*sys.argv[1:])
