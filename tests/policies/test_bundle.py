import io
import zipfile
from dataclasses import replace
from hashlib import sha256

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import numpy_helper

from untether_policies.bundle import load_bundle, pack_bundle, write_bundle
from untether_policies.contract_file import dump_contract, parse_contract
from untether_policies.errors import BundleError, ContractError, FixtureError, GraphError
from untether_policies.fixture import Fixture
from untether_policies.fixture_file import dump_fixture
from untether_policies.graph import embed_contract


def _edit_contract(folder, edit):
    path = folder / "contract.yaml"
    text = edit(path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")


def test_sound_bundle_loads(bundle_folder):
    bundle = load_bundle(bundle_folder)
    assert bundle.contract.name == "test-policy"
    assert bundle.fixture.ticks == 120
    assert bundle.card.startswith("# A test policy")
    assert set(bundle.pictures) == {"learning_curve.png"}
    assert bundle.sha256 == sha256((bundle_folder / "contract.yaml").read_bytes()).hexdigest()
    assert bundle.path == bundle_folder


def test_every_check_is_reported_in_order(bundle_folder):
    checks = []
    load_bundle(bundle_folder, on_check=lambda name, detail: checks.append(name))
    expected = ["contract", "files", "graph", "metadata", "fixture", "replay", "batch"]
    assert checks == expected
    checks.clear()
    load_bundle(bundle_folder, verify=False, on_check=lambda name, detail: checks.append(name))
    assert checks == expected[:-2]


def test_packed_bundle_loads_equal_and_packs_to_the_same_bytes(bundle_folder, tmp_path):
    archive = pack_bundle(bundle_folder, tmp_path / "a.untether")
    assert load_bundle(archive).sha256 == load_bundle(bundle_folder).sha256
    first = archive.read_bytes()
    assert pack_bundle(bundle_folder, archive).read_bytes() == first


def test_packing_wants_its_suffix_and_a_sound_bundle(bundle_folder, tmp_path, refused):
    with refused(BundleError, expected=".untether", got="'a.zip'", fix="'a.untether'"):
        pack_bundle(bundle_folder, tmp_path / "a.zip")
    (bundle_folder / "card.md").write_text("changed")
    with refused(BundleError, what="card.md"):
        pack_bundle(bundle_folder, tmp_path / "a.untether")
    assert not (tmp_path / "a.untether").exists()


def test_equal_parts_write_equal_bundles(model, contract, recording, tmp_path):
    first = write_bundle(tmp_path / "a", contract, model, recording, "card")
    second = write_bundle(tmp_path / "b", contract, model, recording, "card")
    assert first.sha256 == second.sha256


@pytest.mark.parametrize("name", ["contract.yaml", "policy.onnx", "fixture.npz", "card.md"])
def test_missing_file_is_refused(bundle_folder, name, refused):
    (bundle_folder / name).unlink()
    with refused(BundleError, expected=name if name == "contract.yaml" else "file", fix="bundle"):
        load_bundle(bundle_folder)


def test_missing_picture_and_unlisted_picture_are_refused(bundle_folder, refused):
    picture = bundle_folder / "learning_curve.png"
    picture.rename(bundle_folder / "other.png")
    with refused(BundleError, what="learning_curve.png", got="no such file"):
        load_bundle(bundle_folder)
    (bundle_folder / "learning_curve.png").write_bytes((bundle_folder / "other.png").read_bytes())
    with refused(BundleError, what="other.png", got="does not list"):
        load_bundle(bundle_folder)


@pytest.mark.parametrize("name", ["policy.onnx", "fixture.npz", "card.md", "learning_curve.png"])
def test_changed_byte_is_refused(bundle_folder, name, refused):
    path = bundle_folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    digest = sha256(content).hexdigest()
    with refused(BundleError, what=name, expected="SHA-256", got=digest, fix="copy"):
        load_bundle(bundle_folder)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("elements: [m1, m2]", "elements: [m2, m1]", "outputs"),
        ("rate: 100.0", "rate: 50.0", "rate"),
        ("max_age: 0.1", "max_age: 10.0", "inputs"),
        ("lower: [-1.0, -1.0]", "lower: [-9.0, -1.0]", "outputs"),
        ("initial: [0.5, 0.0, -0.5]", "initial: [0.5, 0.0, 0.5]", "carry"),
        ("seed: 7", "seed: 8", "provenance"),
    ],
)
def test_edited_contract_is_refused_for_the_copy_in_the_graph(
    bundle_folder, old, new, what, refused
):
    _edit_contract(bundle_folder, lambda text: text.replace(old, new, 1))
    with refused(ContractError, what=what, expected="inside policy.onnx", fix="undo"):
        load_bundle(bundle_folder)


@pytest.mark.parametrize(
    ("old", "new", "error_type", "expected"),
    [
        ("schema_version: 1", "schema_version: 2", ContractError, "1"),
        ("[x, \"y\", z]", "[z, \"y\", x]", ContractError, "in that order"),
        ("elements: [m1, m2]", "elements: [m1, m2, m3]", ContractError, "2 names"),
        ("rate: 100.0", "rate: !!python/name:os.system 1", ContractError, "plain YAML"),
        ("name: test-policy", "name: [", ContractError, "YAML document"),
    ],
)  # fmt: skip
def test_bad_contract_is_refused(bundle_folder, old, new, error_type, expected, refused):
    _edit_contract(bundle_folder, lambda text: text.replace(old, new, 1))
    with refused(error_type, what="contract.yaml", expected=expected):
        load_bundle(bundle_folder)


def _reexport(folder, edit):
    """Change the graph and embed the right contract again."""
    proto = onnx.load_model_from_string((folder / "policy.onnx").read_bytes())
    edit(proto)
    text = (folder / "contract.yaml").read_text(encoding="utf-8")
    contract = replace(parse_contract(text), files={})
    (folder / "policy.onnx").write_bytes(
        embed_contract(proto.SerializeToString(), dump_contract(contract))
    )


def test_nan_weights_are_refused(bundle_folder, reseal, refused):
    weights = np.full((3, 2), np.nan, "f4")

    def poison(proto):
        proto.graph.initializer[0].CopyFrom(numpy_helper.from_array(weights, "gain"))

    _reexport(bundle_folder, poison)
    reseal(bundle_folder)
    with refused(GraphError, what="'gain'", got="NaN"):
        load_bundle(bundle_folder)


def test_truncated_graph_is_refused(bundle_folder, reseal, refused):
    path = bundle_folder / "policy.onnx"
    path.write_bytes(path.read_bytes()[:-40])
    reseal(bundle_folder)
    with refused(GraphError, what="policy.onnx", fix="again"):
        load_bundle(bundle_folder)


def test_graph_of_another_policy_is_refused_by_the_replay(bundle_folder, reseal, refused):
    weights = np.full((3, 2), 0.02, "f4")

    def swap(proto):
        proto.graph.initializer[0].CopyFrom(numpy_helper.from_array(weights, "gain"))

    _reexport(bundle_folder, swap)
    reseal(bundle_folder)
    with refused(FixtureError, expected="0.0001", got="MORE THAN", fix="different policies"):
        load_bundle(bundle_folder)
    assert load_bundle(bundle_folder, verify=False).contract.name == "test-policy"


def test_fixture_of_another_rollout_is_refused(bundle_folder, reseal, refused):
    fixture = load_bundle(bundle_folder).fixture
    outputs = {name: -array for name, array in fixture.outputs.items()}
    other = Fixture(fixture.inputs, fixture.carry, outputs)
    (bundle_folder / "fixture.npz").write_bytes(dump_fixture(other))
    reseal(bundle_folder)
    with refused(FixtureError, what="fixture.npz", got="rotor_thrust"):
        load_bundle(bundle_folder)


def test_card_that_is_not_text_is_refused(bundle_folder, reseal, refused):
    (bundle_folder / "card.md").write_bytes(b"\xff\xfe")
    reseal(bundle_folder)
    with refused(BundleError, what="card.md", expected="UTF-8"):
        load_bundle(bundle_folder)


def test_archive_that_climbs_out_is_refused(bundle_folder, tmp_path, refused):
    archive = pack_bundle(bundle_folder, tmp_path / "a.untether")
    with zipfile.ZipFile(archive, "a") as stream:
        stream.writestr("../evil.md", "x")
    with refused(BundleError, expected="'..'", got="'../evil.md'"):
        load_bundle(archive)
    assert not (tmp_path.parent / "evil.md").exists()


def test_archive_with_a_folder_on_top_is_refused(sound_files, tmp_path, refused):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as stream:
        for name, content in sound_files.items():
            stream.writestr(f"test-policy/{name}", content)
    (tmp_path / "a.untether").write_bytes(buffer.getvalue())
    with refused(BundleError, expected="without folders", fix="pack_bundle"):
        load_bundle(tmp_path / "a.untether")


def test_nothing_is_written_when_a_part_does_not_fit(
    proto, model, contract, recording, tmp_path, refused
):
    proto.graph.initializer[0].raw_data = np.full((3, 2), np.inf, "f4").tobytes()
    outputs = {"rotor_thrust": recording.inputs["position"]}
    wrong = Fixture(recording.inputs, recording.carry, outputs)
    with refused(GraphError):
        write_bundle(tmp_path / "a", contract, proto.SerializeToString(), recording, "card")
    with refused(FixtureError):
        write_bundle(tmp_path / "a", contract, model, wrong, "card")
    negated = {name: -array for name, array in recording.outputs.items()}
    with refused(FixtureError, got="MORE THAN"):
        write_bundle(tmp_path / "a", contract, model, replace(recording, outputs=negated), "card")
    with refused(BundleError, what="evil.sh", fix="rename"):
        write_bundle(tmp_path / "a", contract, model, recording, "c", pictures={"evil.sh": b""})
    with refused(BundleError, what="card.md", fix="smaller"):
        write_bundle(tmp_path / "a", contract, model, recording, "c" * (2 << 20))
    assert not list(tmp_path.iterdir())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_to_any_file_is_refused(data, sound_files, tmp_path):
    name = data.draw(st.sampled_from(sorted(sound_files)))
    content = sound_files[name]
    at = data.draw(st.integers(0, len(content) - 1))
    damaged = content[:at] + data.draw(st.binary(max_size=6)) + content[at + 1 :]
    archive = tmp_path / "a.untether"
    with zipfile.ZipFile(archive, "w") as stream:
        for other, original in sound_files.items():
            stream.writestr(other, damaged if other == name else original)
    if damaged == content:
        load_bundle(archive)
        return
    try:
        load_bundle(archive)
    except BundleError as error:
        assert error.fix
    else:
        # Only the layout of contract.yaml (blanks, comments) may change without a refusal.
        assert name == "contract.yaml"
