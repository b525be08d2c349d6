"""The arguments that a launch file declares, and those given on the command line."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from untether_nodes.launcher.element import Element
from untether_nodes.launcher.errors import LaunchError, listing, suggest
from untether_nodes.launcher.template import unescape

COMMON_ARGUMENTS = (
    "emulate_tty",
    "launch-prefix",
    "launch-prefix-filter",
    "sigkill_timeout",
    "sigterm_timeout",
)
"""Arguments that every launch file has undeclared: they are defaults of all processes."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One ``<arg>``.

    Attributes:
        name: Its name.
        default: The default as written, None when a value is required.
        description: What it is for.
        choices: The values that it may have, empty for any.
        conditional: Whether it is declared only under a condition.
        where: ``file:line``.
    """

    name: str
    default: str | None
    description: str
    choices: tuple[str, ...]
    conditional: bool
    where: str

    @property
    def required(self) -> bool:
        """Whether a value must be given."""
        return self.default is None and not self.conditional

    def __str__(self) -> str:
        choices = f" (one of {', '.join(self.choices)})" if self.choices else ""
        return f"{self.name}{choices}: {self.description or 'no description'}"

    def check_choice(self, value: str) -> None:
        """Refuse a value that is not among the choices.

        Raises:
            LaunchError: It is not.
        """
        if self.choices and value not in self.choices:
            raise LaunchError(
                f"argument {self.name!r} cannot be {value!r}",
                expected=", ".join(self.choices),
                got=repr(value),
                fix=suggest(value, self.choices, "choose one of them"),
            )


def read_argument(element: Element, *, conditional: bool = False) -> Argument:
    """Read an ``<arg>``.

    Args:
        element: The element.
        conditional: Whether it stands in a group with a condition.

    Returns:
        The argument.
    """
    attributes = element.attributes
    return Argument(
        name=unescape(attributes["name"]),
        default=attributes.get("default"),
        description=unescape(attributes.get("description", "")),
        choices=tuple(unescape(c.attributes["value"]) for c in element.named("choice")),
        conditional=conditional or has_condition(element),
        where=element.where,
    )


def has_condition(element: Element) -> bool:
    """Return whether an element has ``if`` or ``unless``."""
    return "if" in element.attributes or "unless" in element.attributes


def declared_arguments(element: Element, *, conditional: bool = False) -> Iterator[Argument]:
    """Yield the arguments that a launch file declares, not those of the files it includes.

    Args:
        element: The root, or a group.
        conditional: Whether it stands under a condition.

    Yields:
        The arguments up to a ``<reset>``, which ends what can be set from outside.
    """
    for child in element.children:
        if child.tag == "arg":
            yield read_argument(child, conditional=conditional)
        elif child.tag == "group":
            yield from declared_arguments(child, conditional=conditional or has_condition(child))
        elif child.tag == "reset":
            return


def parse_assignments(texts: Sequence[str]) -> dict[str, str]:
    """Parse ``name:=value`` texts; of two with one name the last one wins.

    Raises:
        LaunchError: A text is not of that form.
    """
    given: dict[str, str] = {}
    for text in texts:
        name, assigns, value = text.partition(":=")
        if not (name and assigns and value):
            raise LaunchError(
                f"malformed launch argument {text!r}",
                expected="name:=value, neither of them empty",
                got=text,
                fix="put := between name and value, without spaces",
            )
        given[name] = value
    return given


def check_required(
    arguments: Iterable[Argument], given: Iterable[str], *, is_included: bool
) -> None:
    """Refuse to go on without a value for each required argument.

    Args:
        arguments: The declared arguments.
        given: The names that values are given for.
        is_included: Whether the file is included by another, which then gives the values.

    Raises:
        LaunchError: Required arguments are missing; all of them are listed.
    """
    declared = list(arguments)
    missing = {a.name: a for a in reversed(declared) if a.required and a.name not in given}
    if not missing:
        return
    first = next(reversed(missing))
    unknown = [name for name in given if name not in {a.name for a in declared}]
    fix = f"add {first}:=VALUE"
    if is_included:
        fix = f'nest <arg name="{first}" value="..."/> in the <include>'
    raise LaunchError(
        "required arguments of the included file are missing"
        if is_included
        else "required arguments are missing",
        expected="".join(f"\n    {missing[name]}" for name in sorted(missing)),
        got=listing(given),
        fix=suggest(unknown[0], missing, fix) if unknown else fix,
        where="" if is_included else missing[first].where,
    )


def check_known(known: Iterable[str], given: Iterable[str]) -> None:
    """Refuse arguments that no launch file declares.

    Args:
        known: The declared names.
        given: The names on the command line.

    Raises:
        LaunchError: A name is unknown.
    """
    names = {*known, *COMMON_ARGUMENTS}
    unknown = [name for name in given if name not in names]
    if unknown:
        raise LaunchError(
            f"there is no argument {unknown[0]!r}",
            expected=listing(known),
            got=", ".join(unknown),
            fix=suggest(unknown[0], names, "see --show-args"),
        )
