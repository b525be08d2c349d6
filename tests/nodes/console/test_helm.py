"""One tab commands at a time."""

from untether_nodes.console.helm import Helm


def test_only_who_took_command_last_holds_it():
    helm = Helm()
    assert not helm.holds("a")
    assert helm.take("a", "Ada") is None
    assert helm.holds("a")
    before = helm.take("b", "Bo")
    assert before is not None
    assert before.name == "Ada"
    assert helm.holds("b")
    assert not helm.holds("a")


def test_who_does_not_command_cannot_give_it_away():
    helm = Helm()
    helm.take("a", "Ada")
    assert not helm.release("b")
    assert helm.holds("a")
    assert helm.release("a")
    assert helm.holder is None


def test_taking_command_twice_takes_it_from_nobody():
    helm = Helm()
    helm.take("a", "Ada")
    assert helm.take("a", "Ada") is None
