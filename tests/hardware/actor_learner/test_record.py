import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from tests.hardware.actor_learner.records import join, make_record, see

from untether_hardware.actor_learner.array_spec import ArraySpec
from untether_hardware.actor_learner.errors import RecordError
from untether_hardware.actor_learner.record import (
    EpisodeBegin,
    EpisodeLabel,
    Label,
    Transition,
    decode_record,
    kinds_after,
)
from untether_hardware.actor_learner.schema import RecordSchema
from untether_hardware.datasets.features import Commander

SCHEMA = RecordSchema(
    {
        "front": ArraySpec((4, 4, 3), "uint8"),
        "map": ArraySpec((6, 4, 4), "float16"),
        "state": ArraySpec((2,)),
    },
    7,
)
finite = st.floats(allow_nan=False, allow_infinity=False)
shapes = nps.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


def arrays_of(dtype):
    elements = None if dtype == np.uint8 else {"allow_nan": False, "allow_infinity": False}
    return nps.arrays(dtype, shapes, elements=elements)


observations = st.dictionaries(
    st.text(min_size=1, max_size=8),
    st.sampled_from([np.uint8, np.float16, np.float32]).flatmap(arrays_of),
    min_size=1,
    max_size=3,
)
records = st.one_of(
    st.builds(EpisodeBegin, observations, st.booleans()),
    st.builds(
        Transition,
        nps.arrays(
            np.float32,
            st.tuples(st.integers(0, 8)),
            elements={"allow_nan": False, "allow_infinity": False},
        ),
        finite,
        observations,
        st.booleans(),
        st.booleans(),
        finite,
        st.booleans(),
        st.sampled_from(Commander),
    ),
    st.builds(EpisodeLabel, st.sampled_from(Label)),
)


@given(record=records)
def test_a_record_is_read_as_it_was_written(record):
    payload = join(record)
    again = decode_record(payload)
    assert type(again) is type(record)
    assert join(again) == payload
    for name, value in vars(record).items():
        if name in ("observation", "next_observation"):
            found = getattr(again, name)
            assert list(found) == list(value)
            for key, array in value.items():
                assert (found[key].dtype, found[key].shape) == (array.dtype, array.shape)
                assert found[key].tobytes() == array.tobytes()
        elif name == "action":
            assert again.action.tobytes() == value.tobytes()
        else:
            assert getattr(again, name) == value


@given(data=st.data())
def test_damaged_bytes_are_refused_or_another_valid_record(data):
    payload = bytearray(join(data.draw(records)))
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    payload = payload[: data.draw(st.integers(0, len(payload)))]
    try:
        record = decode_record(payload)
    except RecordError:
        return
    assert isinstance(record, EpisodeBegin | Transition | EpisodeLabel)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_refused_in_words(data):
    try:
        decode_record(data)
    except RecordError as error:
        assert "expected" in str(error)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"action": np.array([np.nan], np.float32)}, "action: expected"),
        ({"action": np.zeros(7)}, "float64"),
        ({"action": np.zeros((1, 7), np.float32)}, r"\(1, 7\)"),
        ({"reward": np.inf}, "inf and 0"),
        ({"penalty": np.nan}, "nan"),
        ({"next_observation": {}}, "named arrays, got none"),
        ({"next_observation": {"state": np.array([np.inf], np.float32)}}, "state: expected finite"),
        ({"next_observation": {"state": np.zeros(2)}}, "one of uint8, float16, float32"),
    ],
)
def test_values_that_no_learner_can_use_are_refused(change, match):
    facts = {"action": np.zeros(7, np.float32), "reward": 0.0, "next_observation": see(1)}
    with pytest.raises(RecordError, match=match):
        Transition(**{**facts, **change})


def test_what_may_follow():
    begin, step, label = make_record(1), make_record(2), make_record(10)
    last = make_record(9)
    assert last.ends and not step.ends
    assert kinds_after(None) == kinds_after(label) == (EpisodeBegin,)
    assert kinds_after(begin) == kinds_after(step) == (EpisodeBegin, Transition, EpisodeLabel)
    assert kinds_after(last) == (EpisodeBegin, EpisodeLabel)


def test_a_schema_takes_only_what_fits():
    for sequence in range(1, 11):
        SCHEMA.check(decode_record(join(make_record(sequence))))
    with pytest.raises(RecordError, match=r"action: expected \(7,\), got \(6,\)"):
        SCHEMA.check(Transition(np.zeros(6, np.float32), 0.0, see(1)))
    lacking = {name: array for name, array in see(1).items() if name != "map"}
    with pytest.raises(RecordError, match="map"):
        SCHEMA.check(EpisodeBegin(lacking))
    with pytest.raises(RecordError, match="float16"):
        SCHEMA.check(EpisodeBegin({**see(1), "map": see(1)["map"].astype(np.float32)}))
