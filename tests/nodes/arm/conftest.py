"""An arm's nodes in lockstep, and a person and a client who use them."""

from types import SimpleNamespace

import numpy as np
import pytest
from rclpy.action.client import ActionClient
from std_srvs.srv import Trigger
from untether_interfaces.action import RunEpisode
from untether_interfaces.msg import (
    ArmCommand,
    ArmSetpoint,
    Command,
    Mode,
    PolicyStatus,
    SafetyEvent,
)
from untether_interfaces.msg import ArmState as ArmStateMessage
from untether_interfaces.srv import Arm, Intervene, LabelEpisode, ResetFault

from untether_hardware.datasets.reader import DatasetReader
from untether_hardware.franka.description import FR3
from untether_hardware.franka.twist import ToolTwist
from untether_hardware.safety.events import Guard
from untether_hardware.safety.modes import Mode as RobotMode
from untether_nodes import qos
from untether_nodes.arm.conversions import to_arm_state, write_tool_twist
from untether_nodes.arm.dataset_conversion import convert_recording
from untether_nodes.conversions import copy_stamp
from untether_policies.zoo import list_zoo

_SAFETY_SERVICES = ((Intervene, "intervene"), (Trigger, "emergency_stop"))
_POLICY_SERVICES = ((LabelEpisode, "label_episode"),)
NAMESPACE, TASK = "franka", "peg"
RECORDED = (
    "state", "command", "policy/command", "operator/command", "mode", "episode_end",
    "camera/front/image", "camera/wrist/image",
)  # fmt: skip
UP = ToolTwist(np.array((0.0, 0.0, -0.05)), np.zeros(3))  # the tool points down


@pytest.fixture(scope="module")
def arm_graph(graph_tools, tmp_path_factory):
    """A simulated arm with the peg task, its safety stage and the zoo's policy, in lockstep."""
    made = graph_tools.Graph(tmp_path_factory.mktemp("arm"), NAMESPACE)
    # Not so fast that an episode is over before somebody has stopped it.
    made.start("arm_sim_node", use_sim_time=True, lockstep=True, lockstep_speed=1.5, task=TASK)
    made.start("arm_safety_node", use_sim_time=True, task=TASK)
    made.start("arm_policy_node", use_sim_time=True, policy=list_zoo()[f"fr3_{TASK}"])
    with made.joined():
        yield made


@pytest.fixture(scope="session")
def make_person(graph_tools):
    """A function that returns a person at the arm, within the domain of a graph."""

    class Person(graph_tools.Probe):
        """Watches the arm, corrects it as long as the hand is on the device, and runs episodes."""

        def __init__(self):
            super().__init__(NAMESPACE)
            self.mode: RobotMode | None = None
            self.fault = Guard.NONE
            self.modes: list[RobotMode] = []
            self.states: list = []
            self.setpoints: list[ArmSetpoint] = []
            self.events: list[SafetyEvent] = []
            self.statuses: list[PolicyStatus] = []
            self.held: ToolTwist | None = None  # what the device says; None: the hand is off
            self._operator = self.node.create_publisher(ArmCommand, "operator/command", qos.COMMAND)
            self._client = ActionClient(self.node, RunEpisode, "run_episode")
            self.listen(ArmStateMessage, "state", self._on_state, qos.STATE)
            self.listen(ArmSetpoint, "command", self.setpoints.append)
            self.listen(Mode, "mode", self._on_mode, qos.LATCHED)
            self.listen(PolicyStatus, "policy_status", self.statuses.append, qos.LATCHED)
            self.listen(SafetyEvent, "safety_events", self.events.append, qos.EVENTS)

        def __str__(self):
            return f"mode {self.mode}, {[event.text for event in self.events]}"

        @property
        def time(self):
            """Stamp of the newest state [s]."""
            return self.states[-1].stamp if self.states else 0.0

        def wait_for_mode(self, mode):
            self.wait_for(lambda: self.mode is mode, f"mode {mode.name}")

        def wait_for_time(self, duration):
            """Serve messages while the arm's own time goes on."""
            self.wait_for(lambda: self.states, "states")
            end = self.time + duration
            self.wait_for(lambda: self.time >= end, f"{duration} s of the arm's time")

        def wait_for_services(self, services):
            """Wait until services can be called at once, however short the episode is."""
            for service, name in services:
                client = self.clients.setdefault(name, self.node.create_client(service, name))
                self.wait_for(client.service_is_ready, f"service {name}")

        def arm(self):
            """Arm the robot, as soon as its state and the safety node's services are there."""
            self.wait_for_services(_SAFETY_SERVICES)
            self.wait_for(lambda: len(self.states) > 5 and self.mode is not None, "states")
            if self.mode is RobotMode.IDLE:
                request = Arm.Request(arm=True)
                self.wait_for(lambda: self.call(Arm, "arm", request).error_code == 0, "arming")
            self.wait_for_mode(RobotMode.STANDBY)

        def begin(self, **goal):
            """Begin an episode, once the policy is ready; return the future of its result."""
            self.wait_for(lambda: self.statuses, "a policy that is ready")
            self.wait_for(self._client.server_is_ready, "action run_episode")
            self.wait_for_services(_POLICY_SERVICES)
            sent = self._client.send_goal_async(RunEpisode.Goal(**goal))
            self.wait_for(sent.done, "acceptance of the goal")
            self.handle = sent.result()
            return self.handle.get_result_async()

        def finish(self, future):
            """Wait for the result of an episode."""
            self.wait_for(future.done, "result of the episode")
            return future.result().result

        def run(self, **goal):
            """Run an episode and return its result."""
            return self.finish(self.begin(**goal))

        def take_over(self, twist=UP):
            """Put the hand on the device and take over."""
            self.wait_for(lambda: self.try_take_over(twist), "take-over")
            self.wait_for_mode(RobotMode.INTERVENTION)

        def try_take_over(self, twist=UP):
            """Put the hand on the device and ask for control; return whether it was given."""
            self.held = twist
            request = Intervene.Request(take_over=True)
            return self.call(Intervene, "intervene", request).error_code == 0

        def recover(self):
            """Bring the robot back to IDLE, whatever happened."""
            self.held = None
            self.wait_for(lambda: self.mode is not None, "a mode")
            if self.mode is RobotMode.FAULT:
                reset = ResetFault.Request()
                self.wait_for(
                    lambda: self.call(ResetFault, "reset_fault", reset).error_code == 0, "a reset"
                )
            self.wait_for(
                lambda: self.mode in (RobotMode.IDLE, RobotMode.STANDBY), "the end of the episode"
            )
            if self.mode is RobotMode.STANDBY:
                self.call(Arm, "arm", Arm.Request(arm=False))
            self.wait_for_mode(RobotMode.IDLE)

        def stop(self):
            """Press the emergency stop."""
            return self.call(Trigger, "emergency_stop", Trigger.Request())

        def _on_state(self, message):
            self.states.append(to_arm_state(message, FR3))
            if self.held is not None and len(self.states) % 5 == 0:
                command = ArmCommand(source=Command.SOURCE_OPERATOR)
                write_tool_twist(self.held, command)
                copy_stamp(message.header.stamp, command.header.stamp)
                self._operator.publish(command)

        def _on_mode(self, message):
            self.mode, self.fault = RobotMode(message.mode), Guard(message.fault)
            self.modes.append(self.mode)

    return Person


@pytest.fixture
def person(arm_graph, make_person):
    """A person at the module's arm, which is brought back to IDLE afterwards."""
    made = make_person()
    yield made
    try:
        made.recover()
    finally:
        made.close()


def run_once_armed(person, **goal):
    """Run an episode as soon as the policy node knows that the arm is armed; return its result."""
    results = []

    def is_accepted():
        results.append(person.run(**goal))
        return results[-1].error_code != RunEpisode.Result.NOT_ARMED

    person.wait_for(is_accepted, "an episode")
    return results[-1]


def run_episodes(person):
    """Run one of each kind: success, corrected, discarded, over time, cancelled."""
    results = [run_once_armed(person, reset=True, seed=1000)]
    future = person.begin(reset=True, seed=1003, max_duration=60.0)
    person.wait_for_mode(RobotMode.POLICY)
    person.take_over()
    person.wait_for_time(0.6)
    person.held = None
    person.wait_for_mode(RobotMode.POLICY)
    results.append(person.finish(future))
    future = person.begin(reset=True, seed=1005)
    person.wait_for_mode(RobotMode.POLICY)
    person.take_over()
    person.wait_for_time(0.3)
    request = LabelEpisode.Request(label=LabelEpisode.Request.DISCARD)
    person.call(LabelEpisode, "label_episode", request)
    results.append(person.finish(future))
    person.held = None
    person.wait_for_mode(RobotMode.STANDBY)
    results.append(run_once_armed(person, reset=True, seed=1007, max_duration=0.5))
    future = person.begin(reset=True, seed=1006)
    person.wait_for_mode(RobotMode.POLICY)
    person.take_over()
    person.wait_for_time(0.3)
    person.handle.cancel_goal_async()
    results.append(person.finish(future))
    person.held = None
    person.wait_for_mode(RobotMode.STANDBY)
    return results


@pytest.fixture(scope="session")
def recording(graph_tools, make_person, tmp_path_factory):
    """The recording of an arm in lockstep, and the results of its episodes."""
    graph = graph_tools.Graph(tmp_path_factory.mktemp("recorded"), NAMESPACE)
    graph.start("recorder_node", use_sim_time=True, folder=graph.folder, name="bag")
    graph.start("arm_sim_node", use_sim_time=True, lockstep=True, lockstep_speed=1.5,
                lockstep_timeout=0.2, task=TASK)  # fmt: skip
    graph.start("arm_safety_node", use_sim_time=True, task=TASK)
    graph.start("arm_policy_node", use_sim_time=True, policy=list_zoo()[f"fr3_{TASK}"])
    with graph.joined():
        person = make_person()

        def is_recorded(name):
            found = person.node.get_subscriptions_info_by_topic(f"/{NAMESPACE}/{name}")
            return any(one.node_name == "recorder_node" for one in found)

        try:
            person.wait_for(lambda: all(map(is_recorded, RECORDED)), "the recorder")
            person.arm()
            results = run_episodes(person)
            person.recover()
        finally:
            person.close()
        assert set(graph.stop().values()) == {0}
    return SimpleNamespace(
        folder=graph.folder / "bag",
        file=next((graph.folder / "bag").glob("*.mcap")),
        topics=RECORDED,
        results=results,
        kept=(0, 1, 3),  # neither discarded nor cancelled
    )


@pytest.fixture(scope="session")
def converted(recording, tmp_path_factory):
    """What became of the recording, and the dataset."""
    folder = tmp_path_factory.mktemp("converted") / "dataset"
    conversion = convert_recording(recording.folder, folder)
    return SimpleNamespace(folder=folder, conversion=conversion, reader=DatasetReader(folder))
