"""Reading of an element's attributes within a scope."""

from untether_nodes.launcher.element import Element
from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.scope import Scope
from untether_nodes.launcher.substitutions import perform
from untether_nodes.launcher.template import parse_template
from untether_nodes.launcher.value import convert

_CONDITIONS = {"true": True, "1": True, "false": False, "0": False}


class AttributeReader:
    """The attributes of one checked element, evaluated in a scope.

    Args:
        element: The element.
        scope: The state of the evaluation.
    """

    def __init__(self, element: Element, scope: Scope) -> None:
        self.element = element
        self.scope = scope

    def text(self, name: str) -> str | None:
        """Return an attribute with its substitutions made, None when it is not there."""
        written = self.element.attributes.get(name)
        if written is None:
            return None
        with self.element.locating(name):
            return perform(parse_template(written), self.scope)

    def required_text(self, name: str) -> str:
        """Return an attribute that the schema requires, with its substitutions made."""
        return self.text(name) or ""

    def boolean(self, name: str, default: bool) -> bool:
        """Return an attribute that is true or false."""
        text = self.text(name)
        if text is None:
            return default
        with self.element.locating(name):
            return convert(text, "bool") is True

    def seconds(self, name: str, default: float) -> float:
        """Return an attribute that is a time [s]."""
        return float(self.element.attributes.get(name, default))

    def applies(self) -> bool:
        """Return whether the element's ``if`` or ``unless`` lets it act.

        Raises:
            LaunchError: The condition is neither true nor false.
        """
        for name, wanted in (("if", True), ("unless", False)):
            text = self.text(name)
            if text is None:
                continue
            with self.element.locating(name):
                return _condition(text) is wanted
        return True


def _condition(text: str) -> bool:
    truth = _CONDITIONS.get(text.strip().lower())
    if truth is None:
        raise LaunchError(
            "the condition is neither true nor false",
            expected="true, 1, false or 0",
            got=repr(text),
            fix="compare it: $(equals $(var NAME) TEXT)",
        )
    return truth
