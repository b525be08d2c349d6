"""Rows of results with their targets: as a table for the terminal, and as Markdown."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_results(
    console: Console,
    title: str,
    columns: Sequence[str],
    rows: Iterable[tuple[Sequence[str], bool]],
    *,
    width: int,
) -> None:
    """Print a table whose last column is a target; a narrower terminal wraps its lines.

    Args:
        console: Where to.
        title: Above the table.
        columns: Headings; the first is of the names.
        rows: Cells, and whether the target holds.
        width: What the table takes at most [characters].
    """
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0)
    )
    for column in columns:
        justify = "left" if column == columns[0] else "right"
        table.add_column(column, justify=justify, no_wrap=True)
    for (*cells, target), passed in rows:
        verdict = Text(target, "green") if passed else Text(f"MISSED {target}", "bold red")
        table.add_row(*cells, verdict)
    width = max(console.width, width)
    Console(file=console.file, highlight=False, markup=False, width=width).print(table)


def write_results(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as Markdown."""
    header = tuple(column.replace("\n", " ") for column in columns)
    lines = [header, ("---",) * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
