"""Prints for people: text as it is, checks that passed, and errors with expected, got and fix."""

from rich.console import Console
from rich.text import Text

from untether_policies.errors import BundleError


def open_console(*, stderr: bool = False) -> Console:
    """Return a console that prints text as it is: paths and names may hold ``[/]`` or ``:x:``."""
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def print_error(console: Console, error: BundleError) -> None:
    """Print a refusal in four lines."""
    console.print(Text.assemble((f"{_cross(console)} ", "bold red"), (error.what, "bold")))
    rows = (("expected", error.expected), ("got", error.got), ("fix", error.fix))
    for label, text in rows:
        line = Text.assemble((f"  {label:<9}", "bold"), text)
        console.print(line, soft_wrap=True)


def print_passed(console: Console, name: str, detail: str) -> None:
    """Print a check that was passed, with its result."""
    mark = "✓" if _is_unicode(console) else "ok"
    console.print(Text.assemble((f"{mark} ", "bold green"), f"{name:<10}{detail}"), soft_wrap=True)


def _cross(console: Console) -> str:
    """Return the mark of a failure, as far as the terminal can show it."""
    return "✗" if _is_unicode(console) else "x"


def _is_unicode(console: Console) -> bool:
    """Return whether the terminal can show more than ASCII."""
    return console.encoding.lower().startswith("utf")
