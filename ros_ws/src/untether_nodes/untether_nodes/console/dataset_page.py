"""The page of datasets: their episodes, how each went, its pictures, and its deletion."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from nicegui import events, ui

from untether_hardware.datasets.summary import EpisodeSummary
from untether_nodes.console.dataset_library import DatasetEntry, DatasetLibrary, Listing
from untether_nodes.console.dataset_player import DatasetPlayer
from untether_nodes.console.event_log import EventLog, Severity
from untether_nodes.console.helm import Helm
from untether_nodes.console.layout import Seat, frame
from untether_nodes.console.pages import DATASETS
from untether_policies.errors import BundleError

_REFRESH = 2.0  # [s] between two looks whether episodes have come or gone
_ROWS = 50  # of the table of episodes on one of its pages
_COLUMNS = (
    ("index", "episode", "right"),
    ("task", "task", "left"),
    ("length", "frames", "right"),
    ("duration", "seconds", "right"),
    ("outcome", "outcome", "left"),
    ("corrected", "corrected [%]", "right"),
)


@dataclass(frozen=True)
class DatasetServices:
    """What the page works with.

    Attributes:
        library: The datasets.
        helm: Who commands.
        log: What happened.
    """

    library: DatasetLibrary
    helm: Helm
    log: EventLog


def add_dataset_page(services: DatasetServices) -> None:
    """Register the page."""

    @ui.page(DATASETS.path, title="Untether: datasets")
    def show() -> None:
        with frame(DATASETS, services.helm, services.log) as seat:
            _DatasetPage(services, seat)


class _DatasetPage:
    """The page in one tab; whatever reads files is done in a thread."""

    def __init__(self, services: DatasetServices, seat: Seat) -> None:
        self._library, self._log, self._seat = services.library, services.log, seat
        self._name = ""
        self._listing: Listing | None = None
        self._episode: int | None = None
        with ui.element("div").classes("dataset-grid"):
            with ui.element("div").classes("dataset-side"):
                with ui.row(align_items="center"):
                    ui.label("Datasets").classes("swarm-heading")
                    ui.button(icon="refresh", on_click=self._list_datasets).props(
                        "flat dense round"
                    ).tooltip("look for datasets again")
                self._datasets = ui.element("div").classes("dataset-list").mark("datasets")
            with ui.element("div").classes("dataset-main"):
                self._title = ui.label("Choose a dataset.").classes("swarm-heading")
                self._problem = ui.label().classes("dataset-problem").mark("problem")
                self._problem.set_visibility(False)
                self._player = DatasetPlayer()
                self._delete = ui.button("delete episode", icon="delete", on_click=self._ask)
                self._delete.props("no-caps outline").classes("dataset-delete")
                self._delete.set_visibility(False)
                self._table = self._make_table()
        ui.timer(0.0, self._list_datasets, once=True)
        ui.timer(_REFRESH, self._refresh)

    def _make_table(self) -> ui.table:
        columns = [
            {"name": name, "label": label, "field": name, "align": align, "sortable": True}
            for name, label, align in _COLUMNS
        ]
        table = ui.table(columns=columns, rows=[], row_key="index", pagination=_ROWS)
        table.props("dense flat").classes("dataset-table").mark("episodes")
        table.on("rowClick", self._on_row, [[], ["index"], None])
        table.set_visibility(False)
        return table

    async def _list_datasets(self) -> None:
        """Show the list of datasets anew."""
        try:
            entries = await asyncio.to_thread(self._library.list_datasets)
        except BundleError as error:
            self._show_problem(str(error))
            return
        self._datasets.clear()
        with self._datasets:
            for entry in entries:
                self._make_entry(entry)
            if not entries:
                ui.label(f"There are none below {self._library.root}.")

    def _make_entry(self, entry: DatasetEntry) -> None:
        counts = f"episodes {entry.episodes} · frames {entry.frames}"
        with ui.element("button").props("type=button").classes("dataset-entry") as button:
            ui.label(entry.name)
            ui.label("damaged" if entry.problem else counts).classes("dataset-counts")
        button.props["data-dataset"] = entry.name
        button.classes("damaged" if entry.problem else "")
        button.on("click", lambda: self._open(entry.name))

    async def _open(self, name: str) -> None:
        """Show the episodes of a dataset."""
        self._name = name
        self._title.set_text(name)
        await self._list_episodes()

    async def _list_episodes(self) -> None:
        """Show the episodes of the chosen dataset anew; the player closes when numbers changed."""
        name = self._name
        before = self._listing.version if self._listing else ""
        try:
            listing = await asyncio.to_thread(self._library.list_episodes, name)
        except BundleError as error:
            if name == self._name:
                self._listing = None
                self._close_player()
                self._table.set_visibility(False)
                self._show_problem(str(error))
            return
        if name != self._name:  # another one was chosen meanwhile
            return
        self._listing = listing
        if listing.version != before:
            self._close_player()
        self._show_problem("")
        self._table.rows = [_make_row(one) for one in listing.episodes]
        self._table.set_visibility(True)

    async def _refresh(self) -> None:
        """Follow a dataset that somebody records or edits."""
        if self._listing is None:
            return
        try:
            stamp = await asyncio.to_thread(self._library.read_stamp, self._name)
        except BundleError:
            stamp = ""
        if self._listing is not None and stamp != self._listing.stamp:
            await self._list_episodes()

    def _on_row(self, event: events.GenericEventArguments) -> None:
        index = int(event.args[1]["index"])
        if self._listing is None or not 0 <= index < len(self._listing.episodes):
            return
        self._episode = index
        self._player.open(self._name, self._listing.version, index)
        self._delete.set_text(f"delete episode {index}")
        self._delete.set_visibility(True)

    def _close_player(self) -> None:
        self._episode = None
        self._player.close()
        self._delete.set_visibility(False)

    async def _ask(self) -> None:
        """Delete the episode that is shown, once that was confirmed."""
        listing, index, name = self._listing, self._episode, self._name
        if listing is None or index is None or not self._may_change():
            return
        one = listing.episodes[index]
        with ui.dialog() as dialog, ui.card():
            ui.label(f"Delete episode {index} of {name} for good?").classes("swarm-heading")
            ui.label(f"{one.task}: {one.length} frames, {one.outcome.value}.")
            ui.label("Episodes after it get smaller numbers.")
            with ui.row():
                self._answer("delete for good", lambda: dialog.submit(True), "negative")
                self._answer("keep it", lambda: dialog.submit(False), "primary")
        confirmed = await dialog
        dialog.delete()
        if confirmed and self._may_change():  # command may have been taken meanwhile
            await self._delete_episode(name, listing.version, index)

    async def _delete_episode(self, name: str, version: str, index: int) -> None:
        delete = self._library.delete_episode
        try:
            left = await asyncio.to_thread(delete, name, version, index)
        except BundleError as error:
            self._log.add(Severity.ERROR, f"{name}: episode {index} was not deleted: {error}")
            ui.notify(str(error), type="negative", multi_line=True)
            return
        text = f"{self._seat.name} deleted episode {index} of {name}: {left} left"
        self._log.add(Severity.INFO, text)
        ui.notify(text)
        await self._list_episodes()
        await self._list_datasets()

    def _may_change(self) -> bool:
        """Return whether this tab commands, and say so when it does not."""
        if not self._seat.commands:
            ui.notify(f"{self._seat.describe()}: take command first", type="warning")
        return self._seat.commands

    def _show_problem(self, text: str) -> None:
        self._problem.set_text(text)
        self._problem.set_visibility(bool(text))

    @staticmethod
    def _answer(text: str, action: Callable[[], None], color: str) -> None:
        ui.button(text, on_click=action, color=color).props("no-caps")


def _make_row(episode: EpisodeSummary) -> dict[str, object]:
    return {
        "index": episode.index,
        "task": episode.task,
        "length": episode.length,
        "duration": round(episode.duration, 2),
        "outcome": episode.outcome.value,
        "corrected": round(100.0 * episode.corrected, 1),
    }
