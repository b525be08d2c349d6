import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_policies.c_export.names import Namespace, clean_name, clean_prefix

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@given(st.text(max_size=80))
def test_any_text_becomes_an_identifier(text):
    assert IDENTIFIER.fullmatch(clean_name(text))
    assert len(clean_name(text)) <= 60


@given(st.lists(st.text(max_size=6), max_size=30))
def test_no_two_names_become_one(texts):
    names = Namespace(frozenset(("taken",)))
    given_out = [names.add(clean_name(text)) for text in texts]
    assert len({*given_out, "taken"}) == len(given_out) + 1


@pytest.mark.parametrize(
    "word", ["float", "class", "unix", "i", "inputs", "sqrtf", "part_1", "bool"]
)
def test_words_that_mean_something_in_c_are_changed(word):
    assert clean_name(word) != word


@pytest.mark.parametrize(
    ("bundle", "prefix"),
    [("crazyflie-hover", "crazyflie_hover"), ("3d", "policy_3d"), ("math", "policy_math"),
     ("String", "policy_String"), ("int", "policy_int"), ("a-_-b", "a_b")],
)  # fmt: skip
def test_files_never_shadow_a_header_of_the_library(bundle, prefix):
    assert clean_prefix(bundle) == prefix
