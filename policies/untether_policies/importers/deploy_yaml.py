"""Reads ``deploy.yaml`` as unitree_rl_lab writes it, without ever constructing an object.

The exporter dumps Python data with PyYAML, so a ``slice`` comes as the tag
``!!python/object/apply:builtins.slice``. That tag alone is understood, as data. Refused are any
other tag, and keys written twice or merged (readers disagree on which one counts).
"""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

import yaml

from untether_policies.importers.values import refuse

_SLICE_TAG = "tag:yaml.org,2002:python/object/apply:builtins.slice"
_MAX_BYTES = 1 << 20
_MAX_DEPTH = 16


@dataclass(frozen=True)
class IndexSlice:
    """A Python slice, as data.

    Attributes:
        start: First index; None from the beginning.
        stop: Index after the last; None to the end.
        step: Step; None for 1.
    """

    start: int | None
    stop: int | None
    step: int | None

    def indices(self, count: int) -> tuple[int, ...]:
        """Return the indices that the slice takes out of ``count``."""
        return tuple(range(count)[slice(self.start, self.stop, self.step)])


def load_deploy_yaml(path: Path) -> dict[str, object]:
    """Read ``deploy.yaml``.

    Raises:
        ImportRefusedError: when it is not YAML, holds a tag other than a slice, or is no mapping.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise refuse(str(path), f"at most {_MAX_BYTES} bytes", "more", "name the right file")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(str(path), "a YAML file", str(error), "name the right file") from error
    return parse_deploy_yaml(text, str(path))


def parse_deploy_yaml(text: str, where: str) -> dict[str, object]:
    """Read the text of a ``deploy.yaml``; ``where`` names its origin in error messages."""
    try:
        _check_events(text)
        value = yaml.load(text, Loader=_DeployLoader)  # a SafeLoader with one more data type
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that no calendar has
        raise refuse(
            where,
            "plain YAML, with no tag but that of a slice",
            " ".join(str(error).split()),
            "write the value out, without its tag: [0, 1] for !!python/tuple [0, 1]",
        ) from error
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise refuse(where, "a mapping with names", type(value).__name__, "name the right file")
    return value


class _DeployLoader(yaml.SafeLoader):
    """Loads plain YAML and slices."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        """Return a mapping whose keys occur once."""
        keys: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _problem("a key that is a list or a mapping", key.start_mark)
            if key.value in keys or key.value == "<<":
                raise _problem(f"the key {key.value!r} twice, or a merge", key.start_mark)
            keys.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _construct_slice(loader: _DeployLoader, node: yaml.Node) -> IndexSlice:
    values = loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else []
    whole = all(item is None or type(item) is int for item in values)
    if len(values) != 3 or not whole or values[2] == 0:
        raise _problem("a slice that is not three whole numbers or nulls", node.start_mark)
    return IndexSlice(*values)


_DeployLoader.add_constructor(_SLICE_TAG, _construct_slice)


def _check_events(text: str) -> None:
    """Refuse tags and deep nesting before anything is made of them."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise _problem(f"more than {_MAX_DEPTH} levels of nesting", event.start_mark)
        tag = getattr(event, "tag", None)
        if tag not in (None, _SLICE_TAG):
            raise _problem(f"the tag {tag}", event.start_mark)


def _problem(text: str, mark: yaml.Mark) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=text, problem_mark=mark)
