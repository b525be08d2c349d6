"""Small real bundles for the tests of the package: ONNX graphs built by hand, no torch."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import settings
from onnx import TensorProto, helper, numpy_helper

from untether_policies.bundle import write_bundle
from untether_policies.contract import CarrySpec, Contract, TensorSpec
from untether_policies.envelope import compute_envelope
from untether_policies.errors import BundleError
from untether_policies.fixture import Fixture, record_fixture

# No deadline per example: on a busy machine it would fail at random.
settings.register_profile("untether", deadline=None)
settings.load_profile("untether")

GAIN = np.array([[0.01, -0.02], [0.03, 0.01], [-0.02, 0.02]], np.float32)
CARD = "# A test policy\n\nFlies nothing.\n"


def build_contract() -> Contract:
    """Two inputs, one output of two rotors, one carry that integrates."""
    axes = ("x", "y", "z")
    return Contract(
        name="test-policy",
        robot="crazyflie",
        rate=100.0,
        inputs=(
            TensorSpec("position", "state/body/position", axes, (3,), "m", "map", max_age=0.1),
            TensorSpec("goal_position", "command/body/position", axes, (3,), "m", "map"),
        ),
        outputs=(
            TensorSpec(
                "rotor_thrust",
                "command/rotor/thrust",
                ("m1", "m2"),
                (2,),
                "N",
                "base_link",
                lower=(-1.0, -1.0),
                upper=(1.0, 1.0),
            ),
        ),
        carry=(CarrySpec("integral", (3,), (0.5, 0.0, -0.5)),),
        provenance={"seed": 7, "commit": "12e4567"},
    )


def build_proto() -> onnx.ModelProto:
    """integral_next = 0.9 integral + goal - position; rotor_thrust = tanh(integral_next @ GAIN)."""

    def value(name: str, size: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size])

    graph = helper.make_graph(
        [
            helper.make_node("Sub", ["goal_position", "position"], ["error"]),
            helper.make_node("Mul", ["integral", "leak"], ["kept"]),
            helper.make_node("Add", ["kept", "error"], ["integral_next"]),
            helper.make_node("MatMul", ["integral_next", "gain"], ["linear"]),
            helper.make_node("Tanh", ["linear"], ["rotor_thrust"]),
        ],
        "policy",
        [value("position", 3), value("goal_position", 3), value("integral", 3)],
        [value("rotor_thrust", 2), value("integral_next", 3)],
        [
            numpy_helper.from_array(GAIN, "gain"),
            numpy_helper.from_array(np.array(0.9, np.float32), "leak"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    return model


def build_inputs(ticks: int = 120) -> dict[str, np.ndarray]:
    """A smooth rollout, ``(ticks, 3)`` [m] map."""
    generator = np.random.default_rng(3)
    return {
        "position": np.cumsum(generator.normal(0, 0.05, (ticks, 3)), 0).astype(np.float32),
        "goal_position": np.tile(np.float32([1.0, -2.0, 0.5]), (ticks, 1)),
    }


@pytest.fixture
def contract() -> Contract:
    return build_contract()


@pytest.fixture
def proto() -> onnx.ModelProto:
    return build_proto()


@pytest.fixture
def model(proto: onnx.ModelProto) -> bytes:
    return proto.SerializeToString()


@pytest.fixture
def inputs() -> dict[str, np.ndarray]:
    return build_inputs()


@pytest.fixture
def recording(model: bytes, contract: Contract, inputs: dict[str, np.ndarray]) -> Fixture:
    return record_fixture(model, contract, inputs)


@pytest.fixture
def framework():
    """Makes the test policy as a training framework would have it, in double precision."""

    def make(scale=1.0):
        def answer(tensors):
            integral = 0.9 * tensors["integral"] + tensors["goal_position"] - tensors["position"]
            return {"rotor_thrust": np.tanh(integral @ GAIN) * scale, "integral_next": integral}

        return answer

    return make


@pytest.fixture(scope="session")
def sound_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a sound bundle by name, built once."""
    contract, model, inputs = build_contract(), build_proto().SerializeToString(), build_inputs()
    contract = replace(contract, envelope=compute_envelope(contract, inputs))
    folder = tmp_path_factory.mktemp("sound") / "test-policy"
    picture = {"learning_curve.png": b"\x89PNG\r\n\x1a\n"}
    write_bundle(
        folder, contract, model, record_fixture(model, contract, inputs), CARD, pictures=picture
    )
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def bundle_folder(sound_files: dict[str, bytes], tmp_path: Path) -> Path:
    """A fresh copy of a sound bundle, for a test to damage."""
    folder = tmp_path / "test-policy"
    folder.mkdir()
    for name, content in sound_files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def reseal() -> Callable[[Path], None]:
    """Give a function that makes a damaged folder's hashes right, to reach the later checks."""
    from hashlib import sha256

    from untether_policies.contract_file import dump_contract, parse_contract

    def apply(folder: Path) -> None:
        path = folder / "contract.yaml"
        contract = parse_contract(path.read_text(encoding="utf-8"))
        hashes = {
            entry.name: sha256(entry.read_bytes()).hexdigest()
            for entry in sorted(folder.iterdir())
            if entry != path
        }
        path.write_text(dump_contract(replace(contract, files=hashes)), encoding="utf-8")

    return apply


@pytest.fixture
def refused() -> Callable[..., AbstractContextManager[None]]:
    """Give a context manager: its block must raise, saying expected, got and fix."""

    @contextmanager
    def expect(
        error_type: type[BundleError] = BundleError,
        *,
        what: str = "",
        expected: str = "",
        got: str = "",
        fix: str = "",
    ) -> Iterator[None]:
        with pytest.raises(error_type) as info:
            yield
        error = info.value
        for words, text in (
            (what, error.what),
            (expected, error.expected),
            (got, error.got),
            (fix, error.fix),
        ):
            assert text.strip()
            assert words in text, str(error)
            assert text in str(error)

    return expect
