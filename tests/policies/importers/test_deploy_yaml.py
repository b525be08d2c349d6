import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_policies.importers.deploy_yaml import IndexSlice, load_deploy_yaml, parse_deploy_yaml
from untether_policies.importers.refusal import ImportRefusedError
from untether_policies.importers.values import read_numbers

SLICE = "!!python/object/apply:builtins.slice"


def test_the_slice_that_the_exporter_writes_is_read_as_data():
    document = parse_deploy_yaml(f"joint_ids: {SLICE} [null, null, null]\nscale: [0.25]", "x")
    assert document == {"joint_ids": IndexSlice(None, None, None), "scale": [0.25]}


def test_a_slice_may_be_written_once_and_meant_twice():
    document = parse_deploy_yaml(f"a: &id001 {SLICE} [0, 4, 2]\nb: *id001", "x")
    assert document["a"] == document["b"] == IndexSlice(0, 4, 2)


def test_aliases_that_stand_for_much_cost_little(refused):
    """Nine lines that would be a billion numbers written out."""
    lines = ["l0: &l0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9)]
    value = parse_deploy_yaml("\n".join(lines), "x")["l8"]
    with refused(ImportRefusedError, what="scale[0]", expected="a number", got="[["):
        read_numbers(value, "scale", 10)


@given(*[st.none() | st.integers(-20, 20)] * 2, st.none() | st.integers(-5, 5).filter(bool))
def test_a_slice_takes_what_python_takes(start, stop, step):
    assert IndexSlice(start, stop, step).indices(12) == tuple(range(12)[slice(start, stop, step)])


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch /tmp/pwned']",
        "!!python/object/new:os.system ['true']",
        "!!python/object/apply:builtins.eval ['1']",
        "!!python/name:os.system",
        "!!python/module:os",
        "!!python/tuple [0, 1]",
        "!!binary aGVsbG8=",
        "!!set {a, b}",
        "!!str 5",
        "!local 5",
        f"{SLICE} ['a', 'b', 'c']",
        f"{SLICE} [1.5, 2, 1]",
        f"{SLICE} [0, 1, 0]",
        f"{SLICE} [0, 1]",
        f"{SLICE} {{start: 0}}",
        f"{SLICE} 5",
        f"{SLICE} [!!python/name:os.system , 1, 1]",
    ],
)
def test_every_other_tag_is_refused(text, refused):
    with refused(ImportRefusedError, what="deploy.yaml", expected="no tag but that of a slice"):
        parse_deploy_yaml(f"joint_ids: {text}", "deploy.yaml")


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("a: [1, 2", "line"),
        ("a: 1\na: 2", "'a' twice"),
        ("a: {b: 1, b: 2}", "'b' twice"),
        ("a: &x {b: 1}\nc: {<<: {b: 2}}", "merge"),
        ("- 1\n- 2", "list"),
        ("", "NoneType"),
        ("1: 2", "dict"),
        ("a: " + "[" * 5000 + "]" * 5000, "levels of nesting"),
        ("a: 2001-99-99", "month"),
        ("a: {[b]: 1}", "a list or a mapping"),
        ("? {b: 1}\n: 2", "a list or a mapping"),
        (f"a:\n  ? {SLICE} [0, 1, 1]\n  : 2", "line 2"),
    ],
)
def test_what_readers_disagree_about_is_refused(text, got, refused):
    with refused(ImportRefusedError, got=got):
        parse_deploy_yaml(text, "deploy.yaml")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: 1\n" * 300_000, None])
def test_a_file_that_is_no_text_or_too_long_is_refused(content, tmp_path, refused):
    path = tmp_path / "deploy.yaml"
    if content is not None:
        path.write_bytes(content)
    with refused(ImportRefusedError, what="deploy.yaml"):
        load_deploy_yaml(path)
