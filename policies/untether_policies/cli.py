"""The ``untether`` command: finds the commands of every installed part and runs one."""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from rich.console import Console
from rich.table import Table
from rich.text import Text

from untether_policies.errors import BundleError
from untether_policies.plugins import PluginError, describe_plugin, find_plugins, run_plugin
from untether_policies.terminal import print_error

_GROUP = "untether.commands"
_REFUSED = 2
_INTERRUPTED = 130  # 128 + SIGINT, as shells report it
_BROKEN_PIPE = 1  # as rich exits when it meets the broken pipe first


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``untether COMMAND ...`` and return the exit status.

    Args:
        argv: the arguments without the program's name; those of the process by default.

    Returns:
        What the command returns; 2 for a wrong command line or a refused bundle, 130 after Ctrl-C.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    errors = Console(stderr=True)
    try:
        status = _dispatch(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        errors.print("interrupted")
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has gone; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except PluginError as error:
        errors.print(Text(f"untether: {error}"), soft_wrap=True)
        return _REFUSED
    except BundleError as error:
        print_error(errors, error)
        return _REFUSED
    return status


def _dispatch(arguments: list[str]) -> int:
    """Run the command that the arguments name, or the option of ``untether`` itself."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        _print_help()
        return 0 if arguments else _REFUSED
    if arguments[0] in ("-V", "--version"):
        Console().print(f"untether {version('untether')}", highlight=False)
        return 0
    return run_plugin(_GROUP, arguments[0], arguments[1:])


def _print_help() -> None:
    """Print the installed commands, each with one line."""
    console = Console()
    console.print("usage: untether COMMAND [ARGUMENTS]\n", highlight=False, markup=False)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, plugin in find_plugins(_GROUP).items():
        table.add_row(name, Text(describe_plugin(plugin)))
    console.print(table)
    console.print("\nuntether COMMAND --help describes a command; --version prints the release.")


if __name__ == "__main__":
    sys.exit(main())
