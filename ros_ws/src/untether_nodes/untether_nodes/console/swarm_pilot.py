"""Asks the nodes of a swarm to do something, and tells what came of it."""

import time
from collections.abc import Sequence
from concurrent.futures import Future
from math import isfinite
from typing import Any

from builtin_interfaces.msg import Duration
from crazyflie_interfaces.srv import Takeoff
from rclpy.action.client import ActionClient
from std_srvs.srv import Empty
from untether_interfaces.action import RunSwarm
from untether_interfaces.srv import SwarmRequest

from untether_hardware.safety import Mode
from untether_nodes.console.answers import describe_answers, list_drones
from untether_nodes.console.event_log import EventLog, Severity
from untether_nodes.console.requests import ANSWER_TIMEOUT, Outcome, Requests, Work
from untether_nodes.console.ros_thread import RosThread
from untether_nodes.console.swarm_watch import SwarmWatch

_MODE_TIMEOUT = 3.0  # [s] for modes to follow a request that is answered with nothing
_CLIMB = 0.5  # [m/s] of a take-off

SCENARIOS = {
    "random": RunSwarm.Goal.RANDOM,
    "shared": RunSwarm.Goal.SHARED,
    "swap": RunSwarm.Goal.SWAP,
    "pursuit": RunSwarm.Goal.PURSUIT,
    "jump": RunSwarm.Goal.JUMP,
    "home": RunSwarm.Goal.HOME,
}
"""What the drones can be started to fly, by name."""


class SwarmPilot:
    """A worker of the ROS thread; its methods may be called by any thread, and return at once."""

    def __init__(self, ros: RosThread, watch: SwarmWatch, log: EventLog) -> None:
        """Connect.

        Args:
            ros: The thread.
            watch: Knows the modes.
            log: Where everything that is asked, and what comes of it, is told.
        """
        self._watch, self._log = watch, log
        self._requests = Requests(ros, log)
        node = ros.node
        self._emergency = node.create_client(Empty, "all/emergency")
        self._take_off = node.create_client(Takeoff, "all/takeoff")
        self._request = node.create_client(SwarmRequest, "safety/request")
        self._run = ActionClient(node, RunSwarm, "run")

    def stop(self, drone: str, who: str) -> Future[Outcome]:
        """Stop the motors at once; who flies falls.

        Args:
            drone: Whose; empty for all.
            who: Asks for it.
        """
        if drone:
            return self.ask(SwarmRequest.Request.EMERGENCY, "EMERGENCY STOP", (drone,), who)
        return self._requests.begin(self._stop_all, f"EMERGENCY STOP of all drones, by {who}")

    def ask(self, request: int, what: str, drones: Sequence[str], who: str) -> Future[Outcome]:
        """Ask safety stages for a change of mode.

        Args:
            request: One of ``SwarmRequest.Request``.
            what: The same for people.
            drones: Whom; empty for all.
            who: Asks for it.
        """
        whom = list_drones(drones) if drones else "all drones"
        return self._requests.begin(
            lambda: self._ask(request, what, drones), f"{what}: {whom}, by {who}"
        )

    def take_off(self, height: float, who: str) -> Future[Outcome]:
        """Let all drones take off.

        Args:
            height: To rise to [m] map.
            who: Asks for it.
        """
        return self._requests.begin(
            lambda: self._rise(height), f"take off to {height:g} m, by {who}"
        )

    def start(self, scenario: str, duration: float, seed: int, who: str) -> Future[Outcome]:
        """Let the drones that are in the air fly a scenario.

        Args:
            scenario: One of ``SCENARIOS``.
            duration: How long [s].
            seed: Of what the scenario draws.
            who: Asks for it.
        """
        return self._requests.begin(
            lambda: self._fly(scenario, duration, seed),
            f"start {scenario} for {duration:g} s, by {who}",
        )

    def tick(self) -> None:
        """Go on with all requests."""
        self._requests.tick()

    def _stop_all(self) -> Work:
        answer = yield from self._requests.call(self._emergency, Empty.Request(), "EMERGENCY STOP")
        if isinstance(answer, Outcome):
            return answer
        return (yield from self._wait_for_mode("EMERGENCY STOP", Mode.FAULT))

    def _ask(self, request: int, what: str, drones: Sequence[str]) -> Work:
        question = SwarmRequest.Request(request=request, drones=list(drones))
        answer = yield from self._requests.call(self._request, question, what)
        if isinstance(answer, Outcome):
            return answer
        lines = describe_answers(what, answer.drones, answer.error_codes, answer.messages)
        for severity, text in lines:
            self._log.add(severity, text)
        succeeded = all(severity is Severity.INFO for severity, _ in lines)
        return Outcome(succeeded, "; ".join(text for _, text in lines))

    def _rise(self, height: float) -> Work:
        span = Duration()
        span.sec, nanosec = divmod(round(1e9 * max(height / _CLIMB, 1.0)), 1_000_000_000)
        span.nanosec = nanosec
        question = Takeoff.Request(height=height, duration=span)
        answer = yield from self._requests.call(self._take_off, question, "take off")
        if isinstance(answer, Outcome):
            return answer
        return (yield from self._wait_for_mode("take off", Mode.POLICY))

    def _fly(self, scenario: str, duration: float, seed: int) -> Work:
        what = f"start {scenario}"
        end = time.monotonic() + ANSWER_TIMEOUT
        while not self._run.server_is_ready():
            if time.monotonic() >= end:
                return self._requests.fail(what, "the action run of policy_node is not there")
            yield
        goal = RunSwarm.Goal(scenario=SCENARIOS[scenario], duration=duration, seed=seed)
        sending = self._run.send_goal_async(goal)
        while not sending.done():
            if time.monotonic() >= end:
                return self._requests.fail(what, "policy_node does not answer")
            yield
        handle = sending.result()
        if handle is None or not handle.accepted:
            return self._requests.fail(what, "refused by policy_node")
        self._requests.follow(self._follow(scenario, handle.get_result_async()))
        return Outcome(True, f"{what}: accepted")

    def _follow(self, scenario: str, future: Any) -> Work:  # noqa: ANN401 - rclpy's future
        """Wait for the result of a run, and tell it."""
        while not future.done():
            yield
        result: RunSwarm.Result = future.result().result
        arrived, flown = sum(result.arrived), len(result.drones)
        text = (
            f"{scenario}: {result.error_msg or 'flown'}: {arrived} of {flown} arrived, "
            f"{sum(result.lost)} lost, in {result.duration:.1f} s"
        )
        succeeded = result.error_code == RunSwarm.Result.NONE
        severity = Severity.INFO if succeeded else Severity.WARNING
        if not succeeded:
            text = f"{text} (code {result.error_code})"
        self._log.add(severity, text)
        return Outcome(succeeded, text)

    def _wait_for_mode(self, what: str, mode: Mode) -> Work:
        """Wait until all drones are in a mode, and tell who is not."""
        end = time.monotonic() + _MODE_TIMEOUT
        while True:
            modes = dict(self._watch.modes)
            others = {name: told for name, told in modes.items() if told[0] != mode}
            if modes and not others:
                text = f"{what}: all {len(modes)} drones are in mode {mode.name}"
                self._log.add(Severity.INFO, text)
                return Outcome(True, text)
            if time.monotonic() >= end:
                break
            yield
        reached = len(modes) - len(others)
        alike: dict[str, list[str]] = {}
        for name, (value, reason) in others.items():
            alike.setdefault(f"{_name_mode(value)}: {reason}", []).append(name)
        why = "; ".join(f"{list_drones(names)} {text}" for text, names in alike.items())
        return self._requests.fail(
            what,
            f"{reached} of {len(modes)} drones are in mode {mode.name}; not so: {why or 'none'}",
        )


def find_problem(name: str, value: float | None, lowest: float, highest: float) -> str:
    """Return what is wrong with a number that an operator has entered, or nothing."""
    if value is not None and isfinite(value) and lowest <= value <= highest:
        return ""
    return f"{name}: expected {lowest:g} to {highest:g}, got {value}. Fix: correct it."


def _name_mode(value: int) -> str:
    try:
        return Mode(value).name
    except ValueError:
        return f"mode {value}"
