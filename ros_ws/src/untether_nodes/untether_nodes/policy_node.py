"""Runs a policy bundle: odometry in, commands out, steered by the action ``run_policy``."""

import time

from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PointStamped, PoseStamped
from nav_msgs.msg import Odometry
from rclpy.client import Client
from untether_interfaces.action import RunPolicy
from untether_interfaces.msg import Command, Mode, PolicyStatus
from untether_interfaces.srv import Land, SelectPolicy

from untether_hardware.setpoint import Setpoint
from untether_hardware.state import BodyState
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
from untether_nodes.flight_goal import FlightGoal, GoalProgress, Task, find_fault
from untether_nodes.managed_node import ManagedNode
from untether_nodes.measurements import InputMonitor
from untether_nodes.policy_config import PolicyNodeConfig
from untether_nodes.policy_runner import PolicyRunner
from untether_nodes.process import run_node
from untether_nodes.robots import ROBOTS
from untether_nodes.run_policy_server import RunPolicyServer
from untether_nodes.service_call import ServiceCall
from untether_policies.contract_file import dump_contract

_FEEDBACK_PERIOD = 0.1  # [s]
_ANSWER_TIMEOUT = 5.0  # [s] for safety_node to be discovered and to answer a request
_MODE_PATIENCE = 1.0  # [s] that a policy keeps ready for a mode in which it commands
_COMMANDED = (Mode.POLICY, Mode.INTERVENTION)
_KIND = "command/rotor/thrust"


class PolicyNode(ManagedNode[PolicyNodeConfig]):
    """Computes a command for each odometry sample while it flies, at once in the callback.

    It flies from the start of a goal until the mode is not POLICY any more; between goals it hovers
    where the last one ended, or where ``goal_pose`` says.
    """

    def __init__(self) -> None:
        super().__init__("policy_node", PolicyNodeConfig)
        self._runner: PolicyRunner | None = None
        self._mode: int | None = None
        self._mode_since = 0.0
        self._clear()
        self._server = RunPolicyServer(self, self._begin, self._make_result)

    def _clear(self) -> None:
        self._flying = False
        self._connected = False
        self._hover: Setpoint | None = None
        self._progress: GoalProgress | None = None
        self._received = 0.0
        self._ticked = 0.0
        self._skipped = 0
        self._ticks = 0
        self._next_feedback = 0.0
        self._selection: ServiceCall | None = None

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
        self._status = PolicyStatus(
            bundle=str(runner.bundle.path.resolve()),
            name=contract.name,
            sha256=runner.bundle.sha256,
            contract=dump_contract(contract),
            rate=contract.rate,
        )
        self.add_subscription(Odometry, "odom", self._on_odometry, self.control_profile())
        self.add_subscription(Mode, "mode", self._on_mode, qos.LATCHED)
        self.add_subscription(PoseStamped, "goal_pose", self._on_goal_pose, qos.STATE)
        self._select: Client = self.create_client(SelectPolicy, "select_policy")
        self._land: Client = self.create_client(Land, "land")
        self.get_logger().info(
            f"runs {contract.name} at {contract.rate:g} Hz, sha256 {runner.bundle.sha256[:12]}"
        )

    def start(self) -> None:
        """Wait for robot and safety stage; ``policy_status`` is told once both are there."""
        self._clear()

    def stop(self) -> None:
        """Stop to command; the safety stage holds or lands the robot."""
        if self._flying:
            self._finish(RunPolicy.Result.NO_POLICY, "policy_node was deactivated")
            self._select.call_async(SelectPolicy.Request(active=False, name=self._status.name))
            self._stop_flying()

    def tear_down(self) -> None:
        """Forget the bundle."""
        if self._runner is not None and hasattr(self, "_land"):
            self.destroy_client(self._select)
            self.destroy_client(self._land)
        self._runner = None
        self._mode = None

    def rest(self) -> None:
        """Look after the goal: cancel, requests to the safety stage, lost state."""
        super().rest()
        if self.active and not self._connected:
            self._look_around()
        if not self._flying:
            return
        if self._server.cancel_requested:
            self._cancel()
        if self._selection is not None:
            self._check_selection(self._selection)
        elif self._mode not in _COMMANDED and time.monotonic() - self._mode_since > _MODE_PATIENCE:
            self._finish(RunPolicy.Result.NOT_ARMED, f"the robot stays in mode {self._mode}")
            self._stop_flying()
        if self._progress is not None and self._silence() > self.config.state_timeout:
            self._finish(
                RunPolicy.Result.STATE_LOST,
                f"expected odom every {self._period:g} s, got none for {self._silence():.2f} s. "
                "Fix: check the robot's driver.",
            )
            self._stop_flying()

    def report(self) -> list[DiagnosticStatus]:
        """Report inputs and inference."""
        runner = self._runner
        if runner is None:
            return []
        median, worst = runner.inference.quantiles(0.5, 0.99)
        values: dict[str, float | int | str] = {
            "policy": self._status.name,
            "sha256": self._status.sha256,
            "flying": str(self._flying),
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
        if self._flying and self._is_due(now, stamp) and self._runner is not None:
            state = to_body_state(message)
            setpoint = self._find_setpoint(stamp, state)
            command = self._command
            command.values = self._runner.compute(state, setpoint)
            copy_stamp(message.header.stamp, command.header.stamp)
            self._publish_command.publish(command)
            command.sequence += 1
            self._ticked = stamp
            self._ticks += 1
            self._follow(message, stamp, state, setpoint)
        self._received = now
        self._monitors["odom"].arrive(now, stamp)

    def _is_due(self, now: float, stamp: float) -> bool:
        """Return whether to answer a sample: not too old, and not faster than the policy's rate."""
        if self._runner is None or now - stamp > self._runner.max_age:
            self._skipped += 1
            return False
        return not 0.0 <= stamp - self._ticked < 0.75 * self._period

    def _find_setpoint(self, stamp: float, state: BodyState) -> Setpoint:
        if self._progress is not None:
            return self._progress.setpoint(stamp)
        if self._hover is None or self._mode == Mode.INTERVENTION:
            # While an operator flies, the policy is ready to hover wherever it is handed back.
            self._hover = Setpoint(state.position)
        return self._hover

    def _follow(
        self, message: Odometry, stamp: float, state: BodyState, setpoint: Setpoint
    ) -> None:
        """Publish the setpoint, and follow the goal."""
        copy_stamp(message.header.stamp, self._goal_point.header.stamp)
        write_point(setpoint.position, self._goal_point)
        self._publish_goal.publish(self._goal_point)
        progress = self._progress
        if progress is None:
            return
        progress.update(stamp, state.position)
        if progress.reached:
            self._succeed(progress, stamp)
        elif progress.overdue:
            goal = progress.goal
            self._finish(
                RunPolicy.Result.DEADLINE,
                f"expected to stay within {goal.tolerance:g} m for {goal.hold_time:g} s before "
                f"{goal.max_duration:g} s, got {progress.distance:.3f} m; hovers here. "
                "Fix: allow more time, or check the policy.",
            )
        elif stamp >= self._next_feedback or stamp < self._next_feedback - 1.0:
            self._next_feedback = stamp + _FEEDBACK_PERIOD
            self._send_feedback(progress, message)

    def _send_feedback(self, progress: GoalProgress, message: Odometry) -> None:
        feedback = self._feedback
        feedback.position = message.pose.pose.position
        feedback.distance = progress.distance
        feedback.elapsed = progress.elapsed
        feedback.mode = self._mode or Mode.IDLE
        self._server.publish_feedback(feedback)

    def _begin(self, request: RunPolicy.Goal) -> RunPolicy.Result | None:
        """Begin a goal, or return why not; whether the mode allows it, safety_node is asked."""
        codes = RunPolicy.Result
        if not self.active or self._runner is None:
            text = "policy_node is not active. Fix: activate it"
            return RunPolicy.Result(error_code=codes.NO_POLICY, error_msg=text)
        goal = self._read_goal(request)
        if isinstance(goal, str):
            return RunPolicy.Result(error_code=codes.INVALID_GOAL, error_msg=goal)
        self._progress = GoalProgress(goal)
        self._ticks = 0
        if not self._flying:
            self._runner.reset()
            self._flying = True
            self._received = self.now()  # the odometry gets its time to come
        if self._mode != Mode.POLICY:
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

    def _succeed(self, progress: GoalProgress, stamp: float) -> None:
        end = Setpoint(progress.setpoint(stamp).position)
        land = progress.goal.land_after
        self._finish(RunPolicy.Result.NONE, "landing" if land else "hovers here")
        self._hover = end
        if land:
            self._land.call_async(Land.Request())

    def _finish(self, code: int, text: str) -> None:
        """End the goal that is running, and hover where the robot is."""
        if self._progress is None:
            return
        result = self._make_result(code, text)
        self._progress = None
        self._hover = None
        self._server.end(result)
        self._tell_status()
        self.get_logger().info(f"goal ended with code {code}: {text}")

    def _make_result(self, code: int, text: str) -> RunPolicy.Result:
        result = RunPolicy.Result(error_code=code, error_msg=text, ticks=self._ticks)
        if self._progress is not None:
            result.duration = self._progress.elapsed
            result.final_distance = self._progress.distance
            result.mean_error = self._progress.mean_error
        if self._runner is not None:
            result.inference_p50, result.inference_p99 = self._runner.inference.quantiles(0.5, 0.99)
        return result

    def _cancel(self) -> None:
        """End the goal on the client's wish: hover here, or stay on the ground."""
        if self._mode == Mode.POLICY:
            self._finish(RunPolicy.Result.CANCELED, "cancelled by the client; hovers here")
            return
        self._finish(RunPolicy.Result.CANCELED, "cancelled by the client before the start")
        self._select.call_async(SelectPolicy.Request(active=False, name=self._status.name))
        self._stop_flying()

    def _stop_flying(self) -> None:
        self._flying = False
        self._selection = None
        self._hover = None

    def _on_mode(self, message: Mode) -> None:
        before, self._mode = self._mode, message.mode
        self._mode_since = time.monotonic()
        if not self._flying or message.mode == Mode.POLICY:
            return
        if message.mode == Mode.INTERVENTION:
            self._finish(RunPolicy.Result.INTERVENTION, "an operator took over")
        elif message.mode == Mode.FAULT:
            self._finish(RunPolicy.Result.FAULT, f"the safety stage tripped: {message.reason}")
            self._stop_flying()
        elif before == Mode.POLICY:
            self._finish(RunPolicy.Result.INTERVENTION, f"the policy was stopped: {message.reason}")
            self._stop_flying()
        # Otherwise POLICY follows: it has been selected, or an operator has handed back.

    def _check_selection(self, selection: ServiceCall) -> None:
        """Look whether the safety stage lets the policy command."""
        answer = selection.poll()
        if answer is None:
            if selection.overdue:
                self._finish(
                    RunPolicy.Result.SAFETY_UNREACHABLE,
                    f"expected an answer to select_policy within {_ANSWER_TIMEOUT} s, got none. "
                    "Fix: check that safety_node is active.",
                )
                self._stop_flying()
            return
        self._selection = None
        if answer.error_code != SelectPolicy.Response.OK:
            codes = RunPolicy.Result
            by_mode = {Mode.FAULT: codes.FAULT, Mode.INTERVENTION: codes.INTERVENTION}
            self._finish(by_mode.get(self._mode or Mode.IDLE, codes.NOT_ARMED), answer.message)
            self._stop_flying()

    def _on_goal_pose(self, message: PoseStamped) -> None:
        """Hover somewhere else, unless an action's goal is being flown."""
        goal = to_vector(message.pose.position)
        lower, upper = self._flight_volume()
        inside = all(a <= v <= b for a, v, b in zip(lower, goal, upper, strict=True))
        if not self._flying or self._progress is not None:
            reason = "no policy hovers; send a goal to the action run_policy first"
        elif message.header.frame_id not in (MAP, ""):
            reason = f"expected frame {MAP}, got {message.header.frame_id}"
        elif not inside:
            reason = f"{goal} is outside of the flight volume {lower} to {upper}"
        else:
            self._hover = Setpoint(goal)
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
                ("mode", self._mode is not None),
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
        self._status.running = self._progress is not None
        self._status.header.stamp = self.get_clock().now().to_msg()
        self._publish_status.publish(self._status)


def main() -> int:
    """Run the node."""
    return run_node(PolicyNode)
