import os
import shutil
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from untether_hardware.actor_learner.entry import LARGEST_ENTRY, Entry, Mark
from untether_hardware.actor_learner.errors import JournalError, RecordError, SequenceError
from untether_hardware.actor_learner.journal import Journal
from untether_hardware.actor_learner.journal_reader import JournalReader
from untether_hardware.actor_learner.segment import list_segments, segment_path

A, B = UUID(int=1), UUID(int=2)


def payload(number):
    return bytes([number % 256]) * (number % 50 + 1)


def write(journal, first, count, actor=A):
    """Write records, each on the disk before the next."""
    marks = []
    for number in range(first, first + count):
        marks.append(journal.write(actor, [payload(number)]))
        journal.sync()
    return marks


def read(source):
    reader = source if isinstance(source, JournalReader) else JournalReader(source)
    return [bytes(entry.payload) for entry in reader]


def numbered(first, count):
    return [payload(number) for number in range(first, first + count)]


def test_what_was_written_is_read_in_order_over_many_files(tmp_path):
    with Journal(tmp_path, segment_size=300) as journal:
        marks = write(journal, 0, 100)
        assert [mark.sequence for mark in marks] == [*range(1, 101)]
        assert (len(journal), journal.newest(A), journal.newest(B)) == (100, marks[-1], Mark())
    assert len(list_segments(tmp_path)) > 5
    assert read(tmp_path) == numbered(0, 100)
    with Journal(tmp_path, segment_size=300) as journal:
        assert (len(journal), journal.torn, journal.marks) == (100, 0, {A: marks[-1]})
        write(journal, 100, 20)
    assert read(tmp_path) == numbered(0, 120)


def test_a_reader_goes_on_where_it_was_also_in_another_process_later(tmp_path):
    with Journal(tmp_path, segment_size=200) as journal:
        reader = JournalReader(tmp_path)
        assert read(reader) == []
        write(journal, 0, 7)
        assert read(reader) == numbered(0, 7)
        assert read(reader) == []
        write(journal, 7, 30)
        iterator = iter(reader)
        assert [bytes(next(iterator).payload) for _ in range(5)] == numbered(7, 5)
        later = JournalReader(tmp_path, reader.position)
        assert read(later) == numbered(12, 25)
        journal.drop(later.position)
        write(journal, 37, 3)
        assert read(later) == numbered(37, 3)
    for wrong in (0, later.position + 1):
        with pytest.raises(JournalError, match="of the journal, got files from"):
            read(JournalReader(tmp_path, wrong))


@pytest.mark.parametrize("kept", ["nothing", "half", "zeros"])
def test_a_torn_tail_is_cut_at_opening_and_never_read(tmp_path, kept):
    with Journal(tmp_path) as journal:
        write(journal, 0, 5)
    path = segment_path(tmp_path, 0)
    whole = path.read_bytes()
    torn = Entry.seal(A, Mark(5, 1), [payload(5)]).frame
    tail = {"nothing": b"", "half": torn[:-1], "zeros": bytes(100)}[kept]
    path.write_bytes(whole + tail)
    assert read(tmp_path) == numbered(0, 5)
    with Journal(tmp_path) as journal:
        assert journal.torn == len(tail)
        assert path.read_bytes() == whole
        write(journal, 5, 2)
    assert read(tmp_path) == numbered(0, 7)


def read_until_damage(folder):
    """Return what a reader yields, whether or not it ends with an error."""
    found = []
    try:
        for entry in JournalReader(folder):
            found.append(bytes(entry.payload))  # noqa: PERF401
    except JournalError:
        pass
    return found


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A journal of 30 records in some files, and the offset of each record's end in all bytes."""
    folder = tmp_path_factory.mktemp("sound")
    with Journal(folder, segment_size=600) as journal:
        for number in range(30):
            write(journal, number, 1, A if number % 3 else B)
    ends, total = [], 0
    for entry in JournalReader(folder):
        total += len(entry.frame)
        ends.append(total)
    return folder, ends


@settings(max_examples=300, deadline=None)
@given(
    place=st.integers(0), damage=st.sampled_from(["flip", "cut", "zeros"]), bit=st.integers(0, 7)
)
def test_after_any_damage_all_records_before_it_are_read_and_none_is_wrong(
    sound, tmp_path_factory, place, damage, bit
):
    folder = tmp_path_factory.mktemp("damaged") / "journal"
    shutil.copytree(sound[0], folder)
    ends = sound[1]
    place %= ends[-1]
    offset, before = place, sum(end <= place for end in ends)
    for number in list_segments(folder):
        path = segment_path(folder, number)
        content = bytearray(path.read_bytes())
        if offset < len(content):
            break
        offset -= len(content)
    if damage == "flip":
        content[offset] ^= 1 << bit
    else:
        del content[offset:]
        content += bytes(37 if damage == "zeros" else 0)
    path.write_bytes(content)
    found = read_until_damage(folder)
    assert found == numbered(0, 30)[: len(found)]
    assert len(found) >= before
    damaged = path.read_bytes()
    try:
        journal = Journal(folder)
    except JournalError as error:
        assert "restore" in str(error)
        assert path.read_bytes() == damaged
    else:
        with journal:
            assert len(journal) == len(found) == before
            journal.write(A, [b"new"])
        assert read(folder) == [*found, b"new"]
    shutil.rmtree(folder)


def test_damage_before_whole_records_is_told_and_never_cut(tmp_path):
    with Journal(tmp_path) as journal:
        write(journal, 0, 5)
    path = segment_path(tmp_path, 0)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(JournalError, match="a whole entry at byte"):
        Journal(tmp_path)
    assert path.read_bytes() == content


def test_a_lost_file_is_told(tmp_path):
    with Journal(tmp_path, segment_size=100) as journal:
        write(journal, 0, 20)
    segment_path(tmp_path, list_segments(tmp_path)[3]).unlink()
    with pytest.raises(JournalError, match="restore its files"):
        Journal(tmp_path)
    segment_path(tmp_path, 0).unlink()
    with pytest.raises(JournalError, match="byte 0 of the journal"):
        read(tmp_path)


def test_a_file_of_another_journal_is_told(tmp_path):
    for name, first in (("one", 0), ("other", 50)):
        with Journal(tmp_path / name, segment_size=200) as journal:
            write(journal, first, 20)
    start = list_segments(tmp_path / "one")[2]
    shutil.copy(segment_path(tmp_path / "other", start), segment_path(tmp_path / "one", start))
    with pytest.raises(JournalError, match="expected a record after"):
        read(tmp_path / "one")


def test_an_actors_records_are_stored_once_and_in_order(journal):
    first = Entry.seal(A, Mark(), [b"one"])
    second = Entry.seal(A, first.mark, [b"two"])
    fork = Entry.seal(A, first.mark, [b"another two"])
    with pytest.raises(SequenceError, match="a record after 0"):
        journal.append(second)
    assert journal.append(first)
    assert not journal.append(first)
    assert journal.append(second)
    assert not journal.append(first)
    assert not journal.append(second)
    with pytest.raises(SequenceError, match="expected a record after 2"):
        journal.append(fork)
    third_of_fork = Entry.seal(A, fork.mark, [b"three"])
    with pytest.raises(SequenceError, match="a new outbox"):
        journal.append(third_of_fork)
    assert journal.append(Entry.seal(B, Mark(), [b"one"]))
    assert read(journal.folder) == [b"one", b"two", b"one"]


def test_one_process_at_a_time_holds_a_journal(tmp_path):
    with Journal(tmp_path), pytest.raises(JournalError, match="one in use"):
        Journal(tmp_path)
    Journal(tmp_path).close()


def test_a_closed_journal_takes_nothing(tmp_path):
    journal = Journal(tmp_path)
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="a closed journal"):
        journal.write(A, [b"late"])
    with pytest.raises(JournalError, match="a closed journal"):
        journal.sync()


def test_a_record_that_is_too_long_is_refused(journal):
    with pytest.raises(RecordError, match="entry: expected up to"):
        journal.write(A, [bytes(LARGEST_ENTRY)])
    write(journal, 0, 2)
    assert read(journal.folder) == numbered(0, 2)


def test_a_full_disk_takes_nothing_of_a_record_and_more_once_there_is_space(journal, monkeypatch):
    write(journal, 0, 3)
    real_write = os.write

    def write_a_part(file, data):
        if len(data) > 10:
            return real_write(file, data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", write_a_part)
    with pytest.raises(JournalError, match="No space left"):
        journal.write(A, [payload(3)])
    monkeypatch.undo()
    write(journal, 3, 2)
    assert read(journal.folder) == numbered(0, 5)


def test_after_a_failed_synchronisation_nothing_is_acknowledged_any_more(tmp_path, monkeypatch):
    def fail(_):
        raise OSError(5, "Input/output error")

    journal = Journal(tmp_path)
    write(journal, 0, 3)
    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(JournalError, match="Input/output error"):
        journal.sync()
    monkeypatch.undo()
    with pytest.raises(JournalError, match="Input/output error"):
        journal.sync()
    with pytest.raises(JournalError, match="Input/output error"):
        journal.write(A, [payload(3)])
    journal.close()
    with Journal(tmp_path) as journal:
        assert len(journal) == 3


def test_a_file_is_on_the_disk_before_it_has_a_successor(tmp_path, monkeypatch):
    sizes = {}
    monkeypatch.setattr(
        os, "fdatasync", lambda file: sizes.update({os.fstat(file).st_ino: os.fstat(file).st_size})
    )
    with Journal(tmp_path, segment_size=200) as journal:
        for number in range(30):
            journal.write(A, [payload(number)])
            if number % 4 == 3:
                journal.sync()
            files = [segment_path(tmp_path, start).stat() for start in list_segments(tmp_path)]
            assert all(sizes.get(file.st_ino) == file.st_size for file in files[:-1])
        assert len(files) > 3


def test_a_record_that_comes_while_its_file_is_closed_off_is_on_the_disk_as_well(
    tmp_path, monkeypatch
):
    sizes, late = [], [b"late"]

    def synchronise(file):
        sizes.append(os.fstat(file).st_size)
        if late:
            journal.write(A, [late.pop()])

    monkeypatch.setattr(os, "fdatasync", synchronise)
    with Journal(tmp_path, segment_size=10) as journal:
        journal.write(A, [b"early"])
        journal.sync()
        first = segment_path(tmp_path, 0).stat().st_size
        assert list_segments(tmp_path) == [0, first]
        assert sizes[-1] == first
    assert read(tmp_path) == [b"early", b"late"]


def test_a_foreign_file_among_the_segments_is_told(tmp_path):
    (tmp_path / "7.journal").touch()
    with pytest.raises(JournalError, match=r"0000\.journal, got 7\.journal"):
        Journal(tmp_path)
