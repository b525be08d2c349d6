"""All arguments that a launch file and the files it includes declare, without running it."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from untether_nodes.launcher.argument import Argument, has_condition, read_argument
from untether_nodes.launcher.check import check_file
from untether_nodes.launcher.element import Element, read_element
from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.paths import absolute_path
from untether_nodes.launcher.reader import AttributeReader
from untether_nodes.launcher.scope import Scope

DEEPEST_INCLUDE = 30
"""Files inside each other, at most: a file must not include itself."""


def all_arguments(
    file: Path, given: Mapping[str, str], environment: Mapping[str, str]
) -> list[Argument]:
    """Return the arguments that can be given on the command line.

    Included files are followed, in untaken branches too, as far as their paths can be told from
    the given arguments and the defaults; the rest is left out.

    Args:
        file: The launch file.
        given: Arguments by name.
        environment: The launcher's environment.

    Returns:
        The arguments in the order of their declaration, each name once.

    Raises:
        LaunchError: The file itself cannot be used.
    """
    scope = Scope(environment, runs_commands=False)
    scope.configurations.update(given)
    file = absolute_path(file)
    root = read_element(file)
    check_file(root)
    found: dict[str, Argument] = {}
    with scope.within(file):
        for argument in _walk(root, scope, conditional=False, depth=0):
            found.setdefault(argument.name, argument)
    return list(found.values())


def _walk(parent: Element, scope: Scope, *, conditional: bool, depth: int) -> Iterator[Argument]:
    for element in parent.children:
        under = conditional or has_condition(element)
        read = AttributeReader(element, scope)
        if element.tag == "arg":
            yield read_argument(element, conditional=conditional)
            _set_default(read)
        elif element.tag == "let":
            _set(read, scope)
        elif element.tag == "group":
            yield from _walk(element, scope, conditional=under, depth=depth)
        elif element.tag == "include" and depth < DEEPEST_INCLUDE:
            yield from _included(read, conditional=under, depth=depth)
        elif element.tag == "reset":
            return


def _included(read: AttributeReader, *, conditional: bool, depth: int) -> Iterator[Argument]:
    """Yield what an included file leaves open; what it is given here cannot be set from outside."""
    scope, element = read.scope, read.element
    try:
        file = absolute_path(read.required_text("file"))
        root = read_element(file)
        check_file(root)
    except LaunchError:
        return  # the path may depend on what is known only when it is launched
    pairs = [AttributeReader(e, scope) for e in (*element.named("arg"), *element.named("let"))]
    with suppress(RecursionError), scope.within(file), scope.group():  # too deep to be launched
        passed = {name for pair in pairs if (name := _set(pair, scope)) is not None}
        for argument in _walk(root, scope, conditional=conditional, depth=depth + 1):
            if argument.name not in passed:
                yield argument


def _set_default(read: AttributeReader) -> None:
    name = read_argument(read.element).name
    if name not in read.scope.configurations and "default" in read.element.attributes:
        try:
            read.scope.configurations[name] = read.required_text("default")
        except LaunchError:
            return  # known only when it is launched


def _set(read: AttributeReader, scope: Scope) -> str | None:
    """Set the pair of an element and return its name, None when it cannot be told yet."""
    try:
        name = read.required_text("name")
        scope.configurations[name] = read.required_text("value")
    except LaunchError:
        return None
    return name
