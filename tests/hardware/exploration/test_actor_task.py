"""An actor's bundle says what is learned; what it says is not trusted blindly."""

from dataclasses import replace

import pytest
from tests.hardware.exploration.small_actor import write_small_actor

from untether_hardware.exploration.actor_task import ActorTask
from untether_hardware.manipulation.registry import make_task
from untether_policies.bundle import load_bundle
from untether_policies.errors import BundleError


@pytest.fixture
def contract(tmp_path):
    return load_bundle(write_small_actor(tmp_path / "actor", "peg"), verify=False).contract


def test_it_is_the_task_of_the_run(contract):
    assert ActorTask.read(contract) == ActorTask("actor", make_task("peg").config, 6, -0.5)


@pytest.mark.parametrize("name", ["task", "run", "gripper_penalty"])
def test_a_bundle_that_does_not_say_it_is_refused(contract, name):
    known = {key: value for key, value in contract.provenance.items() if key != name}
    with pytest.raises(BundleError, match=f"got none of {name}"):
        ActorTask.read(replace(contract, provenance=known))


def test_a_run_cannot_lead_out_of_the_outbox(contract):
    wrong = {**contract.provenance, "run": "../elsewhere"}
    with pytest.raises(BundleError, match="run"):
        ActorTask.read(replace(contract, provenance=wrong))
