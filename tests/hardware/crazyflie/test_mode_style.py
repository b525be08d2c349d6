import pytest

from untether_hardware.crazyflie.mode_style import find_mode_style
from untether_hardware.safety.modes import Mode


def test_every_mode_has_a_look_of_its_own():
    styles = [find_mode_style(mode) for mode in Mode]
    assert [style.name for style in styles] == [mode.name for mode in Mode]
    assert len({style.color for style in styles}) == len(Mode)


@pytest.mark.parametrize("value", [-1, 5, 255])
def test_value_that_is_no_mode_is_drawn_as_unknown(value):
    assert find_mode_style(value).name == "UNKNOWN"
