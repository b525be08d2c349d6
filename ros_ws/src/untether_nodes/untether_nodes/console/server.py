"""The console's web server: guard, login, static files, stream, emergency stop and pages."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI, Request
from nicegui import ui
from pydantic import BaseModel

from untether_nodes.console.arm_page import ArmServices, add_arm_page
from untether_nodes.console.arm_socket import ArmSocket
from untether_nodes.console.dataset_page import DatasetServices, add_dataset_page
from untether_nodes.console.dataset_routes import serve_datasets
from untether_nodes.console.guard import Guard
from untether_nodes.console.layout import serve_static
from untether_nodes.console.login import add_login
from untether_nodes.console.sessions import Sessions
from untether_nodes.console.swarm_page import SwarmServices, add_swarm_page
from untether_nodes.console.swarm_stream import SwarmStream
from untether_nodes.console.throttle import Throttle

_STOP_PERIOD = 0.1  # [s] between two looks whether to end
_END_TIMEOUT = 1  # [s] for open connections to end


class _Emergency(BaseModel):
    """Whom to stop: the name of a drone; empty for all."""

    drone: str = ""


class ConsoleServer(uvicorn.Server):
    """A server that leaves signals to who runs it: one that comes while it starts is not lost."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing."""
        yield


def make_server(
    services: SwarmServices,
    arm: ArmServices,
    datasets: DatasetServices,
    token: str | None,
    hosts: Iterable[str],
    *,
    ready: Callable[[], None],
    stopped: Callable[[], bool],
) -> ConsoleServer:
    """Return the server.

    Args:
        services: What the swarm's page works with.
        arm: What the arm's page works with.
        datasets: What the page of datasets works with.
        token: What browsers have to show; None lets everybody on this computer in.
        hosts: Names by which the console may be called, besides those of the loopback.
        ready: Called when it serves.
        stopped: Whether it is to end.
    """
    stream = SwarmStream(services.watch)
    socket = ArmSocket(arm.watch, arm.pilot, arm.helm, arm.log)

    async def end() -> None:
        while not stopped():
            await asyncio.sleep(_STOP_PERIOD)
        stream.close()
        socket.close()
        server.should_exit = True

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(work) for work in (stream.run(), end())]
        ready()
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    sessions = Sessions(token)
    add_login(app, sessions, Throttle(time.monotonic), services.log)
    serve_static(app)
    stream.serve(app)
    socket.serve(app)
    _add_emergency(app, services, arm)
    add_swarm_page(services)
    add_arm_page(arm)
    serve_datasets(app, datasets.library)
    add_dataset_page(datasets)
    ui.run_with(
        app,
        title="Untether console",
        dark=None,
        show_welcome_message=False,
        tailwind=False,
        gzip_middleware_factory=None,
    )
    config = uvicorn.Config(
        Guard(app, sessions, hosts),
        log_level="warning",
        access_log=False,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=_END_TIMEOUT,
    )
    server = ConsoleServer(config)
    return server


def _add_emergency(app: FastAPI, swarm: SwarmServices, arm: ArmServices) -> None:
    @app.post("/api/emergency")
    async def stop(asked: _Emergency, request: Request) -> dict[str, object]:
        """Stop one drone, or everything there is; every tab may, whoever commands."""
        who = request.client.host if request.client else "somebody"
        asked_of = [(swarm.watch.frame is not None, swarm.pilot.stop(asked.drone, who))]
        if not asked.drone:
            asked_of.append((arm.watch.view.mode is not None, arm.pilot.stop(who)))
        # All are asked; the answer does not wait for robots that were never heard of.
        known = [future for heard, future in asked_of if heard]
        waited = known or [future for _, future in asked_of]
        outcomes = await asyncio.gather(*map(asyncio.wrap_future, waited))
        return {
            "succeeded": all(outcome.succeeded for outcome in outcomes),
            "text": "; ".join(outcome.text for outcome in outcomes),
        }
