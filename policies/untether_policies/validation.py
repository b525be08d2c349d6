"""The rules that the parts of a contract keep, whether read from YAML or built in code."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from untether_policies.errors import ContractError
from untether_policies.kinds import AXES, Kind, find_kind
from untether_policies.tensors import CarrySpec, EnvelopeSpec, TensorSpec

MAX_SIZE = 1 << 24  # values in one tensor: a 4-megapixel colour image has 12 million
FLOAT32_MAX = 3.4028234663852886e38
_TENSOR_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_BUNDLE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_ELEMENT_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,63}")
_FRAME_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def validate_name(where: str, name: str) -> None:
    """Check the name of a bundle or of a robot."""
    _require_match(where, name, _BUNDLE_NAME, "letters, digits, '-' and '_'")


def _validate_tensor(spec: TensorSpec, where: str) -> Kind:
    """Check what inputs and outputs have in common, and return the tensor's kind."""
    _require_match(f"{where}: name", spec.name, _TENSOR_NAME, "lower-case letters, digits and '_'")
    kind = find_kind(spec.kind, f"contract.yaml: {where}")
    _validate_shape(spec.shape, where)
    if spec.unit not in kind.units:
        raise broken(
            f"{where}: unit",
            f"{_one_of(kind.units)} for {spec.kind}",
            repr(spec.unit),
            fix="convert inside the graph and declare the SI unit",
        )
    if kind.frames and spec.frame not in kind.frames:
        raise broken(f"{where}: frame", f"{_one_of(kind.frames)}", repr(spec.frame))
    _require_match(f"{where}: frame", spec.frame, _FRAME_NAME, "a frame's name, or 'none'")
    _validate_elements(spec, kind, where)
    return kind


def _validate_shape(shape: Sequence[int], where: str) -> None:
    """Check a shape without batch."""
    if not 1 <= len(shape) <= 6 or min(shape) < 1 or math.prod(shape) > MAX_SIZE:
        expected = f"1 to 6 positive sizes, at most {MAX_SIZE} values in all, without the batch"
        raise broken(f"{where}: shape", expected, f"{list(shape)}")


def _validate_elements(spec: TensorSpec, kind: Kind, where: str) -> None:
    """Check names, number and order of elements."""
    order = f"{where}: quaternion_order"
    where = f"{where}: elements"
    if spec.quaternion_order is not None and not kind.quaternion:
        raise broken(order, "none for this kind", "one")
    if not spec.elements and kind.grid:
        return
    if len(spec.elements) != spec.size:
        fix = "name every value, in row-major order"
        raise broken(where, f"{spec.size} names, as in shape", f"{len(spec.elements)}", fix=fix)
    for element in spec.elements:
        _require_match(where, element, _ELEMENT_NAME, "letters, digits and '_./-'")
    require_unique(where, spec.elements)
    if kind.quaternion:
        if spec.quaternion_order not in ("xyzw", "wxyz"):
            raise broken(order, "'xyzw' or 'wxyz'", repr(spec.quaternion_order))
        if spec.elements != tuple(spec.quaternion_order):
            expected = f"{list(spec.quaternion_order)}, as in quaternion_order"
            raise broken(where, expected, f"{list(spec.elements)}")
    elif kind.axes:
        ordered = tuple(axis for axis in AXES if axis in spec.elements)
        if spec.elements != ordered:
            raise broken(
                where,
                "x, y, z (or some of them) in that order",
                f"{list(spec.elements)}",
                fix="reorder inside the graph, so that the order is the usual one",
            )


def validate_input(spec: TensorSpec, where: str) -> None:
    """Check what only inputs have."""
    kind = _validate_tensor(spec, where)
    if spec.lower is not None or spec.upper is not None:
        fix = "remove lower and upper; what was seen of an input belongs under envelope"
        raise broken(where, "no limits on an input", "lower or upper", fix=fix)
    if spec.max_age is None and spec.kind.startswith("state/"):
        fix = "say after how many seconds the measurement must not be used, e.g. 3 periods"
        raise broken(f"{where}: max_age", f"one for the measurement {kind.name}", "none", fix=fix)
    if spec.max_age is not None and not 0.0 < spec.max_age < math.inf:
        raise broken(f"{where}: max_age", "above 0 s and finite", f"{spec.max_age!r}")


def validate_output(spec: TensorSpec, where: str) -> None:
    """Check what only outputs have."""
    kind = _validate_tensor(spec, where)
    if not kind.is_command and not spec.kind.startswith("custom/"):
        raise broken(f"{where}: kind", "a command/... or custom/... kind", repr(spec.kind))
    if spec.max_age is not None:
        raise broken(f"{where}: max_age", "none on an output", f"{spec.max_age!r}")
    if not spec.elements:
        raise broken(f"{where}: elements", "names for every value of an output", "none")
    if spec.lower is None or spec.upper is None:
        fix = "state what the actuator may be asked for"
        raise broken(where, "lower and upper limits", "none", fix=fix)
    _validate_numbers(spec.lower, spec.size, f"{where}: lower")
    _validate_numbers(spec.upper, spec.size, f"{where}: upper")
    for element, lower, upper in zip(spec.elements, spec.lower, spec.upper, strict=True):
        if not lower < upper:
            raise broken(f"{where}: limits of {element}", "lower < upper", f"{lower!r}, {upper!r}")


def validate_carry(carry: CarrySpec, where: str) -> None:
    """Check one carry."""
    _require_match(f"{where}: name", carry.name, _TENSOR_NAME, "lower-case letters, digits, '_'")
    _validate_shape(carry.shape, where)
    _validate_numbers(carry.initial, carry.size, f"{where}: initial")


def validate_envelope(envelope: EnvelopeSpec, spec: TensorSpec, where: str) -> None:
    """Check the quantiles of an input."""
    count = len(spec.elements) or 1
    for quantile in ("lower", "median", "upper"):
        _validate_numbers(getattr(envelope, quantile), count, f"{where}: {quantile}")
    rows = zip(envelope.lower, envelope.median, envelope.upper, strict=True)
    for index, (lower, median, upper) in enumerate(rows):
        if not lower <= median <= upper:
            got = f"{lower!r}, {median!r}, {upper!r} at index {index}"
            raise broken(where, "lower <= median <= upper", got)


def validate_provenance(provenance: Mapping[str, str | int | float]) -> None:
    """Check names and values of the provenance."""
    for name, value in provenance.items():
        _require_match("provenance: name", name, _ELEMENT_NAME, "letters, digits and '_./-'")
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise broken(f"provenance: {name}", "a string or a number", repr(value)[:80])
        if isinstance(value, int) and abs(value) >= 10**18:
            raise broken(f"provenance: {name}", "fewer than 19 digits", "more", fix="use a string")
        if isinstance(value, float) and not math.isfinite(value):
            raise broken(f"provenance: {name}", "a finite number", repr(value))


def validate_files(files: Mapping[str, str]) -> None:
    """Check names and hashes of the files."""
    for name, digest in files.items():
        _require_match("files: name", name, _FILE_NAME, "a plain file name, no folder")
        _require_match(f"files: {name}", digest, _SHA256, "a SHA-256 in 64 lower-case hex digits")


def _validate_numbers(values: Sequence[float], count: int, where: str) -> None:
    """Check that there are ``count`` numbers that a float32 can hold."""
    if len(values) != count:
        raise broken(where, f"{count} numbers", f"{len(values)}")
    for index, value in enumerate(values):
        if not abs(value) <= FLOAT32_MAX:  # also refuses NaN
            raise broken(where, "finite 32-bit numbers", f"{value!r} at index {index}")


def _require_match(where: str, text: str, pattern: re.Pattern[str], rule: str) -> None:
    """Refuse a name that does not match its pattern."""
    if not isinstance(text, str) or pattern.fullmatch(text) is None:
        raise broken(where, rule, repr(text)[:120], fix="rename it")


def require_unique(where: str, names: Iterable[str]) -> None:
    """Refuse a name that occurs twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise broken(where, "every name once", f"{name!r} twice", fix="rename one of them")
        seen.add(name)


def require_disjoint(inputs: list[str], outputs: list[str]) -> None:
    """Refuse a name that is both an input and an output of the graph."""
    both = sorted(set(inputs) & set(outputs))
    if both:
        fix = "rename one of them; NAME_next is taken for the carry NAME"
        raise broken("names", "different names for inputs and outputs", f"{both} in both", fix=fix)


def _one_of(choices: Sequence[str]) -> str:
    """Return the choices as words."""
    return " or ".join(repr(choice) for choice in choices)


def broken(
    where: str, expected: str, got: str, *, fix: str = "correct the contract and export again"
) -> ContractError:
    """Return the error for a broken rule of the contract."""
    return ContractError(f"contract.yaml: {where}", expected=expected, got=got, fix=fix)
