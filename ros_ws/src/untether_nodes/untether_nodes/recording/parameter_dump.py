"""Asks every node of a robot for its parameters, one after the other, without waiting."""

import time
from array import array
from collections.abc import Callable

import yaml
from rcl_interfaces.srv import GetParameters, ListParameters
from rclpy.client import Client
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python

from untether_nodes.service_call import ServiceCall

_TIMEOUT = 5.0  # [s] for a node to answer

Deliver = Callable[[str, str], None]


class ParameterDump:
    """Delivers the parameters of each node once, as a YAML document that ROS reads back.

    Args:
        node: Who asks.
        deliver: Called with a node's full name and the document.
    """

    def __init__(self, node: Node, deliver: Deliver) -> None:
        self._node = node
        self._deliver = deliver
        self._asked: set[str] = {node.get_fully_qualified_name()}
        self._waiting: list[str] = []
        self._client: Client | None = None
        self._call: ServiceCall | None = None
        self._names: list[str] = []
        self._request: object = None
        self._deadline = 0.0

    def discover(self, names: list[str]) -> None:
        """Ask these nodes, too, unless they have been asked already.

        Args:
            names: Full names.
        """
        self._waiting += [name for name in names if name not in self._asked]
        self._asked.update(names)

    def poll(self) -> None:
        """Go on with the questions; call it now and then."""
        if not self._waiting:
            return
        if self._client is None:
            self._prepare(ListParameters, "list_parameters", ListParameters.Request())
        if self._call is None:
            self._ask()
            return
        answer = self._call.poll()
        if answer is None:
            if self._call.overdue:
                self._next()
        elif isinstance(answer, ListParameters.Response):
            self._names = sorted(answer.result.names)
            request = GetParameters.Request(names=self._names)
            self._prepare(GetParameters, "get_parameters", request)
        else:
            values = [parameter_value_to_python(value) for value in answer.values]
            name = self._waiting[0]
            plain = [list(value) if isinstance(value, array) else value for value in values]
            parameters = dict(zip(self._names, plain, strict=True))
            self._deliver(name, yaml.safe_dump({name: {"ros__parameters": parameters}}))
            self._next()

    def close(self) -> None:
        """Ask no more."""
        self._waiting.clear()
        self._drop_client()

    def _prepare(self, service: type, name: str, request: object) -> None:
        """Make a client for the next question, which is asked when the node has been found."""
        self._drop_client()
        self._client = self._node.create_client(service, f"{self._waiting[0]}/{name}")
        self._request = request
        self._deadline = time.monotonic() + _TIMEOUT

    def _ask(self) -> None:
        if self._client is not None and self._client.service_is_ready():
            self._call = ServiceCall(self._client, self._request, _TIMEOUT)
        elif time.monotonic() > self._deadline:
            self._next()

    def _next(self) -> None:
        self._waiting.pop(0)
        self._drop_client()

    def _drop_client(self) -> None:
        self._call = None
        if self._client is not None:
            self._node.destroy_client(self._client)
            self._client = None
