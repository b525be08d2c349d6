"""``$(eval ...)``: Python's arithmetic, comparisons and logic, and nothing that can do harm.

``ros2 launch`` hands the text to Python's ``eval``. Here a syntax tree of a fixed set of nodes is
walked, so a launch file or an argument cannot run code; the names and functions of ``math`` and
a few builtins are known, as there.
"""

import ast
import math
import operator
from collections.abc import Callable

from untether_nodes.launcher.errors import LaunchError, listing

Result = object

_BINARY: dict[type[ast.operator], Callable[..., Result]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[..., Result]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[..., bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_MATH = (
    *("acos", "asin", "atan", "atan2", "ceil", "copysign", "cos", "degrees", "dist", "exp"),
    *("fabs", "floor", "fmod", "hypot", "isclose", "isfinite", "isinf", "isnan", "log", "log10"),
    *("log2", "pow", "radians", "sin", "sqrt", "tan", "tanh", "trunc"),
)
_FUNCTIONS: dict[str, Callable[..., Result]] = {
    **{name: getattr(math, name) for name in _MATH},
    **{f.__name__: f for f in (abs, bool, float, int, len, max, min, round, str)},
}
_NAMES: dict[str, float] = {name: getattr(math, name) for name in ("e", "inf", "nan", "pi", "tau")}
_LARGEST = 10**4
"""Bits of a power, and repetitions of a text: an expression must not eat the machine."""


def evaluate_expression(text: str) -> str:
    """Evaluate an expression and return ``str`` of its result.

    Args:
        text: The expression, substitutions already made.

    Returns:
        The result as text, as Python prints it (``True``, ``2.5``).

    Raises:
        LaunchError: The text is no expression, uses something refused, or fails.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
        return str(_evaluate(tree.body))
    except LaunchError:
        raise
    except (
        SyntaxError,
        ArithmeticError,
        TypeError,
        ValueError,
        RecursionError,
        MemoryError,
    ) as error:
        raise LaunchError(
            f"cannot evaluate {text!r}",
            expected="a Python expression of numbers, texts, comparisons and math functions",
            got=f"{type(error).__name__}: {error}",
            fix="texts need quotes of their own: $(eval \"'$(var robot)' == 'crazyflie'\")",
        ) from error


def _evaluate(node: ast.expr) -> Result:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None):
            return node.value
        case ast.Name(id=name) if name in _NAMES:
            return _NAMES[name]
        case ast.Attribute(value=ast.Name(id="math"), attr=name) if name in _NAMES:
            return _NAMES[name]
        case ast.UnaryOp(op=op) if type(op) in _UNARY:
            return _UNARY[type(op)](_evaluate(node.operand))
        case ast.BinOp(op=op) if type(op) in _BINARY:
            return _binary(op, _evaluate(node.left), _evaluate(node.right))
        case ast.BoolOp(op=op, values=values):
            return _logic(op, values)
        case ast.Compare():
            return _compare(node)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _evaluate(body if _evaluate(test) else orelse)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            values = [_evaluate(item) for item in items]
            return tuple(values) if isinstance(node, ast.Tuple) else values
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*map(_evaluate, node.args))
        case ast.Call(func=ast.Attribute(value=ast.Name(id="math"), attr=name), keywords=[]) if (
            name in _MATH
        ):
            return _FUNCTIONS[name](*map(_evaluate, node.args))
    raise _refused(node)


def _binary(op: ast.operator, left: Result, right: Result) -> Result:
    sequence = isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple)
    counts = [abs(x) for x in (left, right) if isinstance(x, int)]
    repeated = isinstance(op, ast.Mult) and sequence and any(n > _LARGEST for n in counts)
    formatted = isinstance(op, ast.Mod) and isinstance(left, str)
    raised = isinstance(op, ast.Pow) and len(counts) == 2
    if repeated or formatted or (raised and counts[0].bit_length() * counts[1] > _LARGEST):
        raise LaunchError(
            "the expression would build something too large",
            expected=f"whole powers and repeated texts up to a size of {_LARGEST}, no % on a text",
            got=f"{str(left)[:20]} and {str(right)[:20]}",
            fix="compute the value outside the launch file",
        )
    return _BINARY[type(op)](left, right)


def _logic(op: ast.boolop, values: list[ast.expr]) -> Result:
    stops_at = isinstance(op, ast.Or)
    result: Result = None
    for value in values:
        result = _evaluate(value)
        if bool(result) == stops_at:
            break
    return result


def _compare(node: ast.Compare) -> bool:
    left = _evaluate(node.left)
    for op, comparator in zip(node.ops, node.comparators, strict=True):
        if type(op) not in _COMPARISONS:
            raise _refused(node)
        right = _evaluate(comparator)
        if not _COMPARISONS[type(op)](left, right):
            return False
        left = right
    return True


def _refused(node: ast.expr) -> LaunchError:
    text = ast.unparse(node)
    known = listing([*_FUNCTIONS, *_NAMES])
    return LaunchError(
        f"{text!r} is refused in an expression",
        expected=f"numbers, quoted texts, operators, comparisons and: {known}",
        got=f"{type(node).__name__} {text!r}",
        fix=f"quote it ('{text}') if it is meant as a text",
    )
