"""A request to another node that nobody waits for: polled until it is answered or overdue."""

import time
from typing import Any

from rclpy.client import Client

_RETRY_PERIOD = 0.3  # [s]


class ServiceCall:
    """One request, which must do no harm when it is served twice.

    It is sent when the server has been discovered, and again when no answer comes: an answer to a
    client that the server itself has only just discovered may be lost.

    Args:
        client: Whom to ask.
        request: What.
        timeout: Time to answer [s].
    """

    def __init__(self, client: Client, request: Any, timeout: float) -> None:  # noqa: ANN401
        self._client = client
        self._request = request
        self._deadline = time.monotonic() + timeout
        self._futures = []
        self._next_try = 0.0
        self.poll()

    @property
    def overdue(self) -> bool:
        """Whether the time to answer is over; the request is dropped then."""
        if self.poll() is not None or time.monotonic() < self._deadline:
            return False
        for future in self._futures:
            self._client.remove_pending_request(future)
        return True

    def poll(self) -> Any | None:  # noqa: ANN401 - the type of the service's response
        """Return the response, or None while there is none."""
        for future in self._futures:
            if future.done():
                return future.result()
        if time.monotonic() >= self._next_try and self._client.service_is_ready():
            self._futures.append(self._client.call_async(self._request))
            self._next_try = time.monotonic() + _RETRY_PERIOD
        return None
