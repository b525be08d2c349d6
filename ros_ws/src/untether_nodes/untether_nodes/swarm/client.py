"""A pilot of a swarm in Python: takes it off, flies it by the action ``run``, and lands it."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from builtin_interfaces.msg import Duration
from crazyflie_interfaces.srv import Takeoff
from rclpy.action.client import ActionClient
from rclpy.client import Client
from untether_interfaces.action import RunSwarm
from untether_interfaces.msg import PolicyStatus, SwarmModes, SwarmState
from untether_interfaces.srv import ResetSwarm, SwarmRequest

from untether_hardware.safety import Mode
from untether_hardware.safety.verdict import ArmCode
from untether_nodes import qos
from untether_nodes.conversions import to_seconds
from untether_nodes.graph_client import FlightClientError, GraphClient
from untether_nodes.swarm.episode_watch import EpisodeWatch
from untether_nodes.swarm.scenario import Scenario

_STALL = 15.0  # [s] of wall time without states, after which a wait is given up
_START_TIME = 3.0  # [s] by both clocks, for who is armed to be granted to the policy
_RETRY_PERIOD = 0.25  # [s] between two tries to arm
_UNREADY = (ArmCode.NO_STATE, ArmCode.DUPLICATE_PUBLISHER)  # refusals that may pass by themselves
_LANDING_TIME = 20.0  # [s] node clock, for the longest landing

OnRunFeedback = Callable[[RunSwarm.Feedback], None]


class SwarmClient(GraphClient):
    """Flies one swarm; every method blocks until it is done, and messages are served meanwhile.

    Example:
        >>> with SwarmClient() as swarm:
        ...     swarm.wait_until_ready()
        ...     swarm.take_off(1.0)
        ...     result = swarm.run(Scenario.SWAP, duration=20.0)
        ...     swarm.land()

    Attributes:
        names: The drones, empty before they are known.
        modes: Their modes by name.
        reasons: What caused them, or why a drone that was to take off could not be armed.
        policy: What runs, None before it is known.
        stamp: Of the last states [s, node clock]; zero before the first.
        height: Of each drone by name [m] map.
    """

    def __init__(
        self,
        namespace: str = "/",
        *,
        name: str = "swarm_client",
        on_tick: Callable[[], None] | None = None,
    ) -> None:
        """Connect.

        Args:
            namespace: The swarm's namespace.
            name: Name of this client's node.
            on_tick: Called every 20 ms while messages are served; what it raises ends the call.

        Raises:
            ValueError: When ROS allows no such namespace or name.
            FlightClientError: When ROS does not start here.
        """
        super().__init__(namespace, name, on_tick=on_tick)
        self.names: tuple[str, ...] = ()
        self.modes: dict[str, Mode] = {}
        self.reasons: dict[str, str] = {}
        self.policy: PolicyStatus | None = None
        self.stamp = 0.0
        self.height: dict[str, float] = {}
        self._subscribe(SwarmModes, "modes", self._on_modes, qos.LATCHED)
        self._subscribe(PolicyStatus, "policy_status", self._on_policy, qos.LATCHED)
        self._subscribe(SwarmState, "states", self._on_states, qos.STATE)
        self._request = self._node.create_client(SwarmRequest, "safety/request")
        self._reset = self._node.create_client(ResetSwarm, "reset")
        self._takeoffs: dict[str, Client[Any, Any]] = {}
        self._action = ActionClient(self._node, RunSwarm, "run")

    def close(self) -> None:
        """Disconnect."""
        self._action.destroy()
        super().close()

    def find(self, *modes: Mode) -> list[str]:
        """Return the drones that are in one of these modes."""
        return [name for name in self.names if self.modes[name] in modes]

    def wait_until_ready(self, timeout: float = 30.0) -> None:
        """Wait until safety stages, policy and drones are there.

        Args:
            timeout: Wall time [s].

        Raises:
            FlightClientError: Naming what is missing.
        """
        self._wait_until_found(self._find_missing, timeout, "swarm", "swarm")

    def arm(self, drones: Sequence[str] = (), timeout: float = 10.0) -> dict[str, str]:
        """Arm those in mode IDLE; tries again while their states are not known yet.

        Args:
            drones: Whom; empty for all.
            timeout: Wall time [s].

        Returns:
            Why each drone refused that did, by name.

        Raises:
            FlightClientError: When the safety node does not answer.
        """
        end = time.monotonic() + timeout
        asked = [name for name in drones or self.names if self.modes[name] is Mode.IDLE]
        refusals: dict[str, str] = {}
        while asked:
            answers = self._ask_stages(SwarmRequest.Request.ARM, asked)
            refusals |= {name: message if code else "" for name, (code, message) in answers.items()}
            asked = [name for name, (code, _) in answers.items() if code in _UNREADY]
            if time.monotonic() >= end:
                break
            if asked:
                self.pump(_RETRY_PERIOD)
        return {name: message for name, message in refusals.items() if message}

    def take_off(
        self, height: float | Mapping[str, float], duration: float = 3.0, settling: float = 0.0
    ) -> list[str]:
        """Arm drones and take them off; return who flies afterwards.

        Args:
            height: To rise to, for all or by name [m] map.
            duration: Within which time [s, node clock].
            settling: How long to wait afterwards [s, node clock].

        Raises:
            FlightClientError: When the policy node or the safety node does not answer.
        """
        heights = {"all": height} if isinstance(height, float | int) else dict(height)
        asked = list(self.names) if "all" in heights else list(heights)
        self.reasons |= self.arm(asked)
        span = Duration(sec=int(duration), nanosec=int(1e9 * (duration % 1.0)))
        for name, one in heights.items():
            request = Takeoff.Request(height=float(one), duration=span)
            self._ask(self._find_takeoff(name), request)
        since = self.stamp

        def is_started() -> bool:
            return all(self.modes[name] in (Mode.POLICY, Mode.FAULT) for name in asked)

        # A simulation may run several times as fast as the nodes' services answer.
        if self.wait_for(is_started, _START_TIME) or self.wait_until(
            is_started, since + _START_TIME - self.stamp
        ):
            since = self.stamp
        self.wait_until(lambda: False, since + duration + settling - self.stamp)
        return [name for name in asked if self.modes[name] is Mode.POLICY]

    def run(
        self,
        scenario: Scenario,
        *,
        duration: float = 0.0,
        seed: int = 0,
        drones: Sequence[str] = (),
        goals: Iterable[float] = (),
        on_feedback: OnRunFeedback | None = None,
    ) -> RunSwarm.Result:
        """Fly a scenario to its end.

        Args:
            scenario: What to fly.
            duration: How long [s, node clock]; 0 takes the node's parameter.
            seed: Of whatever the scenario draws.
            drones: Who; empty for all that fly.
            goals: GIVEN: x, y, z for each drone [m] map.
            on_feedback: Called ten times a second.

        Returns:
            As the action server sent it; NO_POLICY when the policy node is gone.

        Raises:
            FlightClientError: When the action server does not answer.
        """
        goal = RunSwarm.Goal(
            scenario=int(scenario),
            drones=list(drones),
            goals=[float(value) for value in goals],
            duration=float(duration),
            seed=seed,
        )
        handle = self._send_goal(
            self._action, goal, on_feedback, server="swarm_policy_node", name="run"
        )
        ended = handle.get_result_async()
        self._wait_for_result(self._action, ended)
        response = ended.result() if ended.done() else None
        if response is None:
            text = "the policy node does not answer any more"
            return RunSwarm.Result(error_code=RunSwarm.Result.NO_POLICY, error_msg=text)
        return response.result

    def land(self) -> list[str]:
        """Land all that are armed; return who does not stand on the floor without a fault."""
        armed = self.find(Mode.STANDBY, Mode.POLICY, Mode.INTERVENTION, Mode.FAULT)
        if armed:
            self.ask(SwarmRequest.Request.LAND, armed)
            self.wait_until(lambda: not self.find(Mode.STANDBY, Mode.POLICY), _LANDING_TIME)
        return [name for name in self.names if self.modes[name] is not Mode.IDLE]

    def ask(self, request: int, drones: Sequence[str] = ()) -> dict[str, str]:
        """Ask the safety stages; return why each drone refused that did, by name.

        Args:
            request: One of the requests of ``untether_interfaces/srv/SwarmRequest``.
            drones: Whom; empty for all.

        Raises:
            FlightClientError: When the safety node does not answer.
        """
        answers = self._ask_stages(request, drones)
        return {name: message for name, (code, message) in answers.items() if code}

    def reset(self, seed: int, density: float, size: float) -> None:
        """Put a simulated swarm on the floor of a fresh room; arguments as of ``ResetSwarm``.

        Raises:
            FlightClientError: When the simulator refuses.
        """
        request = ResetSwarm.Request(seed=seed, density=float(density), size=float(size))
        answer = self._ask(self._reset, request)
        if not answer.success:
            raise FlightClientError(f"the swarm cannot be reset: {answer.message}")

    def watch(self) -> EpisodeWatch:
        """Return a watch on a simulated swarm that is ready."""
        return EpisodeWatch(self._node, self._group, self.names)

    def wait_until(self, condition: Callable[[], bool], duration: float) -> bool:
        """Serve messages until a condition holds; return whether it did in time.

        Args:
            condition: Checked after every batch of messages.
            duration: Longest time on the drones' clock [s].

        Raises:
            FlightClientError: When the drones tell nothing any more.
        """
        end = self.stamp + duration
        told, told_at = self.stamp, time.monotonic()
        while not condition():
            if self.stamp >= end:
                return False
            self._loop.run_once()
            now = time.monotonic()
            if self.stamp != told:
                told, told_at = self.stamp, now
            elif now - told_at > _STALL:
                raise FlightClientError(
                    f"expected states, got none for {_STALL:g} s. Fix: check the drones' driver."
                )
        return True

    def _find_missing(self) -> str:
        """Return what is not there yet, or nothing."""
        there = {
            "modes from the safety node": bool(self.names),
            "policy_status from the policy node": self.policy is not None,
            "action run of the policy node": self._action.server_is_ready(),
            "states from the drones": self.stamp > 0.0,
        }
        return next((name for name, is_there in there.items() if not is_there), "")

    def _ask_stages(self, request: int, drones: Sequence[str]) -> dict[str, tuple[int, str]]:
        """Return code and message of each drone asked, by name; arguments as of ``ask``."""
        asked = SwarmRequest.Request(request=request, drones=list(drones))
        answer = self._ask(self._request, asked)
        answers = zip(answer.error_codes, answer.messages, strict=True)
        return dict(zip(answer.drones, answers, strict=True))

    def _find_takeoff(self, name: str) -> Client[Any, Any]:
        if name not in self._takeoffs:
            self._takeoffs[name] = self._node.create_client(Takeoff, f"{name}/takeoff")
        return self._takeoffs[name]

    def _on_modes(self, message: SwarmModes) -> None:
        self.names = tuple(message.names)
        self.modes = dict(zip(message.names, map(Mode, message.modes), strict=True))
        self.reasons = dict(zip(message.names, message.reasons, strict=True))

    def _on_policy(self, message: PolicyStatus) -> None:
        self.policy = message

    def _on_states(self, message: SwarmState) -> None:
        self.stamp = to_seconds(message.header.stamp)
        self.height = dict(zip(message.names, message.position[2::3], strict=False))
