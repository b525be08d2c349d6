"""The numbers of the safety stage are those of the ROS interfaces, read from their sources."""

import re
from pathlib import Path

import pytest

from untether_hardware.safety import Guard, Mode, Source
from untether_hardware.safety.verdict import (
    ArmCode,
    InterveneCode,
    LandCode,
    PolicyCode,
    ResetCode,
)

INTERFACES = Path(__file__).parents[3] / "ros_ws" / "src" / "untether_interfaces"


def read_constants(path, prefix=""):
    """Names and values of a message's or service's constants."""
    text = (INTERFACES / path).read_text(encoding="utf-8")
    found = re.findall(r"^uint(?:8|16) ([A-Z_]+)=(\d+)", text, flags=re.MULTILINE)
    return {
        name.removeprefix(prefix): int(value) for name, value in found if name.startswith(prefix)
    }


@pytest.mark.parametrize(
    ("codes", "path", "prefix"),
    [
        (Mode, "msg/Mode.msg", ""),
        (Source, "msg/Command.msg", "SOURCE_"),
        (ArmCode, "srv/Arm.srv", ""),
        (LandCode, "srv/Land.srv", ""),
        (InterveneCode, "srv/Intervene.srv", ""),
        (PolicyCode, "srv/SelectPolicy.srv", ""),
        (ResetCode, "srv/ResetFault.srv", ""),
    ],
)
def test_codes_equal_the_interfaces(codes, path, prefix):
    assert {code.name: int(code) for code in codes} == read_constants(path, prefix)


def test_guards_equal_the_message():
    constants = read_constants("msg/SafetyEvent.msg")
    guards = {name: value for name, value in constants.items() if "SEVERITY" not in name}
    assert {guard.name: int(guard) for guard in Guard} == guards
