"""The typing rules of attributes and parameters: YAML, or an explicit type.

A text is read in two steps, as in the real front end. ``read_value`` looks at the attribute as
written, where a text that cannot be converted may still hold substitutions; ``evaluate_value``
fills those in and then insists on the type.
"""

from collections.abc import Callable
from typing import Literal, get_args

from untether_nodes.launcher.errors import LaunchError, listing, suggest
from untether_nodes.launcher.template import Template, Text, literal, parse_template

Scalar = str | int | float | bool
Value = Scalar | list[Scalar]
ValueType = Literal[
    "yaml", "str", "bool", "int", "float",
    "list_of_str", "list_of_bool", "list_of_int", "list_of_float",
]  # fmt: skip
Perform = Callable[[Template], str]

_SCALARS: dict[str, type] = {"str": str, "bool": bool, "int": int, "float": float}


class ReadValue:
    """A value as written: scalars, and templates where substitutions are still to be made.

    Args:
        parts: One item, or the items of a list.
        is_list: Whether the value is a list.
        value_type: The declared type; ``yaml`` leaves it to the text.
    """

    def __init__(
        self, parts: list[Scalar | Template], *, is_list: bool, value_type: ValueType
    ) -> None:
        self.parts = parts
        self.is_list = is_list
        self.value_type: ValueType = value_type

    def evaluate(self, perform: Perform) -> Value:
        """Make the substitutions and convert.

        Args:
            perform: Evaluates a template to text.

        Returns:
            A scalar or a list of scalars of one type.

        Raises:
            LaunchError: The result is not of the declared type, or its items differ in type.
        """
        if not self.is_list:
            part = self.parts[0]
            return convert(perform(part), self.value_type) if isinstance(part, tuple) else part
        item_type = _item_type(self.value_type)
        items: list[Scalar] = []
        for part in self.parts:
            item = convert(perform(part), item_type) if isinstance(part, tuple) else part
            if isinstance(item, list):
                raise _mismatch(str(item), item_type, "a list inside a list")
            items.append(item)
        if not _is_uniform(items, None if item_type == "yaml" else _SCALARS[item_type]):
            raise _mismatch(str(items), self.value_type, "items of different types")
        return items


def parse_value_type(text: str | None) -> ValueType:
    """Return the declared type of a ``type`` attribute, ``yaml`` when there is none."""
    if text is None:
        return "yaml"
    for known in get_args(ValueType):
        if text == known:
            return known
    raise LaunchError(
        f"unknown parameter type {text!r}",
        expected=listing(get_args(ValueType)),
        got=repr(text),
        fix=suggest(text, get_args(ValueType), "leave the attribute out for the rules of YAML"),
    )


def read_value(text: str, separator: str | None, value_type: ValueType) -> ReadValue:
    """Read a parameter's ``value`` attribute.

    Args:
        text: The attribute.
        separator: The ``value-sep`` attribute, which makes the text a list.
        value_type: The declared type.

    Returns:
        The value, with its substitutions still open.

    Raises:
        LaunchError: The text cannot become a value of the type.
    """
    if separator is None:
        written = convert(text, value_type, lenient=True)
    else:
        written = _split(text, separator, value_type)
    if not isinstance(written, list):
        return ReadValue([_open(written, value_type)], is_list=False, value_type=value_type)
    parts = [_open(item, _item_type(value_type)) for item in written]
    kinds = {type(part) for part in parts if not isinstance(part, tuple)}
    if len(kinds) > 1:
        raise _mismatch(text, value_type, "items of different types")
    if not parts and value_type not in ("yaml", "list_of_str"):
        raise _mismatch(text, value_type, "an empty list")
    return ReadValue(parts, is_list=True, value_type=value_type)


def convert(text: str, value_type: ValueType, *, lenient: bool = False) -> Value:
    """Convert a text to a type.

    Args:
        text: The text, free of substitutions unless ``lenient``.
        value_type: The type; ``yaml`` takes what the rules of YAML 1.1 give.
        lenient: Keep what cannot be converted as text.

    Returns:
        The value.

    Raises:
        LaunchError: The text is not of the type.
    """
    if value_type == "str":
        return text
    if value_type in ("int", "float"):
        try:
            return int(text) if value_type == "int" else float(text)
        except ValueError:
            if lenient:
                return text
            raise _mismatch(text, value_type, "other text") from None
    if value_type == "bool":
        text = {"1": "true", "0": "false"}.get(text, text)
    loaded = _load_yaml(text, value_type, lenient=lenient)
    if value_type == "bool":
        wanted = (bool, str) if lenient else (bool,)
        if not isinstance(loaded, wanted):
            raise _mismatch(text, value_type, _described(loaded))
    elif value_type != "yaml":
        item = _SCALARS[_item_type(value_type)]
        wanted = (item, str) if lenient else (item,)
        if not isinstance(loaded, list) or not all(isinstance(x, wanted) for x in loaded):
            raise _mismatch(text, value_type, _described(loaded))
    return loaded


def _load_yaml(text: str, value_type: ValueType, *, lenient: bool) -> Value:
    """Read YAML and refuse what a ROS parameter cannot hold."""
    if not text:
        return text
    import yaml  # here, because most launch files need none

    try:
        loaded = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        if lenient:
            return text
        problem = " ".join(str(error).split())
        raise _mismatch(text, value_type, f"text that is not YAML ({problem})") from error
    items = loaded if isinstance(loaded, list) else [loaded]
    kind = next((type(item) for item in items if type(item) is not str), str)
    allowed = (kind, str) if lenient else kind
    scalars = kind in _SCALARS.values() and all(isinstance(item, allowed) for item in items)
    if not scalars:
        raise _mismatch(text, value_type, _described(loaded))
    return loaded


def _split(text: str, separator: str, value_type: ValueType) -> list[Scalar]:
    if value_type in _SCALARS:
        raise LaunchError(
            "a separator makes a list",
            expected="a list type, such as list_of_" + value_type,
            got=f"type {value_type!r} with value-sep",
            fix="change the type or remove value-sep",
        )
    if not separator:
        raise LaunchError(
            "the separator is empty",
            expected="one or more characters",
            got="value-sep=''",
            fix="name the separator or remove value-sep",
        )
    items: list[Scalar] = []
    for piece in text.split(separator):
        item = convert(piece, _item_type(value_type), lenient=True)
        if isinstance(item, list):
            raise _mismatch(text, value_type, "a list inside a list")
        items.append(item)
    kind = next((type(item) for item in items if type(item) is not str), str)
    if not all(isinstance(item, (kind, str)) for item in items):
        raise _mismatch(text, value_type, "items of different types")
    return items


def _open(item: Scalar, value_type: ValueType) -> Scalar | Template:
    """Return a text's template, or its plain text after a check of the type."""
    if isinstance(item, str):
        template = parse_template(item)
        plain = literal(template)
        if plain is None:
            return template if template else (Text(""),)
        item = plain
    wanted = _SCALARS.get(value_type)
    if wanted is not None and type(item) is not wanted:
        raise _mismatch(str(item), value_type, _described(item))
    return item


def _item_type(value_type: ValueType) -> ValueType:
    """Return the type of a list's items."""
    return parse_value_type(value_type.removeprefix("list_of_"))


def _is_uniform(items: list[Scalar], kind: type | None) -> bool:
    wanted = kind or (type(items[0]) if items else str)
    return all(isinstance(item, wanted) for item in items)


def _described(loaded: object) -> str:
    names = {type(None): "nothing (null)", dict: "a mapping", list: "a list with other items"}
    return names.get(type(loaded), f"{type(loaded).__name__} {loaded!r}")


def _mismatch(text: str, value_type: ValueType, got: str) -> LaunchError:
    expected = "text, a number, true or false, or a list of one of these"
    return LaunchError(
        f"cannot use {text!r} as a value of type {value_type}",
        expected=expected if value_type == "yaml" else value_type,
        got=got,
        fix='write a value of that type, or add type="str" to keep the text as it is',
    )
