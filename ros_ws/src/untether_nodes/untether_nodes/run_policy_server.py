"""The server of the action ``run_policy``: one goal at a time, and a newer one takes its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rclpy.action.server import ActionServer, CancelResponse, ServerGoalHandle
from rclpy.node import Node
from rclpy.task import Future
from untether_interfaces.action import RunPolicy

if TYPE_CHECKING:
    # Only newer releases of rclpy have generic goal handles.
    Handle = ServerGoalHandle[RunPolicy.Goal, RunPolicy.Result, RunPolicy.Feedback]

Begin = Callable[[RunPolicy.Goal], RunPolicy.Result | None]


@dataclass
class _Running:
    """A goal and the result that its client waits for."""

    handle: Handle
    ending: Future[RunPolicy.Result] = field(default_factory=Future)

    def end(self, result: RunPolicy.Result) -> None:
        """Give the goal its result, from which its state follows."""
        if not self.ending.done():
            self.ending.set_result(result)

    async def execute(self, handle: Handle) -> RunPolicy.Result:
        """Wait for the result; rclpy's executor calls this."""
        result = await self.ending
        if result is None:
            raise RuntimeError("the action was ended without a result")
        if result.error_code == RunPolicy.Result.NONE:
            handle.succeed()
        elif handle.is_cancel_requested and result.error_code == RunPolicy.Result.CANCELED:
            handle.canceled()
        else:
            handle.abort()
        return result


class RunPolicyServer:
    """Accepts every goal, so that a refusal reaches the client as a numbered code with a reason."""

    def __init__(
        self, node: Node, begin: Begin, interrupt: Callable[[int, str], RunPolicy.Result]
    ) -> None:
        """Start to serve.

        Args:
            node: The node.
            begin: Begins a goal; returns a result when it refuses, and then changes nothing.
            interrupt: Returns the result of the running goal when it ends with this code and text.
        """
        self._begin = begin
        self._interrupt = interrupt
        self._running: _Running | None = None
        self._server = ActionServer(
            node,
            RunPolicy,
            "run_policy",
            self._execute_nothing,
            handle_accepted_callback=self._accept,
            cancel_callback=lambda handle: CancelResponse.ACCEPT,
        )

    @property
    def cancel_requested(self) -> bool:
        """Whether the client wants to cancel the running goal."""
        return self._running is not None and self._running.handle.is_cancel_requested

    def end(self, result: RunPolicy.Result) -> None:
        """Give the running goal its result; without one, do nothing."""
        running, self._running = self._running, None
        if running is not None:
            running.end(result)

    def publish_feedback(self, feedback: RunPolicy.Feedback) -> None:
        """Send feedback to the client of the running goal."""
        if self._running is not None:
            self._running.handle.publish_feedback(feedback)  # pyright: ignore[reportArgumentType]

    def _accept(self, handle: Handle) -> None:
        before = self._running
        preempted = (
            self._interrupt(RunPolicy.Result.PREEMPTED, "a newer goal took its place")
            if before is not None
            else None
        )
        new = _Running(handle)
        refusal = self._begin(handle.request)
        if refusal is not None:
            new.end(refusal)
        else:
            self._running = new
            if before is not None and preempted is not None:
                before.end(preempted)
        handle.execute(new.execute)  # pyright: ignore[reportArgumentType]

    @staticmethod
    def _execute_nothing(handle: Handle) -> RunPolicy.Result:
        """Return an empty result; every goal is executed by its own callback instead."""
        return RunPolicy.Result()
