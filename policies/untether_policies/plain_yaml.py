"""Plain YAML only: mappings, lists and scalars; no tags, anchors, aliases or duplicate keys.

Scalars follow the core schema of YAML 1.2, with numbers in decimal only, so ``no``, ``y``, ``1:30``
and ``0x1f`` are strings. Nothing is ever constructed from a tag, an alias cannot multiply a small
file into a large value, and a document of doubtful meaning is refused where common YAML loaders
guess.
"""

import math
import re
from collections.abc import Iterator

import yaml

from untether_policies.errors import ContractError

Scalar = str | int | float | bool | None
PlainValue = Scalar | list["PlainValue"] | dict[str, "PlainValue"]

MAX_DEPTH = 8
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".inf": math.inf, ".Inf": math.inf, ".INF": math.inf, "+.inf": math.inf, "+.Inf": math.inf,
    "+.INF": math.inf, "-.inf": -math.inf, "-.Inf": -math.inf, "-.INF": -math.inf,
    ".nan": math.nan, ".NaN": math.nan, ".NAN": math.nan,
}  # fmt: skip
# Strings that no YAML version can mistake for another type, and that need no quotes.
_PLAIN_STRING = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_AMBIGUOUS = frozenset(
    ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity")
)


def load_plain_yaml(text: str, where: str) -> PlainValue:
    """Read one YAML document.

    Args:
        text: the document.
        where: the file's name, for error messages.

    Raises:
        ContractError: when the text is not YAML, or is more than plain YAML.
    """
    try:
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        value = _read_document(events, where)
    except yaml.YAMLError as error:
        raise ContractError(
            where,
            expected="a YAML document",
            got=" ".join(str(error).split())[:300],
            fix="correct the syntax at that line, or export the bundle again",
        ) from error
    return value


def _read_document(events: Iterator[yaml.Event], where: str) -> PlainValue:
    """Return the value of the single document in the stream."""
    value: PlainValue = None
    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1 or event.version or event.tags:
                raise _refusal(where, event, "a second document or a YAML directive")
        elif isinstance(event, yaml.NodeEvent):
            value = _read_node(event, events, where, depth=0)
    return value


def _read_node(
    event: yaml.Event, events: Iterator[yaml.Event], where: str, depth: int
) -> PlainValue:
    """Return the value that starts at ``event``, taking its inner events from ``events``."""
    if isinstance(event, yaml.AliasEvent):
        raise _refusal(where, event, f"the alias *{event.anchor}")
    if getattr(event, "anchor", None) is not None:
        raise _refusal(where, event, f"the anchor &{getattr(event, 'anchor', '')}")
    if getattr(event, "tag", None) is not None:
        raise _refusal(where, event, f"the tag {getattr(event, 'tag', '')}")
    if depth > MAX_DEPTH:
        raise _refusal(where, event, f"more than {MAX_DEPTH} levels of nesting")
    if isinstance(event, yaml.ScalarEvent):
        return _read_scalar(event)
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[PlainValue] = []
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            items.append(_read_node(inner, events, where, depth + 1))
        return items
    mapping: dict[str, PlainValue] = {}
    while not isinstance(inner := next(events), yaml.MappingEndEvent):
        key = _read_node(inner, events, where, depth + 1)
        if not isinstance(key, str):
            raise _refusal(where, inner, f"the key {key!r}, which is not a string")
        if key in mapping:
            raise _refusal(where, inner, f"the key {key!r} twice in one mapping")
        mapping[key] = _read_node(next(events), events, where, depth + 1)
    return mapping


def _read_scalar(event: yaml.ScalarEvent) -> Scalar:
    """Return the scalar's value under the core schema of YAML 1.2."""
    text = event.value
    if event.style is not None:
        return text
    if text in _SPECIAL:
        return _SPECIAL[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _refusal(where: str, event: yaml.Event, got: str) -> ContractError:
    """Return the error for something that plain YAML does not have."""
    mark = event.start_mark
    place = f"{where}, line {mark.line + 1}" if mark is not None else where
    return ContractError(
        place,
        expected="plain YAML (one document without tags, anchors, aliases or duplicate keys)",
        got=got,
        fix="write the value out in full, or export the bundle again",
    )


class _PlainDumper(yaml.SafeDumper):
    """Writes short lists on one line, and quotes every string that a reader might mistake."""

    def ignore_aliases(self, data: object) -> bool:
        """Write repeated values out in full."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Represent a string, in quotes unless it is a plain word in every YAML version."""
    plain = _PLAIN_STRING.fullmatch(text) and text.lower() not in _AMBIGUOUS
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


def _represent_list(dumper: yaml.SafeDumper, items: list[object]) -> yaml.SequenceNode:
    """Represent a list, on one line when it holds scalars only."""
    flow = not any(isinstance(item, dict | list) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flow)


_PlainDumper.add_representer(str, _represent_text)
_PlainDumper.add_representer(list, _represent_list)


def dump_plain_yaml(value: PlainValue) -> str:
    """Write a value as plain YAML; a float is the shortest text that reads back equal."""
    return yaml.dump(
        value,
        Dumper=_PlainDumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )
