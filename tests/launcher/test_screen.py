import io
import re

import pytest

from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.process_plan import OUTPUTS
from untether_nodes.launcher.screen import Screen


def make(colour=False, log_directory=None):
    stream = io.BytesIO()
    return stream, Screen(stream, colour=colour, log_directory=log_directory)


def test_each_line_has_the_tag_of_its_process():
    stream, screen = make()
    screen.write("talker-1", 0, ["a", "b"], OUTPUTS["screen"], is_error=False)
    screen.say("done")
    screen.close()
    assert stream.getvalue() == b"[talker-1] a\n[talker-1] b\n[launch] done\n"


def test_colours_belong_to_the_place_in_the_launch_file():
    def tags(numbers):
        stream, screen = make(colour=True)
        for number in numbers:
            screen.write("p", number, ["x"], OUTPUTS["screen"], is_error=False)
        screen.close()
        return re.findall(rb"\x1b\[(\d+)m\[p\]\x1b\[0m x\n", stream.getvalue())

    first = tags([0, 1, 2])
    assert len(set(first)) == 3
    assert tags([2, 0, 1]) == [first[2], first[0], first[1]]


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ("screen", ["out", "err"]),
        ("log", ["err"]),
        ("both", ["out", "err"]),
        ("own_log", []),
        ("full", ["out", "err"]),
    ],
)
def test_output_goes_where_the_launch_file_says(tmp_path, output, shown):
    stream, screen = make(log_directory=tmp_path / "logs")
    screen.write("p", 0, ["out"], OUTPUTS[output], is_error=False)
    screen.write("p", 0, ["err"], OUTPUTS[output], is_error=True)
    screen.close()
    assert stream.getvalue().decode().split() == [w for s in shown for w in ("[p]", s)]
    common = (tmp_path / "logs/launch.log").read_text()
    assert ("out" in common) == (output in ("log", "both", "full"))
    own = tmp_path / "logs/p.log"
    assert own.exists() == (output in ("own_log", "full"))


def test_a_log_folder_that_cannot_be_made_is_refused(write):
    with pytest.raises(LaunchError, match="cannot write logs"):
        make(log_directory=write("file", "") / "logs")


def test_a_log_on_a_full_disk_is_told_once_and_the_others_go_on(tmp_path):
    (tmp_path / "launch.log").symlink_to("/dev/full")
    stream, screen = make(log_directory=tmp_path)
    screen.write("p", 0, ["first"], OUTPUTS["full"], is_error=False)
    screen.write("p", 0, ["second"], OUTPUTS["full"], is_error=False)
    screen.close()
    shown = stream.getvalue().decode()
    assert shown.count("WARNING: cannot write the log of launch: [Errno 28]") == 1
    assert "[p] first\n" in shown and "[p] second\n" in shown
    assert [line.split()[1] for line in (tmp_path / "p.log").read_text().splitlines()] == [
        "first",
        "second",
    ]


def test_a_log_that_cannot_be_opened_during_the_flight_is_told(tmp_path):
    stream, screen = make(log_directory=tmp_path)
    name = "p" * 300
    screen.write(name, 0, ["line"], OUTPUTS["own_log"], is_error=False)
    screen.close()
    assert f"WARNING: cannot write the log of {name}".encode() in stream.getvalue()


def test_text_that_is_no_unicode_can_be_shown_and_logged(tmp_path):
    stream, screen = make(log_directory=tmp_path)
    screen.say("a file named \udcff")
    screen.close()
    assert stream.getvalue() == b"[launch] a file named ?\n"
    assert "a file named ?" in (tmp_path / "launch.log").read_text()
