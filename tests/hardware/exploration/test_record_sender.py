"""Records wait in memory while the disk refuses them, and none is left out."""

import threading

import numpy as np
import pytest

from untether_hardware.actor_learner.errors import JournalError
from untether_hardware.actor_learner.record import EpisodeBegin
from untether_hardware.exploration.record_sender import RecordSender

LIMIT = 10.0  # [s]


class Disk:
    """Stands for the client of a link; it takes records while it is open."""

    def __init__(self):
        self.taken = []
        self.open = threading.Event()
        self.refuses = False
        self.refusals = threading.Semaphore(0)

    def send(self, record):
        if self.refuses:
            self.refusals.release()
            raise JournalError("disk", expected="space", got="none", fix="free some")
        assert self.open.wait(LIMIT)
        self.taken.append(record)


@pytest.fixture
def disk():
    return Disk()


def make_records(count):
    return [EpisodeBegin({"number": np.array([n], np.float32)}) for n in range(count)]


def test_a_slow_disk_holds_nobody_up_until_too_much_waits(disk):
    sender, records = RecordSender(disk), make_records(150)
    sender.send(records[:50])
    assert sender.problem == ""
    sender.send(records[50:])
    assert "faster disk" in sender.problem
    disk.open.set()
    assert sender.close(LIMIT)
    assert disk.taken == records
    assert sender.problem == ""


def test_what_the_disk_refused_is_written_once_it_takes_it_again(disk):
    sender, records = RecordSender(disk), make_records(3)
    disk.open.set()
    disk.refuses = True
    sender.send(records)
    for _ in range(2):  # by the second one, the first is told
        assert disk.refusals.acquire(timeout=LIMIT)
    assert "free some" in sender.problem
    disk.refuses = False
    assert sender.close(LIMIT)
    assert disk.taken == records


def test_whoever_ends_is_told_that_something_is_not_written(disk):
    sender = RecordSender(disk)
    sender.send(make_records(2))
    assert not sender.close(0.05)
    disk.open.set()
