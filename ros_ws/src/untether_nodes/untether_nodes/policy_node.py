"""Runs a policy bundle: odometry in, commands out, steered by the action ``run_policy``."""

import time

from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PointStamped, PoseStamped
from nav_msgs.msg import Odometry
from untether_interfaces.action import RunPolicy
from untether_interfaces.msg import Command, Mode, PolicyStatus
from untether_interfaces.srv import Land, SelectPolicy

from untether_hardware.setpoint import Setpoint
from untether_hardware.state import Vector
from untether_nodes import qos
from untether_nodes.conversions import (
    MAP,
    copy_stamp,
    to_body_state,
    to_seconds,
    to_vector,
    write_point,
)
from untether_nodes.diagnostics import Level, describe_inputs, make_status
from untether_nodes.flight_goal import FlightGoal, GoalCode, GoalProgress, Task, find_fault
from untether_nodes.flight_session import Ending, FlightSession
from untether_nodes.managed_node import ManagedNode
from untether_nodes.measurements import InputMonitor
from untether_nodes.policy_config import PolicyNodeConfig
from untether_nodes.policy_runner import PolicyRunner, describe_bundle
from untether_nodes.process import run_node
from untether_nodes.robots import ROBOTS
from untether_nodes.run_policy_server import RunPolicyServer
from untether_nodes.service_call import ServiceCall

_FEEDBACK_PERIOD = 0.1  # [s]
_ANSWER_TIMEOUT = 5.0  # [s] for safety_node to be discovered and to answer a request
_KIND = "command/rotor/thrust"


class PolicyNode(ManagedNode[PolicyNodeConfig]):
    """Computes a command for each odometry sample while it flies, at once in the callback.

    When it flies, and where to, is up to its ``FlightSession``.
    """

    def __init__(self) -> None:
        super().__init__("policy_node", PolicyNodeConfig)
        self._runner: PolicyRunner | None = None
        self._session = FlightSession()
        self._clear()
        self._server = RunPolicyServer(self, RunPolicy, "run_policy", self._begin, self._interrupt)

    def _clear(self) -> None:
        self._session = FlightSession(self._session.mode)
        self._selection: ServiceCall | None = None
        self._connected = False
        self._received = 0.0
        self._ticked = 0.0
        self._skipped = 0
        self._ticks = 0
        self._next_feedback = 0.0

    def set_up(self) -> None:
        """Load the bundle and warm it up."""
        config = self.config
        description = ROBOTS[config.robot]
        self._runner = runner = PolicyRunner(config.policy, description)
        contract = runner.bundle.contract
        self._period = 1.0 / contract.rate
        self._monitors = {"odom": InputMonitor("odom", self._period)}
        self._command = Command(
            source=Command.SOURCE_POLICY, kind=_KIND, names=list(description.rotor_names)
        )
        self._goal_point = PointStamped()
        self._goal_point.header.frame_id = MAP
        self._feedback = RunPolicy.Feedback()
        self._publish_command = self.add_publisher(Command, "policy/command", qos.COMMAND)
        self._publish_goal = self.add_publisher(PointStamped, "goal", qos.STATE)
        self._publish_status = self.add_publisher(PolicyStatus, "policy_status", qos.LATCHED)
        self._status = describe_bundle(runner.bundle)
        self.add_subscription(Odometry, "odom", self._on_odometry, self.control_profile())
        self.add_subscription(Mode, "mode", self._on_mode, qos.LATCHED)
        self.add_subscription(PoseStamped, "goal_pose", self._on_goal_pose, qos.STATE)
        self._select = self.add_client(SelectPolicy, "select_policy")
        self._land = self.add_client(Land, "land")
        self.get_logger().info(
            f"runs {contract.name} at {contract.rate:g} Hz, sha256 {runner.bundle.sha256[:12]}"
        )

    def start(self) -> None:
        """Wait for robot and safety stage; ``policy_status`` is told once both are there."""
        self._clear()

    def stop(self) -> None:
        """Stop to command; the safety stage holds or lands the robot."""
        if self._session.flying:
            self._finish(self._session.abort(GoalCode.NO_POLICY, "policy_node was deactivated"))
            self._give_back()

    def tear_down(self) -> None:
        """Forget the bundle."""
        self._runner = None
        self._session = FlightSession()

    def rest(self) -> None:
        """Look after the goal: cancel, requests to the safety stage, lost state."""
        super().rest()
        if self.active and not self._connected:
            self._look_around()
        session = self._session
        if session.flying and self._server.cancel_requested:
            self._finish(session.cancel())
            if not session.flying:
                self._give_back()
        if session.asking and self._selection is not None:
            self._check_selection(self._selection)
        self._finish(session.check_mode(time.monotonic()))
        if session.progress is not None and self._silence() > self.config.state_timeout:
            text = (
                f"expected odom every {self._period:g} s, got none for {self._silence():.2f} s. "
                "Fix: check the robot's driver."
            )
            self._finish(session.abort(GoalCode.STATE_LOST, text))

    def report(self) -> list[DiagnosticStatus]:
        """Report inputs and inference."""
        runner = self._runner
        if runner is None:
            return []
        median, worst = runner.inference.quantiles(0.5, 0.99)
        values: dict[str, float | int | str] = {
            "policy": self._status.name,
            "sha256": self._status.sha256,
            "flying": str(self._session.flying),
            "ticks": self._ticks,
            "states too old": self._skipped,
            "inference p50 [s]": median,
            "inference p99 [s]": worst,
        }
        slow = worst > 0.5 * self._period
        level, message = (Level.WARN, "inference is slow") if slow else (Level.OK, "loaded")
        rate = 1.0 / self._period
        return [
            describe_inputs(self._monitors, time.monotonic(), rate=rate, active=self.active),
            make_status("policy", level, message, values),
        ]

    def _on_odometry(self, message: Odometry) -> None:
        """Compute and publish the command first; everything else comes after."""
        now = self.now()
        stamp = to_seconds(message.header.stamp)
        session = self._session
        if session.flying and self._is_due(now, stamp) and self._runner is not None:
            state = to_body_state(message)
            setpoint = session.setpoint(stamp, state.position)
            command = self._command
            command.values = self._runner.compute(state, setpoint)
            copy_stamp(message.header.stamp, command.header.stamp)
            self._publish_command.publish(command)
            command.sequence += 1
            self._ticked = stamp
            self._ticks += 1
            self._publish_setpoint(message, setpoint)
            self._follow(message, stamp, state.position)
        self._received = now
        self._monitors["odom"].arrive(now, stamp)

    def _is_due(self, now: float, stamp: float) -> bool:
        """Return whether to answer a sample: not too old, and not faster than the policy's rate."""
        if self._runner is None or now - stamp > self._runner.max_age:
            self._skipped += 1
            return False
        return not 0.0 <= stamp - self._ticked < 0.75 * self._period

    def _publish_setpoint(self, message: Odometry, setpoint: Setpoint) -> None:
        copy_stamp(message.header.stamp, self._goal_point.header.stamp)
        write_point(setpoint.position, self._goal_point)
        self._publish_goal.publish(self._goal_point)

    def _follow(self, message: Odometry, stamp: float, position: Vector) -> None:
        """Look how far the goal is, and end it or tell its client."""
        session = self._session
        ending = session.update(stamp, position)
        if ending is not None:
            self._finish(ending)
            if ending.code is GoalCode.NONE and ending.progress.goal.land_after:
                self._land.call_async(Land.Request())
        elif session.progress is not None and not 0.0 < self._next_feedback - stamp < 1.0:
            self._next_feedback = stamp + _FEEDBACK_PERIOD
            self._send_feedback(session.progress, message)

    def _send_feedback(self, progress: GoalProgress, message: Odometry) -> None:
        feedback = self._feedback
        feedback.position = message.pose.pose.position
        feedback.distance = progress.distance
        feedback.elapsed = progress.elapsed
        feedback.mode = self._session.mode or Mode.IDLE
        self._server.publish_feedback(feedback)

    def _begin(self, request: RunPolicy.Goal) -> RunPolicy.Result | None:
        """Begin a goal, or return why not; whether the mode allows it, safety_node is asked."""
        session = self._session
        if not self.active or self._runner is None:
            text = "policy_node is not active. Fix: activate it"
            return RunPolicy.Result(error_code=int(GoalCode.NO_POLICY), error_msg=text)
        goal = self._read_goal(request)
        if isinstance(goal, str):
            return RunPolicy.Result(error_code=int(GoalCode.INVALID_GOAL), error_msg=goal)
        self._ticks = 0
        if not session.flying:
            self._runner.reset()
            self._received = self.now()  # the odometry gets its time to come
        if session.begin(goal):
            ask = SelectPolicy.Request(
                active=True, name=self._status.name, contract=self._status.contract
            )
            self._selection = ServiceCall(self._select, ask, _ANSWER_TIMEOUT)
        self._tell_status()
        return None

    def _read_goal(self, request: RunPolicy.Goal) -> FlightGoal | str:
        """Return the goal that is asked for, or what is wrong with it."""
        config, runner = self.config, self._runner
        if request.task not in tuple(Task):
            names = ", ".join(f"{task.value} ({task.name})" for task in Task)
            return f"task: expected one of {names}, got {request.task}."
        if runner is None or not runner.follows_goals:
            return f"{self._status.name} takes no goal position. Fix: load another bundle."
        goal = FlightGoal(
            task=Task(request.task),
            position=to_vector(request.goal),
            tolerance=request.tolerance or config.tolerance,
            hold_time=request.hold_time or config.hold_time,
            max_duration=request.max_duration or config.max_duration,
            period=request.period or config.period,
            size=request.size or config.size,
            land_after=request.land_after,
        )
        if goal.task is Task.FIGURE_EIGHT and not runner.follows_velocities:
            self.get_logger().warning(
                f"{self._status.name} is not told how fast its goal moves: it will lag behind"
            )
        return find_fault(goal, *self._flight_volume()) or goal

    def _flight_volume(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        (a, b, c), (d, e, f) = self.config.flight_volume_lower, self.config.flight_volume_upper
        return (a, b, c), (d, e, f)

    def _interrupt(self, code: int, text: str) -> RunPolicy.Result:
        """Return the result of the goal that is flown if it ended now."""
        return self._make_result(code, text, self._session.progress)

    def _finish(self, ending: Ending | None) -> None:
        """Tell how the goal ended; None when it did not."""
        if ending is None:
            return
        self._server.end(self._make_result(int(ending.code), ending.text, ending.progress))
        self._tell_status()
        self.get_logger().info(f"goal ended with code {int(ending.code)}: {ending.text}")

    def _make_result(self, code: int, text: str, progress: GoalProgress | None) -> RunPolicy.Result:
        result = RunPolicy.Result(error_code=code, error_msg=text, ticks=self._ticks)
        if progress is not None:
            result.duration = progress.elapsed
            result.final_distance = progress.distance
            result.mean_error = progress.mean_error
        if self._runner is not None:
            result.inference_p50, result.inference_p99 = self._runner.inference.quantiles(0.5, 0.99)
        return result

    def _give_back(self) -> None:
        """Tell the safety stage that no commands will follow."""
        self._select.call_async(SelectPolicy.Request(active=False, name=self._status.name))

    def _on_mode(self, message: Mode) -> None:
        now = time.monotonic()
        self._finish(self._session.change_mode(message.mode, message.reason, now))

    def _check_selection(self, selection: ServiceCall) -> None:
        """Look whether the safety stage lets the policy command."""
        session = self._session
        answer = selection.poll()
        if answer is None:
            if selection.overdue:
                text = (
                    f"expected an answer to select_policy within {_ANSWER_TIMEOUT} s, got none. "
                    "Fix: check that safety_node is active."
                )
                self._finish(session.abort(GoalCode.SAFETY_UNREACHABLE, text))
        elif answer.error_code == SelectPolicy.Response.OK:
            session.consent(time.monotonic())
        else:
            self._finish(session.refuse(answer.message))

    def _on_goal_pose(self, message: PoseStamped) -> None:
        """Hover somewhere else, unless an action's goal is being flown."""
        goal = to_vector(message.pose.position)
        lower, upper = self._flight_volume()
        inside = all(a <= v <= b for a, v, b in zip(lower, goal, upper, strict=True))
        session = self._session
        if not session.flying or session.progress is not None:
            reason = "no policy hovers; send a goal to the action run_policy first"
        elif message.header.frame_id not in (MAP, ""):
            reason = f"expected frame {MAP}, got {message.header.frame_id}"
        elif not inside:
            reason = f"{goal} is outside of the flight volume {lower} to {upper}"
        else:
            session.hover_at(goal)
            return
        self.get_logger().warning(f"goal_pose ignored: {reason}", throttle_duration_sec=1.0)

    def _silence(self) -> float:
        """Return the time since the last odometry came [s]."""
        return self.now() - self._received

    def _look_around(self) -> None:
        """Tell the status as soon as robot and safety stage are there."""
        missing = [
            name
            for name, there in (
                ("odom", self._received > 0.0),
                ("mode", self._session.mode is not None),
                ("select_policy", self._select.service_is_ready()),
            )
            if not there
        ]
        if not missing:
            self._connected = True
            self._tell_status()
            return
        self.get_logger().info(
            f"waits for {', '.join(missing)}", throttle_duration_sec=5.0, skip_first=True
        )

    def _tell_status(self) -> None:
        self._status.running = self._session.progress is not None
        self._status.header.stamp = self.get_clock().now().to_msg()
        self._publish_status.publish(self._status)


def main() -> int:
    """Run the node."""
    return run_node(PolicyNode)
