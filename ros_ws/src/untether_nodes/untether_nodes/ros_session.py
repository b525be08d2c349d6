"""ROS in this process: started with a folder for its logs, refused in one line."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import rclpy
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.signals import SignalHandlerOptions

_CHOSEN = ("ROS_LOG_DIR", "ROS_HOME")


class RosError(Exception):
    """ROS cannot start here; says what was expected, what was got and the fix."""


def start_ros(arguments: Sequence[str]) -> None:
    """Start ROS without its signal handlers, in a folder for logs that can be written.

    Args:
        arguments: The command line, with what stands after ``--ros-args``.

    Raises:
        RosError: When ROS refuses the arguments or the environment.
    """
    _choose_log_folder()
    try:
        rclpy.init(args=list(arguments), signal_handler_options=SignalHandlerOptions.NO)
    except rclpy_implementation.UnknownROSArgsError as error:
        raise RosError(
            f"expected arguments that ROS knows after --ros-args, got {error}. Fix: correct them."
        ) from error
    except rclpy_implementation.RCLError as error:
        rclpy.try_shutdown()  # without logs it is half started
        # rcl adds in which of its own source lines that was.
        reason = str(error).partition(", at /")[0].rstrip(".")
        raise RosError(
            f"expected arguments and an environment that ROS accepts, got: {reason}. "
            "Fix: correct what stands after --ros-args, or ROS_LOG_DIR, ROS_HOME and ROS_DOMAIN_ID."
        ) from error


def _choose_log_folder() -> None:
    """Set ``ROS_LOG_DIR`` to a temporary folder where ROS would find none that can be written.

    Without ``ROS_LOG_DIR`` and ``ROS_HOME`` it writes below ``HOME``, and does not start when that
    is not set or not writable, as in many containers and services.
    """
    home = os.environ.get("HOME")
    chosen = any(os.environ.get(name) for name in _CHOSEN)
    if chosen or (home and _can_write(Path(home) / ".ros" / "log")):
        return
    folder = Path(tempfile.gettempdir()) / f"untether-{os.getuid()}" / "ros_log"
    if _can_write(folder):  # else ROS refuses to start, and says so
        os.environ["ROS_LOG_DIR"] = str(folder)


def _can_write(folder: Path) -> bool:
    """Make a folder, and return whether it can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
