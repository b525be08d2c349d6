import io

import pytest
from rich.console import Console

from untether_policies.errors import BundleError
from untether_policies.terminal import open_console, print_error, print_passed


def test_text_is_printed_as_it_is(capsys):
    open_console().print("runs/[bold]a[/]:dog: 1")
    assert capsys.readouterr().out == "runs/[bold]a[/]:dog: 1\n"


@pytest.mark.parametrize(("encoding", "marks"), [("utf-8", "✓✗"), ("ascii", "ox")])
def test_marks_are_what_the_terminal_can_show(encoding, marks):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
    console = Console(file=stream)
    print_passed(console, "files", "3 [as listed]")
    print_error(console, BundleError("rate", expected="[1]", got="2", fix="three"))
    stream.flush()
    lines = stream.buffer.getvalue().decode(encoding).splitlines()
    assert [lines[0][0], lines[1][0]] == list(marks)
    assert lines[0].endswith("files     3 [as listed]")
    assert [line.split() for line in lines[2:]] == [
        ["expected", "[1]"],
        ["got", "2"],
        ["fix", "three"],
    ]
