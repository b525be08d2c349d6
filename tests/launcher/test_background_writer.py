"""Whoever has lines never waits, and nothing is lost without a word."""

import errno
import io
import os
import select

import pytest

from untether_nodes.launcher.background_writer import BackgroundWriter

PATIENCE = 60.0
"""The longest wait for the writer's thread [s]; only a broken one takes it."""
LINE = "x" * 1023
ROOM = 8 << 20  # [bytes]


def make(stream):
    return BackgroundWriter(stream, lambda count: f"{count} dropped")


class Disk(io.RawIOBase):
    """A stream with some space left at each write [bytes], the last number for all further ones."""

    def __init__(self, *spaces):
        self.spaces = list(spaces)
        self.got = b""

    def write(self, data):
        space = self.spaces.pop(0) if len(self.spaces) > 1 else self.spaces[0]
        if not space:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.got += bytes(data[:space])
        return min(space, len(data))


@pytest.fixture
def pipe():
    """A writer on a pipe, and a function that reads lines from it."""
    reading, writing = os.pipe()
    stream = io.FileIO(writing, "w")
    lines = io.BufferedReader(io.FileIO(reading))
    yield stream, lines
    lines.close()
    stream.close()


def test_what_a_stream_takes_in_parts_arrives_whole():
    class Unbuffered(io.RawIOBase):
        got = b""

        def write(self, data):
            part = bytes(data[:5])
            self.got += part
            return len(part)

    stream = Unbuffered()
    writer = make(stream)
    writer.write(["a line that is longer than a part"])
    writer.close()
    assert stream.got == b"a line that is longer than a part\n"


@pytest.mark.parametrize("blocks", [True, False])
def test_a_reader_that_comes_late_gets_every_line(pipe, blocks):
    stream, lines = pipe
    os.set_blocking(stream.fileno(), blocks)
    writer = make(stream)
    for number in range(2000):
        writer.write([f"{number} {LINE}"])
    assert [lines.readline() for _ in range(2000)] == [
        f"{number} {LINE}\n".encode() for number in range(2000)
    ]
    writer.close()


def test_lines_without_room_are_dropped_and_counted_in_their_place(pipe):
    stream, lines = pipe
    writer = make(stream)
    together = 100  # more than the pipe holds: the thread is stuck in them until somebody reads
    writer.write([LINE] * together)
    while select.select([], [stream], [], 0)[1]:
        pass
    count = together + ROOM // 1024 + 1000  # more than there is room for
    for _ in range(count - together):
        writer.write([LINE])
    got = 0
    for _ in range(ROOM // 2048):  # makes room for more
        assert lines.readline() == f"{LINE}\n".encode()
        got += 1
    writer.write(["the last"])
    while (line := lines.readline()) == f"{LINE}\n".encode():
        got += 1
    assert line == f"{count - got} dropped\n".encode()
    assert got < count
    assert lines.readline() == b"the last\n"
    writer.close()


def test_what_a_full_disk_refuses_is_told_when_there_is_space_again():
    disk = Disk(12, 0, 0, 0, 4096)
    writer = make(disk)
    writer.write(["one", "two", "three", "four"])  # whose last seven bytes find no space
    writer.write(["five"])  # neither does this, nor the note before it
    writer.write(["six"])
    writer.close()
    assert disk.got == b"one\ntwo\nthre\n3 dropped\nsix\n"


def test_a_reader_that_has_gone_can_be_waited_for(pipe):
    stream, lines = pipe
    writer = make(stream)
    lines.close()
    assert select.select([writer.hangup], [], [], 0)[0] == []
    writer.write(["a"])
    assert select.select([writer.hangup], [], [], PATIENCE)[0] == [writer.hangup]
    writer.close()


def test_the_end_does_not_wait_for_a_reader_that_has_stopped(pipe):
    stream, _ = pipe
    writer = make(stream)
    writer.write([LINE] * 100)
    writer.close()
    assert select.select([writer.hangup], [], [], 0)[0] == []
