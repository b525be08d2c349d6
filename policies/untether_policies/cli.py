"""The ``untether`` command: finds the commands of every installed part and runs one."""

import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version

from rich.table import Table

from untether_policies.errors import BundleError, explain_os_error
from untether_policies.plugins import PluginError, describe_plugin, find_plugins, run_plugin
from untether_policies.terminal import open_console, print_error

_GROUP = "untether.commands"
_REFUSED = 2
_INTERRUPTED = 130  # 128 + SIGINT, as shells report it
_BROKEN_PIPE = 1  # as rich exits when it meets the broken pipe first


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``untether COMMAND ...`` and return the exit status.

    Args:
        argv: the arguments without the program's name; those of the process by default.

    Returns:
        What the command returns; 2 for a wrong command line, a refused bundle, or what the
        operating system does not allow; 130 after Ctrl-C or SIGTERM.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal of ASCII shows ? for what it lacks
    errors = open_console(stderr=True)
    try:
        with _terminated_like_interrupted():
            status = _dispatch(arguments)
            _flush_output()
    except KeyboardInterrupt:
        errors.print("interrupted")
        return _INTERRUPTED
    except BrokenPipeError:
        _drop_output()  # the reader (head, less) has gone
        return _BROKEN_PIPE
    except PluginError as error:
        errors.print(f"untether: {error}", soft_wrap=True)
        return _REFUSED
    except BundleError as error:
        print_error(errors, error)
        return _REFUSED
    except OSError as error:
        _drop_output()
        print_error(errors, explain_os_error(error, str(error.filename or "untether")))
        return _REFUSED
    return status


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """End a command on SIGTERM as on Ctrl-C, unless the command handles the signal itself."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _flush_output() -> None:
    """Write out what was printed, if there is a standard output."""
    if sys.stdout is not None:
        sys.stdout.flush()


def _drop_output() -> None:
    """Throw away what standard output does not take, or Python would complain at exit."""
    try:
        _flush_output()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _dispatch(arguments: list[str]) -> int:
    """Run the command that the arguments name, or the option of ``untether`` itself."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        _print_help()
        return 0 if arguments else _REFUSED
    if arguments[0] in ("-V", "--version"):
        open_console().print(f"untether {version('untether')}")
        return 0
    return run_plugin(_GROUP, arguments[0], arguments[1:])


def _print_help() -> None:
    """Print the installed commands, each with one line."""
    console = open_console()
    console.print("usage: untether COMMAND [ARGUMENTS]\n")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, plugin in find_plugins(_GROUP).items():
        table.add_row(name, describe_plugin(plugin))
    console.print(table)
    console.print("\nuntether COMMAND --help describes a command; --version prints the release.")


if __name__ == "__main__":
    sys.exit(main())
