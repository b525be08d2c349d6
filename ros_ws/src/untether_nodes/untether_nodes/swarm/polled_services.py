"""Services that are looked at one by one, for requests that cannot wait for a quiet moment."""

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.service import Service

from untether_nodes.loop import LoopGroup


class PolledServices:
    """Serves requests when it is told to, outside of any executor.

    An executor builds a wait set of all services for each look, and the loop grants it one every
    20 to 50 ms. To look into an empty service takes less than a microsecond.

    Args:
        node: Whose services they are.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._group = LoopGroup()
        self._services: list[Service[Any, Any]] = []

    def add(self, service_type: type, name: str, callback: Callable[..., Any]) -> None:
        """Add a service.

        Args:
            service_type: Its type.
            name: Its name.
            callback: Called with request and response; returns the response.
        """
        service = self._node.create_service(
            service_type, name, callback, callback_group=self._group
        )
        self._services.append(service)

    def serve(self) -> None:
        """Answer one request of each service that has any."""
        for service in self._services:
            request, header = service.handle.service_take_request(service.srv_type.Request)
            if header is not None:
                response = service.callback(request, service.srv_type.Response())
                service.send_response(response, header)

    def close(self) -> None:
        """Destroy the services."""
        for service in self._services:
            self._node.destroy_service(service)
        self._services.clear()
