"""Writes expressions as C text, with the parentheses that are needed and no more."""

from __future__ import annotations

from collections.abc import Callable

from untether_policies.c_export.expressions import Apply, Expression, Literal, Load, Type
from untether_policies.c_export.literals import write_number

# Precedence, from the loosest.
CONDITIONAL, LOGICAL, COMPARISON, ADDITIVE, MULTIPLICATIVE, UNARY, PRIMARY = range(1, 8)

_LONGEST = 48  # columns of one expression
WriteLoad = Callable[[Load], str]


class Renderer:
    """Writes one element of an expression; long parts get a local constant of their own.

    Args:
        write_load: gives the C text of a load.

    Attributes:
        statements: definitions of the local constants, in order.
    """

    def __init__(self, write_load: WriteLoad) -> None:
        self._write_load = write_load
        self.statements: list[str] = []

    def write(self, expression: Expression) -> str:
        """Return an expression as C text."""
        return self._write(expression)[0]

    def _write(self, expression: Expression) -> tuple[str, int]:
        """Return the text and its precedence."""
        if isinstance(expression, Load):
            return self._write_load(expression), PRIMARY
        if isinstance(expression, Literal):
            is_float = expression.type is Type.FLOAT
            text = write_number(expression.value, is_float=is_float)
            return text, UNARY if text.startswith("-") else PRIMARY
        operation = expression.operation
        arguments = []
        for argument, level in zip(expression.arguments, operation.levels, strict=True):
            text, found = self._write(argument)
            if isinstance(argument, Apply) and len(text) > _LONGEST:
                text, found = self._define(argument, text), PRIMARY
            arguments.append(text if found >= level else f"({text})")
        return operation.template.format(*arguments), operation.level

    def _define(self, expression: Apply, text: str) -> str:
        """Give a part its own local constant and return its name."""
        name = f"part_{len(self.statements) + 1}"
        type_ = "float" if expression.type is Type.FLOAT else "int32_t"
        self.statements.append(f"const {type_} {name} = {text};")
        return name
