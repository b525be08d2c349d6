"""Runs an arm's bundle: state and pictures in, twists out, as ``run_episode`` asks."""

import time
from collections.abc import Callable
from functools import partial

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from sensor_msgs.msg import Image
from std_msgs.msg import Bool
from untether_interfaces.action import RunEpisode
from untether_interfaces.msg import ArmCommand, ArmSetpoint, Command, Mode, PolicyStatus
from untether_interfaces.msg import ArmState as ArmStateMessage
from untether_interfaces.srv import LabelEpisode

from untether_hardware.franka.state import ArmState
from untether_hardware.franka.twist import ToolTwist
from untether_hardware.manipulation.tensors import CAMERAS
from untether_hardware.safety.modes import Mode as RobotMode
from untether_nodes import qos
from untether_nodes.arm.conversions import write_tool_twist
from untether_nodes.arm.episode import Episode, EpisodeCode, EpisodeEnd, Outcome
from untether_nodes.arm.episode_notice import write_notice
from untether_nodes.arm.explorer import Explorer
from untether_nodes.arm.inputs import ArmInputs
from untether_nodes.arm.policy_config import ArmPolicyNodeConfig
from untether_nodes.arm.policy_runner import ArmPolicyRunner, ArmRunner
from untether_nodes.arm.preparation import Preparation
from untether_nodes.conversions import copy_stamp, to_seconds
from untether_nodes.diagnostics import Level, make_array, make_status
from untether_nodes.managed_node import ManagedNode
from untether_nodes.measurements import Measurements
from untether_nodes.policy_runner import describe_bundle
from untether_nodes.process import run_node
from untether_nodes.run_policy_server import RunPolicyServer
from untether_policies.errors import BundleError

_FEEDBACK_PERIOD = 0.5  # [s]


class ArmPolicyNode(ManagedNode[ArmPolicyNodeConfig]):
    """Computes a twist for each set of pictures while an episode runs, at once in the callback.

    An operator who takes over corrects the episode without ending it.
    """

    def __init__(self) -> None:
        super().__init__("arm_policy_node", ArmPolicyNodeConfig)
        self._runner: ArmRunner | None = None
        self._mode: int | None = None
        self._clear()
        self._server = RunPolicyServer(
            self, RunEpisode, "run_episode", self._begin, self._interrupt
        )

    def _clear(self) -> None:
        self._episode: Episode | None = None
        self._connected = False
        self._answered = 0.0
        self._received = 0.0
        self._next_feedback = 0.0

    def set_up(self) -> None:
        """Load the bundle and warm it up."""
        self._runner = runner = self._load()
        contract = runner.bundle.contract
        self._period = 1.0 / contract.rate
        self._inputs = ArmInputs(contract, runner.image_size)
        self._periods = Measurements()
        self._command = ArmCommand(source=Command.SOURCE_POLICY)
        self._publish_command = self.add_publisher(ArmCommand, "policy/command", qos.COMMAND)
        self._publish_status = self.add_publisher(PolicyStatus, "policy_status", qos.LATCHED)
        self._publish_learning = self.add_publisher(
            DiagnosticArray, "learning_status", qos.DIAGNOSTICS
        )
        self._publish_end = self.add_publisher(DiagnosticArray, "episode_end", qos.EVENTS)
        self._status = describe_bundle(runner.bundle)
        profile = self.control_profile()
        # Before the pictures, with which the learner is told what was done until then.
        self.add_subscription(ArmSetpoint, "command", runner.follow, qos.EVENTS)
        self.add_subscription(ArmStateMessage, "state", self._on_state, profile)
        for camera in CAMERAS:
            callback = partial(self._on_picture, camera)
            self.add_subscription(Image, f"camera/{camera}/image", callback, profile)
        self.add_subscription(Bool, "success", self._on_success, profile)
        self.add_subscription(Mode, "mode", self._on_mode, qos.LATCHED)
        self._preparation = Preparation(self, self._status)
        self.add_service(LabelEpisode, "label_episode", self._on_label)
        self.get_logger().info(
            f"runs {contract.name} at {contract.rate:g} Hz, sha256 {runner.bundle.sha256[:12]}"
        )

    def _load(self) -> ArmRunner:
        config = self.config
        if not config.learner:
            return ArmPolicyRunner(config.policy)
        return Explorer(
            config.policy,
            learner=config.learner,
            token_file=config.learner_token_file,
            outbox=config.outbox,
        )

    def start(self) -> None:
        """Wait for arm and safety stage; ``policy_status`` is told once all are there."""
        self._clear()
        self._inputs.clear()

    def stop(self) -> None:
        """End the episode; the safety stage holds the arm."""
        if self._episode is not None:
            self._finish(self._episode.abort(EpisodeCode.NO_POLICY, "the node was deactivated"))

    def tear_down(self) -> None:
        """Forget the bundle, and leave the learner."""
        if self._runner is not None:
            self.complete &= self._runner.close()
        self._runner = None
        self._episode = None

    def rest(self) -> None:
        """Look after the episode: cancel, requests to other nodes, lost inputs."""
        super().rest()
        if self.active and not self._connected:
            self._look_around()
        episode, runner = self._episode, self._runner
        self._tell_learning(None if runner is None else runner.take_status())
        if episode is None or runner is None:
            return
        if self._server.cancel_requested:
            self._finish(episode.abort(EpisodeCode.CANCELED, "cancelled by the client"))
        elif runner.find_missing():
            self._finish(episode.abort(EpisodeCode.NO_POLICY, runner.find_missing()))
        elif not episode.acting:
            self._finish(self._preparation.pursue(episode))
            if episode.acting:
                self._received = self.now()  # pictures get their time to come
                self._inputs.clear_pictures()
        elif self.now() - self._received > self.config.input_timeout:
            text = (
                f"expected pictures each {self._period:g} s, got none for "
                f"{self.now() - self._received:.2f} s. Fix: check the arm's driver and cameras."
            )
            self._finish(episode.abort(EpisodeCode.STATE_LOST, text))

    def report(self) -> list[DiagnosticStatus]:
        """Report inputs, loop and inference."""
        runner = self._runner
        if runner is None:
            return []
        median, worst = runner.inference.quantiles(0.5, 0.99)
        least, middle, most = self._periods.quantiles(0.01, 0.5, 0.99)
        values: dict[str, float | int | str] = {
            "policy": self._status.name,
            "sha256": self._status.sha256,
            "running": str(self._episode is not None),
            "period p1 [s]": least,
            "period p50 [s]": middle,
            "period p99 [s]": most,
            "inputs too old": self._inputs.skipped,
            "inference p50 [s]": median,
            "inference p99 [s]": worst,
        }
        slow = worst > 0.5 * self._period
        level, message = (Level.WARN, "inference is slow") if slow else (Level.OK, "loaded")
        return [
            self._inputs.report(time.monotonic(), active=self.active),
            make_status("policy", level, message, values),
            *runner.report(),
        ]

    def _on_state(self, message: ArmStateMessage) -> None:
        self._inputs.add_state(self.now(), message)

    def _on_picture(self, camera: str, message: Image) -> None:
        """Keep a picture; once all cameras' pictures of one moment are there, act."""
        now, stamp = self.now(), to_seconds(message.header.stamp)
        try:
            if not self._inputs.add_picture(now, camera, message):
                return
        except ValueError as error:
            self.get_logger().error(str(error), throttle_duration_sec=2.0)
            return
        self._received = now
        episode, runner, state = self._episode, self._runner, self._inputs.state
        if runner is None or state is None:
            return
        acting = episode is not None and episode.acting
        if (acting or runner.closing) and self._inputs.is_fresh(now, stamp):
            self._answer(runner, state, message)

    def _answer(self, runner: ArmRunner, state: ArmState, message: Image) -> None:
        """Act, or let the learner see what came of the last action of an episode that is over."""
        stamp, pictures = to_seconds(message.header.stamp), self._inputs.pictures
        self._finish(None if self._episode is None else self._episode.act(stamp))
        if runner.closing:
            runner.close_episode(state, pictures, stamp)
        if self._episode is not None:
            self._publish_twist(runner.compute(state, pictures, stamp), message)
            self._tell_progress(self._episode, stamp)

    def _publish_twist(self, twist: ToolTwist, message: Image) -> None:
        command, stamp = self._command, to_seconds(message.header.stamp)
        write_tool_twist(twist, command)
        copy_stamp(message.header.stamp, command.header.stamp)
        self._publish_command.publish(command)
        command.sequence += 1
        if self._answered:
            self._periods.add(stamp - self._answered)
        self._answered = stamp

    def _tell_progress(self, episode: Episode, stamp: float) -> None:
        if stamp >= self._next_feedback:
            self._next_feedback = stamp + _FEEDBACK_PERIOD
            self._server.publish_feedback(
                RunEpisode.Feedback(
                    elapsed=episode.elapsed, steps=episode.steps, mode=self._mode or Mode.IDLE
                )
            )

    def _begin(self, request: RunEpisode.Goal) -> RunEpisode.Result | None:
        """Begin an episode, or return why not."""
        if not self.active or self._runner is None:
            text = "arm_policy_node is not active. Fix: activate it"
            return RunEpisode.Result(error_code=int(EpisodeCode.NO_POLICY), error_msg=text)
        if self._mode not in (RobotMode.STANDBY, RobotMode.POLICY):
            name = "none" if self._mode is None else RobotMode(self._mode).name
            text = f"expected mode STANDBY, got {name}. Fix: arm the robot first"
            return RunEpisode.Result(error_code=int(EpisodeCode.NOT_ARMED), error_msg=text)
        missing = self._runner.find_missing()
        if not missing:
            try:
                self._runner.begin(demonstrate=self.config.demonstrate)
            except BundleError as error:
                missing = str(error)
        if missing:
            return RunEpisode.Result(error_code=int(EpisodeCode.NO_POLICY), error_msg=missing)
        self._answered = self._next_feedback = 0.0
        duration = request.max_duration or self.config.max_duration
        self._episode = Episode(reset=request.reset, max_duration=duration, mode=self._mode)
        self._preparation.begin(request.seed)
        self._tell_status()
        return None

    def _interrupt(self, code: int, text: str) -> RunEpisode.Result:
        """Return the result of the running episode if it ended now."""
        return self._make_result(EpisodeEnd(EpisodeCode(code), text))

    def _finish(self, ending: EpisodeEnd | None) -> None:
        """Tell how the episode ended, and that no commands will follow; None when it did not."""
        if ending is None:
            return
        result = self._make_result(ending)
        self._episode = None
        if self._runner is not None:
            self._runner.finish(ending.outcome)
        self._preparation.end()
        self._server.end(result)
        self._publish_end.publish(write_notice(result, self._answered))
        self._tell_status()
        self.get_logger().info(f"episode ended, code {int(ending.code)}: {ending.text}")

    def _make_result(self, ending: EpisodeEnd) -> RunEpisode.Result:
        result = RunEpisode.Result(
            error_code=int(ending.code),
            error_msg=ending.text,
            outcome=int(ending.outcome),
            timed_out=ending.timed_out,
        )
        episode = self._episode
        if episode is not None:
            result.duration, result.steps = episode.elapsed, episode.steps
            result.corrected, result.corrections = episode.corrected, episode.corrections
        return result

    def _on_mode(self, message: Mode) -> None:
        self._mode = message.mode
        self._tell(lambda episode: episode.change_mode(message.mode, message.reason))

    def _on_success(self, message: Bool) -> None:
        if message.data:
            self._tell(lambda episode: episode.succeed("the simulator"))

    def _tell(self, what: Callable[[Episode], EpisodeEnd | None]) -> None:
        if self._episode is not None:
            self._finish(what(self._episode))

    def _on_label(
        self, request: LabelEpisode.Request, response: LabelEpisode.Response
    ) -> LabelEpisode.Response:
        labels = [outcome for outcome in Outcome if outcome is not Outcome.UNKNOWN]
        if request.label not in labels:
            response.error_code = LabelEpisode.Response.INVALID_LABEL
            names = ", ".join(f"{label.value} ({label.name})" for label in labels)
            response.message = f"label: expected one of {names}, got {request.label}."
            return response
        ending = None
        if self._episode is not None:
            ending = self._episode.label(Outcome(request.label))
        if ending is None:
            response.error_code = LabelEpisode.Response.WRONG_MODE
            response.message = "expected an episode that runs, got none. Fix: start one"
            return response
        self._finish(ending)
        response.error_code, response.message = LabelEpisode.Response.OK, ending.text
        return response

    def _look_around(self) -> None:
        """Tell the status as soon as arm, cameras and safety stage are there."""
        missing = [
            name
            for name, there in (
                ("state", self._inputs.state is not None),
                ("pictures", self._received > 0.0),
                ("mode", self._mode is not None),
                ("select_policy", self._preparation.ready),
            )
            if not there
        ]
        if self._runner is not None and self._runner.find_missing():
            missing.append(f"the policy: {self._runner.find_missing()}")
        if not missing:
            self._connected = True
            self._tell_status()
            return
        self.get_logger().info(
            f"waits for {', '.join(missing)}", throttle_duration_sec=5.0, skip_first=True
        )

    def _tell_learning(self, status: DiagnosticStatus | None) -> None:
        if status is not None:
            name = self.get_fully_qualified_name()
            self._publish_learning.publish(make_array(name, self.get_namespace(), [status]))

    def _tell_status(self) -> None:
        self._status.running = self._episode is not None
        self._status.header.stamp = self.get_clock().now().to_msg()
        self._publish_status.publish(self._status)


def main() -> int:
    """Run the node."""
    return run_node(ArmPolicyNode)
