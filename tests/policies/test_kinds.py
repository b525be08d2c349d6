from pathlib import Path

import pytest

from untether_policies.contract_file import parse_contract
from untether_policies.errors import ContractError
from untether_policies.kinds import KINDS, UNITS, find_kind

PAGE = (Path(__file__).parents[2] / "policies/CONTRACT.md").read_text(encoding="utf-8")


def test_units_of_all_kinds_are_known():
    for kind in KINDS.values():
        assert set(kind.units) <= set(UNITS)


def test_commands_are_told_from_measurements():
    assert find_kind("command/rotor/thrust", "here").is_command
    assert not find_kind("state/joint/position", "here").is_command


def test_custom_kinds_take_any_unit():
    assert find_kind("custom/latent/skill", "here").units == UNITS


@pytest.mark.parametrize("name", ["", "custom/", "custom/A", "body/position", "state", "x" * 5000])
def test_unknown_kind_is_refused(name, refused):
    with refused(ContractError, what="here", expected="vocabulary", got=name[:10], fix="/"):
        find_kind(name, "here")


def test_misspelt_kind_gets_a_suggestion(refused):
    with refused(ContractError, fix="state/body/angular_velocity"):
        find_kind("state/body/angluar_velocity", "here")


def test_specification_lists_every_kind_as_the_code_has_it():
    rows = {
        cells[1].strip(" `"): cells
        for line in PAGE.splitlines()
        if line.startswith(("| `state/", "| `command/"))
        for cells in [line.split("|")]
    }
    assert set(rows) == set(KINDS)
    for name, kind in KINDS.items():
        assert [unit.strip(" `") for unit in rows[name][3].split(",")] == list(kind.units)
        frames = [frame.strip(" `") for frame in rows[name][4].split(",")]
        assert frames == (list(kind.frames) or ["any"])


def test_specification_lists_every_unit():
    listed = PAGE.partition("Units:")[2].partition(".\n")[0]
    assert [unit.strip(" `\n") for unit in listed.split(",")] == list(UNITS)


def test_example_of_the_specification_is_a_sound_contract():
    example = PAGE.partition("```yaml\n")[2].partition("```")[0]
    contract = parse_contract(example)
    assert contract.output("rotor_thrust").elements == ("m1", "m2", "m3", "m4")
