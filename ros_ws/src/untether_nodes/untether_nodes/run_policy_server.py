"""The server of an action that runs a policy: one goal at a time, a newer one takes its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from rclpy.action.server import ActionServer, CancelResponse
from rclpy.node import Node
from rclpy.task import Future
from untether_interfaces.action import RunPolicy

_CODES = RunPolicy.Result  # those used here are the same in every action that runs a policy


class _Result(Protocol):
    """Result of an action that runs a policy."""

    @property
    def error_code(self) -> int:
        """One of the action's codes."""
        ...


GoalT = TypeVar("GoalT")
ResultT = TypeVar("ResultT", bound=_Result)


@dataclass
class _Running(Generic[ResultT]):
    """A goal and the result that its client waits for."""

    handle: Any  # only newer releases of rclpy have generic goal handles
    ending: Future[ResultT] = field(default_factory=Future)

    def end(self, result: ResultT) -> None:
        """Give the goal its result, from which its state follows."""
        if not self.ending.done():
            self.ending.set_result(result)

    async def execute(self, handle: Any) -> ResultT:  # noqa: ANN401
        """Wait for the result; rclpy's executor calls this."""
        result = await self.ending
        if result is None:
            raise RuntimeError("the action was ended without a result")
        if result.error_code == _CODES.NONE:
            handle.succeed()
        elif handle.is_cancel_requested and result.error_code == _CODES.CANCELED:
            handle.canceled()
        else:
            handle.abort()
        return result


class RunPolicyServer(Generic[GoalT, ResultT]):
    """Accepts every goal, so that a refusal reaches the client as a numbered code with a reason."""

    def __init__(
        self,
        node: Node,
        action: type,
        name: str,
        begin: Callable[[GoalT], ResultT | None],
        interrupt: Callable[[int, str], ResultT],
    ) -> None:
        """Start to serve.

        Args:
            node: The node.
            action: Type of the action, with the codes NONE, CANCELED and PREEMPTED.
            name: Name of the action.
            begin: Begins a goal; returns a result when it refuses, and then changes nothing.
            interrupt: Returns the result of the running goal when it ends with this code and text.
        """
        self._begin = begin
        self._interrupt = interrupt
        self._running: _Running[ResultT] | None = None
        self._server = ActionServer(
            node,
            action,
            name,
            action.Result,  # never called: every goal is executed by its own callback instead
            handle_accepted_callback=self._accept,
            cancel_callback=lambda handle: CancelResponse.ACCEPT,
        )

    @property
    def cancel_requested(self) -> bool:
        """Whether the client wants to cancel the running goal."""
        return self._running is not None and self._running.handle.is_cancel_requested

    def end(self, result: ResultT) -> None:
        """Give the running goal its result; without one, do nothing."""
        running, self._running = self._running, None
        if running is not None:
            running.end(result)

    def publish_feedback(self, feedback: object) -> None:
        """Send feedback to the client of the running goal."""
        if self._running is not None:
            self._running.handle.publish_feedback(feedback)

    def _accept(self, handle: Any) -> None:  # noqa: ANN401
        before = self._running
        preempted = (
            self._interrupt(_CODES.PREEMPTED, "a newer goal took its place")
            if before is not None
            else None
        )
        new: _Running[ResultT] = _Running(handle)
        refusal = self._begin(handle.request)
        if refusal is not None:
            new.end(refusal)
        else:
            self._running = new
            if before is not None and preempted is not None:
                before.end(preempted)
        handle.execute(new.execute)
