import math
from dataclasses import fields

import pytest

from untether_hardware.safety import SafetyConfig
from untether_hardware.safety.setting import list_settings


def test_the_defaults_detect_and_react_within_100_ms():
    config = SafetyConfig()
    tick = 0.5 * config.period
    assert config.command_timeout + tick < 0.1
    assert config.state_timeout + tick < 0.1
    assert config.frozen_count * config.period + tick < 0.1
    assert config.excess_count * config.period + tick < 0.1


def test_every_field_has_unit_range_and_meaning():
    known = list_settings(SafetyConfig)
    assert set(known) == {item.name for item in fields(SafetyConfig)}
    for name, setting in known.items():
        assert setting.lowest < setting.highest, name
        assert len(setting.description) > 10, name
        assert setting.unit in {"1", "s", "m", "m/s", "rad", "rad/s", "Hz"}, name


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf, "0.1", None, True])
def test_a_wrong_value_is_refused_with_expected_got_and_fix(value):
    with pytest.raises(ValueError, match=r"command_timeout: expected a number from .* got .*"):
        SafetyConfig(command_timeout=value)


def test_a_count_is_a_whole_number():
    with pytest.raises(ValueError, match="frozen_count: expected a whole number"):
        SafetyConfig(frozen_count=2.5)  # pyright: ignore[reportArgumentType]


def test_values_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="command_late: expected at most command_timeout"):
        SafetyConfig(command_late=0.08)


def test_all_problems_are_told_at_once():
    with pytest.raises(ValueError) as caught:
        SafetyConfig(rate=-1.0, tilt_limit=9.0)
    assert len(str(caught.value).splitlines()) == 2
