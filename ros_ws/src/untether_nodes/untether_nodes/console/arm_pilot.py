"""Asks the nodes of an arm to do something, and lets an operator's hand command it."""

import time
from concurrent.futures import Future
from typing import Any

from rclpy.action.client import ActionClient
from std_srvs.srv import Trigger
from untether_interfaces.action import RunEpisode
from untether_interfaces.msg import ArmCommand, Command
from untether_interfaces.srv import Arm, Intervene, LabelEpisode, ResetFault

from untether_hardware.safety.modes import Mode
from untether_nodes import qos
from untether_nodes.arm.conversions import write_tool_twist
from untether_nodes.arm.episode import Outcome as EpisodeOutcome
from untether_nodes.console.arm_watch import ArmWatch
from untether_nodes.console.dead_man import DeadMan
from untether_nodes.console.event_log import EventLog, Severity
from untether_nodes.console.requests import ANSWER_TIMEOUT, Outcome, Requests, Work
from untether_nodes.console.ros_thread import RosThread
from untether_nodes.conversions import copy_stamp

_ASK_PERIOD = 0.1  # [s] between two requests to take over
_COMMANDED = (Mode.STANDBY, Mode.POLICY)
_WITH_HAND = (*_COMMANDED, Mode.INTERVENTION)
_COUNTED = (RunEpisode.Result.SUCCESS, RunEpisode.Result.FAILURE)

LABELS = {
    "success": LabelEpisode.Request.SUCCESS,
    "failure": LabelEpisode.Request.FAILURE,
    "discard": LabelEpisode.Request.DISCARD,
}
"""How an episode can be labelled, by name."""


class ArmPilot:
    """A worker of the ROS thread; its methods may be called by any thread, and return at once.

    Attributes:
        hand: The operator's; while it is on the device, it commands the arm.
    """

    def __init__(self, ros: RosThread, namespace: str, watch: ArmWatch, log: EventLog) -> None:
        """Connect.

        Args:
            ros: The thread.
            namespace: Of the arm's nodes.
            watch: Knows mode and state.
            log: Where everything that is asked, and what comes of it, is told.
        """
        self.hand = DeadMan()
        self._watch, self._log = watch, log
        self._requests = Requests(ros, log)
        node = ros.node
        self._emergency = node.create_client(Trigger, f"{namespace}/emergency_stop")
        self._arm = node.create_client(Arm, f"{namespace}/arm")
        self._intervene = node.create_client(Intervene, f"{namespace}/intervene")
        self._reset = node.create_client(ResetFault, f"{namespace}/reset_fault")
        self._label = node.create_client(LabelEpisode, f"{namespace}/label_episode")
        self._run = ActionClient(node, RunEpisode, f"{namespace}/run_episode")
        self._command = ArmCommand(source=Command.SOURCE_OPERATOR)
        self._publisher = node.create_publisher(
            ArmCommand, f"{namespace}/operator/command", qos.COMMAND
        )
        self._handle: Any = None  # of the running episode
        self._holding = False
        self._asked = 0.0

    def stop(self, who: str) -> Future[Outcome]:
        """Hold the arm at once, until the fault is reset."""
        return self._ask(self._emergency, Trigger.Request(), "EMERGENCY STOP of the arm", who)

    def arm(self, armed: bool, who: str) -> Future[Outcome]:
        """Arm or disarm the robot."""
        what = "arm" if armed else "disarm"
        return self._ask(self._arm, Arm.Request(arm=armed), what, who)

    def reset_fault(self, who: str) -> Future[Outcome]:
        """Clear a fault."""
        return self._ask(self._reset, ResetFault.Request(), "reset fault", who)

    def label(self, name: str, who: str) -> Future[Outcome]:
        """End the episode with a label, one of ``LABELS``."""
        request = LabelEpisode.Request(label=LABELS[name])
        return self._ask(self._label, request, f"label {name}", who)

    def start_episode(self, *, reset: bool, who: str) -> Future[Outcome]:
        """Run an episode of the task.

        Args:
            reset: Whether a simulated scene is drawn anew.
            who: Asks for it.
        """
        return self._requests.begin(lambda: self._start(reset), f"start an episode, by {who}")

    def cancel_episode(self, who: str) -> Future[Outcome]:
        """Cancel the episode; the arm is held."""

        def cancel() -> Work:
            yield from ()
            if self._handle is None:
                return self._requests.fail("cancel", "no episode of this console runs")
            self._handle.cancel_goal_async()
            return Outcome(True, "cancel: asked")

        return self._requests.begin(cancel, f"cancel the episode, by {who}")

    def tick(self) -> None:
        """Go on with all requests, and let the hand command."""
        self._requests.tick()
        now = time.monotonic()
        if self._watch.view.mode not in _WITH_HAND:
            self.hand.end()  # it takes nothing over once the fault is reset
        twist, state = self.hand.find(now), self._watch.view.state
        if twist is None or state is None:
            if self._holding:
                self._holding = False
                self._intervene.call_async(Intervene.Request(take_over=False))
                self._log.add(Severity.INFO, "the operator's hand is off")
            return
        command = self._command
        write_tool_twist(twist, command)
        copy_stamp(state.header.stamp, command.header.stamp)
        self._publisher.publish(command)
        command.sequence += 1
        if not self._holding:
            self._holding = True
            self._log.add(Severity.INFO, "the operator's hand is on the device")
        if self._watch.view.mode in _COMMANDED and now - self._asked > _ASK_PERIOD:
            self._asked = now
            self._intervene.call_async(Intervene.Request(take_over=True))

    def _ask(self, client: Any, request: Any, what: str, who: str) -> Future[Outcome]:  # noqa: ANN401
        def ask() -> Work:
            answer = yield from self._requests.call(client, request, what)
            if isinstance(answer, Outcome):
                return answer
            # A Trigger says whether it succeeded; the others have a code.
            code = getattr(answer, "error_code", int(not getattr(answer, "success", True)))
            if code:
                return self._requests.fail(what, f"refused: {answer.message}")
            return self._requests.succeed(what, answer.message or "done")

        return self._requests.begin(ask, f"{what}, by {who}")

    def _start(self, reset: bool) -> Work:
        what = "start an episode"
        end = time.monotonic() + ANSWER_TIMEOUT
        while not self._run.server_is_ready():
            if time.monotonic() >= end:
                return self._requests.fail(what, "arm_policy_node is not there")
            yield
        sending = self._run.send_goal_async(RunEpisode.Goal(reset=reset, seed=-1))
        while not sending.done():
            if time.monotonic() >= end:
                return self._requests.fail(what, "arm_policy_node does not answer")
            yield
        self._handle = sending.result()
        self._requests.follow(self._follow(self._handle.get_result_async()))
        return Outcome(True, f"{what}: accepted")

    def _follow(self, future: Any) -> Work:  # noqa: ANN401 - rclpy's future
        """Wait for the result of an episode, and tell it."""
        while not future.done():
            yield
        self._handle = None
        result: RunEpisode.Result = future.result().result
        if not result.error_code and result.outcome in _COUNTED:
            self._watch.curves.add_episode(
                success=result.outcome == RunEpisode.Result.SUCCESS,
                steps=result.steps,
                corrected=result.corrected,
            )
        corrected = f", {result.corrected} of them corrected" if result.corrected else ""
        outcome = EpisodeOutcome(result.outcome).name.lower()
        text = f"{outcome} after {result.steps} steps{corrected}: {result.error_msg}"
        if result.error_code:
            return self._requests.fail("episode", f"{text} (code {result.error_code})")
        return self._requests.succeed("episode", text)
