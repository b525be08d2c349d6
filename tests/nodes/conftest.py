"""Fixtures of the nodes' tests: real processes in their own ROS domain, and a puppet policy."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from itertools import count, pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import rclpy
import yaml
from lifecycle_msgs.srv import ChangeState, GetState
from nav_msgs.msg import Odometry
from rcl_interfaces.srv import SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions
from std_srvs.srv import Trigger
from untether_interfaces.msg import Command, Mode, SafetyEvent
from untether_interfaces.srv import Arm, Intervene, Land, ResetFault, SelectPolicy

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.safety import Guard, Source
from untether_hardware.safety import Mode as RobotMode
from untether_hardware.setpoint import Setpoint
from untether_hardware.state import BodyState
from untether_hardware.tensor_map import TensorMap
from untether_nodes import qos
from untether_nodes.conversions import copy_stamp, to_body_state, to_seconds
from untether_nodes.launcher.process_plan import ParameterFile
from untether_nodes.loop import LoopGroup, NodeLoop
from untether_policies.contract_file import dump_contract
from untether_policies.policy import Policy

PATIENCE = 30.0
"""The longest wait for something that must happen [s]; only what is broken takes it."""

EXECUTABLES = Path(sys.prefix) / "lib" / "untether_nodes"
HOVER = (0.0, 0.0, 0.7)  # [m] map
_domains = count(os.getpid())


@pytest.fixture(scope="session")
def controller():
    """The module that writes a bundle which flies without training."""
    path = Path(__file__).with_name("controller.py")
    spec = importlib.util.spec_from_file_location("controller", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def bundle(controller, tmp_path_factory):
    """Folder of the controller's bundle."""
    return controller.write_controller(tmp_path_factory.mktemp("bundles") / "controller")


class Graph:
    """Processes of nodes in one ROS domain, each in a process group and with a log of its own."""

    def __init__(self, folder: Path, namespace: str = "cf1"):
        self.folder = folder
        self.namespace = namespace
        self.domain = 1 + next(_domains) % 100
        self.environment = {
            **os.environ,
            "ROS_DOMAIN_ID": str(self.domain),
            "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
            "OMP_NUM_THREADS": "1",
        }
        self.processes: dict[str, subprocess.Popen] = {}

    def start(self, executable: str, *, namespace: str = "", **parameters) -> subprocess.Popen:
        """Start a node; parameters become ROS parameters."""
        namespace = namespace or self.namespace
        words = [str(EXECUTABLES / executable), "--ros-args", "-r", f"__ns:=/{namespace}"]
        for name, value in parameters.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            words += ["-p", f"{name}:={text}"]
        log = (self.folder / f"{namespace}_{executable}.log").open("a")
        process = subprocess.Popen(
            words, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        self.processes[f"{namespace}/{executable}"] = process
        return process

    def process(self, executable: str) -> subprocess.Popen:
        """Return the process of a node in the default namespace."""
        return self.processes[f"{self.namespace}/{executable}"]

    def log(self, executable: str, namespace: str = "") -> str:
        """Return what a node has printed."""
        path = self.folder / f"{namespace or self.namespace}_{executable}.log"
        return path.read_text() if path.exists() else ""

    def stop(self, number: int = signal.SIGINT) -> dict[str, int]:
        """Send a signal to all processes, and return their exit statuses."""
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(number)
        return {name: process.wait(PATIENCE) for name, process in self.processes.items()}

    @contextmanager
    def joined(self):
        """Make this process part of the graph for a while; all processes end with it."""
        before = dict(os.environ)
        os.environ.update(self.environment)
        try:
            yield self
        finally:
            os.environ.clear()
            os.environ.update(before)
            self.kill()

    def kill(self):
        """End all processes at once."""
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
        for process in self.processes.values():
            process.wait(PATIENCE)


@pytest.fixture(scope="session")
def find_parameters():
    """A function that returns the parameters a planned process is given in the launch file."""

    def find(process):
        found = {}
        for word in process.command:
            if isinstance(word, ParameterFile):
                for node in yaml.safe_load(word.content).values():
                    found |= node["ros__parameters"]
        return found

    return find


@pytest.fixture
def graph(tmp_path, monkeypatch):
    """An empty graph; its domain is also this process's."""
    made = Graph(tmp_path)
    monkeypatch.setenv("ROS_DOMAIN_ID", str(made.domain))
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    yield made
    made.kill()


@pytest.fixture(scope="session")
def graph_tools():
    """The classes ``Graph`` and ``Probe``, for the fixtures of folders below."""
    return SimpleNamespace(Graph=Graph, Probe=Probe)


@pytest.fixture(scope="module")
def lockstep_graph(tmp_path_factory):
    """A simulated robot and its safety stage in lockstep, for all tests of a module."""
    made = Graph(tmp_path_factory.mktemp("lockstep"))
    made.start("robot_sim_node", use_sim_time=True, lockstep=True)
    made.start("safety_node", use_sim_time=True)
    with made.joined():
        yield made


class Probe:
    """A node in the test's process that calls the services of others."""

    tick_period = 0.02
    gathers = False

    def __init__(self, namespace: str = "cf1"):
        rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
        self.node = Node("probe", namespace=namespace, start_parameter_services=False)
        self.group = LoopGroup()
        self.loop = NodeLoop(self.node, self)
        self.clients: dict[str, Any] = {}

    def tick(self):
        """Nothing is due by the clock."""

    def rest(self):
        """Nothing waits for quiet."""

    def close(self):
        """Disconnect."""
        self.loop.close()
        self.node.destroy_node()
        rclpy.try_shutdown()

    def listen(self, message_type, topic, callback, profile=qos.LOG):
        """Subscribe."""
        self.node.create_subscription(
            message_type, topic, callback, profile, callback_group=self.group
        )

    def wait_for(self, condition: Callable[[], Any], what: str, patience: float = PATIENCE):
        """Serve messages until a condition holds."""
        end = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < end, f"{what} did not happen: {self}"
            self.loop.run_once()

    def call(self, service: type, name: str, request: Any) -> Any:
        """Call a service and return its response."""
        if name not in self.clients:
            self.clients[name] = self.node.create_client(service, name)
        client = self.clients[name]
        self.wait_for(client.service_is_ready, f"service {name}")
        future = client.call_async(request)
        self.wait_for(future.done, f"answer of {name}")
        return future.result()

    def set_parameter(self, node: str, name: str, value: Any) -> Any:
        """Set a parameter of a node and return the result."""
        parameter = Parameter(name, value=value).to_parameter_msg()
        request = SetParameters.Request(parameters=[parameter])
        return self.call(SetParameters, f"{node}/set_parameters", request).results[0]

    def change_state(self, node: str, transition: int) -> bool:
        """Ask for a transition of a lifecycle node; return whether it succeeded."""
        request = ChangeState.Request()
        request.transition.id = transition
        return self.call(ChangeState, f"{node}/change_state", request).success

    def find_state(self, node: str) -> str:
        """Return the state of a lifecycle node."""
        return self.call(GetState, f"{node}/get_state", GetState.Request()).current_state.label


class Puppet(Probe):
    """Watches a robot, and commands it as a policy would.

    What it commands goes through ``spoil``, so that a test can be a saboteur; in lockstep it
    decides by itself at which tick.
    """

    def __init__(self, bundle: Path, namespace: str = "cf1"):
        super().__init__(namespace)
        self.policy = Policy.load(bundle)
        contract = self.policy.contract
        names = CRAZYFLIE.rotor_names
        self.map = TensorMap(contract, self.policy.inputs, self.policy.outputs, rotor_names=names)
        self.contract = dump_contract(contract)
        self.flying = False
        self.goal = Setpoint(HOVER)
        self.spoil: Callable[[Command], Command | None] = lambda command: command
        self.mode: RobotMode | None = None
        self.fault = Guard.NONE
        self.modes: list[RobotMode] = []
        self.commands: list[Command] = []
        self.truth: list[BodyState] = []
        self.odometry: list[BodyState] = []
        self.events: list[SafetyEvent] = []
        self.publisher = self.node.create_publisher(Command, "policy/command", qos.COMMAND)
        self.operator = self.node.create_publisher(Command, "operator/command", qos.COMMAND)
        self.listen(Odometry, "odom", self._on_odometry, qos.STATE)
        self.listen(Odometry, "ground_truth/odom", self._on_truth)
        self.listen(Command, "command", self.commands.append)
        self.listen(Mode, "mode", self._on_mode, qos.LATCHED)
        self.listen(SafetyEvent, "safety_events", self.events.append, qos.EVENTS)

    def __str__(self):
        return f"mode {self.mode}, {self.events}"

    @property
    def time(self) -> float:
        """Stamp of the last odometry [s]."""
        return self.odometry[-1].stamp if self.odometry else 0.0

    def wait_for_mode(self, mode: RobotMode):
        """Serve messages until the robot is in a mode."""
        self.wait_for(lambda: self.mode is mode, f"mode {mode.name}")

    def wait_for_time(self, duration: float):
        """Serve messages while the robot's own time goes on."""
        self.wait_for(lambda: self.odometry, "odometry")
        end = self.time + duration
        self.wait_for(lambda: self.time >= end, f"{duration} s of robot time")

    def arm(self):
        """Arm the robot, as soon as its state is known."""
        self.wait_for(lambda: len(self.odometry) > 5, "odometry")
        self.wait_for(
            lambda: self.call(Arm, "arm", Arm.Request(arm=True)).error_code == Arm.Response.OK,
            "arming",
        )
        self.wait_for_mode(RobotMode.STANDBY)

    def select(self, **changes) -> SelectPolicy.Response:
        """Ask for command as a policy."""
        fields = {"active": True, "name": "puppet", "contract": self.contract, **changes}
        return self.call(SelectPolicy, "select_policy", SelectPolicy.Request(**fields))

    def take_off(self, duration: float = 1.4):
        """Arm, take command, and fly up."""
        self.wait_for(self.publisher.get_subscription_count, "a connection to safety_node")
        self.arm()
        self.policy.reset()
        self.goal = Setpoint(HOVER)
        self.flying = True
        assert self.select().error_code == SelectPolicy.Response.OK
        self.wait_for_mode(RobotMode.POLICY)
        self.wait_for_time(duration)
        assert self.truth[-1].position[2] > 0.5

    def land(self) -> int:
        """Ask for a landing; return the code."""
        return self.call(Land, "land", Land.Request()).error_code

    def intervene(self, take_over: bool) -> int:
        """Take over as the operator, or hand back; return the code."""
        request = Intervene.Request(take_over=take_over)
        return self.call(Intervene, "intervene", request).error_code

    def recover(self):
        """Bring the robot back to its initial position, disarmed, whatever happened."""
        self.flying = False
        self.spoil = lambda command: command
        self.wait_for(lambda: self.mode is not None, "a mode")
        if self.mode in (RobotMode.POLICY, RobotMode.INTERVENTION):
            self.land()
            self.wait_for_mode(RobotMode.IDLE)
        if self.mode is RobotMode.STANDBY:
            self.call(Arm, "arm", Arm.Request(arm=False))
            self.land()
            self.wait_for_mode(RobotMode.IDLE)
        self.call(Trigger, "reset", Trigger.Request())
        if self.mode is RobotMode.FAULT:
            self.wait_for(self._try_reset, "reset of the fault")
            self.wait_for_mode(RobotMode.IDLE)

    def find_guards(self) -> list[Guard]:
        """Return the guards that intervened."""
        return [Guard(event.guard) for event in self.events]

    def find_loss(self) -> float:
        """Return the stamp of the last odometry that told something new [s]."""
        for before, after in pairwise(self.odometry):
            if after.position == before.position and after.position[2] > 0.1:
                return before.stamp
        return self.time

    def fallback_delay(self, since: float) -> float:
        """Return the time from a stamp to the first command of the fallback after it [s]."""
        for command in self.commands:
            stamp = to_seconds(command.header.stamp)
            if command.source == Source.FALLBACK and stamp >= since:
                return stamp - since
        raise AssertionError("the fallback did not command")

    def assert_commands_are_safe(self):
        """Check that every command that reached the robot was within its limits."""
        assert self.commands
        for command in self.commands:
            assert list(command.names) == list(CRAZYFLIE.rotor_names)
            assert all(0.0 <= value <= CRAZYFLIE.max_rotor_thrust for value in command.values)

    def touchdown_speed(self) -> float:
        """Return the greatest speed of descent just above the floor [m/s]."""
        low = [state for state in self.truth if state.position[2] < 0.1]
        return max(-state.linear_velocity[2] for state in low)

    def _try_reset(self) -> bool:
        answer = self.call(ResetFault, "reset_fault", ResetFault.Request())
        return answer.error_code == ResetFault.Response.OK

    def _on_odometry(self, message: Odometry):
        state = to_body_state(message)
        self.odometry.append(state)
        if not self.flying:
            return
        self.map.write(state, self.goal)
        self.policy.step()
        command = Command(
            source=Command.SOURCE_POLICY,
            kind="command/rotor/thrust",
            names=list(CRAZYFLIE.rotor_names),
            values=list(self.map.read()),
        )
        copy_stamp(message.header.stamp, command.header.stamp)
        spoiled = self.spoil(command)
        if spoiled is not None:
            self.publisher.publish(spoiled)

    def _on_truth(self, message: Odometry):
        self.truth.append(to_body_state(message))

    def _on_mode(self, message: Mode):
        self.mode, self.fault = RobotMode(message.mode), Guard(message.fault)
        self.modes.append(self.mode)


@pytest.fixture
def probe(graph):
    """A probe in the domain of a test's own graph."""
    made = Probe()
    yield made
    made.close()


@pytest.fixture
def puppet(lockstep_graph, bundle):
    """A puppet for the module's robot in lockstep, which is brought back afterwards."""
    made = Puppet(bundle)
    yield made
    try:
        made.recover()
    finally:
        made.close()


@pytest.fixture
def make_puppet(graph, bundle):
    """Make puppets for the robots of a test's own graph; one at a time."""
    made = []

    def make(**arguments):
        made.append(Puppet(bundle, **arguments))
        return made[-1]

    yield make
    for one in made:
        one.close()
