"""Splitting of ``cmd``, ``args`` and ``ros_args`` into arguments.

The real front end splits the literal texts between the substitutions like a shell, one by one,
and never the result of a substitution. So a value with spaces stays one argument, and a quote
must be closed before the next substitution begins.
"""

import shlex

from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.template import Call, Template, Text


def split_command_line(template: Template) -> tuple[Template, ...]:
    """Split a template into one template per argument.

    Args:
        template: The attribute's parsed text.

    Returns:
        The arguments. As in the real front end, a text of spaces only ends an argument even when
        none has begun, which then is empty: ``args=""`` passes one empty argument.

    Raises:
        LaunchError: A quote is not closed within its text.
    """
    arguments: list[Template] = []
    current: list[Call | Text] = []
    for fragment in template:
        if not isinstance(fragment, Text):
            current.append(fragment)
            continue
        words = _split(fragment.text)
        if not words:
            arguments.append(tuple(current))
            current = []
            continue
        if fragment.text[0].isspace() and current:
            arguments.append(tuple(current))
            current = []
        current.append(Text(words[0]))
        if len(words) > 1:
            arguments.append(tuple(current))
            arguments.extend((Text(word),) for word in words[1:-1])
            current = [Text(words[-1])]
        if fragment.text[-1].isspace():
            arguments.append(tuple(current))
            current = []
    if current:
        arguments.append(tuple(current))
    return tuple(arguments)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise LaunchError(
            "a quote is not closed",
            expected="quotes closed before the next substitution",
            got=f"{str(error).lower()} in {text!r}",
            fix="leave the quotes out: the result of a substitution is never split",
        ) from error
