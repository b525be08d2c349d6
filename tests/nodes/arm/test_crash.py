"""Whoever is killed, nothing that was acknowledged is lost, and the arm stays within its limits."""

import os
import random
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.hardware.exploration.small_actor import write_small_actor

from untether_hardware.actor_learner.journal_reader import JournalReader
from untether_hardware.franka.description import FR3
from untether_hardware.franka.safety.config import ArmSafetyConfig
from untether_hardware.manipulation.registry import make_task
from untether_hardware.safety.modes import Mode
from untether_nodes.conversions import to_seconds
from untether_nodes.recording.bag_reader import BagReader

pytestmark = [pytest.mark.ros, pytest.mark.slow]

KILLS = int(os.environ.get("UNTETHER_CRASH_KILLS", "4"))
SEED = int(os.environ.get("UNTETHER_CRASH_SEED", "1"))
NAMESPACE, TASK = "franka", "peg"
ROOT = Path(__file__).parents[3]
BEGUN = 200_000  # [byte] of a recording that has setpoints
WRITTEN = 5.0  # [s] of the arm's time after which a recorder has written what it got
TRIES = 5  # episodes for more records
OVERSHOOT = 0.01  # [m] of the tool over its box, where it is held after a swift move
SAFETY = ArmSafetyConfig()


class Ward:
    """A process beside the graph that is started again after each kill."""

    def __init__(self, *command):
        self._command = [sys.executable, "-m", *map(str, command)]
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )

    def kill(self):
        assert self.process.poll() is None, f"{self._command} ended with {self.process.returncode}"
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()


class Node:
    """A node of the graph that is started again after each kill."""

    def __init__(self, graph, executable, **parameters):
        self._graph, self._executable, self._parameters = graph, executable, parameters
        self.start()

    def start(self):
        self.process = self._graph.start(self._executable, **self._parameters)

    def kill(self):
        assert self.process.poll() is None, self._graph.log(self._executable)
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def arm_graph(graph_tools, tmp_path_factory):
    """A simulated arm and its safety stage, which are not killed."""
    made = graph_tools.Graph(tmp_path_factory.mktemp("crash"), NAMESPACE)
    lockstep = {"use_sim_time": True, "lockstep": True, "lockstep_timeout": 0.2}
    made.start("arm_sim_node", **lockstep, lockstep_speed=1.5, task=TASK, image_size=32)
    made.start("arm_safety_node", use_sim_time=True, task=TASK)
    with made.joined():
        yield made


@pytest.fixture
def wards(arm_graph):
    """Actor, learner, console and recorder by name."""
    folder = arm_graph.folder
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    write_small_actor(folder / "actor", TASK)
    journal = folder / "journal"
    made = {
        "learner": Ward("tests.nodes.arm.crash_learner", journal, address.rpartition(":")[2]),
        "console": Ward("untether_policies.cli", "console", "--port", 0, "--datasets", folder),
        "recorder": Node(arm_graph, "recorder_node", use_sim_time=True, folder=folder / "records"),
        "actor": Node(
            arm_graph,
            "arm_policy_node",
            use_sim_time=True,
            policy=folder / "actor",
            learner=address,
            outbox=folder / "outbox",
        ),
    }
    yield made
    for ward in made.values():
        ward.process.kill()
        ward.process.wait()


class Journalled:
    """What a learner has acknowledged so far; all of it must be there for good."""

    def __init__(self, folder):
        self._folder = folder
        self.marks = []

    def check(self):
        """Read the journal anew; return how many records it has."""
        marks = [entry.mark for entry in JournalReader(self._folder)]
        assert [mark.sequence for mark in marks] == [*range(1, len(marks) + 1)]
        assert marks[: len(self.marks)] == self.marks
        self.marks = marks
        return len(marks)


class Recordings:
    """What the recorders have written, each until it was killed."""

    def __init__(self, folder):
        self._folder = folder

    def has_begun(self, count):
        """Return whether there are so many, the newest with some content."""
        files = self._list()
        return len(files) == count and files[-1].stat().st_size > BEGUN

    def check(self, killed_at):
        """Check that each holds every setpoint until shortly before its recorder's end."""
        for file, time in zip(self._list(), killed_at, strict=True):
            reader = BagReader(file)
            sent = [
                reader.decode(message)
                for message in reader.read_messages()
                if message.topic == f"/{NAMESPACE}/command"
            ]
            assert not reader.whole
            first = sent[0].sequence
            assert [one.sequence for one in sent] == [*range(first, first + len(sent))]
            assert to_seconds(sent[-1].header.stamp) > time - WRITTEN

    def _list(self):
        return sorted(self._folder.rglob("*.mcap"), key=lambda file: file.stat().st_mtime)


def go_on(person):
    """Clear a fault, arm, and begin an episode; return the future of its result."""
    person.recover()
    person.arm()
    return person.begin(reset=True, max_duration=60.0)


def run_until_more(person, journal, episode):
    """Run episodes until the learner has acknowledged more than now; return the one that runs.

    One can be refused, as the next actor may not know yet that the arm is armed.
    """
    before = journal.check()

    def is_over():
        return person.mode is Mode.FAULT or episode.done()

    for _ in range(TRIES):
        if is_over():
            episode = go_on(person)
        person.wait_for(lambda: journal.check() > before or is_over(), "more records")
        if journal.check() > before:
            return episode
    raise AssertionError(f"expected more records within {TRIES} episodes, got none. {person}")


def put_hand_on(person):
    """Take over, unless the episode ends first."""
    person.wait_for(
        lambda: person.mode is not Mode.POLICY or person.try_take_over(),
        "take-over, or the end of the episode",
    )


def check_limits(person):
    """Check every state and setpoint so far, and forget all but the newest."""
    box = make_task(TASK).config.workspace
    lower, upper = np.array(box.lower) - OVERSHOOT, np.array(box.upper) + OVERSHOOT
    for state in person.states:
        for number, joint in enumerate(FR3.joints):
            assert joint.lower <= state.joint_position[number] <= joint.upper
            assert abs(state.joint_velocity[number]) <= joint.max_velocity
        assert (state.pose.position >= lower).all() and (state.pose.position <= upper).all()
        assert np.linalg.norm(state.force) <= SAFETY.hard_force
    for setpoint in person.setpoints:
        place = to_vector(setpoint.pose.position)
        assert (place >= lower).all() and (place <= upper).all()
    del person.states[:-1], person.setpoints[:-1]


def to_vector(point):
    return np.array((point.x, point.y, point.z))


@pytest.mark.timeout(120 + 20 * KILLS)
def test_killing_actor_learner_console_and_recorder_at_any_moment(person, wards, arm_graph):
    generator = random.Random(SEED)
    journal = Journalled(arm_graph.folder / "journal")
    victims = [*wards] * (KILLS // len(wards) + 1)
    generator.shuffle(victims)
    records = Recordings(arm_graph.folder / "records")
    killed_at = []  # the arm's time at which each recorder was killed [s]
    person.wait_for(lambda: person.statuses, "the actor")
    person.wait_for(lambda: records.has_begun(1), "a recording")
    episode = go_on(person)
    for number, victim in enumerate(victims[:KILLS]):
        if number % 3 == 0 and person.mode is Mode.POLICY:
            put_hand_on(person)
        person.wait_for_time(generator.uniform(0.0, 1.0))  # the random moment
        person.held = None
        wards[victim].kill()
        if victim == "recorder":
            killed_at.append(person.time)
        if victim == "actor":
            person.wait_for_mode(Mode.FAULT)
            person.statuses.clear()
        wards[victim].start()
        if victim == "actor":
            person.wait_for(lambda: person.statuses, "the next actor")
        person.wait_for(lambda: records.has_begun(1 + len(killed_at)), "the next recording")
        episode = run_until_more(person, journal, episode)
        check_limits(person)
    wards["recorder"].kill()
    killed_at.append(person.time)
    wards["actor"].kill()
    person.wait_for_mode(Mode.FAULT)
    records.check(killed_at)
