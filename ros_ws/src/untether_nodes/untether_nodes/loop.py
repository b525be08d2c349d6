"""The loop of a node: one thread, messages at once, everything else in the quiet between them.

A general executor builds a wait set of all of a node's entities, about twenty for a lifecycle node
with parameters, for every message, and wakes twice for each. This loop keeps one wait set of the
subscriptions alone and leaves services, actions and timers to an rclpy executor that it calls when
no message is due. As there is one thread there are no locks, and a tick is never interrupted.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, cast

from rclpy.callback_groups import CallbackGroup
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor, TimeoutException
from rclpy.guard_condition import GuardCondition
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node
from rclpy.subscription import Subscription

from untether_nodes.measurements import Measurements

_QUIET = 0.002  # [s] without a message, after which none is expected soon
_SERVE_PERIOD = 0.02  # [s] between two looks at services, actions and timers
_SERVE_LATEST = 0.05  # [s] the same when messages leave no quiet
_SERVE_MOST = 20  # of them that are served at one look
_LONGEST_WAIT = 0.02  # [s] after which a signal is noticed
_COLLECT_PERIOD = 1.0  # [s] between two collections of garbage


class LoopGroup(CallbackGroup):
    """Callback group of subscriptions that :class:`NodeLoop` serves and executors leave alone."""

    def can_execute(self, entity: object) -> bool:
        """Return False: no executor may run what is in this group."""
        return False

    def beginning_execution(self, entity: object) -> bool:
        """Return False: no executor may run what is in this group."""
        return False

    def ending_execution(self, entity: object) -> None:
        """Do nothing: no execution begins."""


class Ticking(Protocol):
    """What a node offers to the loop, besides being a ``rclpy.node.Node``."""

    tick_period: float
    """Time between two ticks [s]."""

    gathers: bool
    """Whether messages are collected at each tick, for who takes many and is in no hurry."""

    def tick(self) -> None:
        """Do what is due by the clock."""

    def rest(self) -> None:
        """Do what can wait, such as diagnostics; called about every 20 ms, when it is quiet."""


class NodeLoop:
    """Runs one node until it is told to stop.

    Attributes:
        overruns: Ticks that were left out because the loop was more than one period late.
        lateness: How late the last ticks started [s].
    """

    def __init__(self, node: Node, ticking: Ticking) -> None:
        """Create a loop.

        Args:
            node: The node; subscriptions in a :class:`LoopGroup` and ``/clock`` are served at once.
            ticking: What to call by the clock, usually the node itself.
        """
        self.overruns = 0
        self.lateness = Measurements()
        self._node = node
        self._ticking = ticking
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)
        self._waiter = _Waiter(cast(Context, node.context))
        now = time.monotonic()
        self._next_tick = now
        self._next_serve = now
        self._next_collect = now + _COLLECT_PERIOD

    def close(self) -> None:
        """Release what belongs to the context, while that still is; call it before shutdown."""
        self._executor.shutdown()
        self._waiter.close()

    def run(self, stopped: Callable[[], bool]) -> None:
        """Run until ``stopped()`` or the context is shut down."""
        with _quiet_garbage():
            while not stopped() and self._node.context.ok():
                self.run_once()

    def run_control(self, stopped: Callable[[], bool]) -> None:
        """Serve messages and ticks alone until ``stopped()`` or the context is shut down.

        For a service's callback that has to wait for something, such as a landing: control goes on,
        and no other request is served in the middle of this one.
        """
        while not stopped() and self._node.context.ok():
            self._serve_control(time.monotonic() + _LONGEST_WAIT)

    def run_once(self) -> None:
        """Wait for the next message or tick, and serve what is due."""
        now = time.monotonic()
        serve = self._next_serve if now < self._next_serve else now + _QUIET
        if self._ticking.gathers:
            serve = self._next_tick
        quiet = self._serve_control(min(serve, now + _LONGEST_WAIT))
        now = time.monotonic()
        if now >= self._next_serve and (quiet or now >= self._next_serve + _SERVE_LATEST):
            self._serve_rest(now)

    def _serve_control(self, latest: float) -> bool:
        """Serve messages, and a tick when it is due; return whether it is quiet.

        Args:
            latest: When to stop waiting for a message [s, steady clock].
        """
        now = time.monotonic()
        until = min(self._next_tick, latest)
        self._waiter.watch(self._node.subscriptions)
        if self._ticking.gathers and until > now:
            time.sleep(until - now)
            until = now
        quiet = not self._waiter.serve_messages(until - now) or self._ticking.gathers
        now = time.monotonic()
        if now >= self._next_tick:
            self._tick(now)
        return quiet

    def _tick(self, now: float) -> None:
        period = self._ticking.tick_period
        self.lateness.add(now - self._next_tick)
        self._next_tick += period
        if now >= self._next_tick:
            missed = int((now - self._next_tick) / period) + 1
            self.overruns += missed
            self._next_tick += missed * period
        self._ticking.tick()

    def _serve_rest(self, now: float) -> None:
        for _ in range(_SERVE_MOST):
            if not self._serve_one():
                break
        self._ticking.rest()
        self._next_serve = now + _SERVE_PERIOD
        if now >= self._next_collect:
            gc.collect(1)
            self._next_collect = now + _COLLECT_PERIOD

    def _serve_one(self) -> bool:
        """Serve a request, a timer or a task that is ready; return whether there was one."""
        try:
            handler, _, _ = self._executor.wait_for_ready_callbacks(timeout_sec=0.0)
        except TimeoutException:
            return False
        handler()
        error = handler.exception()
        if error is not None:
            raise error
        return True


class _Waiter:
    """Waits for subscriptions and calls back: with a message, or its bytes and info when raw."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._guard = GuardCondition(None, None, context=context)  # rcl refuses an empty wait set
        self._subscriptions: list[Subscription[Any]] = []
        self._build()

    def close(self) -> None:
        """Release the guard condition."""
        self._guard.destroy()

    def watch(self, subscriptions: Iterator[Subscription[Any]]) -> None:
        """Wait for these subscriptions from now on."""
        wanted = list(subscriptions)
        if wanted != self._subscriptions:
            self._subscriptions = wanted
            self._build()

    def serve_messages(self, timeout: float) -> bool:
        """Wait, then call back for each message; return whether there was one.

        Args:
            timeout: Longest wait [s].
        """
        waiting = self._wait_set
        waiting.clear_entities()
        for subscription in self._ordered:
            waiting.add_subscription(subscription.handle)
        waiting.add_guard_condition(self._guard.handle)
        waiting.wait(max(0, int(timeout * 1e9)))
        ready = waiting.get_ready_entities("subscription")
        if not ready:
            return False
        for subscription in self._ordered:
            if subscription.handle.pointer in ready:
                self._take(subscription)
        return True

    def _build(self) -> None:
        # Time first: what follows is judged by it.
        self._ordered = sorted(
            self._subscriptions, key=lambda subscription: subscription.topic_name != "/clock"
        )
        count, context = len(self._ordered), cast(Any, self._context.handle)
        self._wait_set = rclpy_implementation.WaitSet(count, 1, 0, 0, 0, 0, context)

    def _take(self, subscription: Subscription[Any]) -> None:
        handle, message_type, raw = subscription.handle, subscription.msg_type, subscription.raw
        callback = cast(Callable[..., None], subscription.callback)
        for _ in range(subscription.qos_profile.depth):
            taken = handle.take_message(message_type, raw)
            if taken is None:
                return
            if raw:
                callback(*taken)
            else:
                callback(taken[0])


@contextmanager
def _quiet_garbage() -> Iterator[None]:
    """Keep the garbage collector out of the loop, which collects by itself when it is quiet."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
