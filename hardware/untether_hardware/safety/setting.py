"""Settings of safety stages: numbers with unit, range and meaning beside their defaults."""

import math
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Setting:
    """What a field of a stage's config means; a node declares its parameter from it.

    Attributes:
        unit: SI unit, ``"1"`` for ratios and counts.
        lowest: least value allowed, in ``unit``.
        highest: greatest value allowed, in ``unit``.
        description: what it does, for people.
    """

    unit: str
    lowest: float
    highest: float
    description: str


def setting(default: Number, unit: str, lowest: float, highest: float, description: str) -> Number:
    """Return a dataclass field that carries its unit, range and meaning."""
    return field(default=default, metadata={"setting": Setting(unit, lowest, highest, description)})


def list_settings(kind: type[Any]) -> dict[str, Setting]:
    """Return unit, range and meaning of every field of a config's class, by its name."""
    return {item.name: item.metadata["setting"] for item in fields(kind)}


def find_out_of_range(config: object) -> list[str]:
    """Return a line for each field of a config that is no number or out of its range."""
    problems = []
    kind = type(config)
    for name, described in list_settings(kind).items():
        value = getattr(config, name)
        right_type = isinstance(value, int | float) and not isinstance(value, bool)
        whole = isinstance(getattr(kind, name), int)
        if right_type and whole:
            right_type = isinstance(value, int)
        inside = right_type and math.isfinite(value)
        if inside and described.lowest <= value <= described.highest:
            continue
        problems.append(
            f"{name}: expected {'a whole number' if whole else 'a number'} from "
            f"{described.lowest} to {described.highest} [{described.unit}], got {value!r}; "
            f"correct the parameter ({described.description})"
        )
    return problems


def find_out_of_order(config: object, pairs: tuple[tuple[str, str], ...]) -> list[str]:
    """Return a line for each pair of fields, the lower one first, that contradict each other."""
    return [
        f"{low}: expected at most {high} ({getattr(config, high)}), got {getattr(config, low)}; "
        f"lower {low} or raise {high}"
        for low, high in pairs
        if _is_number(getattr(config, low))
        and _is_number(getattr(config, high))
        and getattr(config, low) > getattr(config, high)
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)
