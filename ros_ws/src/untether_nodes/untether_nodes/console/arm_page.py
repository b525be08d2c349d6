"""The page of an arm: cameras, 3-D view, the operator's hand, episodes, events and curves."""

import os
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from html import escape

from nicegui import ui

from untether_hardware.manipulation.tensors import CAMERAS
from untether_nodes.console.arm_pilot import LABELS, ArmPilot
from untether_nodes.console.arm_socket import ARM_PATH
from untether_nodes.console.arm_view import ArmView
from untether_nodes.console.arm_watch import ArmWatch
from untether_nodes.console.event_log import EventLog, LogEntry
from untether_nodes.console.helm import Helm
from untether_nodes.console.layout import Seat, frame
from untether_nodes.console.learning_charts import LearningCharts
from untether_nodes.console.pages import ARM
from untether_nodes.console.requests import Outcome

_REFRESH = 0.5  # [s]
_LINES = 200  # of the event log that a page shows


@dataclass(frozen=True)
class ArmServices:
    """What the page works with.

    Attributes:
        watch: Knows the arm.
        pilot: Asks the arm.
        helm: Who commands.
        log: What happened.
    """

    watch: ArmWatch
    pilot: ArmPilot
    helm: Helm
    log: EventLog


def add_arm_page(services: ArmServices) -> None:
    """Register the page."""

    @ui.page(ARM.path, title="Untether: arm")
    def show() -> None:
        with frame(ARM, services.helm, services.log) as seat:
            _ArmPage(services, seat)


class ArmPanel(ui.element, component="static/arm_panel.js"):
    """Cameras and the operator's hand, which the browser serves by itself through a websocket.

    What is made inside of it stands beside the cameras.
    """

    def __init__(self, client: str) -> None:
        super().__init__()
        self._props["path"] = ARM_PATH
        self._props["client"] = client
        self._props["cameras"] = list(CAMERAS)
        self._props["allowed"] = False

    def allow(self, allowed: bool) -> None:
        """Let this tab's hand command, or not."""
        if self._props["allowed"] != allowed:
            self._props["allowed"] = allowed
            self.update()


class _ArmPage:
    """The page in one tab."""

    def __init__(self, services: ArmServices, seat: Seat) -> None:
        self._services, self._seat = services, seat
        self._shown = 0
        self._health = ui.label().classes("swarm-health").mark("health")
        self._absent = ui.element("div").classes("swarm-absent").mark("absent")
        with self._absent:
            self._missing = ui.label()
            ui.html(_describe_start(), sanitize=False)
        with ui.element("div").classes("arm-grid"):
            with ArmPanel(seat.client) as self._panel:
                ArmView(seat.client)
            with ui.element("div").classes("swarm-side"):
                self._make_controls()
                ui.label("Events").classes("swarm-heading")
                self._events = ui.log(max_lines=_LINES).classes("swarm-events").mark("events")
        self._charts = LearningCharts(services.watch.curves)
        ui.timer(_REFRESH, self._refresh)
        self._refresh()

    def _make_controls(self) -> None:
        pilot, name = self._services.pilot, self._seat.name
        with ui.element("fieldset").classes("swarm-controls") as self._controls:
            with ui.row(align_items="center"):
                self._button("arm", "lock_open", lambda: pilot.arm(True, name))
                self._button("disarm", "lock", lambda: pilot.arm(False, name))
                self._button("reset fault", "restart_alt", lambda: pilot.reset_fault(name))
            with ui.row(align_items="center"):
                anew = ui.checkbox("new scene", value=True).tooltip(
                    "a simulator draws it; on a robot a person resets it"
                )
                self._button(
                    "start episode",
                    "play_arrow",
                    lambda: pilot.start_episode(reset=bool(anew.value), who=name),
                )
                self._button("cancel", "stop", lambda: pilot.cancel_episode(name))
            with ui.row(align_items="center"):
                for label, icon in zip(LABELS, ("check", "close", "delete"), strict=True):
                    self._button(label, icon, lambda label=label: pilot.label(label, name))

    def _button(self, text: str, icon: str, action: Callable[[], Future[Outcome]]) -> None:
        def press() -> None:
            if self._seat.commands:
                action()
            else:
                ui.notify(f"{self._seat.describe()}: take command first", type="warning")

        ui.button(text, icon=icon, on_click=press).props("no-caps").mark(text)

    def _refresh(self) -> None:
        watch = self._services.watch
        view = watch.view
        episode = "an episode runs" if view.running else "no episode"
        self._health.set_text(f"policy {view.policy or 'none'} · {episode}")
        missing = watch.missing
        self._absent.set_visibility(bool(missing))
        self._missing.set_text("Not there: " + ", ".join(missing) if missing else "")
        self._panel.allow(self._seat.commands)
        self._controls.props(remove="disabled")
        if not self._seat.commands:
            self._controls.props("disabled")
        self._charts.refresh()
        for entry in self._services.log.read_since(self._shown):
            self._shown = entry.number
            self._events.push(_format(entry), classes=f"event-{entry.severity.value}")


def _format(entry: LogEntry) -> str:
    return f"{entry.clock} {entry.text}"


def _describe_start() -> str:
    """Return how to start the graph so that this console sees it."""
    names = ("ROS_DOMAIN_ID", "ROS_AUTOMATIC_DISCOVERY_RANGE")
    settings = " ".join(f"{name}={os.environ[name]}" for name in names if os.environ.get(name))
    command = f"{settings} untether launch franka task:=peg".strip()
    return f"<p>Start the arm, and this page comes alive:</p><code>{escape(command)}</code>"
