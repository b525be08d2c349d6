"""ROS in a thread of its own, beside a web server whose loop must never wait."""

import threading
import traceback
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Protocol

import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile

from untether_nodes.loop import LoopGroup, NodeLoop

_END_TIMEOUT = 1.0  # [s] for the thread to end
_ERROR_PAUSE = 0.1  # [s] after an unexpected error


class Worker(Protocol):
    """Works in the ROS thread."""

    def tick(self) -> None:
        """Do what is due; called every 20 ms."""


class RosThread:
    """Runs one node; subscriptions call back, and workers tick, in its thread.

    Attributes:
        node: The node; used by the thread alone, once that runs.
    """

    tick_period = 0.02  # [s] at most the time until what was posted is done
    gathers = True

    def __init__(self, name: str, namespace: str, on_error: Callable[[str], None]) -> None:
        """Create the node; ROS has been started.

        Args:
            name: Of the node.
            namespace: Of the node.
            on_error: Told of unexpected errors. The thread goes on: it must be able to stop the
                drones whatever happens.
        """
        self.node = Node(name, namespace=namespace, start_parameter_services=False)
        self._on_error = on_error
        self._group = LoopGroup()
        self._loop = NodeLoop(self.node, self)
        self._workers: list[Worker] = []
        self._posted: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ros", daemon=True)

    def subscribe(
        self,
        message_type: type,
        topic: str,
        callback: Callable[..., None],
        profile: QoSProfile,
        *,
        raw: bool = False,
    ) -> None:
        """Subscribe.

        Args:
            message_type: Of the messages.
            topic: Relative to the node's namespace.
            callback: Called with each message; with its bytes and its info when raw.
            profile: One of ``untether_nodes.qos``.
            raw: Whether messages are left as bytes.
        """
        self.node.create_subscription(
            message_type, topic, callback, profile, callback_group=self._group, raw=raw
        )

    def add(self, worker: Worker) -> None:
        """Let a worker tick; before the thread starts."""
        self._workers.append(worker)

    def post(self, work: Callable[[], None]) -> None:
        """Have something done in the thread; any thread may ask."""
        self._posted.put(work)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """End the thread, and ROS."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(_END_TIMEOUT)
        if not self._thread.is_alive():  # else it still uses them, and the process ends anyway
            self._loop.close()
            self.node.destroy_node()
            rclpy.try_shutdown()

    def tick(self) -> None:
        """Do what was posted, and let the workers tick."""
        while True:
            try:
                work = self._posted.get_nowait()
            except Empty:
                break
            work()
        for worker in self._workers:
            worker.tick()

    def rest(self) -> None:
        """Do nothing when it is quiet."""

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._loop.run_once()
            except Exception:  # noqa: BLE001 - told, and the next message is another one
                self._on_error(traceback.format_exc())
                self._closing.wait(_ERROR_PAUSE)
