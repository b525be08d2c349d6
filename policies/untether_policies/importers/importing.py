"""Imports a peer's policy: reads it, composes the graph, rehearses it, writes the bundle."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from untether_policies.bundle import Bundle, write_bundle
from untether_policies.contract import Contract
from untether_policies.folder import require_place
from untether_policies.importers.assembly import compose_policy
from untether_policies.importers.card import write_card
from untether_policies.importers.deploy_yaml import load_deploy_yaml
from untether_policies.importers.episode import record_episode
from untether_policies.importers.joints import find_robot
from untether_policies.importers.mjlab import read_mjlab
from untether_policies.importers.mjlab_metadata import (
    MjlabMetadata,
    complete_metadata,
    describe_plain_terms,
)
from untether_policies.importers.mjlab_reference import MjlabReference
from untether_policies.importers.pipeline import Pipeline
from untether_policies.importers.reference import Reference
from untether_policies.importers.rehearsal import (
    RehearsalReport,
    rehearse,
    sample_inputs,
)
from untether_policies.importers.robots import ROBOTS
from untether_policies.importers.source_model import SourceModel, load_source_model
from untether_policies.importers.supplement import Supplement
from untether_policies.importers.unitree import read_unitree
from untether_policies.importers.unitree_reference import UnitreeReference
from untether_policies.importers.values import refuse

_SEED = 0
_LONGEST_METADATA = 4096


@dataclass(frozen=True)
class ImportReport:
    """What an import made.

    Attributes:
        bundle: The bundle, as written and checked.
        pipeline: What was read around the network.
        rehearsal: How close the graph comes to the original.
    """

    bundle: Bundle
    pipeline: Pipeline
    rehearsal: RehearsalReport


def import_mjlab(
    model: Path, folder: Path, supplement: Supplement, *, plain_terms: bool = False
) -> ImportReport:
    """Turn an mjlab (rsl_rl) export into a bundle.

    Args:
        model: The ONNX file with its metadata.
        folder: Where the bundle is written.
        supplement: What the metadata does not say: the robot and the rate at least.
        plain_terms: Say that no observation term has scale, clip or history, for exports that do
            not tell (mjlab 1.5.0 and before).

    Raises:
        BundleError: saying what was expected, what was got and the fix.
    """
    source = load_source_model(model)
    where = str(model)
    entries = dict(source.metadata)
    if plain_terms:
        names = MjlabMetadata(entries, where).names("observation_names")
        entries = {**describe_plain_terms(len(names)), **entries}
    entries = complete_metadata(entries, supplement.metadata, where)
    pipeline = read_mjlab(entries, supplement, source.action_width, where)
    reference = MjlabReference(entries, supplement, source.run)
    origin = {f"source.{_key(key)}": value for key, value in entries.items()}
    return _finish("mjlab", source, pipeline, reference, folder, supplement, origin)


def import_unitree(deploy: Path, model: Path, folder: Path, supplement: Supplement) -> ImportReport:
    """Turn a ``deploy.yaml`` with its ONNX file into a bundle.

    Args:
        deploy: The ``deploy.yaml`` of unitree_rl_lab or unitree_rl_mjlab.
        model: The ONNX file of the same run.
        folder: Where the bundle is written.
        supplement: What the file does not say: the robot at least.

    Raises:
        BundleError: saying what was expected, what was got and the fix.
    """
    document = load_deploy_yaml(deploy)
    source = load_source_model(model)
    pipeline = read_unitree(document, supplement, source.action_width, str(deploy))
    robot = find_robot(supplement, str(deploy))
    motor_names = supplement.joint_names or ROBOTS[robot].names
    reference = UnitreeReference(document, supplement, motor_names, source.run)
    text = deploy.read_bytes()
    origin = {
        "source.deploy_file": deploy.name,
        "source.deploy_sha256": sha256(text).hexdigest(),
        "source.deploy_yaml": text.decode("utf-8"),
    }
    return _finish("unitree", source, pipeline, reference, folder, supplement, origin)


def _finish(
    importer: str,
    source: SourceModel,
    pipeline: Pipeline,
    reference: Reference,
    folder: Path,
    supplement: Supplement,
    origin: Mapping[str, str],
) -> ImportReport:
    """Compose, rehearse and write."""
    require_place(folder)
    _check_width(pipeline, source)
    composed = compose_policy(pipeline, source)
    contract = Contract(
        name=supplement.name or _name_after(folder),
        robot=find_robot(supplement, str(source.path)),
        rate=pipeline.rate,
        inputs=pipeline.inputs,
        outputs=composed.outputs,
        carry=composed.carry,
        provenance=_describe_origin(importer, source, pipeline, origin),
    )
    inputs = sample_inputs(pipeline, _SEED)
    rehearsal = rehearse(composed.model, contract, pipeline, reference, inputs)
    parity = {"parity_error_rad": rehearsal.worst, "parity_ticks": rehearsal.ticks}
    contract = replace(contract, provenance={**contract.provenance, **parity})
    fixture = record_episode(composed.model, contract, pipeline, inputs)
    card = write_card(importer, contract, pipeline, rehearsal)
    bundle = write_bundle(folder, contract, composed.model, fixture, card)
    return ImportReport(bundle, pipeline, rehearsal)


def _name_after(folder: Path) -> str:
    """Return a bundle's name made of its folder's."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", folder.resolve().name).strip("-_")[:64]


def _check_width(pipeline: Pipeline, source: SourceModel) -> None:
    """Refuse terms that do not add up to what the network takes."""
    if pipeline.observation_width == source.observation_width:
        return
    terms = ", ".join(f"{term.name} {term.history} x {term.width}" for term in pipeline.terms)
    raise refuse(
        f"{source.path}: observation",
        f"{source.observation_width} values, as the network takes",
        f"{pipeline.observation_width} ({terms})",
        "a term, its history or its joints are wrong: take files of the same run, or correct them "
        "with --supplement",
    )


def _describe_origin(
    importer: str, source: SourceModel, pipeline: Pipeline, origin: Mapping[str, str]
) -> dict[str, str]:
    """Return the provenance: importer, hashes, and what the artefact said of itself."""
    provenance = {"importer": importer, "source.file": source.path.name}
    for name, digest in source.hashes.items():
        provenance[f"source.sha256.{_key(name)}"] = digest
    for index, assumption in enumerate(pipeline.assumptions):
        provenance[f"assumption.{index}"] = assumption
    provenance.update(
        {key: value for key, value in origin.items() if len(value) <= _LONGEST_METADATA}
    )
    return provenance


def _key(text: str) -> str:
    """Return a text as part of a provenance key."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)[:40]
