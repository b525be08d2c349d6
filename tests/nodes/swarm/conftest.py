"""Fixtures of a swarm's nodes: a commander of several drones, without ROS and as a process."""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from std_srvs.srv import Empty
from untether_interfaces.msg import (
    Columns,
    Command,
    SafetyEvent,
    SwarmCommand,
    SwarmContacts,
    SwarmModes,
    SwarmState,
)
from untether_interfaces.srv import ResetSwarm, SwarmRequest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.safety import Guard, Mode, SafetyConfig, Source
from untether_hardware.swarm.columns import Columns as Room
from untether_hardware.swarm.places import sample_pads
from untether_hardware.swarm.simulator import SimulatedSwarm
from untether_nodes import qos
from untether_nodes.conversions import copy_stamp, to_seconds, write_seconds
from untether_nodes.swarm.crew import Crew
from untether_nodes.swarm.drones import name_drones
from untether_nodes.swarm.row_reader import RowReader
from untether_nodes.swarm.row_writer import to_floats, write_states
from untether_policies.contract_file import dump_contract
from untether_policies.policy import Policy

KIND = "command/rotor/thrust"
RISE = (0.0, 0.0, 0.7)  # [m] from where a drone stands to where it hovers
NAMESPACE = "swarm"


class Hover:
    """Flies all drones to their goals with the controller's bundle."""

    def __init__(self, bundle, drones):
        self.policy = Policy.load(bundle, batch=drones)
        self.contract = self.policy.contract
        self.names = name_drones(drones)
        self.goal = np.zeros((drones, 3))

    def answer(self, message: SwarmState, source=Command.SOURCE_POLICY) -> SwarmCommand:
        """Return commands for all drones."""
        inputs = self.policy.inputs
        for name in ("position", "orientation", "linear_velocity", "angular_velocity"):
            inputs[name][:] = np.reshape(getattr(message, name), inputs[name].shape)
        inputs["goal_position"][:] = self.goal
        self.policy.step()
        command = SwarmCommand(
            kind=KIND,
            drones=list(self.names),
            sources=[source] * len(self.names),
            names=list(CRAZYFLIE.rotor_names),
            values=to_floats(self.policy.outputs["rotor_thrust"]),
        )
        copy_stamp(message.header.stamp, command.header.stamp)
        return command


class Flight:
    """A swarm, its safety stages and a commander in one process, by way of the messages.

    ``spoil_states`` and ``spoil_commands`` may change or withhold what goes to the stages; the
    commander itself always sees the truth.
    """

    def __init__(self, bundle, drones=3):
        room = Room.sample(0.0, 0.6, np.random.default_rng(0))
        pads = sample_pads(room, drones, np.random.default_rng(0))
        self.swarm = SimulatedSwarm(room, pads)
        self.names = name_drones(drones)
        self.crew = Crew(drones, SafetyConfig(), CRAZYFLIE)
        self.reader = RowReader(self.names)
        self.commander = Hover(bundle, drones)
        self.commander.goal[:] = pads + np.array(RISE)
        self.thrust = np.zeros((drones, 4))
        self.spoil_states: Callable[[SwarmState], SwarmState | None] = lambda message: message
        self.spoil_commands: Callable[[SwarmCommand], SwarmCommand | None] = lambda message: message
        self.sent = [[] for _ in self.names]

    @property
    def modes(self):
        """Mode of each drone."""
        return [stage.mode for stage in self.crew.stages]

    @property
    def height(self):
        """True heights [m]."""
        return self.swarm.read_truth().position[:, 2]

    def read_states(self) -> SwarmState:
        """Return what the sensors tell."""
        message = SwarmState(names=list(self.names))
        states = self.swarm.read_states()
        write_states(states, message)
        rate, force = self.swarm.read_imu()
        message.imu_angular_velocity = to_floats(rate)
        message.imu_linear_acceleration = to_floats(force)
        write_seconds(1.0 + states.stamp, message.header.stamp)
        write_seconds(1.0 + self.swarm.time, message.imu_stamp)
        return message

    def step(self):
        """One control period."""
        now = 1.0 + self.swarm.time
        truth = self.read_states()
        states = self.spoil_states(self.read_states())
        if states is not None:
            self.crew.observe(now, self.reader.read_states(states))
        self.obey(self.crew.watch(now))
        command = self.spoil_commands(self.commander.answer(truth))
        if command is not None:
            commands = self.reader.read_commands(command, Source.POLICY)
            self.obey(self.crew.command(now + 0.003, commands))
        self.obey(self.crew.watch(now + 0.005))
        self.swarm.step(self.thrust)

    def obey(self, rows):
        """Let the drones have their commands."""
        for drone, command in rows:
            assert all(0.0 <= value <= CRAZYFLIE.max_rotor_thrust for value in command.values)
            self.thrust[drone] = command.values
            self.sent[drone].append(command)

    def run(self, duration):
        """Fly on [s]."""
        for _ in range(round(100 * duration)):
            self.step()

    def take_off(self):
        """Arm all, let the commander fly, and rise."""
        self.run(0.3)
        now = 1.0 + self.swarm.time
        everyone = range(len(self.names))
        contract = self.commander.contract
        for ask in (lambda s: s.arm(now), lambda s: s.select_policy(now, contract)):
            assert all(verdict.granted for verdict in self.crew.ask(everyone, ask))
        self.run(1.4)
        assert self.height.min() > 0.5
        self.crew.take_events()


class SwarmPuppet:
    """Commands a swarm of nodes as a policy would, from the test's process, in lockstep."""

    def __init__(self, probe, bundle, drones):
        self.probe = probe
        self.names = name_drones(drones)
        self.commander = Hover(bundle, drones)
        self.contract = dump_contract(self.commander.contract)
        self.flying = False
        self.spoil: Callable[[SwarmCommand], SwarmCommand | None] = lambda message: message
        self.states: SwarmState | None = None
        self.truth: SwarmState | None = None
        self.modes: list[Mode] = []
        self.faults: list[Guard] = []
        self.columns: list[Columns] = []
        self.contacts: list[SwarmContacts] = []
        self.commands: list[SwarmCommand] = []
        self.events: dict[str, list[Guard]] = {name: [] for name in self.names}
        publish = probe.node.create_publisher
        self.publisher = publish(SwarmCommand, self.name("policy/command"), qos.COMMAND)
        listen = self.listen
        listen(SwarmState, "states", self._on_states, qos.STATE)
        listen(SwarmState, "ground_truth/states", self._on_truth)
        listen(SwarmContacts, "ground_truth/contacts", self.contacts.append)
        listen(SwarmCommand, "command", self.commands.append)
        listen(SwarmModes, "modes", self._on_modes, qos.LATCHED)
        listen(Columns, "columns", self.columns.append, qos.LATCHED)
        for name, events in self.events.items():
            note = self._note_into(events)
            listen(SafetyEvent, f"{name}/safety_events", note, qos.EVENTS)

    def name(self, topic):
        """Return the full name of a topic or service."""
        return f"/{NAMESPACE}/{topic}"

    def listen(self, message_type, topic, callback, profile=qos.LOG):
        """Subscribe."""
        self.probe.listen(message_type, self.name(topic), callback, profile)

    @property
    def time(self):
        """Stamp of the last states [s]."""
        return to_seconds(self.states.header.stamp) if self.states else 0.0

    @property
    def height(self):
        """True heights [m]."""
        return np.reshape(self.truth.position, (-1, 3))[:, 2]

    def wait_for(self, condition, what):
        """Serve messages until a condition holds."""
        self.probe.wait_for(condition, f"{what} (modes {self.modes}, faults {self.faults})")

    def wait_for_time(self, duration):
        """Serve messages while the swarm's own time goes on [s]."""
        self.wait_for(lambda: self.states, "states")
        end = self.time + duration
        self.wait_for(lambda: self.time >= end, f"{duration} s of the swarm's time")

    def wait_for_modes(self, *modes):
        """Serve messages until each drone is in its mode; one mode stands for all."""
        wanted = list(modes) * (len(self.names) if len(modes) == 1 else 1)
        self.wait_for(lambda: self.modes == wanted, f"modes {wanted}")

    def request(self, code, drones=(), **fields):
        """Ask the safety node; return the code of each drone."""
        request = SwarmRequest.Request(request=code, drones=list(drones), **fields)
        response = self.probe.call(SwarmRequest, self.name("safety/request"), request)
        assert len(response.drones) == len(response.error_codes) == len(response.messages)
        return list(response.error_codes)

    def reset(self, seed=0, density=0.0, size=0.6):
        """Ask for a new room; return the response."""
        request = ResetSwarm.Request(seed=seed, density=density, size=size)
        return self.probe.call(ResetSwarm, self.name("reset"), request)

    def stop(self, name):
        """Call a service of Crazyswarm2's that stops motors."""
        self.probe.call(Empty, self.name(f"{name}/emergency"), Empty.Request())

    def take_off(self):
        """Arm all, command them, and rise."""
        codes = SwarmRequest.Request
        self.wait_for(self.publisher.get_subscription_count, "a connection to the safety node")
        self.wait_for_time(0.1)
        self.wait_for(lambda: not any(self.request(codes.ARM)), "arming")
        position = np.reshape(self.truth.position, (-1, 3))
        self.commander.policy.reset()
        self.commander.goal[:] = position + np.array(RISE)
        self.flying = True
        assert not any(self.request(codes.START_POLICY, contract=self.contract))
        self.wait_for_modes(Mode.POLICY)
        self.wait_for_time(1.4)
        assert self.height.min() > 0.5

    def recover(self):
        """Bring all drones back to the floor, disarmed, whatever happened."""
        codes = SwarmRequest.Request
        self.request(codes.LAND)
        self.wait_for(lambda: {*self.modes} <= {Mode.IDLE, Mode.FAULT}, "landing")
        self.flying = False
        self.spoil = lambda message: message
        self.wait_for(self._reset_faults, "fault resets")
        self.wait_for_modes(Mode.IDLE)
        self.wait_for(lambda: self.reset().success, "a reset of the room")

    def _reset_faults(self):
        """Ask those in FAULT to leave it; return whether nobody is left."""
        modes = zip(self.names, self.modes, strict=True)
        faulty = [name for name, mode in modes if mode is Mode.FAULT]
        return not faulty or not any(self.request(SwarmRequest.Request.RESET_FAULT, faulty))

    def _on_states(self, message):
        self.states = message
        if self.flying:
            command = self.spoil(self.commander.answer(message))
            if command is not None:
                self.publisher.publish(command)

    def _on_truth(self, message):
        self.truth = message

    def _on_modes(self, message):
        assert tuple(message.names) == self.names
        self.modes = [Mode(mode) for mode in message.modes]
        self.faults = [Guard(fault) for fault in message.faults]

    def _note_into(self, events):
        return lambda message: events.append(Guard(message.guard))


@pytest.fixture(scope="session")
def swarm_bundle(controller, tmp_path_factory):
    """Folder of the controller's bundle for a swarm."""
    return controller.write_swarm_controller(tmp_path_factory.mktemp("bundles") / "swarm")


@pytest.fixture
def flight(bundle):
    """Three drones that hover over their pads."""
    made = Flight(bundle)
    made.take_off()
    return made


@pytest.fixture(scope="module")
def swarm_graph(graph_tools, tmp_path_factory):
    """Three simulated drones and their safety node in lockstep, for all tests of a module."""
    made = graph_tools.Graph(tmp_path_factory.mktemp("swarm"), namespace=NAMESPACE)
    simulation = {"use_sim_time": True, "drones": 3}
    made.start("swarm_sim_node", lockstep=True, density=0.0, lockstep_timeout=0.2, **simulation)
    made.start("swarm_safety_node", **simulation)
    with made.joined():
        yield made


@pytest.fixture
def puppet(swarm_graph, graph_tools, bundle):
    """A commander of the module's swarm, which is brought back afterwards."""
    probe = graph_tools.Probe(NAMESPACE)
    made = SwarmPuppet(probe, bundle, 3)
    made.wait_for(lambda: made.modes, "modes")
    yield made
    try:
        made.recover()
    finally:
        probe.close()


@pytest.fixture(scope="session")
def rows():
    """Make messages: ``rows.states(names, position=...)`` and ``rows.commands(names, values)``."""
    return SimpleNamespace(states=make_states, commands=make_commands)


def make_states(names, **changes):
    """States of drones that stand at (row, 0, 0) [m]."""
    count = len(names)
    message = SwarmState(
        names=list(names),
        position=[value for row in range(count) for value in (float(row), 0.0, 0.0)],
        orientation=[0.0, 0.0, 0.0, 1.0] * count,
        linear_velocity=[0.0] * 3 * count,
        angular_velocity=[0.0] * 3 * count,
        imu_angular_velocity=[0.0] * 3 * count,
        imu_linear_acceleration=[0.0, 0.0, 9.81] * count,
    )
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def make_commands(drones, values, names=CRAZYFLIE.rotor_names, kind=KIND):
    """Commands with the values of all rows in a row."""
    return SwarmCommand(
        kind=kind,
        drones=list(drones),
        sources=[1] * len(drones),
        names=list(names),
        values=[float(value) for value in values],
    )
