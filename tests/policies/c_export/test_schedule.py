import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from untether_policies.c_export.expressions import Buffer, Home, Load, Type
from untether_policies.c_export.kernels import Map, reads
from untether_policies.c_export.memory import plan_memory
from untether_policies.c_export.schedule import schedule

PLACES = np.arange(4)


def buffer(name, home=Home.SCRATCH):
    return Buffer(name, 4, Type.FLOAT, home)


def copy(target, source):
    return Map(target, PLACES, Load(source, PLACES, Type.FLOAT))


def test_a_state_is_read_before_its_next_value_takes_its_place():
    old, new = buffer("s", Home.STATE), buffer("s_next", Home.NEXT)
    x, late = buffer("x", Home.INPUT), buffer("y", Home.OUTPUT)
    kernels = [copy(new, x), copy(late, old)]
    assert plan_memory(kernels, [(old, new)]).committed
    ordered = schedule(kernels, [(old, new)])
    assert [kernel.output for kernel in ordered] == [late, new]
    assert plan_memory(ordered, [(old, new)]).in_place == {new: old}


def test_states_that_change_places_cannot_both_be_written_in_place():
    a, b = buffer("a", Home.STATE), buffer("b", Home.STATE)
    next_a, next_b = buffer("a_next", Home.NEXT), buffer("b_next", Home.NEXT)
    carry = [(a, next_a), (b, next_b)]
    plan = plan_memory(schedule([copy(next_a, b), copy(next_b, a)], carry), carry)
    assert len(plan.committed) == 1


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=10))
def test_every_kernel_finds_its_inputs_ready(steps):
    old, new = buffer("s", Home.STATE), buffer("s_next", Home.NEXT)
    made, kernels = [buffer("x", Home.INPUT)], []
    for index, (back, from_state) in enumerate(steps):
        target = new if index == len(steps) // 2 else buffer(f"b{index}")
        kernels.append(copy(target, old if from_state else made[-1 - back % len(made)]))
        made.append(target)
    ordered = schedule(kernels, [(old, new)])
    assert sorted(map(id, ordered)) == sorted(map(id, kernels))
    ready = {made[0], old}
    for kernel in ordered:
        assert all(load.buffer in ready for load in reads(kernel))
        ready.add(kernel.output)
