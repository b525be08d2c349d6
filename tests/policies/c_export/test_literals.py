import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_policies.c_export.literals import write_comment, write_float, write_table


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_literal_reads_back_as_the_same_float(value):
    text = write_float(value)
    assert text.endswith("f")
    assert "." in text or "e" in text  # else C would take it for a whole number with a suffix
    assert np.float32(text[:-1]) == np.float32(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [(np.nan, "NAN"), (np.inf, "INFINITY"), (-np.inf, "-INFINITY"), (2.0, "2.0f")],
)
def test_what_has_no_digits_is_named(value, text):
    assert write_float(value) == text


def test_lines_stay_within_a_screen():
    table = write_table("weights", "float", np.random.default_rng(0).normal(size=300))
    comment = write_comment(["word " * 100, "  indented " + "word " * 100])
    assert max(map(len, (table + comment).splitlines())) <= 100
    assert table.startswith("static const float weights[300] = {")
