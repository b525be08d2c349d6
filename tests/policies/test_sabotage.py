from pathlib import Path

import numpy as np
import pytest

from untether_policies.bundle import load_bundle
from untether_policies.errors import BundleError
from untether_policies.policy import Policy
from untether_policies.sabotage import SABOTAGES, sabotage

HOVER = 0.2
# The good policy's rollout stays close to this command, so that deviations have both signs.


def play(path: Path, batch: int = 1) -> np.ndarray:
    """The rotor thrust (ticks, batch, 2) [N] of a bundle over its recorded inputs."""
    bundle = load_bundle(path)
    policy = Policy.from_bundle(bundle, batch=batch)
    thrust = []
    for tick in range(40):
        for name, values in bundle.fixture.inputs.items():
            policy.inputs[name][...] = values[tick]
        policy.step()
        thrust.append(policy.outputs["rotor_thrust"].copy())
    return np.array(thrust)


def break_policy(folder: Path, kind: str, **options) -> np.ndarray:
    out = folder.parent / kind
    sabotage(load_bundle(folder), kind, out, **options)
    return play(out)


def test_negated_mirrors_about_the_neutral_command(bundle_folder):
    good = play(bundle_folder)
    bad = break_policy(bundle_folder, "negated", neutral=HOVER)
    assert np.allclose(bad - HOVER, np.clip(HOVER - good, -1.0 - HOVER, 1.0 - HOVER), atol=1e-6)
    assert not np.allclose(bad, good)


def test_scaled_moves_five_times_as_far_but_never_beyond_the_limits(bundle_folder):
    good = play(bundle_folder)
    bad = break_policy(bundle_folder, "scaled", neutral=HOVER)
    assert np.allclose(bad, np.clip(HOVER + 5.0 * (good - HOVER), -1.0, 1.0), atol=1e-6)
    assert np.abs(bad).max() == 1.0


def test_zeroed_is_the_lower_limit_for_every_robot_of_a_batch(bundle_folder):
    out = bundle_folder.parent / "zeroed"
    sabotage(load_bundle(bundle_folder), "zeroed", out)
    assert np.array_equal(play(out, batch=3), np.full((40, 3, 2), -1.0))


def test_neutral_is_the_middle_of_the_limits_or_one_value_per_element(bundle_folder):
    good = play(bundle_folder)
    assert np.allclose(break_policy(bundle_folder, "negated"), -good, atol=1e-6)
    bad = break_policy(bundle_folder, "negated", neutral=(0.1, 0.3))
    assert np.allclose(bad, np.clip(2.0 * np.array([0.1, 0.3]) - good, -1.0, 1.0), atol=1e-6)


@pytest.mark.parametrize("kind", SABOTAGES)
def test_a_broken_policy_says_so(bundle_folder, kind):
    good = load_bundle(bundle_folder)
    bad = sabotage(good, kind, bundle_folder.parent / kind)
    assert bad.contract.provenance["sabotage"] == kind
    assert bad.contract.provenance["sabotaged"] == good.sha256
    assert bad.contract.name == f"test-policy-{kind}"
    assert "Do not run it on a robot" in bad.card
    assert bad.contract.envelope == good.contract.envelope


def test_what_cannot_be_broken_is_refused(bundle_folder, refused):
    good, out = load_bundle(bundle_folder), bundle_folder.parent / "bad"
    with refused(BundleError, expected="negated or scaled or zeroed", got="jumbled"):
        sabotage(good, "jumbled", out)
    for neutral in ((0.1, 0.2, 0.3), float("nan")):
        with refused(BundleError, what="neutral"):
            sabotage(good, "negated", out, neutral=neutral)
    with refused(BundleError, got="rotor_thrust"):
        sabotage(good, "negated", out, output="wings")
    assert not out.exists()
