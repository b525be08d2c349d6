"""The base of clients: a node whose methods block until they are done, and serve messages."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import rclpy
from rclpy.action.client import ActionClient, ClientGoalHandle
from rclpy.client import Client
from rclpy.exceptions import NameValidationException
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.task import Future
from rclpy.validate_namespace import validate_namespace
from rclpy.validate_node_name import validate_node_name

from untether_nodes.loop import LoopGroup, NodeLoop
from untether_nodes.ros_session import RosError, start_ros
from untether_nodes.service_call import ServiceCall

ANSWER_TIMEOUT = 5.0
"""Wall time for a service or an action server to answer [s]."""

_SILENCE = 15.0  # [s] of wall time without a sign of progress, after which a goal is given up
_SERVER_PATIENCE = 2.0  # [s] without the action's server, after which it counts as gone


class FlightClientError(Exception):
    """Who flies does not answer, or refuses; says what was expected, what was got and the fix."""


class GraphClient:
    """Talks to nodes; every method blocks until it is done, and messages are served meanwhile."""

    tick_period = 0.02
    gathers = True

    def __init__(
        self, namespace: str, name: str, *, on_tick: Callable[[], None] | None = None
    ) -> None:
        """Connect.

        Args:
            namespace: Of the nodes.
            name: Name of this client's node.
            on_tick: Called every 20 ms while messages are served; what it raises ends the call.

        Raises:
            ValueError: When ROS allows no such namespace or name.
            FlightClientError: When ROS does not start here.
        """
        _check_names(namespace, name)
        self._owns_context = not rclpy.ok()
        if self._owns_context:
            try:
                start_ros([])
            except RosError as error:
                raise FlightClientError(str(error)) from error
        self._on_tick = on_tick
        self._node = Node(name, namespace=namespace, start_parameter_services=False)
        self._group = LoopGroup()
        self._loop = NodeLoop(self._node, self)
        self._heard_at = 0.0  # [s, steady clock] last sign of a goal's progress

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect."""
        self._loop.close()
        self._node.destroy_node()
        if self._owns_context:
            rclpy.try_shutdown()

    def tick(self) -> None:
        """Do what the owner wants done by the clock."""
        if self._on_tick is not None:
            self._on_tick()

    def rest(self) -> None:
        """Do nothing when it is quiet."""

    def pump(self, duration: float) -> None:
        """Serve messages for a while.

        Args:
            duration: Wall time [s].
        """
        end = time.monotonic() + duration
        while time.monotonic() < end:
            self._loop.run_once()

    def wait_for(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Serve messages until a condition holds; return whether it did in time.

        Args:
            condition: Checked after every batch of messages.
            timeout: Wall time [s].
        """
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() >= end:
                return False
            self._loop.run_once()
        return True

    def _wait_until_found(
        self, find_missing: Callable[[], str], timeout: float, what: str, launched: str
    ) -> None:
        """Wait until nothing is missing.

        Args:
            find_missing: Returns what is, or nothing.
            timeout: Wall time [s].
            what: Is waited for.
            launched: How it is launched.

        Raises:
            FlightClientError: Naming what is missing.
        """
        missing = ""

        def is_complete() -> bool:
            nonlocal missing
            missing = find_missing()
            return not missing

        if not self.wait_for(is_complete, timeout):
            raise FlightClientError(
                f"expected the {what} {self._node.get_namespace()} to be ready within {timeout:g} "
                f"s, got no {missing}. Fix: launch it (untether launch {launched}), or give its "
                "namespace."
            )

    def _send_goal(
        self,
        action: ActionClient[Any, Any, Any],
        goal: object,
        on_feedback: Callable[[Any], None] | None,
        *,
        server: str,
        name: str,
    ) -> ClientGoalHandle[Any, Any, Any]:
        """Send a goal to an action's server, and return its handle once it is accepted.

        Args:
            action: The action.
            goal: The goal.
            on_feedback: Called with each feedback.
            server: Name of the server's node.
            name: Name of the action.

        Raises:
            FlightClientError: When the server does not answer, or refuses.
        """

        def forward(message: Any) -> None:  # noqa: ANN401 - the action's type
            self._heard_at = time.monotonic()
            if on_feedback is not None:
                on_feedback(message.feedback)

        self._require(action.server_is_ready, f"{server}'s action {name}")
        accepted = action.send_goal_async(goal, feedback_callback=forward)
        self._require(accepted.done, f"an answer of {server}")
        handle = accepted.result()
        if handle is None or not handle.accepted:
            raise FlightClientError(f"expected {server} to take the goal, got a refusal.")
        return handle

    def _wait_for_result(
        self,
        action: ActionClient[Any, Any, Any],
        ended: "Future[Any]",
        is_hopeless: Callable[[], bool] = lambda: False,
    ) -> None:
        """Serve messages until a goal's result is there, or nobody will send it any more."""
        self._heard_at = served_at = time.monotonic()
        while not ended.done() and not is_hopeless():
            self._loop.run_once()
            now = time.monotonic()
            if action.server_is_ready():
                served_at = now
            if now - self._heard_at > _SILENCE or now - served_at > _SERVER_PATIENCE:
                break

    def _subscribe(
        self, message_type: type, topic: str, callback: Callable[..., None], profile: QoSProfile
    ) -> None:
        self._node.create_subscription(
            message_type, topic, callback, profile, callback_group=self._group
        )

    def _ask(self, client: Client, request: object) -> Any:  # noqa: ANN401 - the service's type
        """Return a service's answer.

        Raises:
            FlightClientError: When there is none.
        """
        self._require(client.service_is_ready, f"the service {client.srv_name}")
        call = ServiceCall(client, request, ANSWER_TIMEOUT)
        self._require(lambda: call.poll() is not None, f"an answer of {client.srv_name}")
        return call.poll()

    def _require(self, condition: Callable[[], bool], what: str) -> None:
        """Serve messages until a condition holds.

        Raises:
            FlightClientError: When it does not in time.
        """
        if not self.wait_for(condition, ANSWER_TIMEOUT):
            raise FlightClientError(
                f"expected {what} within {ANSWER_TIMEOUT:g} s, got none. "
                "Fix: check that the nodes run and are active."
            )


def _check_names(namespace: str, name: str) -> None:
    """Refuse names that ROS does not allow, before anything is started."""
    try:
        validate_namespace(namespace if namespace.startswith("/") else f"/{namespace}")
        validate_node_name(name)
    except NameValidationException as error:
        reason = str(error).partition(":\n")[0]
        raise ValueError(
            f"expected a namespace like cf1 and a node name like flight_client, got {namespace!r} "
            f"and {name!r}. {reason}. Fix: use letters, digits and _, and / between namespaces."
        ) from error
