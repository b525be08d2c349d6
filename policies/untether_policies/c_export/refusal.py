"""The error of a bundle that cannot become C."""

from untether_policies.errors import BundleError


class ExportRefusedError(BundleError):
    """A bundle's graph uses something that the C export does not have, or the result is wrong."""


def refuse_operator(operator: str, expected: str, got: str, fix: str) -> ExportRefusedError:
    """Return the error for an operator, or a form of one, that cannot become C."""
    return ExportRefusedError(
        f"policy.onnx: operator {operator}", expected=expected, got=got, fix=fix
    )
