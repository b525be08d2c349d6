"""The check of a whole launch file against the schema, taken and untaken branches alike."""

from collections.abc import Mapping

from untether_nodes.launcher.command_line import split_command_line
from untether_nodes.launcher.element import Element
from untether_nodes.launcher.errors import LaunchError, listing, suggest
from untether_nodes.launcher.parameter import check_parameter
from untether_nodes.launcher.schema import ACTIONS, INSTEAD, ROOT, ElementSchema, Kind
from untether_nodes.launcher.substitutions import check_template
from untether_nodes.launcher.template import literal, parse_template
from untether_nodes.launcher.value import convert


def check_file(root: Element) -> None:
    """Check a launch file's tree.

    Args:
        root: The root element.

    Raises:
        LaunchError: An element, attribute or substitution is unknown, missing or malformed.
    """
    if root.tag != "launch":
        raise LaunchError(
            "this is no launch file",
            expected="the root <launch>",
            got=f"<{root.tag}>",
            fix="wrap the actions in <launch> ... </launch>",
            where=root.where,
        )
    _check_element(root, ROOT)


def _check_element(element: Element, schema: ElementSchema) -> None:
    with element.locating():
        _check_names(element, schema)
    for name, text in element.attributes.items():
        with element.locating(name):
            _check_attribute(schema.attributes[name], text)
    if element.tag == "param":
        check_parameter(element)
    for child in element.children:
        _check_element(child, _schema_of(child, element, schema))


def _check_names(element: Element, schema: ElementSchema) -> None:
    for name in element.attributes:
        if name not in schema.attributes:
            raise LaunchError(
                f"unknown attribute {name!r}",
                expected=listing(schema.attributes),
                got=f'{name}="{element.attributes[name]}"',
                fix=suggest(name, schema.attributes, "remove it"),
            )
    missing = [name for name in schema.required if name not in element.attributes]
    if missing:
        raise LaunchError(
            f"attribute {missing[0]!r} is missing",
            expected=", ".join(schema.required),
            got=listing(element.attributes),
            fix=f'add {missing[0]}="..."',
        )
    if "if" in element.attributes and "unless" in element.attributes:
        raise LaunchError(
            "'if' and 'unless' exclude each other",
            expected="one of them",
            got="both",
            fix='combine them: if="$(and A $(not B))"',
        )


def _schema_of(child: Element, parent: Element, schema: ElementSchema) -> ElementSchema:
    known: Mapping[str, ElementSchema] = (
        {**ACTIONS, **schema.children} if schema.has_actions else schema.children
    )
    if child.tag in known:
        return known[child.tag]
    refused = child.tag in INSTEAD
    with child.locating():
        raise LaunchError(
            f"<{child.tag}> in <{parent.tag}> is {'not supported' if refused else 'unknown'}",
            expected=listing(known),
            got=f"<{child.tag}>",
            fix=INSTEAD.get(child.tag) or suggest(child.tag, known, "remove it"),
        )


def _check_attribute(kind: Kind, text: str) -> None:
    match kind:
        case Kind.TEMPLATE:
            check_template(parse_template(text))
        case Kind.COMMAND:
            split_command_line(check_template(parse_template(text)))
        case Kind.BOOL_TEMPLATE:
            plain = literal(check_template(parse_template(text)))
            if plain is not None:
                convert(plain, "bool")
        case Kind.BOOL:
            convert(text, "bool")
        case Kind.COUNT:
            convert(text, "int")
        case Kind.SECONDS:
            seconds = convert(text, "float")
            if not (isinstance(seconds, float) and 0 <= seconds < float("inf")):
                raise LaunchError(
                    "a time must be a number of seconds",
                    expected=kind.value,
                    got=text,
                    fix="write a number such as 1.5",
                )
        case Kind.ON_EXIT if text != "shutdown":
            raise LaunchError(
                "unknown reaction to the end of a process",
                expected="shutdown",
                got=text,
                fix='write on_exit="shutdown" or leave it out',
            )
        case _:
            pass
