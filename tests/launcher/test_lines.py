from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from untether_nodes.launcher.lines import LineSplitter


def read(chunks):
    splitter = LineSplitter()
    return [line for chunk in chunks for line in splitter.feed(chunk)] + splitter.flush()


@settings(deadline=None)
@given(st.binary(max_size=60), st.lists(st.integers(0, 60)))
def test_lines_do_not_depend_on_how_they_arrive(data, cuts):
    cuts = sorted({0, *cuts, len(data)})
    chunks = [data[a:b] for a, b in pairwise(cuts)]
    assert read(chunks) == read([data])


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8")), min_size=1))
def test_lines_come_back_as_they_were_written(lines):
    assert read(["\n".join([*lines, ""]).encode()]) == lines


def test_all_line_ends_count_and_the_last_line_needs_none():
    assert read([b"a\r\nb\rc\n\nd"]) == ["a", "b", "c", "", "d"]
    assert read([b"50%\r", b"100%\r", b"\n"]) == ["50%", "100%"]


def test_invalid_bytes_are_replaced_and_split_characters_are_not():
    assert read([b"\xff", "ü".encode()[:1], "ü".encode()[1:] + b"\n"]) == [
        "\N{REPLACEMENT CHARACTER}ü"
    ]


def test_an_endless_line_is_cut():
    splitter = LineSplitter()
    pieces = [line for _ in range(40) for line in splitter.feed(b"x" * 10_000)]
    assert pieces
    assert sum(map(len, [*pieces, *splitter.flush()])) == 400_000
