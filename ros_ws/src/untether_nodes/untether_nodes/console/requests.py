"""Requests to nodes that go on at every tick of the ROS thread, so that none waits for another."""

from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from rclpy.client import Client

from untether_nodes.console.event_log import EventLog, Severity
from untether_nodes.console.ros_thread import RosThread
from untether_nodes.service_call import ServiceCall

ANSWER_TIMEOUT = 3.0
"""For a service to answer [s]."""


@dataclass(frozen=True)
class Outcome:
    """What came of a request.

    Attributes:
        succeeded: Whether all did what was asked.
        text: The same for people.
    """

    succeeded: bool
    text: str


Work = Generator[None, None, Outcome]


class Requests:
    """A worker of the ROS thread; ``begin`` may be called by any thread, and returns at once.

    Args:
        ros: The thread.
        log: Where everything that is asked, and what comes of it, is told.
    """

    def __init__(self, ros: RosThread, log: EventLog) -> None:
        self._ros, self._log = ros, log
        self._work: list[tuple[Work, Future[Outcome]]] = []

    def begin(self, make: Callable[[], Work], text: str) -> Future[Outcome]:
        """Begin a request.

        Args:
            make: Returns the request, called in the ROS thread.
            text: What is asked, by whom.
        """
        future: Future[Outcome] = Future()

        def begin() -> None:
            self._work.append((make(), future))

        self._log.add(Severity.INFO, text)
        self._ros.post(begin)
        return future

    def follow(self, work: Work) -> None:
        """Go on with a request that nobody waits for; in the ROS thread only."""
        self._work.append((work, Future()))

    def tick(self) -> None:
        """Go on with all requests."""
        for work, future in list(self._work):
            try:
                next(work)
            except StopIteration as end:
                self._work.remove((work, future))
                future.set_result(end.value)

    def call(self, client: Client, request: Any, what: str) -> Generator[None, None, Any]:  # noqa: ANN401
        """Return the answer of a service, or the outcome when there is none."""
        call = ServiceCall(client, request, ANSWER_TIMEOUT)
        while (answer := call.poll()) is None:
            if call.overdue:
                why = f"{client.srv_name} does not answer: the nodes are not there"
                return self.fail(what, why)
            yield
        return answer

    def succeed(self, what: str, text: str) -> Outcome:
        """Tell that a request was granted."""
        self._log.add(Severity.INFO, f"{what}: {text}")
        return Outcome(True, f"{what}: {text}")

    def fail(self, what: str, why: str) -> Outcome:
        """Tell that a request was not granted."""
        self._log.add(Severity.ERROR, f"{what}: {why}")
        return Outcome(False, f"{what}: {why}")
