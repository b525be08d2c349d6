"""Learning on the robot: what really happens reaches the learner once, whoever is killed."""

import signal
from dataclasses import dataclass, field

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from tests.hardware.exploration.small_actor import WEIGHTS, write_small_actor
from untether_interfaces.action import RunEpisode
from untether_interfaces.srv import LabelEpisode

from untether_hardware.actor_learner.journal import Journal
from untether_hardware.actor_learner.journal_reader import JournalReader
from untether_hardware.actor_learner.learner_server import LearnerServer
from untether_hardware.actor_learner.record import (
    EpisodeBegin,
    EpisodeLabel,
    Label,
    Transition,
    decode_record,
)
from untether_hardware.datasets.features import Commander
from untether_hardware.manipulation.action import scale_twist
from untether_hardware.manipulation.registry import make_task
from untether_hardware.safety.modes import Mode, Source
from untether_nodes import qos
from untether_nodes.arm.conversions import to_tool_twist

pytestmark = pytest.mark.ros

CODES = RunEpisode.Result
NAMESPACE, TASK = "franka", "peg"
CONFIG = make_task(TASK).config
SMALL = {name: WEIGHTS[name] for name in ("mean", "std")}


class Learner:
    """A learner's side of the link, which can be killed and started again."""

    def __init__(self, folder):
        self.folder = folder
        self.address = ""
        self.start()

    def start(self):
        """Listen, at the same address as before."""
        port = int(self.address.rpartition(":")[2] or 0)
        self.journal = Journal(self.folder)
        self.server = LearnerServer(self.journal, port=port)
        self.address = self.server.address
        self.publish(0.0)

    def stop(self):
        """End without a word to anybody."""
        self.server.close()
        self.journal.close()

    def publish(self, mean):
        """Give weights whose action is a number; the policy then draws close to it."""
        weights = {**SMALL, "mean": np.full(6, np.arctanh(mean), np.float32)}
        return self.server.publish(weights).number


@dataclass
class Told:
    """An episode in the journal."""

    begin: EpisodeBegin
    steps: list[Transition] = field(default_factory=list)
    label: Label | None = None


def read_episodes(folder):
    """Return the episodes of a journal, of one actor and without gaps."""
    episodes: list[Told] = []
    entries = list(JournalReader(folder))
    assert len({entry.actor for entry in entries}) <= 1
    assert [entry.mark.sequence for entry in entries] == [*range(1, len(entries) + 1)]
    for entry in entries:
        record = decode_record(entry.payload)
        if isinstance(record, EpisodeBegin):
            episodes.append(Told(record))
        elif isinstance(record, Transition):
            episodes[-1].steps.append(record)
        elif isinstance(record, EpisodeLabel):
            episodes[-1].label = record.label
    return episodes


@pytest.fixture(scope="module")
def learner(tmp_path_factory):
    made = Learner(tmp_path_factory.mktemp("learner") / "journal")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def arm_graph(graph_tools, learner, tmp_path_factory):
    """A simulated arm with the peg task in lockstep, and an actor that explores for the learner."""
    folder = tmp_path_factory.mktemp("arm")
    made = graph_tools.Graph(folder, NAMESPACE)
    made.start(
        "arm_sim_node",
        use_sim_time=True,
        lockstep=True,
        lockstep_speed=1.5,
        task=TASK,
        image_size=32,
    )
    made.start("arm_safety_node", use_sim_time=True, task=TASK)
    write_small_actor(folder / "actor", TASK)
    start_actor(made, learner)
    with made.joined():
        yield made


def start_actor(graph, learner):
    """Start the policy's node as an actor."""
    graph.start(
        "arm_policy_node",
        use_sim_time=True,
        policy=graph.folder / "actor",
        learner=learner.address,
        outbox=graph.folder / "outbox",
    )


@pytest.fixture
def await_episodes(person, learner):
    """A function that waits until the journal has ended episodes, and returns all."""

    def wait(count):
        found = []

        def has_come():
            found[:] = read_episodes(learner.folder)
            return len(found) >= count and (found[-1].label is not None)

        person.wait_for(has_come, f"{count} episodes in the journal")
        return found

    return wait


def count_episodes(learner):
    return len(read_episodes(learner.folder))


def policy_actions(person, since):
    """Return the actions that the safety stage let the policy do."""
    return [
        scale_twist(to_tool_twist(setpoint), CONFIG)[:6]
        for setpoint in person.setpoints[since:]
        if setpoint.source == Source.POLICY
    ]


def test_each_step_is_told_once_with_what_the_safety_stage_sent(person, learner, await_episodes):
    learning = []
    person.listen(DiagnosticArray, "learning_status", learning.append, qos.DIAGNOSTICS)
    known = count_episodes(learner)
    person.arm()
    since = len(person.setpoints)
    result = person.run(reset=True, seed=1, max_duration=0.8)
    assert result.timed_out
    episode = await_episodes(known + 1)[-1]
    person.wait_for(lambda: learning, "figures of the episode")
    assert not episode.begin.demonstration
    assert len(episode.steps) == result.steps == 8
    expected = policy_actions(person, since)
    assert len(expected) == 8
    np.testing.assert_allclose([step.action for step in episode.steps], expected, atol=1e-6)
    for step in episode.steps:
        assert (step.commander, step.intervention, step.reward) == (Commander.POLICY, False, 0.0)
        assert step.next_observation["image_front"].dtype == np.float16
    ends = [(step.terminated, step.truncated) for step in episode.steps]
    assert ends == 7 * [(False, False)] + [(False, True)]  # a deadline is no terminal state
    assert episode.label == Label.FAILURE
    values = {pair.key: pair.value for pair in learning[0].status[0].values}
    assert float(values["success"]) == float(values["intervention rate"]) == 0.0


def test_a_correction_is_told_as_the_operator_s(person, learner, await_episodes):
    known = count_episodes(learner)
    person.arm()
    future = person.begin(reset=True, seed=2, max_duration=60.0)
    person.wait_for_mode(Mode.POLICY)
    person.wait_for_time(0.3)
    person.take_over()
    person.wait_for_time(1.0)
    person.held = None
    person.wait_for_mode(Mode.POLICY)
    person.wait_for_time(0.4)
    answer = person.call(LabelEpisode, "label_episode", LabelEpisode.Request(label=1))
    assert answer.error_code == 0
    result = person.finish(future)
    episode = await_episodes(known + 1)[-1]
    assert result.outcome == CODES.SUCCESS
    assert len(episode.steps) == result.steps
    for step in episode.steps:
        assert step.intervention == (step.commander is Commander.OPERATOR)
    helped = [number for number, step in enumerate(episode.steps) if step.intervention]
    assert len(helped) >= 8
    assert helped == [*range(helped[0], helped[-1] + 1)]
    commanders = {step.commander for step in episode.steps}
    assert commanders <= {Commander.POLICY, Commander.OPERATOR, Commander.FALLBACK}
    assert episode.steps[0].commander is Commander.POLICY
    # The hand goes up at 5 cm/s; what the blend-in lets through at first is less.
    upwards = [episode.steps[number].action[2] for number in helped[4:-1]]
    np.testing.assert_allclose(upwards, -0.05 * CONFIG.period / CONFIG.translation_scale, atol=1e-5)
    last = episode.steps[-1]
    assert (last.terminated, last.truncated, last.reward) == (True, False, 1.0)
    assert episode.label == Label.SUCCESS


def test_a_discarded_episode_is_told_as_such(person, learner, await_episodes):
    known = count_episodes(learner)
    person.arm()
    future = person.begin(reset=True, seed=3, max_duration=60.0)
    person.wait_for_mode(Mode.POLICY)
    person.wait_for_time(0.3)
    request = LabelEpisode.Request(label=LabelEpisode.Request.DISCARD)
    assert person.call(LabelEpisode, "label_episode", request).error_code == 0
    assert person.finish(future).outcome == CODES.DISCARDED
    episode = await_episodes(known + 1)[-1]
    assert episode.label == Label.DISCARD
    assert not any(step.ends for step in episode.steps)


def test_new_weights_are_taken_over_between_episodes(person, learner, await_episodes):
    known = count_episodes(learner)
    person.arm()
    future = person.begin(reset=True, seed=4, max_duration=2.0)
    person.wait_for_mode(Mode.POLICY)
    learner.publish(0.3)
    assert person.finish(future).timed_out
    before = await_episodes(known + 1)[-1]
    assert np.abs([step.action for step in before.steps]).max() < 0.05

    def has_taken_over():
        count = count_episodes(learner)
        assert person.run(reset=True, seed=4, max_duration=0.6).timed_out
        # The first actions are blended in.
        return await_episodes(count + 1)[-1].steps[-1].action[0] == pytest.approx(0.3, abs=0.02)

    person.wait_for(has_taken_over, "an episode with the new weights")
    learner.publish(0.0)


def test_a_whole_episode_of_an_operator_is_a_demonstration(person, learner, await_episodes):
    known = count_episodes(learner)
    set_demonstrate(person, True)
    person.arm()
    future = person.begin(reset=True, seed=5, max_duration=60.0)
    person.wait_for_mode(Mode.POLICY)
    person.wait_for_time(0.3)
    person.take_over()
    person.wait_for_time(0.5)
    answer = person.call(LabelEpisode, "label_episode", LabelEpisode.Request(label=1))
    assert answer.error_code == 0
    assert person.finish(future).outcome == CODES.SUCCESS
    set_demonstrate(person, False)
    episode = await_episodes(known + 1)[-1]
    assert episode.begin.demonstration
    assert episode.steps[0].commander is Commander.OPERATOR
    assert not any(step.intervention for step in episode.steps)
    assert episode.steps[-1].terminated
    assert len(episode.steps) >= 4


def set_demonstrate(person, value):
    """Change whether the operator shows."""
    number = ParameterValue(type=ParameterType.PARAMETER_BOOL, bool_value=value)
    request = SetParameters.Request(parameters=[ParameterMessage(name="demonstrate", value=number)])
    answer = person.call(SetParameters, "arm_policy_node/set_parameters", request)
    assert answer.results[0].successful


def test_a_killed_learner_stops_nothing_and_misses_nothing(person, learner, await_episodes):
    known = count_episodes(learner)
    person.arm()
    future = person.begin(reset=True, seed=6, max_duration=1.2)
    person.wait_for_mode(Mode.POLICY)
    person.wait_for_time(0.3)
    learner.stop()
    results = [person.finish(future), person.run(reset=True, seed=7, max_duration=0.5)]
    assert all(result.timed_out for result in results)
    assert count_episodes(learner) <= known + 1
    learner.start()
    episodes = await_episodes(known + 2)[known:]
    assert [len(episode.steps) for episode in episodes] == [result.steps for result in results]


def test_a_killed_actor_loses_nothing_and_another_goes_on(
    person, learner, arm_graph, await_episodes
):
    known = count_episodes(learner)
    person.arm()
    person.begin(reset=True, seed=8, max_duration=60.0)
    person.wait_for_mode(Mode.POLICY)

    def has_come():
        episodes = read_episodes(learner.folder)
        return len(episodes) > known and len(episodes[-1].steps) > 3

    person.wait_for(has_come, "steps in the journal")
    process = arm_graph.process("arm_policy_node")
    process.send_signal(signal.SIGKILL)
    process.wait()
    acknowledged = len(read_episodes(learner.folder)[-1].steps)
    person.wait_for_mode(Mode.FAULT)
    person.recover()
    person.statuses.clear()
    start_actor(arm_graph, learner)
    person.wait_for(lambda: person.statuses, "the next actor")
    person.arm()
    assert person.run(reset=True, seed=9, max_duration=0.5).timed_out
    cut_off, whole = await_episodes(known + 2)[known:]
    assert len(cut_off.steps) >= acknowledged
    assert cut_off.label is None
    assert (len(whole.steps), whole.label) == (5, Label.FAILURE)
