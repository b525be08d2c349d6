"""What the drones answered is told drone by drone."""

from untether_nodes.console.answers import describe_answers
from untether_nodes.console.event_log import Severity


def test_who_granted_and_who_refused_is_told_with_the_reason():
    lines = describe_answers(
        "land", ["cf1", "cf2", "cf3", "cf4"], [0, 1, 0, 1], ["", "not armed", "", "not armed"]
    )
    assert lines == [
        (Severity.INFO, "land: granted by cf1, cf3"),
        (Severity.WARNING, "land: refused by cf2, cf4: not armed"),
    ]


def test_different_reasons_stand_on_different_lines():
    lines = describe_answers("arm", ["cf1", "cf2"], [4, 2], ["tilted", ""])
    assert [text for _, text in lines] == [
        "arm: refused by cf1: tilted",
        "arm: refused by cf2: code 2",
    ]


def test_an_empty_answer_is_no_success():
    assert describe_answers("land", [], [], [])[0][0] is Severity.WARNING
