"""What surrounds every page: navigation, who commands, and the emergency stop."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import FastAPI
from nicegui import Client, ui
from starlette.staticfiles import StaticFiles

from untether_nodes.console.event_log import EventLog, Severity
from untether_nodes.console.helm import Helm
from untether_nodes.console.pages import PAGES, Page

_STATIC = Path(__file__).parent / "static"
_REFRESH = 0.5  # [s]


def serve_static(app: FastAPI) -> None:
    """Serve the console's own scripts and styles."""
    app.mount("/static", StaticFiles(directory=_STATIC))


class Seat:
    """What one tab may do.

    Attributes:
        client: Identifies the tab.
        name: Of its operator, for people.
    """

    def __init__(self, client: Client, helm: Helm, log: EventLog) -> None:
        self.client = client.id
        self.name = f"{client.ip or 'somebody'}, tab {client.id[:4]}"
        self._helm = helm
        self._log = log
        self._changed: list[Callable[[], None]] = []
        client.on_delete(self.leave)

    @property
    def commands(self) -> bool:
        """Whether this tab commands."""
        return self._helm.holds(self.client)

    def take(self) -> None:
        """Take command."""
        before = self._helm.take(self.client, self.name)
        taken = f" from {before.name}" if before else ""
        self._log.add(Severity.INFO, f"{self.name} takes command{taken}")

    def leave(self) -> None:
        """Give command back, if this tab has it."""
        if self._helm.release(self.client):
            self._log.add(Severity.INFO, f"{self.name} does not command any more")

    def describe(self) -> str:
        """Return who commands."""
        holder = self._helm.holder
        if holder is None:
            return "nobody commands"
        return "you command" if self.commands else f"{holder.name} commands"


@contextmanager
def frame(page: Page, helm: Helm, log: EventLog) -> Iterator[Seat]:
    """Lay out a page; its content is what is made inside of the block.

    Args:
        page: The page.
        helm: Who commands.
        log: Where changes of command are told.

    Yields:
        What this tab may do.
    """
    client = ui.context.client
    seat = Seat(client, helm, log)
    client.content.classes("console-page")
    ui.add_head_html('<link rel="stylesheet" href="/static/console.css">')
    # Outside of what NiceGUI draws: no dialog covers it, and it needs no websocket.
    ui.add_body_html((_STATIC / "emergency.html").read_text(encoding="utf-8"))
    dark = ui.dark_mode(None)
    with ui.header().classes("console-header"):
        ui.label("Untether").classes("console-title")
        with ui.row().classes("console-navigation"):
            for other in PAGES:
                button = ui.button(other.title, icon=other.icon).props("flat dense no-caps")
                button.on("click", js_handler=f"() => {{ location.href = '{other.path}' }}")
                button.props("" if other is page else "outline")
        ui.space()
        told = ui.label().classes("console-command").mark("command-state")
        take = ui.button("take command", on_click=lambda: _toggle(seat)).props("dense no-caps")
        ui.button(icon="contrast", on_click=lambda: dark.set_value(not dark.value)).props(
            "flat dense round"
        ).tooltip("dark or light")
    ui.timer(_REFRESH, lambda: _show_command(seat, told, take))
    _show_command(seat, told, take)
    yield seat


def _toggle(seat: Seat) -> None:
    if seat.commands:
        seat.leave()
    else:
        seat.take()


def _show_command(seat: Seat, told: ui.label, take: ui.button) -> None:
    told.set_text(seat.describe())
    take.set_text("give back command" if seat.commands else "take command")
