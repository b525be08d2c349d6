from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.actor_learner.errors import RecordError
from untether_hardware.actor_learner.frame import (
    HEADER_SIZE,
    FrameAssembler,
    FrameKind,
    open_frame,
    seal_frame,
)

bodies = st.binary(max_size=200)


def body_of(frame):
    reader = open_frame(frame, FrameKind.ENTRY)
    return bytes(reader.take(len(frame) - HEADER_SIZE))


@given(parts=st.lists(bodies, max_size=4))
def test_a_frame_holds_what_was_put_into_it(parts):
    assert body_of(seal_frame(FrameKind.ENTRY, parts)) == b"".join(parts)


@given(body=bodies, bit=st.integers(0), count=st.integers(1, 31))
def test_a_frame_with_flipped_bits_is_refused(body, bit, count):
    frame = seal_frame(FrameKind.ENTRY, [body])
    bit %= 8 * len(frame) - count + 1
    flipped = int.from_bytes(frame, "little") ^ (((1 << count) - 1) << bit)
    with pytest.raises(RecordError):
        open_frame(flipped.to_bytes(len(frame), "little"), FrameKind.ENTRY)


@given(body=bodies, cut=st.integers(0), more=bodies)
def test_a_frame_that_is_cut_or_too_long_is_refused(body, cut, more):
    frame = seal_frame(FrameKind.ENTRY, [body])
    with pytest.raises(RecordError):
        open_frame(frame[: cut % len(frame)], FrameKind.ENTRY)
    with pytest.raises(RecordError):
        open_frame(frame + b"x" + more, FrameKind.ENTRY)


@given(data=st.binary(max_size=100))
def test_anything_else_is_refused(data):
    with pytest.raises(RecordError):
        open_frame(data, FrameKind.ENTRY)


def test_a_frame_of_another_kind_is_refused():
    frame = seal_frame(FrameKind.WEIGHTS, [b"body"])
    with pytest.raises(RecordError, match=r"kind 1, got .* kind 2"):
        open_frame(frame, FrameKind.ENTRY)


@given(contents=st.lists(bodies, max_size=5), cuts=st.lists(st.integers(0), max_size=8))
def test_frames_come_together_from_pieces_of_any_size(contents, cuts):
    stream = b"".join(seal_frame(FrameKind.ENTRY, [body]) for body in contents)
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    assembler = FrameAssembler(FrameKind.ENTRY)
    found = []
    for start, stop in pairwise(places):
        found += assembler.feed(stream[start:stop])
    assert [body_of(frame) for frame in found] == contents


def test_a_frame_that_says_too_much_is_refused_before_it_is_collected():
    frame = seal_frame(FrameKind.ENTRY, [bytes(1000)])
    with pytest.raises(RecordError, match="up to 84 bytes, got 1000"):
        list(FrameAssembler(FrameKind.ENTRY, 100).feed(frame[:HEADER_SIZE]))
    with pytest.raises(RecordError, match="up to 84 bytes, got 1000"):
        seal_frame(FrameKind.ENTRY, [bytes(1000)], 100)
