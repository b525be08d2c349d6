import numpy as np

from untether_policies.c_export.expressions import Buffer, Home, Load, Type
from untether_policies.c_export.kernels import Call, Map, reads
from untether_policies.c_export.placement import place_parts


def buffer(name, size, home=Home.SCRATCH):
    return Buffer(name, size, Type.FLOAT, home)


def load(source, first=0, size=None):
    return Load(source, np.arange(size or source.size) + first, Type.FLOAT)


def copy(target, source, first=0):
    return Map(target, np.arange(source.size) + first, load(source))


def test_parts_are_computed_where_they_are_needed():
    x, inner, outer = buffer("x", 2, Home.INPUT), buffer("inner", 4), buffer("outer", 6)
    one, other = buffer("one", 2), buffer("other", 2)
    kernels = [
        Call(one, "dense", (load(x),), ()),
        Call(other, "dense", (load(one),), ()),
        copy(inner, one),
        copy(inner, other, 2),
        copy(outer, inner, 1),
    ]
    first, second = place_parts(kernels)
    assert isinstance(first, Call)
    assert isinstance(second, Call)
    assert (first.output, first.first) == (outer, 1)
    assert (second.output, second.first) == (outer, 3)
    (read,) = reads(second)
    assert read.buffer is outer
    assert read.positions.tolist() == [1, 2]


def test_what_cannot_lie_elsewhere_is_copied():
    x, state = buffer("x", 2, Home.INPUT), buffer("state", 2, Home.NEXT)
    part, whole, second = buffer("part", 2), buffer("whole", 4), buffer("second", 2)
    kernels = [
        copy(whole, x),
        Call(part, "dense", (load(x),), ()),
        copy(state, part),
        Map(whole, np.array([3, 2]), load(part)),
        Map(second, np.arange(2), load(whole, 1, 2)),
    ]
    assert place_parts(kernels) == tuple(kernels)


def test_a_part_of_two_results_is_copied_once():
    x, part = buffer("x", 2, Home.INPUT), buffer("part", 2)
    one, other = buffer("one", 2), buffer("other", 2)
    kernels = [Call(part, "dense", (load(x),), ()), copy(one, part), copy(other, part)]
    placed = place_parts(kernels)
    assert [kernel.output for kernel in placed] == [other]
    outer = buffer("outer", 4)
    kernels = [*kernels[:1], copy(outer, part), copy(outer, part, 2)]
    placed = place_parts(kernels)
    assert [kernel.output for kernel in placed] == [outer, outer]
    assert isinstance(placed[1], Map)
    assert placed[1].positions.tolist() == [2, 3]
