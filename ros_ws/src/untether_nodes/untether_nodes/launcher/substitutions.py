"""The substitutions of the XML front end: the table, the check and the evaluation."""

from collections.abc import Callable

from untether_nodes.launcher.errors import LaunchError, listing, suggest
from untether_nodes.launcher.scope import Scope
from untether_nodes.launcher.substitution_files import FILES
from untether_nodes.launcher.substitution_logic import LOGIC
from untether_nodes.launcher.substitution_values import VALUES
from untether_nodes.launcher.template import Call, Template, Text

SUBSTITUTIONS = {**VALUES, **FILES, **LOGIC}
"""All substitutions by name."""

_INSTEAD = {
    "all": "nest $(and A B); the XML front end of ros2 launch fails on this one",
    "any": "nest $(or A B); the XML front end of ros2 launch fails on this one",
    "arg": "ROS 2 calls it $(var NAME)",
    "find": "ROS 2 calls it $(find-pkg-share PACKAGE)",
    "optenv": "ROS 2 calls it $(env NAME DEFAULT)",
    "path-join": "write the slashes: $(find-pkg-share PACKAGE)/folder/file",
}


def perform(template: Template, scope: Scope) -> str:
    """Evaluate a checked template to text.

    Args:
        template: The parsed text.
        scope: The state of the evaluation.

    Returns:
        The text with all substitutions made.

    Raises:
        LaunchError: A substitution fails.
    """
    return "".join(
        part.text if isinstance(part, Text) else _perform_call(part, scope) for part in template
    )


def _perform_call(call: Call, scope: Scope) -> str:
    arguments = [_later(argument, scope) for argument in call.arguments]
    return SUBSTITUTIONS[call.name].perform(scope, arguments)


def _later(template: Template, scope: Scope) -> Callable[[], str]:
    return lambda: perform(template, scope)


def check_template(template: Template) -> Template:
    """Check names and numbers of arguments of all substitutions, without making any.

    Args:
        template: The parsed text.

    Returns:
        The same template.

    Raises:
        LaunchError: A substitution is unknown or has the wrong number of arguments.
    """
    for part in template:
        if isinstance(part, Call):
            _check_call(part)
            for argument in part.arguments:
                check_template(argument)
    return template


def _check_call(call: Call) -> None:
    known = SUBSTITUTIONS.get(call.name)
    if known is None:
        raise LaunchError(
            f"unknown substitution $({call.name})",
            expected=listing(SUBSTITUTIONS),
            got=call.name,
            fix=_INSTEAD.get(call.name) or suggest(call.name, SUBSTITUTIONS, "see LAUNCHER.md"),
        )
    if not known.fewest <= len(call.arguments) <= known.most:
        exact = known.fewest == known.most
        raise LaunchError(
            f"$({call.name}) has the wrong number of arguments",
            expected=str(known.fewest) if exact else f"{known.fewest} to {known.most}",
            got=str(len(call.arguments)),
            fix="quote an argument that contains spaces: 'two words'",
        )
    if call.name in ("equals", "not-equals") and () in call.arguments:
        raise LaunchError(
            f"$({call.name}) with '' does not do what it says in ros2 launch",
            expected="two texts",
            got="'' (which ros2 launch takes for '[]')",
            fix="write $(eval \"'$(var NAME)' == ''\")",
        )
