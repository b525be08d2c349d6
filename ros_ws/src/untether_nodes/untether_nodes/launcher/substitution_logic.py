"""Substitutions that compute: logic, comparison, choice and expressions."""

import math

from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.expression import evaluate_expression
from untether_nodes.launcher.scope import Scope
from untether_nodes.launcher.substitution import Arguments, Substitution
from untether_nodes.launcher.value import convert

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def _truth(text: str) -> bool:
    return convert(text, "bool") is True


def _written(truth: bool) -> str:
    return "true" if truth else "false"


def _not(_scope: Scope, arguments: Arguments) -> str:
    return _written(not _truth(arguments[0]()))


def _and(_scope: Scope, arguments: Arguments) -> str:
    truths = [_truth(argument()) for argument in arguments]
    return _written(all(truths))


def _or(_scope: Scope, arguments: Arguments) -> str:
    truths = [_truth(argument()) for argument in arguments]
    return _written(any(truths))


def _if(_scope: Scope, arguments: Arguments) -> str:
    if _truth(arguments[0]()):
        return arguments[1]()
    return arguments[2]() if len(arguments) == 3 else ""


def _same(left: str, right: str) -> bool:
    if left.lower() in _TRUTHS and right.lower() in _TRUTHS:
        return _TRUTHS[left.lower()] == _TRUTHS[right.lower()]
    try:
        return math.isclose(float(left), float(right))
    except ValueError:
        return left == right


def _equals(_scope: Scope, arguments: Arguments) -> str:
    return _written(_same(arguments[0](), arguments[1]()))


def _not_equals(_scope: Scope, arguments: Arguments) -> str:
    return _written(not _same(arguments[0](), arguments[1]()))


def _expression(_scope: Scope, arguments: Arguments) -> str:
    module = arguments[1]().strip() if len(arguments) == 2 else "math"
    if module != "math":
        raise LaunchError(
            "only the module math may be used in an expression",
            expected="math",
            got=repr(module),
            fix="remove the second argument",
        )
    return evaluate_expression(arguments[0]())


LOGIC = {
    "and": Substitution(2, 2, _and),
    "equals": Substitution(2, 2, _equals),
    "eval": Substitution(1, 2, _expression),
    "if": Substitution(2, 3, _if),
    "not": Substitution(1, 1, _not),
    "not-equals": Substitution(2, 2, _not_equals),
    "or": Substitution(2, 2, _or),
}
