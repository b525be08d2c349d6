"""Runs a policy bundle on a swarm: states in, commands out, one batch for all drones."""

import time
from itertools import compress

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from untether_interfaces.action import RunSwarm
from untether_interfaces.msg import Columns as ColumnsMessage
from untether_interfaces.msg import Command, PolicyStatus, SwarmCommand, SwarmGoals, SwarmModes
from untether_interfaces.msg import SwarmState as SwarmStateMessage

from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.state import Flags, Floats
from untether_nodes import qos
from untether_nodes.conversions import copy_stamp, to_seconds
from untether_nodes.diagnostics import Level, describe_inputs, make_status
from untether_nodes.managed_node import ManagedNode
from untether_nodes.measurements import InputMonitor, Measurements
from untether_nodes.policy_runner import describe_bundle
from untether_nodes.process import run_node
from untether_nodes.robots import ROBOTS
from untether_nodes.run_policy_server import RunPolicyServer
from untether_nodes.swarm.dispatcher import Dispatcher
from untether_nodes.swarm.drones import list_drones, name_drones
from untether_nodes.swarm.goal_teller import GoalTeller
from untether_nodes.swarm.policy_config import SwarmPolicyConfig
from untether_nodes.swarm.policy_runner import SwarmPolicyRunner
from untether_nodes.swarm.row_writer import to_floats
from untether_nodes.swarm.run import RunCode, RunEnding, SwarmRun
from untether_nodes.swarm.run_request import RunDefaults, RunRefusedError, read_run
from untether_nodes.swarm.scenario import Scenario
from untether_nodes.swarm.session import SwarmSession
from untether_nodes.swarm.state_reader import SwarmStateReader

_KIND = "command/rotor/thrust"


class SwarmPolicyNode(ManagedNode[SwarmPolicyConfig]):
    """Computes commands for each message of states while any drone flies, at once in the callback.

    Who flies, and where to, is up to its ``SwarmSession``.
    """

    def __init__(self) -> None:
        super().__init__("swarm_policy_node", SwarmPolicyConfig)
        self._runner: SwarmPolicyRunner | None = None
        self._columns: Columns | None = None
        self._dispatcher: Dispatcher | None = None
        self._names = name_drones(self.config.drones)
        self._clear()
        self._server = RunPolicyServer(self, RunSwarm, "run", self._begin, self._interrupt)

    def _clear(self) -> None:
        self._session = SwarmSession(len(self._names))
        self._reader = SwarmStateReader(self._names)
        self._connected = False
        self._received = 0.0
        self._ticked = 0.0
        self._skipped = 0
        self._position = np.zeros((len(self._names), 3))

    def set_up(self) -> None:
        """Load the bundle and warm it up."""
        config = self.config
        description = ROBOTS[config.robot]
        self._names = name_drones(config.drones)
        self._hull = description.radius
        self._runner = runner = SwarmPolicyRunner(config.policy, description, config.drones)
        contract = runner.bundle.contract
        self._period = 1.0 / contract.rate
        self._clear()
        self._monitors = {"states": InputMonitor("states", self._period)}
        self._answering = Measurements()
        self._command = SwarmCommand(kind=_KIND, names=list(description.rotor_names))
        self._feedback = RunSwarm.Feedback()
        self._publish_command = self.add_publisher(SwarmCommand, "policy/command", qos.ROWS)
        publish_goals = self.add_publisher(SwarmGoals, "goals", qos.STATE)
        self._teller = GoalTeller(publish_goals, self._names)
        self._publish_status = self.add_publisher(PolicyStatus, "policy_status", qos.LATCHED)
        self._status = describe_bundle(runner.bundle)
        self.add_subscription(SwarmStateMessage, "states", self._on_states, self.control_profile())
        self.add_subscription(ColumnsMessage, "columns", self._on_columns, qos.LATCHED)
        self.add_subscription(SwarmModes, "modes", self._on_modes, qos.LATCHED)
        self._dispatcher = Dispatcher(self, self._names, self._status, self._hull)
        self.get_logger().info(
            f"runs {contract.name} for {config.drones} drones at {contract.rate:g} Hz, "
            f"sha256 {runner.bundle.sha256[:12]}"
        )

    def start(self) -> None:
        """Wait for drones and safety stages; ``policy_status`` is told once both are there."""
        modes = self._session.mode
        self._clear()
        self._session.change_modes(modes)
        if self._dispatcher is not None:
            self._dispatcher.session = self._session

    def stop(self) -> None:
        """Stop to command; the safety stages hold and land the drones."""
        if self._dispatcher is not None:
            self._dispatcher.stop()
        self._finish(self._session.stop(RunCode.NO_POLICY, "swarm_policy_node was deactivated"))

    def tear_down(self) -> None:
        """Forget the bundle."""
        if self._dispatcher is not None:
            self._dispatcher.close()
        self._dispatcher = self._runner = self._columns = None

    def rest(self) -> None:
        """Look after requests, the run, lost states."""
        super().rest()
        if self._dispatcher is not None:
            self._dispatcher.serve()
        if not self.active:
            return
        if not self._connected:
            self._look_around()
        session = self._session
        if self._server.cancel_requested:
            self._finish(session.cancel(self._position))
        silence = self.now() - self._received
        if session.run is not None and silence > self.config.state_timeout:
            text = (
                f"expected states every {self._period:g} s, got none for {silence:.2f} s. "
                "Fix: check the drones' driver."
            )
            self._finish(session.end(RunCode.STATE_LOST, text))

    def report(self) -> list[DiagnosticStatus]:
        """Report inputs and inference."""
        runner, session = self._runner, self._session
        if runner is None:
            return []
        median, worst = runner.inference.quantiles(0.5, 0.99)
        answering, answering_worst = self._answering.quantiles(0.5, 0.99)
        values: dict[str, float | int | str] = {
            "policy": self._status.name,
            "sha256": self._status.sha256,
            "flying": int(session.flying.sum()),
            "running": str(session.run is not None),
            "states too old": self._skipped,
            "inference p50 [s]": median,
            "inference p99 [s]": worst,
            "states handled in p50 [s]": answering,
            "states handled in p99 [s]": answering_worst,
        }
        slow = worst > 0.5 * self._period
        level, message = (Level.WARN, "inference is slow") if slow else (Level.OK, "loaded")
        rate = 1.0 / self._period
        return [
            describe_inputs(self._monitors, time.monotonic(), rate=rate, active=self.active),
            make_status("policy", level, message, values),
        ]

    def _on_states(self, message: SwarmStateMessage) -> None:
        """Compute and publish the commands first; everything else comes after."""
        started = time.perf_counter()
        now = self.now()
        stamp = to_seconds(message.header.stamp)
        session, runner = self._session, self._runner
        commanded = session.commanded
        if runner is not None and commanded.any() and self._is_due(now, stamp, runner.max_age):
            try:
                state = self._reader.read(message)
            except ValueError as error:
                self.get_logger().warning(str(error), throttle_duration_sec=1.0)
                return
            self._position = state.position
            if session.starting.any():
                runner.reset(session.starting)
            goal = session.advance(stamp, state.position)
            thrust = runner.compute(state, goal)
            self._send(commanded & self._reader.known, thrust, message.header.stamp)
            self._ticked = stamp
            self._follow(goal, message.header.stamp)
            self._answering.add(time.perf_counter() - started)
        self._received = now
        self._monitors["states"].arrive(now, stamp)

    def _is_due(self, now: float, stamp: float, max_age: float) -> bool:
        """Return whether to answer states: not too old, and not faster than the policy's rate."""
        if now - stamp > max_age:
            self._skipped += 1
            return False
        return not 0.0 <= stamp - self._ticked < 0.75 * self._period

    def _send(self, rows: Flags, thrust: Floats, stamp: Time) -> None:
        command = self._command
        command.drones = list(compress(self._names, rows))
        command.sources = [Command.SOURCE_POLICY] * len(command.drones)
        command.values = to_floats(thrust[rows])
        copy_stamp(stamp, command.header.stamp)
        self._publish_command.publish(command)
        command.sequence += 1

    def _follow(self, goal: Floats, stamp: Time) -> None:
        """Look how the run goes on; tell goals, and its client, from time to time."""
        session = self._session
        run = session.run
        radius = run.goals.radius if run else self.config.radius
        due = self._teller.tell(stamp, session.flying, goal, radius)
        self._finish(session.update(self._position))
        if due and run is not None:
            arrived, _ = run.read_progress()
            self._feedback.elapsed = run.elapsed
            self._feedback.flying = int(session.flying.sum())
            self._feedback.arrived = int(arrived.sum())
            self._feedback.mean_distance = run.mean_distance
            self._server.publish_feedback(self._feedback)

    def _begin(self, request: RunSwarm.Goal) -> RunSwarm.Result | None:
        """Begin a run, or return why not."""
        config, runner = self.config, self._runner
        if not self.active or runner is None or self._columns is None:
            text = "swarm_policy_node is not active, or knows no columns. Fix: activate it"
            return RunSwarm.Result(error_code=int(RunCode.NO_POLICY), error_msg=text)
        defaults = RunDefaults(config.duration, config.radius, self._hull, self._period)
        try:
            run = read_run(request, self._names, self._session, self._columns, defaults)
        except RunRefusedError as refusal:
            return RunSwarm.Result(error_code=int(refusal.code), error_msg=str(refusal))
        runner.inference.clear()
        self._session.begin(run)
        self._tell_status()
        self.get_logger().info(
            f"runs {Scenario(request.scenario).name} for {run.duration:g} s with "
            f"{list_drones(self._names, run.rows)}"
        )
        return None

    def _interrupt(self, code: int, text: str) -> RunSwarm.Result:
        """Return the result of the run that is flown if it ended now."""
        return self._make_result(code, text, self._session.run)

    def _finish(self, ending: RunEnding | None) -> None:
        """Tell how the run ended; None when it did not."""
        if ending is None:
            return
        self._server.end(self._make_result(int(ending.code), ending.text, ending.run))
        self._tell_status()
        self.get_logger().info(f"run ended with code {int(ending.code)}: {ending.text}")

    def _make_result(self, code: int, text: str, run: SwarmRun | None) -> RunSwarm.Result:
        result = RunSwarm.Result(error_code=code, error_msg=text)
        if run is not None:
            arrived, final_distance = run.read_progress()
            result.duration = run.elapsed
            result.drones = [self._names[row] for row in run.rows]
            result.arrived = arrived.tolist()
            result.lost = run.lost.tolist()
            result.final_distance = final_distance.tolist()
            result.ticks = run.ticks
        if self._runner is not None:
            result.inference_p50, result.inference_p99 = self._runner.inference.quantiles(0.5, 0.99)
        return result

    def _on_columns(self, message: ColumnsMessage) -> None:
        """Take in a room."""
        if self._runner is None or self._dispatcher is None:
            return
        try:
            centre = np.column_stack([message.x, message.y])
            columns = Columns(centre, np.array(message.radius), message.room, message.cells)
        except ValueError as error:
            self.get_logger().warning(f"columns ignored: {error}")
            return
        self._columns = self._dispatcher.columns = columns
        self._runner.enter(columns)

    def _on_modes(self, message: SwarmModes) -> None:
        modes = dict(zip(message.names, message.modes, strict=False))
        reasons = dict(zip(message.names, message.reasons, strict=False))
        flown = self._session.commanded
        self._finish(self._session.change_modes([modes.get(name, -1) for name in self._names]))
        gone: dict[str, list[int]] = {}
        for row in np.flatnonzero(flown & ~self._session.commanded).tolist():
            gone.setdefault(reasons.get(self._names[row], ""), []).append(row)
        for reason, rows in gone.items():
            self.get_logger().info(f"{list_drones(self._names, rows)}: flown no more: {reason}")

    def _look_around(self) -> None:
        """Tell the status as soon as drones, room and safety stages are there."""
        there = {
            "states": self._received > 0.0,
            "columns": self._columns is not None,
            "modes": bool(np.any(self._session.mode >= 0)),
            "safety/request": self._dispatcher is not None and self._dispatcher.connected,
        }
        missing = [name for name, is_there in there.items() if not is_there]
        if not missing:
            self._connected = True
            self._tell_status()
            return
        self.get_logger().info(
            f"waits for {', '.join(missing)}", throttle_duration_sec=5.0, skip_first=True
        )

    def _tell_status(self) -> None:
        self._status.running = self._session.run is not None
        self._status.header.stamp = self.get_clock().now().to_msg()
        self._publish_status.publish(self._status)


def main() -> int:
    """Run the node."""
    return run_node(SwarmPolicyNode)
