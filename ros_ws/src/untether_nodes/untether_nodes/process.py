"""The process of a node: starts it, ends it on a signal, and turns errors into one line."""

import os
import sys
from collections.abc import Callable

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.logging import get_logger
from rclpy.signals import SignalHandlerOptions

from untether_nodes.managed_node import ManagedNode
from untether_nodes.stop_request import StopRequest


def run_node(make_node: Callable[[], ManagedNode], *, niceness: int = 0) -> int:
    """Run a node until SIGINT, SIGTERM or its shutdown.

    Args:
        make_node: Creates the node, once ROS is initialised.
        niceness: How much to give way to other processes, such as those that fly a robot.

    Returns:
        The exit status: 0 after an orderly end, 1 when the node could not start.
    """
    with StopRequest() as stop:
        os.nice(niceness)  # before ROS starts its threads, which inherit it
        return _run(make_node, stop)


def _run(make_node: Callable[[], ManagedNode], stop: StopRequest) -> int:
    try:
        rclpy.init(args=sys.argv, signal_handler_options=SignalHandlerOptions.NO)
        try:
            node = make_node()
        except (ParameterException, ValueError) as error:
            get_logger(make_node.__name__).fatal(f"cannot start: {error}")
            return 1
        started = node.run(lambda: stop.requested)
        node.destroy_node()
    except ExternalShutdownException:
        return 0
    finally:
        rclpy.try_shutdown()
    return 0 if started else 1
