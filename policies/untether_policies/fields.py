"""Reads the fields of a mapping with their types, and refuses missing, extra or mistyped ones."""

from untether_policies.errors import ContractError
from untether_policies.plain_yaml import PlainValue


class Fields:
    """A mapping from a contract whose fields are taken one by one.

    Args:
        value: what the YAML held; refused when it is not a mapping.
        where: the part of the contract, for error messages.
    """

    def __init__(self, value: PlainValue, where: str) -> None:
        if not isinstance(value, dict):
            raise _mistyped(where, "a mapping", value)
        self._values = dict(value)
        self._where = where

    def take(self, name: str) -> PlainValue:
        """Remove and return a required field's value."""
        if name not in self._values:
            raise ContractError(
                f"{self._where}: {name}",
                expected="this field to be there",
                got=f"only {sorted(self._values)}",
                fix=f"add {name!r}, or export the bundle again",
            )
        return self._values.pop(name)

    def has(self, name: str) -> bool:
        """Return whether an optional field is there and still to be taken."""
        return name in self._values

    def names(self) -> tuple[str, ...]:
        """Return the names of the fields still to be taken."""
        return tuple(self._values)

    def text(self, name: str) -> str:
        """Take a string."""
        value = self.take(name)
        if not isinstance(value, str):
            raise _mistyped(f"{self._where}: {name}", "a string", value)
        return value

    def number(self, name: str) -> float:
        """Take a number as a float."""
        return _number(self.take(name), f"{self._where}: {name}")

    def integer(self, name: str) -> int:
        """Take a whole number."""
        return _integer(self.take(name), f"{self._where}: {name}")

    def items(self, name: str) -> list[PlainValue]:
        """Take a list of anything."""
        value = self.take(name)
        if not isinstance(value, list):
            raise _mistyped(f"{self._where}: {name}", "a list", value)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Take a list of strings."""
        values = self.items(name)
        for value in values:
            if not isinstance(value, str):
                raise _mistyped(f"{self._where}: {name}", "a list of strings", value)
        return tuple(value for value in values if isinstance(value, str))

    def numbers(self, name: str) -> tuple[float, ...]:
        """Take a list of numbers as floats."""
        return tuple(_number(value, f"{self._where}: {name}") for value in self.items(name))

    def integers(self, name: str) -> tuple[int, ...]:
        """Take a list of whole numbers."""
        return tuple(_integer(value, f"{self._where}: {name}") for value in self.items(name))

    def mapping(self, name: str) -> dict[str, PlainValue]:
        """Take a mapping of anything."""
        value = self.take(name)
        if not isinstance(value, dict):
            raise _mistyped(f"{self._where}: {name}", "a mapping", value)
        return value

    def finish(self) -> None:
        """Refuse whatever has not been taken."""
        if self._values:
            raise ContractError(
                self._where,
                expected="only fields of this schema version",
                got=f"also {sorted(self._values)}",
                fix="remove them, or correct their spelling",
            )


def _number(value: PlainValue, where: str) -> float:
    """Return a YAML number as a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _mistyped(where, "a number", value)
    return float(value)


def _integer(value: PlainValue, where: str) -> int:
    """Return a YAML whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise _mistyped(where, "a whole number", value)
    return value


def _mistyped(where: str, expected: str, value: PlainValue) -> ContractError:
    """Return the error for a value of the wrong type."""
    text = repr(value)
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    return ContractError(where, expected=expected, got=shown, fix="write the value with that type")
