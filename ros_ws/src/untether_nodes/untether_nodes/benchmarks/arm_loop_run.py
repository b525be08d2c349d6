"""The run of the arm-loop benchmark: episodes through the graph, while a console is watched."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rclpy.serialization import deserialize_message
from rclpy.subscription import MessageInfo
from sensor_msgs.msg import Image
from untether_interfaces.msg import ArmSetpoint
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from untether_hardware.safety.modes import Source
from untether_nodes import qos
from untether_nodes.arm.client import ArmClient
from untether_nodes.console.arm_socket import ARM_PATH
from untether_nodes.conversions import to_seconds
from untether_nodes.graph_client import FlightClientError
from untether_nodes.launcher.orphans import die_with_parent

_CONSOLE_TIMEOUT = 60.0  # [s] for the console to listen, and to show a picture
_URL = re.compile(r"http://([\w.]+:\d+)")
_PAUSE = 0.25  # [s] beyond which two setpoints are of two episodes, or one was left out


@dataclass
class ArmLoop:
    """What was measured.

    Attributes:
        episodes: That were run.
        periods: Between two setpoints of the policy, where the arm receives them [s].
        latencies: From a picture's stamp to its setpoint [s].
        unanswered: Pictures within an episode that no setpoint answered.
    """

    episodes: int = 0
    periods: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    unanswered: int = 0


@dataclass
class Viewer:
    """Somebody who watches the arm's page.

    Attributes:
        pictures: That were seen.
        sees: Set with the first of them.
    """

    pictures: int = 0
    sees: threading.Event = field(default_factory=threading.Event)


class _Meter(ArmClient):
    """Times the policy's setpoints while it runs episodes."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = ArmLoop()
        self._last: tuple[float, float] | None = None  # stamp and receipt
        self._seen: list[float] = []  # stamps of pictures since then
        self._node.create_subscription(
            ArmSetpoint,
            "command",
            self._on_setpoint,  # pyright: ignore[reportArgumentType]  of bytes, since it is raw
            qos.COMMAND,
            callback_group=self._group,
            raw=True,
        )
        self._subscribe(Image, "camera/front/image", self._on_picture, qos.STATE)

    def _on_picture(self, message: Image) -> None:
        self._seen.append(to_seconds(message.header.stamp))

    def _on_setpoint(self, data: bytes, info: MessageInfo) -> None:
        message = deserialize_message(data, ArmSetpoint)
        now = info["received_timestamp"] * 1e-9  # of the middleware, whenever Python comes to it
        stamp = to_seconds(message.header.stamp)
        if message.source != Source.POLICY:
            return
        if self._last is not None:
            period = now - self._last[1]
            if period <= _PAUSE:
                self.loop.periods.append(period)
                self.loop.latencies.append(now - stamp)
                between = [s for s in self._seen if self._last[0] < s < stamp]
                self.loop.unanswered += len(between)
        self._last = stamp, now
        self._seen = [s for s in self._seen if s > stamp]


def measure(seconds: float, *, seed: int) -> ArmLoop:
    """Run episodes until the arm has acted for long enough.

    Args:
        seconds: Of acting [s].
        seed: Of the first scene.

    Raises:
        FlightClientError: When the arm cannot be armed, or an episode cannot be run.
    """
    acted = 0.0
    with _Meter() as robot:
        robot.wait_until_ready()
        robot.arm()
        while acted < seconds:
            report = robot.run_episode(seed=seed + robot.loop.episodes)
            if report.error_code:
                raise FlightClientError(f"expected an episode to its end, got: {report.text}")
            acted += report.duration
            robot.loop.episodes += 1
        robot.disarm()
        return robot.loop


@contextmanager
def watch_console(log: Path) -> Iterator[Viewer]:
    """Run the console, and somebody who watches the arm's page, while the block runs.

    The block begins when the first picture was seen.

    Args:
        log: File for what the console prints.

    Raises:
        TimeoutError: When the console does not start, or shows no picture.
    """
    command = [sys.executable, "-m", "untether_policies.cli", "console", "--port", "0"]
    parent = os.getpid()
    with log.open("wb") as output:
        console = subprocess.Popen(
            command, stdout=output, stderr=output, preexec_fn=lambda: die_with_parent(parent)
        )
    try:
        host = _find_host(console, log)
        viewer = Viewer()
        with connect(
            f"ws://{host}{ARM_PATH}?client=bench", origin=Origin(f"http://{host}")
        ) as page:
            thread = threading.Thread(target=_look, args=(page, viewer), daemon=True)
            thread.start()
            if not viewer.sees.wait(_CONSOLE_TIMEOUT):
                text = log.read_text(errors="replace")
                raise TimeoutError(f"expected the console to show a picture, got: {text}")
            yield viewer
        thread.join()
    finally:
        console.terminate()
        console.wait()


def _find_host(console: subprocess.Popen[bytes], log: Path) -> str:
    """Return where the console listens, once it does."""
    end = time.monotonic() + _CONSOLE_TIMEOUT
    while console.poll() is None and time.monotonic() < end:
        found = _URL.search(log.read_text(errors="replace"))
        if found:
            return found[1]
        time.sleep(0.1)
    raise TimeoutError(f"expected the console to listen, got: {log.read_text(errors='replace')}")


def _look(page: ClientConnection, viewer: Viewer) -> None:
    """Take in what the page is told, and answer as it does: with a hand that is off."""
    sign = {"held": False, "linear": [0.0] * 3, "angular": [0.0] * 3, "gripper": 0}
    try:
        for sequence, message in enumerate(page):
            if isinstance(message, bytes):
                viewer.pictures += 1
                viewer.sees.set()
            else:
                answers = json.loads(message)["time"]
                page.send(json.dumps(sign | {"sequence": sequence, "answers": answers}))
    except ConnectionClosed:
        return
