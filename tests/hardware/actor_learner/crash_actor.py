"""An actor that sends records until its standard input ends, then waits until all have arrived.

Arguments: folder of the outbox, address of the learner, file for reports.
"""

import os
import select
import sys
from pathlib import Path

from tests.hardware.actor_learner.crash_records import EPISODE, REPORT, SEGMENT_SIZE, make_record

from untether_hardware.actor_learner.actor_client import ActorClient

PERIOD = 0.002  # [s]
LIMIT = 30.0  # for the last records to arrive [s]


def main(outbox, address, reports):
    """Send, report, and look whether weights are whole."""
    log = os.open(reports, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with ActorClient(
        Path(outbox), address, weights_period=0.02, segment_size=SEGMENT_SIZE
    ) as client:
        begins = True
        while not select.select([sys.stdin], [], [], PERIOD)[0]:
            sequence = client.newest.sequence + 1
            client.send(make_record(sequence, begins=begins))
            os.write(log, REPORT.pack(sequence, client.acknowledged.sequence))
            begins = sequence % EPISODE == 0
            client.check()
            weights = client.latest_weights()
            if weights is not None and (weights.arrays["layer"] != weights.version.number).any():
                return 1
        return 0 if client.wait_acknowledged(LIMIT) else 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
