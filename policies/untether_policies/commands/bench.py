"""Run a benchmark against its reference, or list the benchmarks."""

from collections.abc import Sequence

_GROUP = "untether.benchmarks"


def main(argv: Sequence[str]) -> int:
    """Run ``untether bench NAME ...``, or list the benchmarks.

    Returns:
        The benchmark's status: 0 when all its targets hold, 1 when one does not, 2 for wrong usage.
    """
    from untether_policies.plugins import run_plugin

    arguments = list(argv)
    if arguments and arguments[0] not in ("-h", "--help"):
        return run_plugin(_GROUP, arguments[0], arguments[1:])
    _print_benchmarks()
    return 0


def _print_benchmarks() -> None:
    """Print the installed benchmarks, each with one line."""
    from rich.table import Table

    from untether_policies.plugins import describe_plugin, find_plugins
    from untether_policies.terminal import open_console

    console = open_console()
    console.print("usage: untether bench NAME [--json PATH] [...]\n")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, plugin in find_plugins(_GROUP).items():
        table.add_row(name, describe_plugin(plugin))
    console.print(table)
    console.print("\nExit status: 0 when all stated targets hold, else 1.")
