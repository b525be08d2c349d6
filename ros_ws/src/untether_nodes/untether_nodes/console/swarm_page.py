"""The page of a swarm: live view, drones, health, events, and what an operator may ask for."""

import os
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from html import escape

from nicegui import ui
from nicegui.events import GenericEventArguments
from untether_interfaces.srv import SwarmRequest

from untether_hardware.safety import Mode
from untether_nodes.console.event_log import EventLog, LogEntry
from untether_nodes.console.helm import Helm
from untether_nodes.console.layout import Seat, frame
from untether_nodes.console.pages import SWARM
from untether_nodes.console.requests import Outcome
from untether_nodes.console.swarm_pilot import SCENARIOS, SwarmPilot, find_problem
from untether_nodes.console.swarm_stream import STALE_AGE
from untether_nodes.console.swarm_view import DroneTable, SwarmView
from untether_nodes.console.swarm_watch import SwarmWatch

_REFRESH = 0.5  # [s]
_LINES = 200  # of the event log that a page shows
_HEIGHT = (0.3, 3.0)  # [m]
_DURATION = (1.0, 3600.0)  # [s]
_SEEDS = 2**32


@dataclass(frozen=True)
class SwarmServices:
    """What the page works with.

    Attributes:
        watch: Knows the swarm.
        pilot: Asks the swarm.
        helm: Who commands.
        log: What happened.
    """

    watch: SwarmWatch
    pilot: SwarmPilot
    helm: Helm
    log: EventLog


def add_swarm_page(services: SwarmServices) -> None:
    """Register the page."""

    @ui.page(SWARM.path, title="Untether: swarm")
    def show() -> None:
        with frame(SWARM, services.helm, services.log) as seat:
            _SwarmPage(services, seat)


class _SwarmPage:
    """The page in one tab."""

    def __init__(self, services: SwarmServices, seat: Seat) -> None:
        self._services, self._seat = services, seat
        self._shown = 0
        self._health = ui.label().classes("swarm-health").mark("health")
        self._absent = ui.element("div").classes("swarm-absent").mark("absent")
        with self._absent:
            self._missing = ui.label()
            ui.html(_describe_start(), sanitize=False)
        with ui.element("div").classes("swarm-grid"):
            SwarmView().classes("swarm-view")
            with ui.element("div").classes("swarm-side"):
                self._make_controls()
                ui.label("Events").classes("swarm-heading")
                self._events = ui.log(max_lines=_LINES).classes("swarm-events").mark("events")
            with ui.element("div").classes("swarm-drones"):
                DroneTable().on("land", self._land_one)
        ui.timer(_REFRESH, self._refresh)
        self._refresh()

    def _make_controls(self) -> None:
        pilot, requests = self._services.pilot, SwarmRequest.Request
        with ui.element("fieldset").classes("swarm-controls") as self._controls:
            with ui.row(align_items="center"):
                height = ui.number(
                    "height [m]", value=1.0, min=_HEIGHT[0], max=_HEIGHT[1], step=0.1
                ).props("dense outlined")
                self._button("take off", "flight_takeoff", lambda: self._take_off(height.value))
            with ui.row(align_items="center"):
                scenario = ui.select(list(SCENARIOS), value="random", label="scenario").props(
                    "dense outlined"
                )
                duration = ui.number(
                    "duration [s]", value=20.0, min=_DURATION[0], max=_DURATION[1]
                ).props("dense outlined")
                self._button(
                    "start", "play_arrow", lambda: self._start(scenario.value, duration.value)
                )
            with ui.row(align_items="center"):
                self._button(
                    "land",
                    "flight_land",
                    lambda: pilot.ask(requests.LAND, "land", (), self._seat.name),
                )
                self._button(
                    "reset faults",
                    "restart_alt",
                    lambda: pilot.ask(
                        requests.RESET_FAULT, "reset faults", self._find_faulty(), self._seat.name
                    ),
                )

    def _button(self, text: str, icon: str, action: Callable[[], Future[Outcome] | None]) -> None:
        ui.button(text, icon=icon, on_click=lambda: self._command(action)).props("no-caps").mark(
            text
        )

    def _command(self, action: Callable[[], Future[Outcome] | None]) -> None:
        """Do what the operator asks for, if it is this tab that commands."""
        if self._seat.commands:
            action()
        else:
            ui.notify(f"{self._seat.describe()}: take command first", type="warning")

    def _take_off(self, height: float | None) -> Future[Outcome] | None:
        problem = find_problem("height", height, *_HEIGHT)
        if problem or height is None:
            ui.notify(problem, type="negative")
            return None
        return self._services.pilot.take_off(float(height), self._seat.name)

    def _start(self, scenario: str, duration: float | None) -> Future[Outcome] | None:
        problem = find_problem("duration", duration, *_DURATION)
        if problem or duration is None:
            ui.notify(problem, type="negative")
            return None
        seed = secrets.randbelow(_SEEDS)
        return self._services.pilot.start(scenario, float(duration), seed, self._seat.name)

    def _land_one(self, event: GenericEventArguments) -> None:
        name = event.args
        if name in self._services.watch.scene.names:
            self._command(
                lambda: self._services.pilot.ask(
                    SwarmRequest.Request.LAND, "land", (name,), self._seat.name
                )
            )

    def _find_faulty(self) -> tuple[str, ...]:
        """Return the drones in FAULT; none, which asks all of them, when there is no such."""
        modes = self._services.watch.modes
        return tuple(name for name, (mode, _) in modes.items() if mode == Mode.FAULT)

    def _refresh(self) -> None:
        self._health.set_text(_describe_health(self._services.watch))
        missing = self._services.watch.health.missing
        self._absent.set_visibility(bool(missing))
        self._missing.set_text("Not there: " + ", ".join(missing) if missing else "")
        self._controls.props(remove="disabled")
        if not self._seat.commands:
            self._controls.props("disabled")
        for entry in self._services.log.read_since(self._shown):
            self._shown = entry.number
            self._events.push(_format(entry), classes=f"event-{entry.severity.value}")


def _format(entry: LogEntry) -> str:
    return f"{entry.clock} {entry.text}"


def _describe_health(watch: SwarmWatch) -> str:
    health, frame = watch.health, watch.frame
    if frame is None:
        return "no states yet"
    age = time.monotonic() - frame.received
    parts = [f"states {health.rate:.0f} Hz"]
    parts.append(f"NO STATES FOR {age:.1f} s" if age > STALE_AGE else f"age {1e3 * age:.0f} ms")
    if health.real_time_factor is not None:
        parts.append(f"real-time factor {health.real_time_factor:.2f}")
    parts.append(f"policy {health.policy or 'none'}")
    parts.append(f"{len(watch.scene.names)} drones")
    return " · ".join(parts)


def _describe_start() -> str:
    """Return how to start the graph so that this console sees it."""
    names = ("ROS_DOMAIN_ID", "ROS_AUTOMATIC_DISCOVERY_RANGE")
    settings = " ".join(f"{name}={os.environ[name]}" for name in names if os.environ.get(name))
    command = f"{settings} untether launch swarm drones:=8".strip()
    return f"<p>Start the swarm, and this page comes alive:</p><code>{escape(command)}</code>"
