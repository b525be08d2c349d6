"""Asks every node of a robot for its parameters, one after the other, without waiting."""

from array import array
from collections.abc import Callable, Sequence
from typing import NamedTuple

import yaml
from rcl_interfaces.msg import ParameterValue
from rcl_interfaces.srv import GetParameters, ListParameters
from rclpy.client import Client
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python

from untether_nodes.service_call import ServiceCall

_TIMEOUT = 5.0  # [s] for a node to answer

Deliver = Callable[[str, str], None]


class _Clients(NamedTuple):
    """Of a node that has not been asked yet; a node without parameter services never gets ready."""

    names: Client
    values: Client

    @property
    def ready(self) -> bool:
        return self.names.service_is_ready() and self.values.service_is_ready()


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
        self._waiting: dict[str, _Clients] = {}
        self._name = ""  # of the node that is being asked
        self._call: ServiceCall | None = None
        self._wanted: list[str] = []  # parameters that the present question is about
        self._questions: list[list[str]] = []
        self._parameters: dict[str, object] = {}

    def discover(self, names: Sequence[str]) -> None:
        """Ask these nodes, too, unless they have been asked already, and none that has gone.

        Args:
            names: Full names of all nodes that are there.
        """
        for name in [name for name in self._waiting if name not in names]:
            if name != self._name:
                self._forget(name)
        for name in names:
            if name not in self._asked and name not in self._waiting:
                self._waiting[name] = _Clients(
                    self._node.create_client(ListParameters, f"{name}/list_parameters"),
                    self._node.create_client(GetParameters, f"{name}/get_parameters"),
                )

    def poll(self) -> None:
        """Go on with the questions; call it now and then."""
        call = self._call
        if call is None:
            self._begin()
            return
        answer = call.poll()
        if answer is None:
            if call.overdue:
                self._warn(f"expected an answer within {_TIMEOUT:g} s, got none")
                self._finish()
        elif isinstance(answer, ListParameters.Response):
            self._questions = [sorted(answer.result.names)]
            self._go_on()
        else:
            self._take(answer.values)
            self._go_on()

    def close(self) -> None:
        """Ask no more."""
        self._call = None
        for name in list(self._waiting):
            self._forget(name)

    def _begin(self) -> None:
        """Ask the first node that can answer."""
        for name, clients in self._waiting.items():
            if clients.ready:
                self._name, self._parameters = name, {}
                self._call = ServiceCall(clients.names, ListParameters.Request(), _TIMEOUT)
                return

    def _take(self, values: Sequence[ParameterValue]) -> None:
        """Take values in; a node gives none at all when one of those asked for is not set."""
        if len(values) == len(self._wanted):
            read = zip(self._wanted, map(_to_plain, values), strict=True)
            self._parameters.update((name, value) for name, value in read if value is not None)
        elif len(self._wanted) > 1:
            self._questions = [[name] for name in self._wanted]

    def _go_on(self) -> None:
        """Ask the next question, or deliver what is known."""
        if self._questions:
            self._wanted = self._questions.pop(0)
            request = GetParameters.Request(names=self._wanted)
            self._call = ServiceCall(self._waiting[self._name].values, request, _TIMEOUT)
            return
        document = {self._name: {"ros__parameters": self._parameters}}
        self._deliver(self._name, yaml.safe_dump(document))
        self._finish()

    def _finish(self) -> None:
        self._call = None
        self._asked.add(self._name)
        self._forget(self._name)
        self._name = ""

    def _forget(self, name: str) -> None:
        for client in self._waiting.pop(name):
            self._node.destroy_client(client)

    def _warn(self, reason: str) -> None:
        self._node.get_logger().warning(
            f"the parameters of {self._name} are not recorded: {reason}. Fix: check that node."
        )


def _to_plain(value: ParameterValue) -> object:
    """Return what a YAML file can hold; None for what is not set, or of an unknown type."""
    try:
        plain = parameter_value_to_python(value)
    except RuntimeError:
        return None
    return list(plain) if isinstance(plain, array) else plain
