import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_policies.importers.mjlab_metadata import (
    MjlabMetadata,
    complete_metadata,
    describe_plain_terms,
)
from untether_policies.importers.refusal import ImportRefusedError

numbers = st.floats(-1e3, 1e3).map(lambda value: round(value, 3))


def read(text: str) -> MjlabMetadata:
    return MjlabMetadata({"key": text}, "policy.onnx")


@given(st.lists(numbers, min_size=1, max_size=30))
def test_numbers_survive_the_exporters_notation(values):
    text = ",".join(f"{value:.3f}" for value in values)
    assert read(text).numbers("key", len(values)) == tuple(float(f"{v:.3f}") for v in values)


@given(st.lists(st.lists(numbers, min_size=1, max_size=4), min_size=1, max_size=6))
def test_lists_inside_lists_survive_the_exporters_notation(groups):
    text = ",".join(";".join(f"{value:.3f}" for value in group) for group in groups)
    read_back = read(text).groups("key", len(groups))
    assert [list(group) for group in read_back] == [[float(f"{v:.3f}") for v in g] for g in groups]


def test_truth_values_come_as_numbers_or_words():
    assert read("1.000,0.000").flags("key", 2) == (True, False)
    assert read("True,False").flags("key", 2) == (True, False)


def test_an_open_clip_is_infinite_but_never_nan(refused):
    assert read("-inf;inf").groups("key", 1) == ((-math.inf, math.inf),)
    with refused(ImportRefusedError, got="nan"):
        read("nan;1.0").groups("key", 1)


def test_one_number_stands_for_all():
    assert read("0.5").spread("key", 3) == (0.5, 0.5, 0.5)
    assert read("0.5,0.6").spread("key", 2) == (0.5, 0.6)


@pytest.mark.parametrize("text", ["", "1.0,x", "1.0,inf", "1.0,nan", "1.0", "1.0,2.0,3.0"])
def test_lists_that_do_not_fit_are_refused(text, refused):
    with refused(ImportRefusedError, what="policy.onnx: metadata: key"):
        read(text).numbers("key", 2)


def test_a_missing_key_names_the_ways_to_add_it(refused):
    with refused(ImportRefusedError, expected="observation_terms_clip", fix="--plain-terms"):
        read("").names("observation_terms_clip")
    with refused(ImportRefusedError, expected="joint_names", fix="--supplement"):
        read("").names("joint_names")


def test_additions_fill_gaps_and_add_digits():
    found = {"action_scale": "0.373,0.249", "run_path": "local"}
    added = {"action_scale": [0.37275, 0.24850], "observation_terms_clip": [[-1, 1], [0, 2]]}
    assert complete_metadata(found, added, "x") == {
        "action_scale": "0.37275,0.2485",
        "run_path": "local",
        "observation_terms_clip": "-1;1,0;2",
    }


@pytest.mark.parametrize("value", [[0.3739, 0.2485], [0.373], "0.373;0.249", ["a", "b"]])
def test_additions_that_contradict_the_file_are_refused(value, refused):
    with refused(ImportRefusedError, what="action_scale", expected="within its rounding"):
        complete_metadata({"action_scale": "0.373,0.249"}, {"action_scale": value}, "x")


@pytest.mark.parametrize("value", [None, {"a": 1}])
def test_additions_that_are_no_list_are_refused(value, refused):
    with refused(ImportRefusedError, what="metadata: key"):
        complete_metadata({}, {"key": value}, "x")


def test_plain_terms_have_no_scale_clip_or_history():
    metadata = MjlabMetadata(describe_plain_terms(2), "x")
    assert metadata.groups("observation_terms_scale", 2) == ((1.0,), (1.0,))
    assert metadata.groups("observation_terms_clip", 2) == ((-math.inf, math.inf),) * 2
    assert metadata.numbers("observation_terms_history_length", 2) == (0.0, 0.0)
    assert metadata.flags("observation_terms_flatten_history_dim", 2) == (True, True)
