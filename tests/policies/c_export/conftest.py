"""Graphs that become C, are compiled with sanitizers, and are compared with ONNX Runtime."""

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from untether_policies.benchmarks.generated_attention import generate_attention_bundle
from untether_policies.bundle import Bundle
from untether_policies.c_export.exporting import export_c, write_export
from untether_policies.contract import CarrySpec, Contract, TensorSpec
from untether_policies.fixture import Fixture
from untether_policies.parity import run_graph

FLAGS = (
    "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wdouble-promotion", "-Wconversion",
    "-Wshadow", "-O1", "-fsanitize=address,undefined,float-cast-overflow",
    "-fno-sanitize-recover=all",
)  # fmt: skip
# Reads inputs until there are no more and writes outputs; everything lies on the heap, so that the
# sanitizers see an access beyond any struct. With an argument: so many robots, taken in turn.
DRIVER = """
#include "@NAME@.h"
#include <stdio.h>
#include <stdlib.h>
int main(int count, char **arguments)
{
    const int robots = count > 1 ? atoi(arguments[1]) : 1;
    @NAME@_state **states = malloc((size_t)robots * sizeof *states);
    @NAME@_inputs *inputs = malloc(sizeof *inputs);
    @NAME@_outputs *outputs = malloc(sizeof *outputs);
    for (int robot = 0; robot < robots; ++robot) {
        states[robot] = malloc(sizeof **states);
        @NAME@_reset(states[robot]);
    }
    for (int tick = 0; fread(inputs, sizeof *inputs, 1, stdin) == 1; ++tick) {
        @NAME@_step(states[tick % robots], inputs, outputs);
        fwrite(outputs, sizeof *outputs, 1, stdout);
    }
    for (int robot = 0; robot < robots; ++robot) {
        free(states[robot]);
    }
    free(states);
    free(inputs);
    free(outputs);
    return 0;
}
"""

needs_compiler = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc on the PATH")
Arrays = Mapping[str, np.ndarray]


def pytest_collection_modifyitems(items):
    """Skip what compiles C on a machine without gcc."""
    for item in items:
        if "run_c" in getattr(item, "fixturenames", ()):
            item.add_marker(needs_compiler)


def build_bundle(
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Sequence[int]],
    outputs: Mapping[str, Sequence[int]],
    constants: Mapping[str, np.ndarray] | None = None,
    *,
    carry: Sequence[CarrySpec] = (),
    opset: int = 18,
    name: str = "test",
) -> Bundle:
    """A bundle around some operators; shapes are those of one robot."""

    def spec(tensor, shape, **limits):
        size = int(np.prod(shape))
        elements = tuple(f"e{index}" for index in range(size))
        limits = {side: (limit,) * size for side, limit in limits.items()}
        return TensorSpec(tensor, "custom/test", elements, tuple(shape), "1", "none", **limits)

    contract = Contract(
        name=name,
        robot="none",
        rate=100.0,
        inputs=tuple(spec(tensor, shape) for tensor, shape in inputs.items()),
        outputs=tuple(
            spec(tensor, shape, lower=-1.0, upper=1.0) for tensor, shape in outputs.items()
        ),
        carry=tuple(carry),
    )

    def value(tensor, shape):
        return helper.make_tensor_value_info(tensor, TensorProto.FLOAT, ["batch", *shape])

    states = {item.name: item.shape for item in carry}
    nexts = {item.next_name: item.shape for item in carry}
    graph = helper.make_graph(
        list(nodes),
        "policy",
        [value(*item) for item in (dict(inputs) | states).items()],
        [value(*item) for item in (dict(outputs) | nexts).items()],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in (constants or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 9
    return Bundle(contract, model.SerializeToString(), Fixture({}), "", Path("test"), "0" * 64)


def sample(bundle: Bundle, ticks: int, seed: int = 0, scale: float = 1.5) -> dict[str, np.ndarray]:
    """Random inputs, ``(ticks, *shape)``."""
    generator = np.random.default_rng(seed)
    return {
        spec.name: generator.normal(0.0, scale, (ticks, *spec.shape)).astype(np.float32)
        for spec in bundle.contract.inputs
    }


def pack(bundle: Bundle, inputs: Arrays) -> np.ndarray:
    """Inputs as the struct has them, ``(ticks, size)``."""
    arrays = [inputs[spec.name] for spec in bundle.contract.inputs]
    rows = [array.reshape(len(array), -1) for array in arrays]
    return np.concatenate(rows, axis=1).astype("<f4")


def unpack(bundle: Bundle, data: bytes) -> dict[str, np.ndarray]:
    """Outputs by name, ``(ticks, *shape)``."""
    specs = bundle.contract.outputs
    rows = np.frombuffer(data, "<f4").reshape(-1, sum(spec.size for spec in specs))
    parts = np.split(rows, np.cumsum([spec.size for spec in specs])[:-1], axis=1)
    return {s.name: part.reshape(-1, *s.shape) for s, part in zip(specs, parts, strict=True)}


@pytest.fixture
def compile_c(tmp_path: Path) -> Callable[[Bundle], Path]:
    """Give a function that exports a bundle and compiles it with sanitizers."""

    def compile_bundle(bundle: Bundle) -> Path:
        export = export_c(bundle if bundle.fixture.inputs else add_fixture(bundle))
        write_export(export, tmp_path)
        (tmp_path / "driver.c").write_text(DRIVER.replace("@NAME@", export.prefix))
        program = tmp_path / "driver"
        command = ["gcc", *FLAGS, "driver.c", f"{export.prefix}.c", "-lm", "-o", str(program)]
        built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert built.returncode == 0, built.stderr[:4000]
        return program

    return compile_bundle


def add_fixture(bundle: Bundle) -> Bundle:
    """Give a bundle a fixture: one recorded tick of zeros."""
    zeros = {s.name: np.zeros((1, *s.shape), np.float32) for s in bundle.contract.inputs}
    carry = {
        item.name: np.asarray(item.initial, np.float32).reshape(item.shape)
        for item in bundle.contract.carry
    }
    fixture = Fixture(zeros, carry)
    return Bundle(bundle.contract, bundle.model, fixture, "", bundle.path, bundle.sha256)


@pytest.fixture
def run_c(compile_c) -> Callable[..., dict[str, np.ndarray]]:
    """Give a function that runs a bundle's C over inputs, from a reset on."""

    def run(bundle: Bundle, inputs: Arrays, robots: int = 1) -> dict[str, np.ndarray]:
        program = compile_c(bundle)
        result = subprocess.run(
            [str(program), str(robots)],
            input=pack(bundle, inputs).tobytes(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert result.returncode == 0, result.stderr.decode()[:4000]
        return unpack(bundle, result.stdout)

    return run


@pytest.fixture
def same(run_c) -> Callable[..., None]:
    """Give a function that compares a bundle's C with ONNX Runtime, every element of every tick."""

    def check(bundle: Bundle, inputs: Arrays | None = None, tolerance: float = 1e-5) -> None:
        inputs = sample(bundle, 50) if inputs is None else inputs
        expected = run_graph(bundle.model, bundle.contract, inputs)
        got = run_c(bundle, inputs)
        for name, values in expected.items():
            np.testing.assert_allclose(
                got[name], values, rtol=tolerance, atol=tolerance, err_msg=name
            )

    return check


@pytest.fixture(scope="session")
def attention_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The generated attention policy."""
    return generate_attention_bundle(tmp_path_factory.mktemp("attention") / "bundle", 0)


@pytest.fixture
def bundle_of():
    """Give :func:`build_bundle`."""
    return build_bundle


@pytest.fixture
def sample_inputs():
    """Give :func:`sample`."""
    return sample


@pytest.fixture
def with_fixture():
    """Give :func:`add_fixture`."""
    return add_fixture
