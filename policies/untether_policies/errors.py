"""The errors of a bundle that does not fit; each says what was expected, what was got, the fix."""


class BundleError(Exception):
    """A bundle, or a part of one, that the loader refuses.

    Attributes:
        what: the part concerned, e.g. ``"contract.yaml: rate"``.
        expected: what would have been right.
        got: what was found.
        fix: what the reader can do about it.
    """

    def __init__(self, what: str, *, expected: str, got: str, fix: str) -> None:
        super().__init__(what, expected, got, fix)
        self.what = what
        self.expected = expected
        self.got = got
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, got {self.got}. Fix: {self.fix}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.expected, self.got, self.fix))


class ContractError(BundleError):
    """``contract.yaml``, or a contract built in code, breaks a rule of the contract."""


class GraphError(BundleError):
    """``policy.onnx`` is damaged, unsafe, or not the graph that the contract describes."""


class FixtureError(BundleError):
    """``fixture.npz`` is damaged, or the graph does not reproduce what it recorded."""


def explain_os_error(error: OSError, where: str) -> BundleError:
    """Return the refusal for what the operating system did not allow.

    Args:
        error: what it said.
        where: the path concerned, or whatever the reader will recognise.
    """
    return BundleError(
        where,
        expected="files and folders that can be read and written as asked",
        got=error.strerror or str(error) or type(error).__name__,
        fix="check the path, its permissions and the space on the disk",
    )


def _rebuild(
    error_type: type[BundleError], what: str, expected: str, got: str, fix: str
) -> BundleError:
    """Build an error again after it crossed a process boundary (pickled by multiprocessing)."""
    return error_type(what, expected=expected, got=got, fix=fix)
