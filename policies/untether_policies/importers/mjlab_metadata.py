"""The metadata that mjlab writes into its ONNX files, read back as numbers and names.

Every value is text; lists are joined by commas, numbers have three decimals (``True`` becomes
``1.000``), and a list inside a list is joined by semicolons. Keys as of mjlab 1.6.0
(``mjlab/rl/exporter_utils.py``); files of 1.5.0 and before lack the ``observation_terms_*`` keys.
"""

from collections.abc import Mapping, Sequence

from untether_policies.importers.values import read_number, refuse
from untether_policies.plain_yaml import PlainValue

TERM_KEYS = {
    # key: what a term has that says nothing special
    "observation_terms_scale": "1.0",
    "observation_terms_clip": "-inf;inf",
    "observation_terms_history_length": "0",
    "observation_terms_flatten_history_dim": "1",
}
_ROUNDING = 0.5001e-3


def complete_metadata(
    metadata: Mapping[str, str], added: Mapping[str, PlainValue], where: str
) -> dict[str, str]:
    """Return the metadata with what the user adds, in the exporter's own notation.

    Args:
        metadata: As found in the file.
        added: Missing keys, or the same numbers with more digits.
        where: The file, for error messages.

    Raises:
        ImportRefusedError: when an addition contradicts the file.
    """
    complete = dict(metadata)
    for key, value in added.items():
        text = _write(value, f"--supplement: metadata: {key}")
        if key in metadata and not _agree(metadata[key], text):
            fix = "remove it, or take the file that it belongs to"
            expected = f"what the file says within its rounding: {metadata[key][:80]}"
            raise refuse(f"{where}: {key}", expected, text, fix)
        complete[key] = text
    return complete


def describe_plain_terms(count: int) -> dict[str, str]:
    """Return the ``observation_terms_*`` keys of ``count`` terms without scale, clip or history."""
    return {key: ",".join([plain] * count) for key, plain in TERM_KEYS.items()}


class MjlabMetadata:
    """Typed access to the metadata.

    Args:
        entries: Metadata as written.
        where: The file, for error messages.
    """

    def __init__(self, entries: Mapping[str, str], where: str) -> None:
        self._entries = entries
        self._where = where

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of names; empty when the text is."""
        text = self._text(key)
        return tuple(text.split(",")) if text else ()

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """Return ``count`` finite numbers."""
        items = self._items(key, count)
        return tuple(read_number(item, self._place(key)) for item in items)

    def spread(self, key: str, count: int) -> tuple[float, ...]:
        """Return ``count`` finite numbers, from as many or from one for all."""
        text = self._text(key)
        return self.numbers(key, count) if "," in text else self.numbers(key, 1) * count

    def flags(self, key: str, count: int) -> tuple[bool, ...]:
        """Return ``count`` truth values, which the exporter writes as 1.000 and 0.000."""
        words = {"True": True, "False": False}
        items = self._items(key, count)
        return tuple(
            words[item] if item in words else read_number(item, self._place(key)) != 0.0
            for item in items
        )

    def groups(self, key: str, count: int) -> tuple[tuple[float, ...], ...]:
        """Return ``count`` groups of numbers, which may be infinite."""
        return tuple(
            tuple(_extended(part, self._place(key)) for part in item.split(";"))
            for item in self._items(key, count)
        )

    def count(self, key: str) -> int:
        """Return the number of items in a list."""
        return len(self._text(key).split(","))

    def _text(self, key: str) -> str:
        if key not in self._entries:
            fix = f"export with a newer mjlab, or add metadata: {{{key}: [...]}} to --supplement"
            if key in TERM_KEYS:
                fix += "; --plain-terms says that no term has scale, clip or history"
            raise refuse(f"{self._where}: metadata", key, f"only {sorted(self._entries)}", fix)
        return self._entries[key]

    def _items(self, key: str, count: int) -> list[str]:
        items = self._text(key).split(",")
        if len(items) != count:
            fix = "the file contradicts itself: export it again"
            raise refuse(self._place(key), f"{count} items", f"{len(items)}", fix)
        return items

    def _place(self, key: str) -> str:
        return f"{self._where}: metadata: {key}"


def _extended(text: str, where: str) -> float:
    """Return a number that may be infinite, but not NaN."""
    if text.strip() in ("inf", "-inf"):
        return float(text)
    return read_number(text, where)


def _write(value: PlainValue, where: str) -> str:
    """Return a value in the exporter's notation, with every digit."""
    if isinstance(value, list):
        return ",".join(
            ";".join(str(part) for part in item) if isinstance(item, list) else str(item)
            for item in value
        )
    if value is None or isinstance(value, Mapping):
        raise refuse(where, "a value or a list", value, "write it as the exporter has it")
    return str(value)


def _agree(rounded: str, exact: str) -> bool:
    """Return whether two texts say the same, numbers within the exporter's rounding."""
    ours, theirs = _split(exact), _split(rounded)
    return len(ours) == len(theirs) and all(
        left == right or _close(left, right) for left, right in zip(ours, theirs, strict=True)
    )


def _split(text: str) -> Sequence[str]:
    return text.replace(";", ",;,").split(",")


def _close(left: str, right: str) -> bool:
    try:
        return abs(float(left) - float(right)) <= _ROUNDING
    except ValueError:
        return False
