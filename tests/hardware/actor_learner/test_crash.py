import os
import random
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.hardware.actor_learner.crash_records import REPORT, make_record
from tests.hardware.actor_learner.records import join

from untether_hardware.actor_learner.journal_reader import JournalReader
from untether_hardware.actor_learner.record import EpisodeBegin, decode_record

KILLS = int(os.environ.get("UNTETHER_CRASH_KILLS", "10"))
SEED = int(os.environ.get("UNTETHER_CRASH_SEED", "1"))
ROOT = Path(__file__).parents[3]
LIMIT = 30.0  # for any progress [s]


class Ward:
    """A process that is started again after each kill."""

    def __init__(self, module, *arguments):
        self._command = [sys.executable, "-m", f"tests.hardware.actor_learner.{module}"]
        self._command += map(str, arguments)
        self.start()

    def start(self):
        self.process = subprocess.Popen(self._command, cwd=ROOT, stdin=subprocess.PIPE)

    def kill(self):
        assert self.process.poll() is None, f"{self._command} ended with {self.process.returncode}"
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()

    def finish(self):
        self.process.stdin.close()
        return self.process.wait(LIMIT)


class Ledger:
    """What the journal has and what the actor reported, checked against each other."""

    def __init__(self, journal, reports):
        self._reader = JournalReader(journal)
        self._reports = reports
        self.stored = 0

    def read_reports(self):
        """Return the newest number that was sent, and that was acknowledged."""
        if not self._reports.exists():
            return 0, 0
        content = self._reports.read_bytes()
        whole = REPORT.iter_unpack(content[: len(content) // REPORT.size * REPORT.size])
        return max(whole, default=(0, 0))

    def check_journal(self):
        """Check every record that is new: its place, and its bytes."""
        _, acknowledged = self.read_reports()
        for entry in self._reader:
            self.stored += 1
            assert entry.mark.sequence == self.stored
            begins = isinstance(decode_record(entry.payload), EpisodeBegin)
            assert bytes(entry.payload) == join(make_record(self.stored, begins=begins))
        assert self.stored >= acknowledged


@pytest.mark.slow
@pytest.mark.timeout(60 + 10 * KILLS)
def test_killing_actor_and_learner_at_any_moment_loses_nothing(tmp_path):
    generator = random.Random(SEED)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    journal, reports = tmp_path / "journal", tmp_path / "reports"
    journal.mkdir()
    ledger = Ledger(journal, reports)
    learner = Ward("crash_learner", journal, port)
    actor = Ward("crash_actor", tmp_path / "outbox", f"127.0.0.1:{port}", reports)
    try:
        for _ in range(KILLS):
            victims = generator.choice([[actor], [learner], [actor, learner]])
            if generator.random() < 0.7:
                wait_for_acknowledgement(ledger, actor, learner)
            threading.Event().wait(generator.uniform(0.0, 0.5))  # the random moment
            for victim in victims:
                victim.kill()
            ledger.check_journal()
            for victim in victims:
                victim.start()
        wait_for_acknowledgement(ledger, actor, learner)
        assert actor.finish() == 0
        assert learner.finish() == 0
    finally:
        for ward in (actor, learner):
            ward.process.kill()
            ward.process.wait()
    ledger.check_journal()
    sent, acknowledged = ledger.read_reports()
    assert ledger.stored == sent >= acknowledged > 0


def wait_for_acknowledgement(ledger, *wards):
    """Wait until more is acknowledged than now."""
    _, before = ledger.read_reports()
    deadline = time.monotonic() + LIMIT
    while ledger.read_reports()[1] <= before:
        assert time.monotonic() < deadline
        assert all(ward.process.poll() is None for ward in wards)
        threading.Event().wait(0.02)
