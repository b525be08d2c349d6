from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from untether_policies.c_export.expressions import Buffer, Home, Load, Type
from untether_policies.c_export.kernels import Call, Map
from untether_policies.c_export.memory import plan_memory


def copy(target, source, positions=None):
    """A kernel that copies one buffer into another of the same size."""
    places = np.arange(target.size)
    return Map(target, places, Load(source, places if positions is None else positions, Type.FLOAT))


def load(source):
    """All of a buffer."""
    return Load(source, np.arange(source.size), Type.FLOAT)


def buffer(name, home=Home.SCRATCH, size=4, type_=Type.FLOAT):
    return Buffer(name, size, type_, home)


@given(st.lists(st.tuples(st.integers(2, 9), st.integers(0, 8), st.booleans()), max_size=12))
def test_what_lives_at_the_same_time_never_overlaps(steps):
    made = [buffer("first", Home.INPUT, 16)]
    kernels, lives = [], {}
    for index, (size, back, whole) in enumerate(steps):
        source = made[max(0, len(made) - 1 - back)]
        target = buffer(f"b{index}", size=size, type_=Type.INTEGER if whole else Type.FLOAT)
        kernels.append(copy(target, source, np.zeros(size, int)))
        lives[target] = [index, index]
        if source in lives:
            lives[source][1] = index
        made.append(target)
    plan = plan_memory(kernels, ())
    for one, other in combinations(lives, 2):
        meet = lives[one][0] <= lives[other][1] and lives[other][0] <= lives[one][1]
        first, second = sorted((one, other), key=plan.offsets.__getitem__)
        if meet and one.type is other.type:
            assert plan.offsets[first] + first.size <= plan.offsets[second]
    for item in lives:
        assert plan.offsets[item] + item.size <= plan.sizes[item.type]


def test_memory_is_used_again():
    chain = [buffer(f"b{index}", size=10) for index in range(5)]
    start = buffer("x", Home.INPUT, 10)
    kernels = [copy(b, a) for a, b in zip([start, *chain], chain, strict=False)]
    assert plan_memory(kernels, ()).sizes[Type.FLOAT] == 20


def test_state_is_written_in_place_only_when_nothing_needs_the_old_value():
    old, new, out = buffer("s", Home.STATE), buffer("s_next", Home.NEXT), buffer("y", Home.OUTPUT)
    carry = ((old, new),)
    assert plan_memory([copy(new, old), copy(out, new)], carry).in_place == {new: old}
    late = plan_memory([copy(new, old), copy(out, old)], carry)
    assert late.committed == ((old, new),)
    assert new in late.offsets
    moved = plan_memory([copy(new, old, np.array([1, 2, 3, 0]))], carry)
    assert not moved.in_place


def test_states_that_change_places_are_kept_apart():
    a, b = buffer("a", Home.STATE), buffer("b", Home.STATE)
    next_a, next_b = buffer("a_next", Home.NEXT), buffer("b_next", Home.NEXT)
    plan = plan_memory([copy(next_a, b), copy(next_b, a)], ((a, next_a), (b, next_b)))
    assert next_a not in plan.in_place


def test_single_numbers_are_local_variables_unless_a_call_needs_their_address():
    x, one, other = buffer("x", Home.INPUT), buffer("one", size=1), buffer("other", size=1)
    kernels = [copy(one, x), copy(other, x), Call(buffer("y"), "softmax", (load(one),), ())]
    plan = plan_memory(kernels, ())
    assert plan.single == {other}
    assert one in plan.offsets
    assert other not in plan.offsets
