import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from untether_policies.c_export.loops import are_contiguous, is_regular, plan_loops


def walk(nest, access):
    """Every position that an access visits, in the order of the loops."""
    sizes = zip(nest.sizes, access.strides, strict=True)
    steps = [np.arange(size) * stride for size, stride in sizes]
    places = access.offset + sum(np.meshgrid(*steps, indexing="ij"), np.zeros(nest.sizes, int))
    places = places.ravel()
    return places if access.table is None else access.table[places]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data())
def test_loops_visit_what_the_arrays_say(shape, data):
    whole = np.arange(np.prod(shape)).reshape(shape)
    order = data.draw(st.permutations(range(len(shape))))
    turned = whole.transpose(order)
    picked = data.draw(st.lists(st.integers(0, 50), min_size=whole.size, max_size=whole.size))
    arrays = [np.arange(whole.size).reshape(turned.shape), turned, turned[..., ::-1],
              np.array(picked).reshape(turned.shape)]  # fmt: skip
    kept = data.draw(st.integers(0, len(shape)))
    nest = plan_loops(arrays, kept)
    for array, access in zip(arrays, nest.accesses, strict=True):
        np.testing.assert_array_equal(walk(nest, access), array.ravel())


def test_axes_that_follow_each_other_share_a_loop():
    whole = np.arange(24).reshape(2, 3, 4)
    assert plan_loops([whole, whole + 5], 3).sizes == (24,)
    assert plan_loops([whole, whole + 5], 1).sizes == (2, 12)  # kept and reduced stay apart
    assert plan_loops([whole, np.broadcast_to(np.arange(4), (2, 3, 4))], 3).sizes == (6, 4)


def test_positions_without_a_rule_are_known_as_such():
    assert is_regular(np.arange(24).reshape(4, 6)[::2, ::-1])
    assert not is_regular(np.array([0, 1, 3]))
    assert are_contiguous(np.array([[3, 4], [5, 6]]))
    assert not are_contiguous(np.array([[3, 4], [6, 5]]))
