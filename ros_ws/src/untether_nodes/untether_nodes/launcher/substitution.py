"""What a substitution is to those that implement one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from untether_nodes.launcher.scope import Scope

Arguments = Sequence[Callable[[], str]]
"""The arguments of one substitution; each is evaluated to text when it is called."""


@dataclass(frozen=True, slots=True)
class Substitution:
    """One name of the XML front end.

    Attributes:
        fewest: The fewest arguments that it takes.
        most: The most.
        perform: Returns the text that replaces it.
    """

    fewest: int
    most: int
    perform: Callable[[Scope, Arguments], str]
