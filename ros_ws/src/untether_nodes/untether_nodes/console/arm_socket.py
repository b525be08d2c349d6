"""The websocket of an arm's page: pictures and state to the browser, the hand's signs back."""

import asyncio
import json
import math
import time
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from geometry_msgs.msg import Point, Pose
from untether_interfaces.msg import ArmState

from untether_hardware.franka.description import FR3
from untether_hardware.manipulation.tensors import CAMERAS
from untether_nodes.console.arm_pilot import ArmPilot
from untether_nodes.console.arm_watch import ArmWatch, name_mode
from untether_nodes.console.event_log import EventLog, Severity
from untether_nodes.console.hand_sign import read_sign
from untether_nodes.console.helm import Helm

ARM_PATH = "/arm/socket"
LATEST_ANSWER = 0.2
"""Age of the newest message that the browser had, beyond which its hand is not believed [s]."""

_PERIOD = 0.05  # [s] between two looks for news
_DIGITS = 4  # of angles and lengths: what is at rest is not drawn anew
_BEHIND = 1.0  # [s] that a browser may be behind; after that it gets one message in this time


@dataclass
class _Visitor:
    """A connection.

    Attributes:
        client: The tab.
        hand: Identifies the hand.
        sequence: Of its last sign.
        answered: Time in the newest message that it had [s, steady clock].
        pictured: When pictures were sent last [s, steady clock].
        told: When anything was sent last [s, steady clock].
        pictures: Number of the last picture sent, by camera.
    """

    client: str
    hand: str
    sequence: int = -1
    answered: float = field(default_factory=time.monotonic)
    pictured: float = 0.0
    told: float = 0.0
    pictures: dict[str, int] = field(default_factory=dict)


class ArmSocket:
    """Sends what is new to each browser, and gives signs of the hand to the pilot.

    Messages to the browser are JSON with the arm's state, and pictures as JPEG with a byte before
    that says which camera's; the next pictures follow when those before have arrived. Only the
    hand of the tab that commands is listened to. What is malformed counts as a hand that is off,
    and a sign that comes late does not count: a slow network could bring a release just as late.
    """

    def __init__(self, watch: ArmWatch, pilot: ArmPilot, helm: Helm, log: EventLog) -> None:
        """Create it.

        Args:
            watch: What is known of the arm.
            pilot: Whose hand is spoken for.
            helm: Who commands.
            log: Where slow connections are told.
        """
        self._watch, self._pilot, self._helm, self._log = watch, pilot, helm, log
        self._closed = False

    def serve(self, app: FastAPI) -> None:
        """Add the websocket to an application."""
        app.add_api_websocket_route(ARM_PATH, self._meet)

    def close(self) -> None:
        """End all connections."""
        self._closed = True

    async def _meet(self, socket: WebSocket) -> None:
        await socket.accept()
        client = socket.query_params.get("client", "")
        visitor = _Visitor(client, f"{client} {id(socket)}")
        sending = asyncio.create_task(self._send(socket, visitor))
        try:
            while not self._closed:
                self._hear(await socket.receive_text(), visitor)
        except (WebSocketDisconnect, RuntimeError):
            return
        finally:
            self._pilot.hand.release(visitor.hand)
            sending.cancel()

    def _hear(self, text: str, visitor: _Visitor) -> None:
        """Take a sign of the hand in."""
        hand, now = self._pilot.hand, time.monotonic()
        sign = read_sign(text)
        if sign is None:
            hand.release(visitor.hand)
            return
        if sign.sequence <= visitor.sequence:
            return
        visitor.sequence = sign.sequence
        visitor.answered = max(visitor.answered, min(sign.answers, now))
        if sign.twist is None or not self._helm.holds(visitor.client):
            hand.release(visitor.hand)
        elif now - sign.answers <= LATEST_ANSWER:
            hand.hold(visitor.hand, sign.twist, now)
        else:
            self._log.add(
                Severity.WARNING,
                f"the operator's hand: expected answers of the browser within "
                f"{LATEST_ANSWER:g} s, got one after {now - sign.answers:.2f} s: it does not "
                "count. Fix: a faster network or browser.",
                key="late hand",
            )

    async def _send(self, socket: WebSocket, visitor: _Visitor) -> None:
        """Send what is new; who reads slowly gets fewer pictures, never old ones."""
        try:
            while not self._closed:
                now = time.monotonic()
                if now - visitor.answered < _BEHIND or now - visitor.told >= _BEHIND:
                    visitor.told = now
                    if visitor.answered >= visitor.pictured:
                        await self._send_pictures(socket, visitor, now)
                    await socket.send_text(json.dumps(self._describe(visitor, now)))
                await asyncio.sleep(_PERIOD)
        except (WebSocketDisconnect, RuntimeError):
            return

    async def _send_pictures(self, socket: WebSocket, visitor: _Visitor, now: float) -> None:
        for index, camera in enumerate(CAMERAS):
            number, picture = self._watch.view.pictures.get(camera, (0, b""))
            if number and visitor.pictures.get(camera) != number:
                visitor.pictures[camera], visitor.pictured = number, now
                await socket.send_bytes(bytes([index]) + picture)

    def _describe(self, visitor: _Visitor, now: float) -> dict[str, Any]:
        view = self._watch.view
        state, setpoint = view.state, view.setpoint
        told: dict[str, Any] = {
            "time": now,
            "mode": name_mode(view.mode),
            "reason": view.reason,
            "refused": self._pilot.hand.refuses(visitor.hand),
            "workspace": view.workspace,
            "setpoint": _describe_pose(setpoint.pose) if setpoint else None,
            "age": None,
        }
        if state is not None:
            force = state.tool_wrench.force
            told |= {
                "age": now - view.received,
                "rate": view.rate,
                "joints": _find_joints(state),
                "position": _round(state.tool_pose.position),
                "force": math.hypot(force.x, force.y, force.z),
                "gripper": state.gripper_width,
            }
        return told


def _find_joints(state: ArmState) -> dict[str, float]:
    """Return angles [rad] and the fingers' positions [m] by the joint's name."""
    fingers = dict.fromkeys(FR3.hand.finger_names, 0.5 * state.gripper_width)
    joints = dict(zip(state.names, state.joint_position, strict=False)) | fingers
    return {name: round(value, _DIGITS) for name, value in joints.items()}


def _describe_pose(pose: Pose) -> dict[str, list[float]]:
    """Return position [m] and orientation, xyzw."""
    turn = pose.orientation
    orientation = [turn.x, turn.y, turn.z, turn.w]
    return {"position": _round(pose.position), "orientation": orientation}


def _round(point: Point) -> list[float]:
    return [round(value, _DIGITS) for value in (point.x, point.y, point.z)]
