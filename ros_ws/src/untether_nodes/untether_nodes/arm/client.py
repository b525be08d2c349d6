"""A client of an arm's nodes: arms the robot and runs episodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rclpy.action.client import ActionClient
from untether_interfaces.action import RunEpisode
from untether_interfaces.msg import Mode, PolicyStatus
from untether_interfaces.srv import Arm

from untether_hardware.safety.modes import Mode as RobotMode
from untether_nodes import qos
from untether_nodes.arm.episode import Outcome
from untether_nodes.graph_client import ANSWER_TIMEOUT, FlightClientError, GraphClient

_READY_TIMEOUT = 30.0  # [s]


@dataclass(frozen=True)
class EpisodeReport:
    """How an episode went.

    Attributes:
        error_code: 0 when it ran to its end, else one of ``RunEpisode``'s codes.
        text: What happened, for people.
        outcome: How it came out.
        duration: Of the acting [s].
        steps: Actions.
        corrected: Of which an operator commanded.
        corrections: How often an operator took over.
    """

    error_code: int
    text: str
    outcome: Outcome
    duration: float
    steps: int
    corrected: int
    corrections: int


class ArmClient(GraphClient):
    """Arms a robot and runs episodes with the policy that is loaded."""

    def __init__(
        self, namespace: str = "franka", *, on_tick: Callable[[], None] | None = None
    ) -> None:
        """Connect.

        Args:
            namespace: Of the arm's nodes.
            on_tick: Called every 20 ms while messages are served; what it raises ends the call.

        Raises:
            ValueError: When ROS allows no such namespace.
            FlightClientError: When ROS does not start here.
        """
        super().__init__(namespace, "arm_client", on_tick=on_tick)
        self.mode: RobotMode | None = None
        self.reason = ""
        self.policy = ""
        self._subscribe(Mode, "mode", self._on_mode, qos.LATCHED)
        self._subscribe(PolicyStatus, "policy_status", self._on_status, qos.LATCHED)
        self._arm = self._node.create_client(Arm, "arm")
        self._run = ActionClient(self._node, RunEpisode, "run_episode")

    def wait_until_ready(self, timeout: float = _READY_TIMEOUT) -> None:
        """Wait for arm, safety stage and policy.

        Raises:
            FlightClientError: Naming what is missing.
        """

        def find_missing() -> str:
            if self.mode is None:
                return "mode of arm_safety_node"
            return "" if self.policy else "policy_status of arm_policy_node"

        self._wait_until_found(find_missing, timeout, "arm", "franka")

    def arm(self) -> None:
        """Arm the robot, if it is not; it holds where it is.

        Raises:
            FlightClientError: When the safety stage refuses.
        """
        if self.mode is RobotMode.STANDBY:
            return
        answer = None

        def is_armed() -> bool:
            nonlocal answer
            answer = self._ask(self._arm, Arm.Request(arm=True))
            return answer.error_code == Arm.Response.OK

        if not self.wait_for(is_armed, ANSWER_TIMEOUT):
            text = "" if answer is None else answer.message
            raise FlightClientError(f"expected the robot to be armed, got a refusal: {text}")
        self._require(lambda: self.mode is RobotMode.STANDBY, "mode STANDBY")

    def disarm(self) -> None:
        """Disarm the robot, if it is armed."""
        if self.mode is RobotMode.STANDBY:
            self._ask(self._arm, Arm.Request(arm=False))

    def run_episode(
        self, *, reset: bool = True, seed: int = -1, max_duration: float = 0.0
    ) -> EpisodeReport:
        """Run an episode and return how it went; an interruption cancels it.

        Args:
            reset: Whether a simulated scene is drawn anew.
            seed: Of that; negative draws on.
            max_duration: Deadline [s]; 0 takes the policy node's.

        Raises:
            FlightClientError: When the policy node does not answer.
        """
        goal = RunEpisode.Goal(reset=reset, seed=seed, max_duration=max_duration)
        handle = self._send_goal(
            self._run, goal, None, server="arm_policy_node", name="run_episode"
        )
        ended = handle.get_result_async()
        try:
            self._wait_for_result(self._run, ended)
        except BaseException:
            handle.cancel_goal_async()
            raise
        answer = ended.result() if ended.done() else None
        if answer is None:
            raise FlightClientError(
                "expected arm_policy_node to tell how the episode went, got nothing. "
                "Fix: check that it runs."
            )
        result = answer.result
        return EpisodeReport(
            result.error_code,
            result.error_msg,
            Outcome(result.outcome),
            result.duration,
            result.steps,
            result.corrected,
            result.corrections,
        )

    def _on_mode(self, message: Mode) -> None:
        self.mode, self.reason = RobotMode(message.mode), message.reason

    def _on_status(self, message: PolicyStatus) -> None:
        self.policy = message.name
