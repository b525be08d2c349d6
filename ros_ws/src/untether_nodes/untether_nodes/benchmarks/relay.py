"""A bare rclpy relay: the least that one hop through a Python node can cost.

Started as a process of its own by the closed-loop benchmark, with the message types of the real
graph: ``sensor`` turns Odometry into Command, as a policy does; ``command`` passes Command on, as a
safety stage does.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

import rclpy
from nav_msgs.msg import Odometry
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from untether_interfaces.msg import Command

from untether_nodes import qos


def main(argv: Sequence[str] | None = None) -> int:
    """Relay from one topic to the next until interrupted.

    Args:
        argv: ``sensor|command``, input topic, output topic.
    """
    hop, source, target = list(sys.argv[1:] if argv is None else argv)
    rclpy.init()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    node = Node(f"relay_{hop}")
    publisher = node.create_publisher(Command, target, qos.COMMAND)
    reply = Command(kind="command/rotor/thrust", names=["m1", "m2", "m3", "m4"], values=[0.0] * 4)

    def answer(sample: Odometry) -> None:
        reply.header.stamp = sample.header.stamp
        publisher.publish(reply)

    if hop == "sensor":
        node.create_subscription(Odometry, source, answer, qos.STATE)
    else:
        node.create_subscription(Command, source, publisher.publish, qos.COMMAND)
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
