"""The arm's websocket: whose hand counts, which signs are too late, and when pictures are sent."""

import json
import time
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from untether_hardware.manipulation.tensors import CAMERAS
from untether_nodes.console.arm_socket import ARM_PATH, LATEST_ANSWER, ArmSocket
from untether_nodes.console.arm_watch import ArmView
from untether_nodes.console.dead_man import DeadMan
from untether_nodes.console.event_log import EventLog
from untether_nodes.console.helm import Helm


class NotedHand(DeadMan):
    """Notes what it is told: holding and whether that counted, and releases."""

    def __init__(self):
        super().__init__()
        self.notes = []

    def hold(self, holder, twist, now):
        counts = super().hold(holder, twist, now)
        self.notes.append("held" if counts else "refused")
        return counts

    def release(self, holder):
        self.notes.append("released")
        super().release(holder)


class Site:
    """The websocket, and tabs that speak to it."""

    def __init__(self):
        self.view, self.hand, self.log = ArmView(), NotedHand(), EventLog()
        self.helm = Helm()
        self.helm.take("tab", "an operator")
        pilot = SimpleNamespace(hand=self.hand)
        self.socket = ArmSocket(SimpleNamespace(view=self.view), pilot, self.helm, self.log)
        app = FastAPI()
        self.socket.serve(app)
        self._client = TestClient(app)

    def connect(self, client="tab"):
        return self._client.websocket_connect(f"{ARM_PATH}?client={client}")

    @property
    def notes(self):
        return self.hand.notes

    @property
    def told(self):
        return "".join(entry.text for entry in self.log.read_since(0))


@pytest.fixture
def site():
    made = Site()
    yield made
    made.socket.close()


def send(socket, sequence, *, held=True, age=0.0):
    """Send a sign that answers a message of some age [s]."""
    fields = {"sequence": sequence, "answers": time.monotonic() - age, "held": held}
    still = {"linear": [0, 0, 0], "angular": [0, 0, 0], "gripper": 0}
    socket.send_text(json.dumps(fields | still))


def test_a_sign_that_answers_in_time_holds_and_a_closed_connection_ends_it(site, wait):
    with site.connect() as socket:
        send(socket, 0)
        wait(lambda: site.notes == ["held"], "the hold")
        assert site.told == ""
    assert site.notes == ["held", "released"]


def test_a_late_sign_does_not_count(site, wait):
    with site.connect() as socket:
        send(socket, 0, age=2.0)
        wait(lambda: f"within {LATEST_ANSWER:g} s, got one after 2" in site.told, "a warning")
        assert site.notes == []
        send(socket, 1)
        wait(lambda: site.notes == ["held"], "the hold")


def test_a_late_release_counts(site, wait):
    with site.connect() as socket:
        send(socket, 0, held=False, age=10.0)
        wait(lambda: site.notes == ["released"], "the release")
        assert site.told == ""


def test_a_malformed_sign_releases(site, wait):
    with site.connect() as socket:
        socket.send_text("{}")
        wait(lambda: site.notes == ["released"], "the release")


def test_a_sign_that_was_overtaken_does_not_count(site, wait):
    with site.connect() as socket:
        send(socket, 5, held=False)
        send(socket, 4)
        send(socket, 5)
        send(socket, 6)
        wait(lambda: site.notes == ["released", "held"], "the hold")


def test_who_watches_holds_nothing(site, wait):
    with site.connect("another") as watcher:
        send(watcher, 0)
        wait(lambda: site.notes == ["released"], "the refusal")
        site.helm.take("another", "another operator")
        send(watcher, 1)
        wait(lambda: site.notes == ["released", "held"], "the hold")


def test_pictures_wait_until_those_before_have_arrived(site):
    def hear_until_message(socket):
        """Return the pictures before the next message, and that."""
        pictures = []
        while True:
            heard = socket.receive()
            if "text" in heard:
                return pictures, json.loads(heard["text"])
            pictures.append(heard["bytes"])

    site.view.pictures = {CAMERAS[0]: (1, b"one")}
    with site.connect() as socket:
        pictures, message = hear_until_message(socket)
        assert pictures == [b"\x00one"]
        site.view.pictures = {CAMERAS[0]: (2, b"two")}
        for _ in range(3):
            assert hear_until_message(socket)[0] == []
        send(socket, 0, held=False, age=time.monotonic() - message["time"])
        heard = next(found for found, _ in iter(lambda: hear_until_message(socket), None) if found)
        assert heard == [b"\x00two"]
