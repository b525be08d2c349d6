"""The base of all nodes: a lifecycle node with parameters, diagnostics and clean errors."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.msg import SetParametersResult
from rclpy.client import Client
from rclpy.executors import ExternalShutdownException
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.service import Service
from rclpy.subscription import Subscription

from untether_nodes import qos
from untether_nodes.diagnostics import Level, make_array, make_status
from untether_nodes.loop import LoopGroup, NodeLoop
from untether_nodes.parameters import (
    Change,
    changes_anytime,
    check_change,
    declare_parameters,
    parameter,
    read_parameters,
)
from untether_nodes.scheduling import set_realtime_priority
from untether_policies.errors import BundleError

_DIAGNOSTICS_PERIOD = 1.0  # [s]
_FAREWELL = 0.1  # [s] for what a node still has to say after its deactivation
_REFUSALS = (BundleError, ValueError, OSError)


def realtime_priority(default: int) -> Any:  # noqa: ANN401 - as with dataclasses.field
    """Describe the parameter ``realtime_priority`` with a node's own default."""
    return parameter(
        default,
        "SCHED_FIFO priority, if the user may set it; 0 is ordinary scheduling",
        lower=0,
        upper=98,
        change=Change.NEVER,
    )


@dataclass(frozen=True)
class NodeConfig:
    """Parameters that every node has."""

    autostart: bool = parameter(
        True, "configure and activate at start; a failure ends the process", change=Change.NEVER
    )
    realtime_priority: int = realtime_priority(0)


ConfigT = TypeVar("ConfigT", bound=NodeConfig)
MessageT = TypeVar("MessageT")


class ManagedNode(LifecycleNode, Generic[ConfigT]):
    """A lifecycle node whose transitions are four plain methods.

    A subclass writes ``set_up`` (load, validate, warm up), ``start``, ``stop`` and ``tear_down``.
    Each may raise ``BundleError``, ``ValueError`` or ``OSError`` to refuse the transition with a
    message. What ``set_up`` makes with the ``add_`` methods is destroyed after ``tear_down``.

    Attributes:
        config: The parameters, read at configure and again when one changes that may.
        active: Whether the node is active.
        finished: Whether the node has been shut down by its lifecycle service.
        complete: Whether nothing of the node's work got lost; else its process fails in the end.
        tick_period: Time between two calls of ``tick`` [s].
        gathers: Whether messages are collected at each tick instead of served at once.
    """

    tick_period = 0.02
    gathers = False

    def __init__(self, name: str, config_type: type[ConfigT], *more_config: type) -> None:
        """Declare the parameters.

        Args:
            name: The node's name, unless it is remapped.
            config_type: The dataclass of its parameters.
            more_config: Further dataclasses of parameters, which the node reads by itself.
        """
        super().__init__(name)
        self._config_types = (config_type, *more_config)
        for one in self._config_types:
            declare_parameters(self, one)
        self._config_type = config_type
        self.config = read_parameters(self, config_type)
        self.active = False
        self.finished = False
        self.complete = True
        self._configured = False
        self._entities: list[
            Publisher[Any] | Subscription[Any] | Service[Any, Any] | Client[Any, Any]
        ] = []
        self._group = LoopGroup()
        self._loop: NodeLoop | None = None
        self._scheduling = "normal"
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
        self._next_diagnostics = time.monotonic() + _DIAGNOSTICS_PERIOD
        self.add_on_set_parameters_callback(self._check_parameters)
        self.add_post_set_parameters_callback(self._apply_parameters)

    def set_up(self) -> None:
        """Configure: load, validate and warm up what the parameters name."""

    def start(self) -> None:
        """Activate: begin to act and to publish."""

    def stop(self) -> None:
        """Deactivate: fall back to not acting, in a way that is safe for the robot."""

    def tear_down(self) -> None:
        """Clean up: let go of what ``set_up`` took; also called when ``set_up`` failed half-way."""

    def tick(self) -> None:
        """Do what is due by the clock, every ``tick_period``."""

    def rest(self) -> None:
        """Publish diagnostics when they are due; extend it for what else can wait."""
        now = time.monotonic()
        if now >= self._next_diagnostics:
            self._next_diagnostics = now + _DIAGNOSTICS_PERIOD
            self._publish_diagnostics()

    def report(self) -> list[DiagnosticStatus]:
        """Return the node's own diagnostics."""
        return []

    def is_realtime(self) -> bool:
        """Return whether the node keeps up with the wall clock, not with a simulated one."""
        return not self.get_parameter("use_sim_time").value

    def control_profile(self) -> QoSProfile:
        """Return how to subscribe to samples and commands: in lockstep, none may be lost."""
        return qos.NEWEST if self.is_realtime() else qos.STATE

    def may_stop(self) -> bool:
        """Return whether the process may end now; a flying robot's last guard may ask for time."""
        return True

    def config_changed(self) -> None:
        """React to a parameter that changed while the node is configured."""

    def now(self) -> float:
        """Return the time on the node's clock [s]."""
        return self.get_clock().now().nanoseconds * 1e-9

    def add_publisher(
        self, message_type: type[MessageT], topic: str, profile: QoSProfile
    ) -> Publisher[MessageT]:
        """Publish on a topic until the node is cleaned up."""
        publisher = self.create_publisher(message_type, topic, profile)
        self._entities.append(publisher)
        return publisher

    def add_subscription(
        self,
        message_type: type[MessageT],
        topic: str,
        callback: Callable[..., None],
        profile: QoSProfile,
        *,
        raw: bool = False,
    ) -> Subscription[MessageT]:
        """Subscribe to a topic until the node is cleaned up; the loop serves it at once.

        Args:
            message_type: The messages' type.
            topic: The topic.
            callback: Called with a message, or with its bytes and its info when ``raw``.
            profile: Quality of service.
            raw: Whether to leave messages serialised.
        """
        subscription = self.create_subscription(
            message_type, topic, callback, profile, callback_group=self._group, raw=raw
        )
        self._entities.append(subscription)
        return subscription

    def remove_subscription(self, subscription: Subscription[Any]) -> None:
        """Unsubscribe before the node is cleaned up."""
        self._entities.remove(subscription)
        self.destroy_subscription(subscription)

    def add_service(self, service_type: type, name: str, callback: Callable[..., Any]) -> None:
        """Serve requests until the node is cleaned up; answered within about 20 ms."""
        self._entities.append(self.create_service(service_type, name, callback))

    def add_client(self, service_type: type, name: str) -> Client[Any, Any]:
        """Call a service until the node is cleaned up."""
        client = self.create_client(service_type, name)
        self._entities.append(client)
        return client

    def run(self, stopped: Callable[[], bool]) -> bool:
        """Run until ``stopped()``; return False when it could not start, or its work has a gap.

        An unexpected error is told with its traceback and ends the node in order: a robot in flight
        is landed, a recording is finished.
        """
        self._loop = NodeLoop(self, self)
        try:
            return self._run(self._loop, stopped)
        except ExternalShutdownException:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the robot must be landed
            self.get_logger().fatal(f"ends after an unexpected error:\n{traceback.format_exc()}")
            self.trigger_shutdown()
            return False
        finally:
            self._loop.close()
            self._loop = None

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Read the parameters and set up; undone when it fails."""
        self.config = read_parameters(self, self._config_type)
        result = self._attempt("configure", self.set_up)
        if result is TransitionCallbackReturn.SUCCESS:
            self._configured = True
        else:
            self._release()
        return result

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start."""
        result = self._attempt("activate", self.start)
        self.active = result is TransitionCallbackReturn.SUCCESS
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop."""
        result = self._attempt("deactivate", self.stop)
        self.active = self.active and result is not TransitionCallbackReturn.SUCCESS
        return result

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Tear down."""
        return self._attempt("cleanup", self._release)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop if active and tear down; the process ends afterwards."""
        if self.active:
            self._attempt("deactivate", self._stop_when_allowed)
            self.active = False
        self._attempt("shutdown", self._release)
        self.finished = True
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Go back to unconfigured after a transition that broke."""
        self.active = False
        return self._attempt("recovery", self._release)

    def _run(self, loop: NodeLoop, stopped: Callable[[], bool]) -> bool:
        if self.config.autostart and not self._start_up():
            return False
        priority = self.config.realtime_priority if self.is_realtime() else 0
        self._scheduling = set_realtime_priority(priority)
        self.get_logger().info(f"scheduling: {self._scheduling}")
        loop.run(lambda: self.finished or (stopped() and self.may_stop()))
        self._end(loop)
        return self.complete

    def _end(self, loop: NodeLoop) -> None:
        """Deactivate, give the last answers time to go out, and shut down."""
        if self.active:
            self.trigger_deactivate()
        end = time.monotonic() + _FAREWELL
        loop.run(lambda: time.monotonic() >= end)
        if not self.finished:
            self.trigger_shutdown()

    def _stop_when_allowed(self) -> None:
        """Stop, but land a flying robot first: rcl knows no shutdown that is refused."""
        if self._loop is not None:
            self._loop.run_control(self.may_stop)
        self.stop()

    def _start_up(self) -> bool:
        for transition in (self.trigger_configure, self.trigger_activate):
            if transition() is not TransitionCallbackReturn.SUCCESS:
                return False
        return True

    def _attempt(self, name: str, action: Callable[[], None]) -> TransitionCallbackReturn:
        """Run one part of a transition; a refusal is one line, anything else has its traceback."""
        try:
            action()
        except _REFUSALS as error:
            self.get_logger().error(f"{name} refused: {error}")
            return TransitionCallbackReturn.FAILURE
        except Exception:  # noqa: BLE001 - rclpy would drop it without a word
            self.get_logger().error(f"{name} failed:\n{traceback.format_exc()}")
            return TransitionCallbackReturn.ERROR
        self.get_logger().info(f"{name}: done")
        return TransitionCallbackReturn.SUCCESS

    def _release(self) -> None:
        self.tear_down()
        for entity in self._entities:
            if isinstance(entity, Publisher):
                self.destroy_publisher(entity)
            elif isinstance(entity, Subscription):
                self.destroy_subscription(entity)
            elif isinstance(entity, Client):
                self.destroy_client(entity)
            else:
                self.destroy_service(entity)
        self._entities.clear()
        self._configured = False

    def _check_parameters(self, parameters: list[Parameter[Any]]) -> SetParametersResult:
        for one in self._config_types:
            result = check_change(one, parameters, configured=self._configured)
            if not result.successful:
                return result
        return SetParametersResult(successful=True)

    def _apply_parameters(self, parameters: list[Parameter[Any]]) -> None:
        if any(changes_anytime(self._config_type, changed.name) for changed in parameters):
            self.config = read_parameters(self, self._config_type)
            if self._configured:
                self.config_changed()

    def _publish_diagnostics(self) -> None:
        statuses = [self._report_loop(), *self.report()]
        array = make_array(self.get_fully_qualified_name(), self.get_namespace(), statuses)
        array.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(array)

    def _report_loop(self) -> DiagnosticStatus:
        loop = self._loop
        lateness, worst = loop.lateness.quantiles(0.5, 1.0) if loop else (0.0, 0.0)
        values: dict[str, float | int | str] = {
            "period [s]": self.tick_period,
            "overruns": loop.overruns if loop else 0,
            "lateness p50 [s]": lateness,
            "lateness max [s]": worst,
            "scheduling": self._scheduling,
        }
        state = "active" if self.active else "configured" if self._configured else "unconfigured"
        return make_status("loop", Level.OK, state, values)
