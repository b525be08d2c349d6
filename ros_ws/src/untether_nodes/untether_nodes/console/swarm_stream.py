"""Sends the picture of a swarm to all browsers: each frame is packed once, and none piles up."""

import asyncio
import json
import time
from dataclasses import asdict

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from untether_nodes.console.frame_codec import pack_frame
from untether_nodes.console.swarm_picture import SwarmFrame, SwarmScene
from untether_nodes.console.swarm_watch import SwarmWatch

STREAM_PATH = "/swarm/stream"
STALE_AGE = 0.5  # [s] of states, beyond which they tell little about where the drones are now
_PERIOD = 0.05  # [s] between two frames
_IDLE_PERIOD = 0.5  # [s] between two frames while no states come, which tell their growing age


class SwarmStream:
    """The websocket of the live view.

    Scenes go out as JSON when they change, frames as ``frame_codec`` packs them. Who reads slowly
    gets fewer frames, never old ones.
    """

    def __init__(self, watch: SwarmWatch) -> None:
        """Create a stream.

        Args:
            watch: Where the picture comes from.
        """
        self._watch = watch
        self._scene = SwarmScene()
        self._revision = 0
        self._scene_text = _dump(self._scene, 0)
        self._frame: SwarmFrame | None = None
        self._packed = b""
        self._packed_at = 0.0
        self._news = asyncio.Event()
        self._closed = False

    def serve(self, app: FastAPI) -> None:
        """Add the websocket to an application."""
        app.add_api_websocket_route(STREAM_PATH, self._send)

    async def run(self) -> None:
        """Look for news until cancelled."""
        while True:
            await asyncio.sleep(_PERIOD)
            self._look()

    def close(self) -> None:
        """End all connections."""
        self._closed = True
        self._news.set()

    def _look(self) -> None:
        watch, now = self._watch, time.monotonic()
        frame, scene = watch.frame, watch.scene
        if scene is not self._scene:
            self._scene = scene
            self._revision += 1
            self._scene_text = _dump(scene, self._revision)
        elif frame is None or (frame is self._frame and now - self._packed_at < _IDLE_PERIOD):
            return
        if frame is not None and len(frame.position) == len(scene.names):
            self._frame, self._packed_at = frame, now
            self._packed = pack_frame(frame, self._revision, now - frame.received)
        self._news.set()
        self._news = asyncio.Event()

    async def _send(self, socket: WebSocket) -> None:
        await socket.accept()
        revision = -1
        packed = b""
        try:
            while not self._closed:
                news = self._news
                if revision != self._revision:
                    revision = self._revision
                    await socket.send_text(self._scene_text)
                if self._packed and self._packed is not packed:
                    packed = self._packed
                    await socket.send_bytes(packed)
                await news.wait()
        except WebSocketDisconnect:
            return


def _dump(scene: SwarmScene, revision: int) -> str:
    return json.dumps({"revision": revision, **asdict(scene)})
