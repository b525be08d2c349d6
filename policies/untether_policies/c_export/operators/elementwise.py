"""Operators that compute each element by itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from untether_policies.c_export.expressions import (
    Apply,
    Expression,
    Literal,
    Operation,
    Type,
    broadcast,
)
from untether_policies.c_export.literals import write_float
from untether_policies.c_export.lowering import Lowering, Operator
from untether_policies.c_export.node import Node
from untether_policies.c_export.refusal import refuse_operator
from untether_policies.c_export.rendering import (
    ADDITIVE,
    COMPARISON,
    CONDITIONAL,
    LOGICAL,
    MULTIPLICATIVE,
    PRIMARY,
    UNARY,
)

_FLOAT = (Type.FLOAT,)
_NUMBER = (Type.FLOAT, Type.INTEGER)
_TRUTH = (Type.BOOLEAN,)
_ANY = tuple(Type)


def call(function: str, arguments: int = 1, type_: Type | None = Type.FLOAT) -> Operation:
    """Return the operation that calls a C function."""
    gaps = ", ".join(f"{{{index}}}" for index in range(arguments))
    return Operation(f"{function}({gaps})", type_, PRIMARY, (0,) * arguments, (function,))


_SUM = (ADDITIVE, MULTIPLICATIVE)
_PRODUCT = (MULTIPLICATIVE, UNARY)
ADD = Operation("{0} + {1}", Type.FLOAT, ADDITIVE, _SUM, is_cheap=True)
SUBTRACT = Operation("{0} - {1}", Type.FLOAT, ADDITIVE, _SUM, is_cheap=True)
MULTIPLY = Operation("{0} * {1}", Type.FLOAT, MULTIPLICATIVE, _PRODUCT, is_cheap=True)
DIVIDE = Operation("{0} / {1}", Type.FLOAT, MULTIPLICATIVE, _PRODUCT)
EXPONENTIAL = call("exponential")
SQUARE = call("square")
RECIPROCAL = Operation("1.0f / {0}", Type.FLOAT, MULTIPLICATIVE, (UNARY,))
SQUARE_ROOT = call("square_root")
_NOT_EQUAL_ZERO = Operation("{0} != 0.0f", Type.BOOLEAN, COMPARISON, (ADDITIVE,))
_CHOICE = Operation(
    "{0} ? {1} : {2}", None, CONDITIONAL, (COMPARISON, CONDITIONAL + 1, CONDITIONAL + 1)
)


def _comparison(sign: str) -> Operation:
    return Operation(f"{{0}} {sign} {{1}}", Type.BOOLEAN, COMPARISON, (ADDITIVE, ADDITIVE))


def _logical(sign: str) -> Operation:
    return Operation(f"{{0}} {sign} {{1}}", Type.BOOLEAN, LOGICAL, (COMPARISON, COMPARISON))


# Operator: (types that it takes, what it computes).
_UNARY: dict[str, tuple[tuple[Type, ...], Operation]] = {
    "Neg": (_FLOAT, Operation("-{0}", Type.FLOAT, UNARY, (PRIMARY,))),
    "Abs": (_FLOAT, call("fabsf")),
    "Sqrt": (_FLOAT, SQUARE_ROOT),
    "Reciprocal": (_FLOAT, RECIPROCAL),
    "Exp": (_FLOAT, EXPONENTIAL),
    "Log": (_FLOAT, call("logf")),
    "Erf": (_FLOAT, call("erff")),
    "Tanh": (_FLOAT, call("hyperbolic_tangent")),
    "Sigmoid": (_FLOAT, call("sigmoid")),
    "Relu": (_FLOAT, call("rectify")),
    "Softplus": (_FLOAT, call("softplus")),
    "Sin": (_FLOAT, call("sinf")),
    "Cos": (_FLOAT, call("cosf")),
    "Tan": (_FLOAT, call("tanf")),
    "Atan": (_FLOAT, call("atanf")),
    "Sign": (_FLOAT, call("sign")),
    "Floor": (_FLOAT, call("floorf")),
    "Ceil": (_FLOAT, call("ceilf")),
    "Not": (_TRUTH, Operation("!{0}", Type.BOOLEAN, COMPARISON, (PRIMARY,))),
}
_BINARY: dict[str, tuple[tuple[Type, ...], Operation]] = {
    "Add": (_FLOAT, ADD),
    "Sub": (_FLOAT, SUBTRACT),
    "Mul": (_FLOAT, MULTIPLY),
    "Div": (_FLOAT, DIVIDE),
    "Equal": (_ANY, _comparison("==")),
    "Less": (_NUMBER, _comparison("<")),
    "LessOrEqual": (_NUMBER, _comparison("<=")),
    "Greater": (_NUMBER, _comparison(">")),
    "GreaterOrEqual": (_NUMBER, _comparison(">=")),
    "And": (_TRUTH, _logical("&&")),
    "Or": (_TRUTH, _logical("||")),
    "Xor": (_TRUTH, _comparison("!=")),
}
_CASTS = {
    (Type.FLOAT, Type.INTEGER): call("truncate", type_=Type.INTEGER),
    (Type.FLOAT, Type.BOOLEAN): _NOT_EQUAL_ZERO,
    (Type.INTEGER, Type.FLOAT): Operation("(float){0}", Type.FLOAT, UNARY, (UNARY,)),
    (Type.INTEGER, Type.BOOLEAN): Operation("{0} != 0", Type.BOOLEAN, COMPARISON, (ADDITIVE,)),
    (Type.BOOLEAN, Type.FLOAT): Operation(
        "{0} ? 1.0f : 0.0f", Type.FLOAT, CONDITIONAL, (COMPARISON,)
    ),
    (Type.BOOLEAN, Type.INTEGER): Operation(
        "{0} ? 1 : 0", Type.INTEGER, CONDITIONAL, (COMPARISON,)
    ),
}
_POWERS = {0.5: SQUARE_ROOT, 2.0: SQUARE, 3.0: call("cube"), -1.0: RECIPROCAL}


def apply(lowering: Lowering, operation: Operation, *arguments: Expression) -> Expression:
    """Return an operation on tensors that are broadcast against each other.

    A computed tensor that would be computed again for each copy is stored first.
    """
    shape = np.broadcast_shapes(*(argument.shape for argument in arguments))
    stretched = (
        broadcast(argument if argument.shape == shape else lowering.store(argument), shape)
        for argument in arguments
    )
    return Apply(operation, tuple(stretched))


def _fixed(types: tuple[Type, ...], operation: Operation) -> Operator:
    """Return the lowering of an operator that is one C expression."""

    def lower(lowering: Lowering, node: Node) -> list[Expression]:
        arguments = [lowering.value(name) for name in node.inputs]
        _check_types(node, arguments, types)
        return [apply(lowering, operation, *arguments)]

    return lower


def _check_types(node: Node, arguments: list[Expression], types: tuple[Type, ...]) -> None:
    """Refuse arguments of other types than those allowed."""
    for argument in arguments:
        if argument.type not in types:
            raise refuse_operator(
                node.operator,
                f"values of type {' or '.join(t.name.lower() for t in types)}",
                argument.type.name.lower(),
                "cast to float32 before it",
            )


def _lower_power(lowering: Lowering, node: Node) -> list[Expression]:
    """``Pow``: the common exponents without ``powf``."""
    base, exponent = (lowering.value(name) for name in node.inputs)
    _check_types(node, [base], _FLOAT)
    if isinstance(exponent, Literal):
        shape = np.broadcast_shapes(base.shape, exponent.shape)
        if float(exponent.value) == 1.0:
            return [broadcast(base, shape)]
        operation = _POWERS.get(float(exponent.value))
        if operation is not None and shape == base.shape:
            return [apply(lowering, operation, base)]
        exponent = Literal(float(exponent.value), Type.FLOAT, exponent.shape)
    _check_types(node, [exponent], _FLOAT)
    return [apply(lowering, call("powf", 2), base, exponent)]


def _extreme(function: str) -> Operator:
    """Return the lowering of ``Max`` or ``Min`` of any number of tensors."""

    def lower(lowering: Lowering, node: Node) -> list[Expression]:
        arguments = [lowering.value(name) for name in node.inputs]
        _check_types(node, arguments, _FLOAT)
        result = arguments[0]
        for argument in arguments[1:]:
            result = apply(lowering, call(function, 2), result, argument)
        return [result]

    return lower


def _lower_clip(lowering: Lowering, node: Node) -> list[Expression]:
    """``Clip``: as minimum and maximum, in ONNX's order, so that the upper bound wins."""
    value = lowering.value(node.inputs[0])
    _check_types(node, [value], _FLOAT)
    bounds: list[Expression | None] = [None, None]
    if node.opset < 11:
        for side, name in enumerate(("min", "max")):
            if name in node.attributes:
                bounds[side] = Literal(node.number(name, 0.0), Type.FLOAT, ())
    else:
        for side in (1, 2):
            bounds[side - 1] = lowering.value(node.inputs[side]) if node.has_input(side) else None
    lower, upper = bounds
    if lower is not None and upper is not None:
        return [apply(lowering, call("clamp", 3), value, lower, upper)]
    if lower is not None:
        value = apply(lowering, call("maximum", 2), value, lower)
    if upper is not None:
        value = apply(lowering, call("minimum", 2), value, upper)
    return [value]


def _lower_where(lowering: Lowering, node: Node) -> list[Expression]:
    condition, yes, no = (lowering.value(name) for name in node.inputs)
    _check_types(node, [condition], _TRUTH)
    return [apply(lowering, _CHOICE, condition, yes, no)]


def _lower_cast(lowering: Lowering, node: Node) -> list[Expression]:
    value = lowering.value(node.inputs[0])
    target = lowering.type_of(node.integer("to", 1), node.operator)
    if value.type is target:
        return [value]
    return [apply(lowering, _CASTS[value.type, target], value)]


def _with_slope(function: str, default: float) -> Callable[[Lowering, Node], list[Expression]]:
    """Return the lowering of an activation with the attribute ``alpha``."""

    def lower(lowering: Lowering, node: Node) -> list[Expression]:
        value = lowering.value(node.inputs[0])
        _check_types(node, [value], _FLOAT)
        slope = write_float(node.number("alpha", default))
        operation = Operation(f"{function}({{0}}, {slope})", Type.FLOAT, PRIMARY, (0,), (function,))
        return [apply(lowering, operation, value)]

    return lower


OPERATORS: dict[str, Operator] = {
    **{name: _fixed(*rule) for name, rule in (_UNARY | _BINARY).items()},
    "Pow": _lower_power,
    "Max": _extreme("maximum"),
    "Min": _extreme("minimum"),
    "Clip": _lower_clip,
    "Where": _lower_where,
    "Cast": _lower_cast,
    "Elu": _with_slope("exponential_unit", 1.0),
    "LeakyRelu": _with_slope("leaky", 0.01),
}
