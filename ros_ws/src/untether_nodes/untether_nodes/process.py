"""The process of a node: starts it, ends it on a signal, and turns errors into one line."""

import os
import sys
import traceback
from collections.abc import Callable

import rclpy
from rclpy.exceptions import NameValidationException, ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.logging import get_logger

from untether_nodes.managed_node import ManagedNode
from untether_nodes.ros_session import RosError, start_ros
from untether_nodes.stop_request import StopRequest

_REFUSALS = (
    NameValidationException,
    ParameterException,
    RosError,
    ValueError,
    rclpy_implementation.RCLError,
)


def run_node(make_node: Callable[[], ManagedNode], *, niceness: int = 0) -> int:
    """Run a node until SIGINT, SIGTERM or its shutdown.

    Args:
        make_node: Creates the node, once ROS is initialised.
        niceness: How much to give way to other processes, such as those that fly a robot.

    Returns:
        The exit status: 0 after an orderly end; 1 when the node could not start, an unexpected
        error ended it, or something of its work got lost.
    """
    with StopRequest() as stop:
        os.nice(niceness)  # before ROS starts its threads, which inherit it
        try:
            return _run(make_node, stop)
        except ExternalShutdownException:
            return 0
        except Exception:  # noqa: BLE001 - a process without a word of why it ended helps nobody
            get_logger(make_node.__name__).fatal(f"unexpected error:\n{traceback.format_exc()}")
            return 1
        finally:
            rclpy.try_shutdown()


def _run(make_node: Callable[[], ManagedNode], stop: StopRequest) -> int:
    try:
        start_ros(sys.argv)
        node = make_node()
    except _REFUSALS as error:
        reason = " ".join(str(error).split())
        get_logger(make_node.__name__).fatal(f"cannot start: {reason}")
        return 1
    succeeded = node.run(lambda: stop.requested)
    node.destroy_node()
    return 0 if succeeded else 1
