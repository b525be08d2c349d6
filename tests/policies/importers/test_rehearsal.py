from dataclasses import replace

import numpy as np
import pytest

from untether_policies.bundle import load_bundle
from untether_policies.contract import Contract
from untether_policies.importers.assembly import compose_policy
from untether_policies.importers.deploy_yaml import load_deploy_yaml
from untether_policies.importers.episode import record_episode
from untether_policies.importers.importing import import_unitree
from untether_policies.importers.pipeline import JointAction, ObservationTerm, Pipeline
from untether_policies.importers.refusal import ImportRefusedError
from untether_policies.importers.rehearsal import rehearse, sample_inputs
from untether_policies.importers.robots import ROBOTS
from untether_policies.importers.source_model import load_source_model
from untether_policies.importers.supplement import Supplement
from untether_policies.importers.unitree import read_unitree
from untether_policies.importers.unitree_reference import UnitreeReference

GO2 = Supplement(robot="go2")


class Case:
    """A ``deploy.yaml`` with histories, read; a test changes what was read of it."""

    def __init__(self, write_unitree, deploy):
        for term in deploy["observations"].values():
            term.update(history_length=3, clip=[-0.4, 0.5])
        deploy["observations"]["base_ang_vel"]["scale"] = [0.25, 0.5, 0.75]
        yaml_path, model_path = write_unitree(deploy, width=135)
        self.document = load_deploy_yaml(yaml_path)
        self.source = load_source_model(model_path)
        self.pipeline = read_unitree(self.document, GO2, 12, "deploy.yaml")

    def compose(self, pipeline: Pipeline) -> tuple[bytes, Contract]:
        composed = compose_policy(pipeline, self.source)
        contract = Contract(
            "p", "go2", 50.0, pipeline.inputs, composed.outputs, carry=composed.carry
        )
        return composed.model, contract

    def rehearse(self, pipeline: Pipeline, ticks: int = 40, resets=(20, 21)):
        model, contract = self.compose(pipeline)
        reference = UnitreeReference(self.document, GO2, ROBOTS["go2"].names, self.source.run)
        inputs = sample_inputs(self.pipeline, 0, ticks)
        return rehearse(model, contract, pipeline, reference, inputs, resets)


@pytest.fixture
def case(write_unitree, deploy) -> Case:
    return Case(write_unitree, deploy)


def change_term(name: str, **fields):
    def change(pipeline: Pipeline) -> Pipeline:
        def edit(term: ObservationTerm) -> ObservationTerm:
            return replace(term, **fields) if term.name == name else term

        return replace(pipeline, terms=tuple(edit(term) for term in pipeline.terms))

    return change


def change_action(**fields):
    def change(pipeline: Pipeline) -> Pipeline:
        action: JointAction = replace(pipeline.action, **fields)
        return replace(pipeline, action=action)

    return change


def swap_terms(pipeline: Pipeline) -> Pipeline:
    first, second, *rest = pipeline.terms
    return replace(pipeline, terms=(second, first, *rest))


def test_a_right_composition_passes(case):
    report = case.rehearse(case.pipeline)
    assert report.worst < 1e-5
    assert (report.ticks, report.resets) == (40, 2)


@pytest.mark.parametrize(
    "sabotage",
    [
        change_term("joint_pos_rel", indices=tuple(range(12))),
        change_term("joint_vel_rel", indices=tuple(reversed(range(12)))),
        change_term("joint_pos_rel", bias=None),
        change_term("base_ang_vel", scale=(0.25, 0.75, 0.5)),
        change_term("base_ang_vel", scale=None),
        change_term("base_ang_vel", scale_first=True),
        change_term("projected_gravity", clip=None),
        change_term("velocity_commands", bounds=None, clip=None),
        change_term("last_action", clip=(-0.4, 0.6)),
        change_action(order=tuple(range(12))),
        change_action(scale=(0.26,) * 12),
        change_action(offset=(0.0,) * 12),
        change_action(raw_clip=0.3),
        change_action(upper=(0.0,) * 12),
        swap_terms,
        lambda pipeline: replace(pipeline, frames_outermost=True),
    ],
)
def test_every_misreading_is_caught(sabotage, case):
    with pytest.raises(ImportRefusedError, match="parity"):
        case.rehearse(sabotage(case.pipeline))


def test_a_history_that_starts_with_zeros_is_caught(case):
    """Peers fill the history with the first frame after a reset."""
    model, contract = case.compose(case.pipeline)
    started = [
        replace(carry, initial=(1.0,)) if carry.name == "started" else carry
        for carry in contract.carry
    ]
    contract = replace(contract, carry=tuple(started))
    reference = UnitreeReference(case.document, GO2, ROBOTS["go2"].names, case.source.run)
    with pytest.raises(ImportRefusedError, match="parity, tick 0"):
        rehearse(model, contract, case.pipeline, reference, sample_inputs(case.pipeline, 0, 5))


def test_sampled_inputs_are_a_robot_near_its_default_pose(case):
    inputs = sample_inputs(case.pipeline, 0)
    assert {name: array.shape for name, array in inputs.items()} == {
        spec.name: (300, *spec.shape) for spec in case.pipeline.inputs
    }
    assert np.allclose(np.linalg.norm(inputs["orientation"], axis=1), 1.0, atol=1e-6)
    assert np.allclose(inputs["joint_position"].mean(axis=0), case.pipeline.pose, atol=0.1)
    again = sample_inputs(case.pipeline, 0)
    assert all(np.array_equal(inputs[name], again[name]) for name in inputs)


@pytest.mark.parametrize(("gain", "ticks"), [(0.1, 200), (1.0, 10)])
def test_a_network_that_grows_wild_on_its_own_actions_gets_a_calmer_fixture(gain, ticks, case):
    pipeline = change_term("last_action", scale=(gain,) * 12, clip=None)(case.pipeline)
    model, contract = case.compose(pipeline)
    fixture = record_episode(model, contract, pipeline, sample_inputs(pipeline, 0))
    assert fixture.ticks == ticks


def test_a_network_that_nobody_can_repeat_is_refused(case, refused):
    pipeline = change_term("last_action", scale=(100.0,) * 12, clip=None)(case.pipeline)
    model, contract = case.compose(pipeline)
    with refused(ImportRefusedError, what="network", fix="--raw-clip"):
        record_episode(model, contract, pipeline, sample_inputs(pipeline, 0))


def test_the_bundles_fixture_starts_at_a_reset(write_unitree, deploy, tmp_path):
    bundle = import_unitree(*write_unitree(deploy), tmp_path / "bundle", GO2).bundle
    assert load_bundle(bundle.path).fixture.ticks == 200
    assert all(not values.any() for values in bundle.fixture.carry.values())
