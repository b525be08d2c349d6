"""Fixtures of the console's tests: a small swarm of the simulator, the console, and a browser."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from itertools import count

import numpy as np
import pytest
import rclpy
from crazyflie_interfaces.srv import Takeoff
from rclpy.action import ActionServer
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from std_srvs.srv import Empty
from untether_interfaces.action import RunSwarm
from untether_interfaces.msg import Columns as ColumnsMessage
from untether_interfaces.msg import Mode, PolicyStatus, SafetyEvent, SwarmGoals, SwarmModes
from untether_interfaces.msg import SwarmState as StatesMessage
from untether_interfaces.srv import Land, SwarmRequest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.simulator import SimulatedSwarm
from untether_nodes import qos

PATIENCE = 20.0  # [s]
_domains = count(os.getpid())
_HOVER = CRAZYFLIE.weight / 4.0  # [N] of one rotor


def wait_until(condition, what, patience=PATIENCE):
    """Wait for something that must happen, and return it."""
    end = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.02)
    return found


class FakeSwarm:
    """Publishes a simulated swarm that hovers, and notes what it is asked for."""

    def __init__(self, drones=4):
        self.names = [f"cf{number + 1}" for number in range(drones)]
        self.modes = dict.fromkeys(self.names, Mode.IDLE)
        self.refusals = {}
        self.calls = []
        self.silent = False
        self._lock = threading.Lock()
        generator = np.random.default_rng(3)
        self._columns = Columns.sample(0.2, 0.6, generator)
        cells = self._columns.free_cells[generator.permutation(20)[:drones]]
        start = np.column_stack([cells, np.linspace(0.5, 1.5, drones)])
        self._swarm = SimulatedSwarm(self._columns, start, seed=3)

    @property
    def columns(self):
        return len(self._columns.radius)

    def start(self):
        """Publish and serve until closed."""
        self._ending = threading.Event()
        self._context = rclpy.Context()
        rclpy.init(args=[], context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = node = Node("fake_swarm", context=self._context)
        self._states = node.create_publisher(StatesMessage, "states", qos.STATE)
        self._goals = node.create_publisher(SwarmGoals, "goals", qos.STATE)
        self._modes = node.create_publisher(SwarmModes, "modes", qos.LATCHED)
        self._policy = node.create_publisher(PolicyStatus, "policy_status", qos.LATCHED)
        self._room = node.create_publisher(ColumnsMessage, "columns", qos.LATCHED)
        self._events = node.create_publisher(SafetyEvent, "cf1/safety_events", qos.EVENTS)
        node.create_service(Empty, "all/emergency", self._on_emergency)
        node.create_service(Takeoff, "all/takeoff", self._on_take_off)
        node.create_service(SwarmRequest, "safety/request", self._on_request)
        self._action = ActionServer(node, RunSwarm, "run", self._on_run)
        node.create_timer(0.02, self._publish)
        self._tell_modes()
        self._policy.publish(PolicyStatus(name="fake_policy", rate=100.0))
        x, y = self._columns.centre.T
        self._room.publish(
            ColumnsMessage(
                room=10.0, cells=8, x=list(x), y=list(y), radius=list(self._columns.radius)
            )
        )
        self._thread = threading.Thread(target=self._spin)
        self._thread.start()

    def close(self):
        """Leave the graph."""
        self._ending.set()
        self._thread.join()
        self._action.destroy()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)

    def take_calls(self):
        """Return what was asked since the last call."""
        with self._lock:
            taken, self.calls = self.calls, []
        return taken

    def tell_event(self, text):
        """Publish a safety event of the first drone."""
        event = SafetyEvent(guard=SafetyEvent.TILT, severity=SafetyEvent.SEVERITY_FAULT, text=text)
        self._events.publish(event)

    def _spin(self):
        executor = SingleThreadedExecutor(context=self._context)
        executor.add_node(self._node)
        while not self._ending.is_set():
            executor.spin_once(timeout_sec=0.02)
        executor.shutdown()

    def _publish(self):
        if self.silent:
            return
        self._swarm.step(np.full((len(self.names), 4), _HOVER))
        state = self._swarm.read_states()
        self._states.publish(
            StatesMessage(
                names=self.names,
                position=state.position.ravel().tolist(),
                orientation=state.orientation.ravel().tolist(),
                linear_velocity=state.linear_velocity.ravel().tolist(),
                angular_velocity=state.angular_velocity.ravel().tolist(),
            )
        )
        goals = (state.position[:2] + np.array([0.0, 3.0, 4.0])).ravel().tolist()
        self._goals.publish(SwarmGoals(names=self.names[:2], position=goals, radius=0.3))

    def _tell_modes(self):
        self._modes.publish(
            SwarmModes(
                names=self.names,
                modes=list(self.modes.values()),
                faults=[0] * len(self.names),
                reasons=["as asked"] * len(self.names),
            )
        )

    def _note(self, *call):
        with self._lock:
            self.calls.append(call)

    def _change(self, names, mode):
        self.modes.update(dict.fromkeys(names, mode))
        self._tell_modes()

    def _on_emergency(self, request, response):
        self._note("emergency")
        self._change(self.names, Mode.FAULT)
        return response

    def _on_take_off(self, request, response):
        self._note("takeoff", round(request.height, 3))
        self._change([name for name in self.names if name not in self.refusals], Mode.POLICY)
        return response

    def _on_request(self, request, response):
        self._note("request", request.request, tuple(request.drones))
        asked = list(request.drones) or self.names
        modes = {SwarmRequest.Request.EMERGENCY: Mode.FAULT}
        granted = [name for name in asked if name not in self.refusals]
        self._change(granted, modes.get(request.request, Mode.IDLE))
        response.drones = asked
        refused = Land.Response.WRONG_MODE
        response.error_codes = [refused if name in self.refusals else 0 for name in asked]
        response.messages = [self.refusals.get(name, "") for name in asked]
        return response

    def _on_run(self, handle):
        goal = handle.request
        self._note("run", goal.scenario, goal.duration)
        handle.succeed()
        flown = len(self.names)
        return RunSwarm.Result(
            drones=self.names, arrived=[True] * flown, lost=[False] * flown, duration=goal.duration
        )


class Console:
    """A console in a process of its own."""

    def __init__(self, *arguments, environment=None):
        words = [sys.executable, "-m", "untether_policies.cli", "console", "--port", "0"]
        self.process = subprocess.Popen(
            [*words, *arguments],
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + self.process.communicate(timeout=PATIENCE)[0]
        self.url = found.group()

    def stop(self, number=signal.SIGINT):
        """End it; return exit status, time taken [s] and the rest of its output."""
        start = time.monotonic()
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, time.monotonic() - start, output

    def kill(self):
        """End it at once."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate(timeout=PATIENCE)


@pytest.fixture(scope="module")
def domain():
    """A ROS domain of the module's own."""
    before = dict(os.environ)
    os.environ["ROS_DOMAIN_ID"] = str(1 + next(_domains) % 100)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def swarm(domain):
    """A swarm that publishes."""
    made = FakeSwarm()
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def make_console(domain):
    """Start consoles, which are ended after the module."""
    made = []

    def make(*arguments, **options):
        made.append(Console(*arguments, **options))
        return made[-1]

    yield make
    for console in made:
        console.kill()


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("no browser: install chromium and chromium-driver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--window-size=1100,800",
        "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader",
    ):
        options.add_argument(argument)
    service = webdriver.ChromeService(executable_path=driver)
    made = webdriver.Chrome(options=options, service=service)
    yield made
    made.quit()


@pytest.fixture(scope="session")
def wait():
    """Wait for something that must happen."""
    return wait_until
