import numpy as np

from untether_policies.benchmarks.generated import generate_bundle
from untether_policies.bundle import load_bundle
from untether_policies.envelope import Envelope


def test_generated_bundle_is_sound_and_repeatable(tmp_path):
    first = generate_bundle(tmp_path / "a", seed=1)
    assert load_bundle(tmp_path / "a").sha256 == first.sha256
    assert generate_bundle(tmp_path / "b", seed=1).sha256 == first.sha256
    assert generate_bundle(tmp_path / "c", seed=2).sha256 != first.sha256


def test_commands_stay_within_the_limits_of_the_contract(tmp_path):
    bundle = generate_bundle(tmp_path / "a", seed=1, width=16)
    thrust, spec = bundle.fixture.outputs["rotor_thrust"], bundle.contract.output("rotor_thrust")
    assert np.all(thrust >= np.float32(spec.lower))
    assert np.all(thrust <= np.float32(spec.upper))
    assert np.ptp(thrust) > 0.01


def test_recorded_inputs_are_inside_their_envelope(tmp_path):
    bundle = generate_bundle(tmp_path / "a", seed=1, width=16)
    envelope = Envelope(bundle.contract, margin=0.1)
    for name, array in bundle.fixture.inputs.items():
        assert all(envelope.check(name, row) is None for row in array[50:250].tolist())
