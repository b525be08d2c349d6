from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.safety.modes import Mode, Request, change_mode


def test_the_ordinary_day_of_a_robot():
    mode = Mode.IDLE
    for request, expected in (
        (Request.ARM, Mode.STANDBY),
        (Request.START_POLICY, Mode.POLICY),
        (Request.TAKE_OVER, Mode.INTERVENTION),
        (Request.HAND_BACK, Mode.STANDBY),
        (Request.START_POLICY, Mode.POLICY),
        (Request.LAND, Mode.STANDBY),
        (Request.LANDED, Mode.IDLE),
    ):
        mode = change_mode(mode, request)
        assert mode is expected


@given(st.sampled_from(Request))
def test_a_fault_is_left_by_a_reset_alone(request):
    expected = Mode.IDLE if request is Request.RESET else Mode.FAULT
    assert change_mode(Mode.FAULT, request) in (expected, None)


@given(st.sampled_from(Mode), st.sampled_from(Request))
def test_only_an_armed_robot_gets_a_commander(mode, request):
    after = change_mode(mode, request)
    if after in (Mode.POLICY, Mode.INTERVENTION):
        assert mode in (Mode.STANDBY, Mode.POLICY, Mode.INTERVENTION)


@given(st.sampled_from(Mode))
def test_an_emergency_stop_is_never_refused(mode):
    assert change_mode(mode, Request.STOP) is Mode.FAULT


def test_a_robot_that_is_off_cannot_trip():
    assert change_mode(Mode.IDLE, Request.TRIP) is None
