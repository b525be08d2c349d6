from math import prod

import onnx

from untether_policies.benchmarks.generated_attention import generate_attention_bundle
from untether_policies.bundle import load_bundle


def test_it_is_a_sound_bundle_of_the_stated_size(tmp_path):
    bundle = generate_attention_bundle(tmp_path / "bundle", 3)
    assert load_bundle(tmp_path / "bundle").sha256 == bundle.sha256
    graph = onnx.load_model_from_string(bundle.model).graph
    weights = [prod(t.dims) for t in graph.initializer if t.name.endswith(("weight", "bias"))]
    assert 1700 <= sum(weights) <= 1900
    assert sum(spec.size for spec in (*bundle.contract.inputs, *bundle.contract.carry)) == 38
    assert {"Softmax", "LayerNormalization"} <= {node.op_type for node in graph.node}


def test_the_seed_decides(tmp_path):
    hashes = [generate_attention_bundle(tmp_path / str(n), n // 2).sha256 for n in range(4)]
    assert hashes[0] == hashes[1] != hashes[2] == hashes[3]
