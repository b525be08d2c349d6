"""``<param>`` of a node: values, nested values and files, as parameter files for the node."""

from collections.abc import Iterator
from pathlib import Path

from untether_nodes.launcher.element import Element
from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.process_plan import ParameterFile
from untether_nodes.launcher.scope import Scope
from untether_nodes.launcher.substitutions import check_template, perform
from untether_nodes.launcher.template import parse_template
from untether_nodes.launcher.value import (
    ReadValue,
    Value,
    convert,
    parse_value_type,
    read_value,
)


def check_parameter(element: Element) -> None:
    """Check the combination of a parameter's attributes, and its value.

    Args:
        element: A ``<param>``; its names are checked already.

    Raises:
        LaunchError: The combination means nothing, or the value is not of the type.
    """
    attributes = element.attributes
    nested = bool(element.children)
    with element.locating():
        if "from" in attributes:
            _refuse_together(element, "from", ("name", "value", "type", "value-sep"), nested)
            return
        if "allow_substs" in attributes:
            raise _wrong("'allow_substs' goes with a file", "from", "allow_substs", element)
        if "name" not in attributes:
            raise _wrong("a parameter has a name or a file", "name or from", "neither", element)
        if nested:
            _refuse_together(element, "nested <param>", ("value", "type", "value-sep"), False)
            for child in element.children:
                with child.locating():
                    if "name" not in child.attributes:
                        raise _wrong("a nested parameter has a name", "name", "none", child)
        elif "value" not in attributes:
            raise _wrong("the parameter has no value", "value or nested <param>", "none", element)
    if not nested:
        with element.locating("value"):
            for part in _read(element).parts:
                if isinstance(part, tuple):
                    check_template(part)


def collect_parameters(
    node: Element, scope: Scope, node_name: str
) -> Iterator[ParameterFile | Path]:
    """Evaluate a node's parameters.

    Args:
        node: The ``<node>``.
        scope: The state of the evaluation.
        node_name: The key of the parameter file: the full name of the node, or ``/**``.

    Yields:
        One file to write, or one that exists, per ``<param>``.

    Raises:
        LaunchError: A value or a file cannot be used.
    """
    for element in node.named("param"):
        if "from" in element.attributes:
            with element.locating("from"):
                yield _file(element, scope)
        else:
            values = dict(_values(element, scope, prefix=""))
            yield ParameterFile(_write_yaml({node_name: {"ros__parameters": values}}))


def _read(element: Element) -> ReadValue:
    value_type = parse_value_type(element.attributes.get("type"))
    return read_value(element.attributes["value"], element.attributes.get("value-sep"), value_type)


def _values(element: Element, scope: Scope, prefix: str) -> Iterator[tuple[str, Value]]:
    with element.locating("name"):
        name = prefix + perform(parse_template(element.attributes["name"]), scope)
    if element.children:
        for child in element.children:
            yield from _values(child, scope, f"{name}.")
        return
    with element.locating("value"):
        yield name, _read(element).evaluate(lambda template: perform(template, scope))


def _file(element: Element, scope: Scope) -> ParameterFile | Path:
    path = Path(perform(parse_template(element.attributes["from"]), scope))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LaunchError(
            f"cannot read the parameter file {str(path)!r}",
            expected="a YAML file of ROS parameters",
            got=str(error),
            fix="check the path (ros2 launch would start the node without the parameters)",
        ) from error
    substitutes = convert(element.attributes.get("allow_substs", "false"), "bool")
    if not substitutes:
        return path
    text = perform(check_template(parse_template(text)), scope)
    _check_yaml(text, path)
    return ParameterFile(text)


def _check_yaml(text: str, path: Path) -> None:
    import yaml  # here, because most launch files need none

    try:
        yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise LaunchError(
            f"{str(path)!r} is not YAML after its substitutions",
            expected="a YAML file of ROS parameters",
            got=" ".join(str(error).split()),
            fix="check the values that the substitutions give",
        ) from error


def _write_yaml(content: object) -> str:
    import yaml

    return yaml.safe_dump(content, default_flow_style=False)


def _refuse_together(element: Element, first: str, others: tuple[str, ...], nested: bool) -> None:
    clash = [name for name in others if name in element.attributes]
    clash += ["nested <param>"] if nested else []
    if clash:
        raise _wrong(f"{first!r} and {clash[0]!r} exclude each other", first, clash[0], element)


def _wrong(what: str, expected: str, got: str, element: Element) -> LaunchError:
    name = element.attributes.get("name", "NAME")
    return LaunchError(
        what,
        expected=expected,
        got=got,
        fix=f'write <param name="{name}" value="..."/> or <param from="FILE"/>',
    )
