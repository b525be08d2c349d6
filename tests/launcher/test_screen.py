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
    assert stream.getvalue() == b"[talker-1] a\n[talker-1] b\n[launch] done\n"


def test_what_a_stream_takes_in_parts_arrives_whole():
    class Unbuffered(io.RawIOBase):
        got = b""

        def write(self, data):
            part = bytes(data[:5])
            self.got += part
            return len(part)

    stream = Unbuffered()
    Screen(stream, colour=False, log_directory=None).say("a line that is longer than a part")
    assert stream.got == b"[launch] a line that is longer than a part\n"


def test_colours_belong_to_the_place_in_the_launch_file():
    def tags(numbers):
        stream, screen = make(colour=True)
        for number in numbers:
            screen.write("p", number, ["x"], OUTPUTS["screen"], is_error=False)
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
