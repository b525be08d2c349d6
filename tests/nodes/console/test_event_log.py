"""The log tells everything once, and floods nobody."""

from untether_nodes.console.event_log import EventLog, Severity


def texts(log, number=0):
    return [entry.text for entry in log.read_since(number)]


def test_each_reader_gets_what_is_new_to_it():
    log = EventLog()
    log.add(Severity.INFO, "one")
    first = log.read_since(0)
    log.add(Severity.ERROR, "two")
    assert [entry.text for entry in first] == ["one"]
    assert texts(log, first[-1].number) == ["two"]
    assert texts(log, log.read_since(0)[-1].number) == []


def test_repetitions_are_left_out_and_counted():
    now = 0.0
    log = EventLog(lambda: now)
    for _ in range(100):
        log.add(Severity.WARNING, "cf1: clamped", key="cf1 clamped")
    log.add(Severity.WARNING, "cf2: clamped", key="cf2 clamped")
    now = 2.5
    log.add(Severity.WARNING, "cf1: clamped", key="cf1 clamped")
    assert texts(log) == ["cf1: clamped", "cf2: clamped", "cf1: clamped (99 more like it before)"]


def test_what_has_no_key_is_always_told():
    log = EventLog(lambda: 0.0)
    log.add(Severity.ERROR, "fault")
    log.add(Severity.ERROR, "fault")
    assert texts(log) == ["fault", "fault"]


def test_only_the_last_entries_are_kept():
    log = EventLog()
    for number in range(1000):
        log.add(Severity.INFO, str(number))
    assert texts(log)[-1] == "999"
    assert len(texts(log)) == 300
