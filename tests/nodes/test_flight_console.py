"""A flight can write to its console, whatever becomes of the terminal."""

import io
import os
from pathlib import Path

import pytest

from untether_nodes.flight_console import open_flight_console


def open_full():
    return Path("/dev/full").open("w", encoding="utf-8")


def open_broken():
    reading, writing = os.pipe()
    os.close(reading)
    return os.fdopen(writing, "w", encoding="utf-8")


@pytest.mark.parametrize("open_output", [open_full, open_broken, lambda: None])
def test_an_output_that_takes_nothing_is_no_error(monkeypatch, open_output):
    output = open_output()
    monkeypatch.setattr("sys.stdout", output)
    console = open_flight_console()
    console.print("in the air")
    with console.status("landing") as line:
        line.update("landed")
    if output is not None:
        with pytest.raises(OSError):
            output.close()


def test_text_is_printed_as_it_is(monkeypatch):
    output = io.StringIO()
    monkeypatch.setattr("sys.stdout", output)
    open_flight_console().print("a path [/with] :brackets:")
    assert output.getvalue() == "a path [/with] :brackets:\n"
