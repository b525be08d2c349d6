import shutil

import pytest

from untether_hardware.actor_learner.entry import Mark
from untether_hardware.actor_learner.errors import JournalError, LinkError
from untether_hardware.actor_learner.outbox import Outbox
from untether_hardware.actor_learner.segment import list_segments


def add(outbox, *payloads):
    return [outbox.add([payload]) for payload in payloads]


def take(outbox, size=1 << 20):
    return [bytes(entry.payload) for entry in outbox.take(size)]


def close(outbox):
    outbox.interrupt()
    outbox.close()


@pytest.fixture
def outbox(tmp_path):
    outbox = Outbox(tmp_path / "outbox")
    yield outbox
    close(outbox)


def test_records_are_taken_in_order_from_what_the_learner_has(outbox):
    marks = add(outbox, b"one", b"two", b"three")
    outbox.resume(Mark())
    assert take(outbox, 1) == [b"one"]
    assert take(outbox) == [b"two", b"three"]
    outbox.acknowledge(marks[1])
    assert outbox.acknowledged == marks[1]
    outbox.resume(marks[1])
    assert take(outbox) == [b"three"]
    outbox.resume(marks[0])
    assert take(outbox) == [b"two", b"three"]
    outbox.acknowledge(marks[2])
    assert outbox.wait_acknowledged(0.0)
    add(outbox, b"four")
    assert not outbox.wait_acknowledged(0.0)
    assert outbox.wait()
    assert take(outbox) == [b"four"]


def test_a_name_and_what_is_not_acknowledged_survive_a_restart(tmp_path):
    outbox = Outbox(tmp_path)
    actor, marks = outbox.actor, add(outbox, b"one", b"two")
    close(outbox)
    outbox = Outbox(tmp_path)
    assert (outbox.actor, outbox.newest) == (actor, marks[1])
    outbox.resume(marks[0])
    assert take(outbox) == [b"two"]
    close(outbox)


def test_an_interruption_wakes_who_waits_for_records(outbox):
    outbox.resume(Mark())
    outbox.interrupt()
    assert not outbox.wait()


def test_files_go_once_all_in_them_is_acknowledged_but_the_newest_record_stays(tmp_path):
    outbox = Outbox(tmp_path, segment_size=100)
    outbox.resume(Mark())
    marks = []
    for number in range(40):
        marks += add(outbox, bytes([number]) * 20)
        outbox.sync()
    assert len(list_segments(tmp_path)) > 10
    assert len(take(outbox)) == 40
    outbox.acknowledge(marks[29])
    assert len(list_segments(tmp_path)) < 10
    outbox.acknowledge(marks[39])
    assert len(list_segments(tmp_path)) < 4
    close(outbox)
    outbox = Outbox(tmp_path, segment_size=100)
    outbox.resume(marks[39])
    assert take(outbox) == []
    with pytest.raises(LinkError, match="one of the two is an old copy"):
        outbox.resume(marks[5])
    with pytest.raises(LinkError, match="one of the two is an old copy"):
        outbox.resume(Mark())
    close(outbox)


def test_an_outbox_from_an_old_copy_is_refused(tmp_path):
    outbox = Outbox(tmp_path / "outbox")
    add(outbox, b"one", b"two")
    close(outbox)
    shutil.copytree(tmp_path / "outbox", tmp_path / "copy")
    outbox = Outbox(tmp_path / "outbox")
    known = add(outbox, b"three", b"four")
    close(outbox)
    copy = Outbox(tmp_path / "copy")
    with pytest.raises(LinkError, match=r"newest record of this actor, 4 .* got records up to 2"):
        copy.resume(known[1])
    # Records of the same number and content do not hide that one before them differs.
    add(copy, b"another three", b"four", b"five")
    with pytest.raises(LinkError, match="one of the two is an old copy"):
        copy.resume(known[1])
    assert copy.acknowledged == Mark()
    close(copy)


def test_acknowledging_what_was_not_sent_is_refused(outbox):
    marks = add(outbox, b"one", b"two")
    outbox.resume(Mark())
    take(outbox, 1)
    with pytest.raises(LinkError, match="none that was sent"):
        outbox.acknowledge(marks[1])


def test_a_folder_that_is_no_outbox_is_refused(tmp_path):
    outbox = Outbox(tmp_path)
    add(outbox, b"one")
    close(outbox)
    (tmp_path / "actor").write_text("somebody")
    with pytest.raises(JournalError, match="an actor's name"):
        Outbox(tmp_path)
    (tmp_path / "actor").unlink()
    with pytest.raises(JournalError, match="choose another folder"):
        Outbox(tmp_path)
