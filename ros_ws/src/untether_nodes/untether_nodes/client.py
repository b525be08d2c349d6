"""A pilot in Python: arms a robot, flies it to goals through ``run_policy``, and lands it."""

import time
from collections.abc import Callable
from math import nan
from typing import Any

from rclpy.action.client import ActionClient, ClientGoalHandle
from rclpy.task import Future
from untether_interfaces.action import RunPolicy
from untether_interfaces.msg import Mode, PolicyStatus, SafetyEvent
from untether_interfaces.srv import Arm, Land, ResetFault

from untether_hardware.safety import Guard
from untether_hardware.safety import Mode as RobotMode
from untether_hardware.state import Vector
from untether_nodes import qos
from untether_nodes.flight_goal import Task
from untether_nodes.flight_log import FlightLog
from untether_nodes.goal_report import GoalReport
from untether_nodes.graph_client import ANSWER_TIMEOUT, FlightClientError, GraphClient
from untether_nodes.loop_latency import LoopLatency

_FAULT_MARGIN = 2.0  # [s] after a fault for the result to come
_RETRY_PERIOD = 0.25  # [s] between two tries to arm

__all__ = ["FlightClient", "FlightClientError", "OnFeedback"]

OnFeedback = Callable[[RunPolicy.Feedback], None]


class FlightClient(GraphClient):
    """Flies one robot; every method blocks until it is done, and messages are served meanwhile.

    Example:
        >>> with FlightClient("cf1") as robot:
        ...     robot.wait_until_ready()
        ...     robot.arm()
        ...     robot.fly_to((0.5, 0.0, 1.0))
        ...     robot.land()

    Attributes:
        mode: The robot's mode, None before it is known.
        mode_reason: What caused it.
        events: What the safety stage did since this client was made.
        policy: What runs, None before it is known.
        log: The flight, collected since the robot was ready; None before.
        latency: From sample to command, as a simulated robot reports it.
    """

    def __init__(
        self,
        namespace: str = "cf1",
        *,
        name: str = "flight_client",
        on_tick: Callable[[], None] | None = None,
    ) -> None:
        """Connect.

        Args:
            namespace: The robot's namespace.
            name: Name of this client's node.
            on_tick: Called every 20 ms while messages are served; what it raises ends the call.

        Raises:
            ValueError: When ROS allows no such namespace or name.
            FlightClientError: When ROS does not start here.
        """
        super().__init__(namespace, name, on_tick=on_tick)
        self.mode: RobotMode | None = None
        self.mode_reason = ""
        self.events: list[SafetyEvent] = []
        self.policy: PolicyStatus | None = None
        self.log: FlightLog | None = None
        self.latency = LoopLatency(self._node, self._group)
        self._handle: ClientGoalHandle[Any, Any, Any] | None = None
        self._subscribe(Mode, "mode", self._on_mode, qos.LATCHED)
        self._subscribe(PolicyStatus, "policy_status", self._on_policy, qos.LATCHED)
        self._subscribe(SafetyEvent, "safety_events", self.events.append, qos.EVENTS)
        self._clients = {
            service: self._node.create_client(service, topic)
            for service, topic in ((Arm, "arm"), (Land, "land"), (ResetFault, "reset_fault"))
        }
        self._action = ActionClient(self._node, RunPolicy, "run_policy")

    def close(self) -> None:
        """Disconnect."""
        self._action.destroy()
        super().close()

    def wait_until_ready(self, timeout: float = 30.0) -> None:
        """Wait until safety stage, policy and robot are there, and begin the flight's log.

        Args:
            timeout: Wall time [s].

        Raises:
            FlightClientError: Naming what is missing.
        """
        self._wait_until_found(self._find_missing, timeout, "robot", "crazyflie")
        if self.log is None:
            truth = self._node.resolve_topic_name("ground_truth/odom")
            has_truth = self._node.count_publishers(truth) > 0
            self.log = FlightLog(self._node, self._group, has_truth=has_truth)
            log = self.log
            if not self.wait_for(lambda: log.state is not None, ANSWER_TIMEOUT):
                raise FlightClientError("expected odometry, got none. Fix: check the robot.")

    def arm(self, timeout: float = 10.0) -> None:
        """Arm the robot; tries again while its state is not known yet.

        Args:
            timeout: Wall time [s].

        Raises:
            FlightClientError: When the safety stage refuses.
        """
        end = time.monotonic() + timeout
        while True:
            answer = self._call(Arm, Arm.Request(arm=True))
            if answer.error_code == Arm.Response.OK or self.mode is RobotMode.STANDBY:
                return
            waits = answer.error_code in (Arm.Response.NO_STATE, Arm.Response.DUPLICATE_PUBLISHER)
            if not waits or time.monotonic() >= end:
                raise FlightClientError(f"the robot cannot be armed: {answer.message}")
            self.pump(_RETRY_PERIOD)

    def disarm(self) -> None:
        """Disarm the robot on the ground.

        Raises:
            FlightClientError: When the safety stage refuses.
        """
        answer = self._call(Arm, Arm.Request(arm=False))
        if answer.error_code != Arm.Response.OK:
            raise FlightClientError(f"the robot cannot be disarmed: {answer.message}")

    def reset_fault(self) -> None:
        """Clear a fault, on the ground.

        Raises:
            FlightClientError: When the safety stage refuses.
        """
        answer = self._call(ResetFault, ResetFault.Request())
        if answer.error_code != ResetFault.Response.OK:
            raise FlightClientError(f"the fault cannot be reset: {answer.message}")

    def land(self, timeout: float = 30.0) -> bool:
        """Land and disarm; return whether the robot is on the ground now, without a fault.

        Args:
            timeout: Wall time [s].
        """
        if self.mode in (None, RobotMode.IDLE):
            return True
        self._call(Land, Land.Request())
        self.wait_for(lambda: self.mode in (RobotMode.IDLE, RobotMode.FAULT), timeout)
        return self.mode is RobotMode.IDLE

    def fly_to(
        self,
        goal: Vector,
        *,
        tolerance: float = 0.0,
        hold_time: float = 0.0,
        timeout: float = 0.0,
        land_after: bool = False,
        on_feedback: OnFeedback | None = None,
    ) -> GoalReport:
        """Fly to a point and stay a moment.

        Args:
            goal: (3,) [m] map.
            tolerance: Distance that counts as arrived [m]; 0 takes the node's parameter.
            hold_time: Time to stay [s]; 0 takes the node's parameter.
            timeout: Deadline [s]; 0 takes the node's parameter.
            land_after: Whether to land there.
            on_feedback: Called ten times a second.
        """
        request = RunPolicy.Goal(
            task=int(Task.POSITION),
            tolerance=tolerance,
            hold_time=hold_time,
            max_duration=timeout,
            land_after=land_after,
        )
        return self._run(request, goal, on_feedback)

    def hover(
        self, goal: Vector, duration: float, *, on_feedback: OnFeedback | None = None
    ) -> GoalReport:
        """Hover at a point.

        Args:
            goal: (3,) [m] map.
            duration: [s].
            on_feedback: Called ten times a second.
        """
        request = RunPolicy.Goal(task=int(Task.HOVER), max_duration=duration)
        return self._run(request, goal, on_feedback)

    def figure_eight(
        self,
        centre: Vector,
        duration: float,
        *,
        period: float = 0.0,
        size: float = 0.0,
        on_feedback: OnFeedback | None = None,
    ) -> GoalReport:
        """Fly a figure eight.

        Args:
            centre: Where it crosses itself, (3,) [m] map.
            duration: [s].
            period: Time of a lap [s]; 0 takes the node's parameter.
            size: Half its width [m]; 0 takes the node's parameter.
            on_feedback: Called ten times a second.
        """
        request = RunPolicy.Goal(
            task=int(Task.FIGURE_EIGHT), max_duration=duration, period=period, size=size
        )
        return self._run(request, centre, on_feedback)

    def send(self, request: RunPolicy.Goal, on_feedback: OnFeedback | None = None) -> "Future[Any]":
        """Send a goal without waiting for its end; return a future of the action's response.

        Args:
            request: The goal.
            on_feedback: Called ten times a second.

        Raises:
            FlightClientError: When the action server does not answer.
        """
        self._handle = self._send_goal(
            self._action, request, on_feedback, server="policy_node", name="run_policy"
        )
        return self._handle.get_result_async()

    def cancel(self) -> None:
        """Cancel the goal that runs; the robot hovers where it is."""
        if self._handle is not None:
            done = self._handle.cancel_goal_async()
            self.wait_for(done.done, ANSWER_TIMEOUT)

    def find_guards(self) -> list[str]:
        """Return the names of the guards that intervened, in order."""
        return [Guard(event.guard).name for event in self.events]

    def _run(
        self, request: RunPolicy.Goal, goal: Vector, on_feedback: OnFeedback | None
    ) -> GoalReport:
        request.goal.x, request.goal.y, request.goal.z = goal
        ended = self.send(request, on_feedback)
        self._wait_for_result(self._action, ended, lambda: self.mode is RobotMode.FAULT)
        self.wait_for(ended.done, _FAULT_MARGIN)
        response = ended.result() if ended.done() else None
        if response is None:
            return self._report_silence(goal)
        return GoalReport.from_result(goal, response.result)

    def _report_silence(self, goal: Vector) -> GoalReport:
        """Return the report of a goal whose result did not come: policy_node is gone."""
        fault = self.mode is RobotMode.FAULT
        code = RunPolicy.Result.FAULT if fault else RunPolicy.Result.NO_POLICY
        text = f"policy_node does not answer; mode {self.mode}: {self.mode_reason}"
        return GoalReport(goal, code, text, 0.0, nan, nan, 0, nan, nan)

    def _call(self, service: type, request: object) -> Any:  # noqa: ANN401 - the service's type
        return self._ask(self._clients[service], request)

    def _find_missing(self) -> str:
        """Return what is not there yet, or nothing."""
        odometry = self._node.resolve_topic_name("odom")
        if self.mode is None or not self._clients[Arm].service_is_ready():
            return "mode from safety_node"
        if self.policy is None or not self._action.server_is_ready():
            return "policy_status from policy_node"
        return "" if self._node.count_publishers(odometry) else "odom from the robot"

    def _on_mode(self, message: Mode) -> None:
        self.mode, self.mode_reason = RobotMode(message.mode), message.reason
        self._heard_at = time.monotonic()

    def _on_policy(self, message: PolicyStatus) -> None:
        self.policy = message
