"""Reads numbers and names out of a peer's files, and refuses what does not fit."""

import math
import reprlib
from collections.abc import Mapping, Sequence

from untether_policies.importers.refusal import ImportRefusedError
from untether_policies.validation import FLOAT32_MAX


def refuse(where: str, expected: str, got: object, fix: str) -> ImportRefusedError:
    """Return the error for a value; ``got`` is shown shortened."""
    text = got if isinstance(got, str) else reprlib.repr(got)  # a few aliases can stand for much
    shown = text if len(text) <= 160 else f"{text[:157]}..."
    return ImportRefusedError(where, expected=expected, got=shown, fix=fix)


def read_number(value: object, where: str) -> float:
    """Return a number that a float32 holds; text that is one, as YAML 1.1 leaves 1e-3, counts."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise refuse(where, "a number", value, "write a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not abs(number) <= FLOAT32_MAX:  # also refuses NaN
        raise refuse(where, "a finite 32-bit number", value, "write such a number")
    return number


def read_numbers(value: object, where: str, count: int) -> tuple[float, ...]:
    """Return ``count`` numbers from a list of that length."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise refuse(where, f"a list of {count} numbers", value, "write a list")
    if len(value) != count:
        raise refuse(where, f"{count} numbers", f"{len(value)}", "give one number for each")
    return tuple(read_number(item, f"{where}[{index}]") for index, item in enumerate(value))


def spread_numbers(value: object, where: str, count: int) -> tuple[float, ...]:
    """Return ``count`` numbers from such a list, or from one number for all."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return read_numbers(value, where, count)
    return (read_number(value, where),) * count


def read_whole(value: object, where: str) -> int:
    """Return a whole number that is not negative."""
    number = read_number(value, where)
    if number < 0.0 or number != int(number):
        raise refuse(where, "a whole number, not negative", value, "correct it")
    return int(number)


def read_range(value: object, where: str) -> tuple[float, float]:
    """Return a pair of numbers in order."""
    lower, upper = read_numbers(value, where, 2)
    if not lower < upper:
        raise refuse(where, "lower < upper", f"{lower}, {upper}", "swap or correct them")
    return lower, upper


def read_names(value: object, where: str) -> tuple[str, ...]:
    """Return a list of names that are all different."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise refuse(where, "a list of names", value, "write a list")
    names = tuple(value)
    if not names or any(not isinstance(name, str) or not name for name in names):
        raise refuse(where, "a list of names", value, "write names")
    if len(set(names)) != len(names):
        raise refuse(where, "each name once", value, "remove the repetition")
    return names


def read_mapping(value: object, where: str) -> Mapping[str, object]:
    """Return a mapping."""
    if not isinstance(value, Mapping):
        raise refuse(where, "a mapping", value, "correct it")
    return value


def take(mapping: Mapping[str, object], name: str, where: str) -> object:
    """Return what a mapping holds under ``name``, which must be there."""
    if name not in mapping:
        fix = "export the file again, or add what is missing by hand"
        raise refuse(where, name, f"only {list(mapping)}", fix)
    return mapping[name]


def read_positive(value: object, where: str) -> float:
    """Return a number above 0."""
    number = read_number(value, where)
    if number <= 0.0:
        raise refuse(where, "a number above 0", value, "correct it")
    return number
