"""Records how the real front end reads random texts, in ``data/syntax.json``.

Run it with the Python that has ``launch`` and ``launch_ros`` (see ``reference.py``). A text that
the real one refuses is recorded as null. The seeds are fixed; the texts are made of the pieces that
the syntax is sensitive to.
"""

import json
import random
from pathlib import Path

from launch import LaunchContext, Substitution
from launch.actions import ExecuteProcess
from launch.frontend import parse_substitution as real_parser
from launch.frontend.parse_substitution import parse_if_substitutions
from launch.frontend.parser import Parser
from launch.frontend.type_utils import get_data_type_from_identifier
from launch.substitutions import TextSubstitution
from launch.utilities import normalize_to_list_of_substitutions
from launch.utilities.type_utils import get_typed_value
from launch_ros.parameter_descriptions import ParameterValue

GOLDEN = Path(__file__).parent / "data" / "syntax.json"
VARIABLES = {"i": "7", "f": "2.5", "b": "true", "s": "word", "e": "", "l": "[1, 2]"}
TEMPLATE_PIECES = (
    *("$(", ")", "'", '"', "\\", " ", "a", "$", "(", "var", "$(var x)", "b ", "-", "1"),
)
COMMAND_PIECES = (
    *(" ", "  ", "a", "bc", "$(var x)", "'", '"', "'a b'", "\\\\", "\\", "-r", "x:=", "$(var y)"),
)
VALUE_PIECES = (
    *("1", "-3", "1.5", "true", "no", "abc", "$(var i)", "$(var f)", "$(var b)", "$(var s)"),
    *("$(var e)", "$(var l)", "null", "2020-01-01", "1e3", "1.0e3", ".inf", "nan", "0x10", "012"),
    *("'q'", "{a: 1}", "a: b", "#c", "@x", "a b", "\\$x", "", "1_000", "1:30", "'1'", "[", "- a"),
)
TYPES = (
    *(None, None, "yaml", "str", "bool", "int", "float"),
    *("list_of_str", "list_of_bool", "list_of_int", "list_of_float"),
)


class Call(Substitution):
    """A substitution that is only named, not looked up."""

    def __init__(self, name, arguments=()):
        super().__init__()
        self.name = name
        self.arguments = arguments


def tree(parts):
    return [
        part.text
        if isinstance(part, TextSubstitution)
        else [part.name, [tree(argument) for argument in part.arguments]]
        for part in parts
    ]


def attempt(function, *arguments):
    try:
        result = function(*arguments)
        json.dumps(result)
    except Exception:  # noqa: BLE001 (whatever the real one raises is a refusal)
        return None
    return result


def random_template(rng):
    text = "".join(rng.choices(TEMPLATE_PIECES, k=rng.randint(1, 9)))
    for before, after in (("$(f ", ")"), ("$(f '", "')"), ('$(f "', '")')):
        text = before + text + after if rng.random() < 0.4 else text
    return text


def random_command(rng):
    return "".join(rng.choices(COMMAND_PIECES, k=rng.randint(0, 7)))


def random_value(rng):
    separator, pieces = None, rng.choices(VALUE_PIECES, k=rng.randint(0, 3))
    form = rng.random()
    if form < 0.4:
        text = rng.choice(VALUE_PIECES)
    elif form < 0.85:
        text = f"[{', '.join(pieces)}]"
    else:
        separator = rng.choice((";", ","))
        text = separator.join(pieces)
    return [text, separator, rng.choice(TYPES)]


def read_value(text, separator, type_name):
    data_type = None if type_name is None else get_data_type_from_identifier(type_name)
    written = text if separator is None else text.split(separator)
    value = parse_if_substitutions(get_typed_value(written, data_type, can_be_str=True))
    context = LaunchContext()
    context.launch_configurations.update(VARIABLES)
    return ParameterValue(value, value_type=data_type).evaluate(context)


def read_command(text):
    arguments = ExecuteProcess._parse_cmdline(text, Parser())
    return [tree(normalize_to_list_of_substitutions(argument)) for argument in arguments]


def collect(rng, make, read, accepted, refused):
    """Return so many different inputs that the real one accepts, and refuses."""
    found = {}
    while accepted > 0 or refused > 0:
        made = make(rng)
        result = attempt(read, *(made if isinstance(made, list) else [made]))
        if json.dumps(made) in found or (refused if result is None else accepted) <= 0:
            continue
        accepted, refused = accepted - (result is not None), refused - (result is None)
        found[json.dumps(made)] = [made, result]
    return list(found.values())


def main():
    Parser.load_launch_extensions()
    values = collect(random.Random(2), random_value, read_value, 300, 150)
    real_parser.instantiate_substitution = Call
    golden = {
        "variables": VARIABLES,
        "templates": collect(
            random.Random(1),
            random_template,
            lambda text: tree(real_parser.parse_substitution(text)),
            250,
            150,
        ),
        "commands": collect(random.Random(3), random_command, read_command, 200, 50),
        "values": values,
    }
    parts = []
    for name, content in golden.items():
        rows = content if isinstance(content, list) else [content]
        lines = ",\n".join(json.dumps(row) for row in rows)
        parts.append(
            f'"{name}": {"[" if rows is content else ""}\n{lines}{"]" if rows is content else ""}'
        )
    GOLDEN.write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
