"""Checks an ONNX graph against its contract, and keeps the contract inside the graph's metadata."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256

import onnx
from google.protobuf.message import DecodeError

from untether_policies.contract import Contract
from untether_policies.contract_file import parse_contract
from untether_policies.errors import GraphError
from untether_policies.subgraphs import walk_graphs
from untether_policies.weights import check_weights

_FILE = "policy.onnx"
_CONTRACT_KEY = "untether.contract"
_HASH_KEY = "untether.contract_sha256"
_DOMAINS = ("", "ai.onnx")
# A policy that draws random numbers cannot be replayed, so no check of it means anything.
_RANDOM_OPERATORS = frozenset(
    ("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial",
     "Bernoulli")
)  # fmt: skip
_EXPORT = "export the policy again"


def check_graph(model: bytes, contract: Contract) -> None:
    """Check that a graph is whole, self-contained, finite, batchable and as the contract says.

    Args:
        model: the bytes of ``policy.onnx``.
        contract: what its inputs and outputs must be.

    Raises:
        GraphError: at the first thing that does not fit.
    """
    proto = read_model(model)
    with _refusing_damage():
        _check_operators(proto)
        check_weights(proto)  # before the checker, which would look for external files
        onnx.checker.check_model(proto, full_check=True)
        inputs = {spec.name: spec.shape for spec in (*contract.inputs, *contract.carry)}
        outputs = {spec.name: spec.shape for spec in contract.outputs}
        outputs |= {carry.next_name: carry.shape for carry in contract.carry}
        _check_tensors("inputs", inputs, proto.graph.input)
        _check_tensors("outputs", outputs, proto.graph.output)


def read_model(model: bytes) -> onnx.ModelProto:
    """Parse the bytes of an ONNX file; raises GraphError when they are damaged."""
    try:
        proto = onnx.load_model_from_string(model)
    except (DecodeError, ValueError) as error:
        raise GraphError(
            _FILE,
            expected="a complete ONNX file",
            got=f"{len(model)} bytes that do not parse (cut off or damaged)",
            fix="copy the bundle again, or export it again",
        ) from error
    if not proto.graph.node:
        raise GraphError(
            _FILE,
            expected="a graph with operators",
            got=f"an empty graph in {len(model)} bytes",
            fix="copy the bundle again, or export it again",
        )
    return proto


def embed_contract(model: bytes, text: str) -> bytes:
    """Return the graph with a contract, and the contract's hash, in its metadata.

    Args:
        model: the bytes of an ONNX file.
        text: the contract as YAML, without ``files``: that section holds this very file's hash.
    """
    proto = read_model(model)
    kept = [(entry.key, entry.value) for entry in proto.metadata_props]
    del proto.metadata_props[:]
    ours = [(_CONTRACT_KEY, text), (_HASH_KEY, sha256(text.encode()).hexdigest())]
    for key, value in [*((k, v) for k, v in kept if k not in (_CONTRACT_KEY, _HASH_KEY)), *ours]:
        proto.metadata_props.add(key=key, value=value)
    return proto.SerializeToString(deterministic=True)


def read_embedded_contract(model: bytes) -> Contract:
    """Return the contract in a graph's metadata; raises BundleError if absent or damaged."""
    proto = read_model(model)
    with _refusing_damage():
        entries = {entry.key: entry.value for entry in proto.metadata_props}
    text = entries.get(_CONTRACT_KEY)
    if not isinstance(text, str):
        raise GraphError(
            f"{_FILE}: metadata",
            expected=f"the contract under {_CONTRACT_KEY!r}",
            got=f"only {list(entries)}",
            fix="write the bundle with write_bundle, which embeds it",
        )
    digest = sha256(text.encode()).hexdigest()
    if entries.get(_HASH_KEY) != digest:
        raise GraphError(
            f"{_FILE}: metadata {_HASH_KEY}",
            expected=digest,
            got=repr(entries.get(_HASH_KEY)),
            fix="copy the bundle again, or export it again",
        )
    contract = parse_contract(text, f"{_FILE}: metadata {_CONTRACT_KEY}")
    if contract.files:
        raise GraphError(
            f"{_FILE}: metadata {_CONTRACT_KEY}",
            expected="a contract without files, which holds the hash of this very file",
            got=f"files {sorted(contract.files)}",
            fix="write the bundle with write_bundle",
        )
    return contract


@contextmanager
def _refusing_damage() -> Iterator[None]:
    """Turn what onnx raises for an invalid graph, or for text that is not UTF-8, into a refusal."""
    try:
        yield
    except (
        onnx.checker.ValidationError,
        onnx.shape_inference.InferenceError,
        ValueError,  # unknown types, and text that is not UTF-8
        TypeError,  # protobuf hands out bytes where a damaged file should have text
    ) as error:
        got = " ".join(str(error).split())[:300]
        raise GraphError(_FILE, expected="a valid ONNX graph", got=got, fix=_EXPORT) from error


def _check_operators(proto: onnx.ModelProto) -> None:
    """Refuse operators that are not part of ONNX, that are random, or that hide in functions."""
    fix = f"{_EXPORT} with standard operators only"
    if proto.functions:
        names = sorted({function.name for function in proto.functions})[:5]
        raise GraphError(
            f"{_FILE}: functions",
            expected="operators only",
            got=f"{names}",
            fix="inline them: onnx.inliner.inline_local_functions(model)",
        )
    for graph in walk_graphs(proto.graph):
        for node in graph.node:
            if node.domain not in _DOMAINS:
                got = f"{node.domain}.{node.op_type}"
                raise GraphError(f"{_FILE}: operators", expected="ONNX's own", got=got, fix=fix)
            if node.op_type in _RANDOM_OPERATORS:
                raise GraphError(
                    f"{_FILE}: operators",
                    expected="a graph that answers the same input the same way",
                    got=f"the random operator {node.op_type}",
                    fix=f"{_EXPORT} with the deterministic head (the mean of the distribution)",
                )


def _check_tensors(
    role: str, expected: dict[str, tuple[int, ...]], values: Sequence[onnx.ValueInfoProto]
) -> None:
    """Compare the names, types and shapes of the graph's inputs or outputs with the contract."""
    names = [value.name for value in values]
    if sorted(names) != sorted(expected):
        missing, extra = sorted(set(expected) - set(names)), sorted(set(names) - set(expected))
        raise GraphError(
            f"{_FILE}: {role}",
            expected=f"{sorted(expected)}, as in the contract",
            got=f"{sorted(names)} (missing {missing}, extra {extra})",
            fix="name the graph's tensors as the contract does; a carry NAME returns as NAME_next",
        )
    for value in values:
        where = f"{_FILE}: {role}: {value.name}"
        tensor = value.type.tensor_type
        if tensor.elem_type != onnx.TensorProto.FLOAT:
            got = _name_type(tensor.elem_type)
            raise GraphError(where, expected="float32", got=got, fix="cast inside the graph")
        shape = [dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim]
        wanted = expected[value.name]
        if tuple(shape[1:]) != wanted:
            raise GraphError(
                where,
                expected=f"shape (batch, {', '.join(map(str, wanted))})",
                got=_show_shape(tensor.shape),
                fix="correct shape in the contract, or the graph",
            )
        if shape[0] is not None:
            raise GraphError(
                where,
                expected="a free batch size as first axis",
                got=f"{shape[0]}, which is fixed",
                fix="export with a dynamic first axis and an example batch of at least 2",
            )


def _name_type(number: int) -> str:
    """Return an ONNX element type's name; an unknown number (in a damaged file) as it is."""
    if number in onnx.TensorProto.DataType.values():
        return onnx.TensorProto.DataType.Name(number).lower()
    return f"type {number}"


def _show_shape(shape: onnx.TensorShapeProto) -> str:
    """Return a declared shape as text."""
    sizes = [
        str(dim.dim_value) if dim.HasField("dim_value") else dim.dim_param or "?"
        for dim in shape.dim
    ]
    return f"({', '.join(sizes)})"
