import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.mixer import thrust_to_wrench, wrench_to_thrust

THRUST = st.floats(0.0, CRAZYFLIE.max_rotor_thrust)


@given(thrust=st.tuples(THRUST, THRUST, THRUST, THRUST))
def test_wrench_of_thrusts_gives_the_thrusts_back(thrust):
    assert wrench_to_thrust(CRAZYFLIE, *thrust_to_wrench(CRAZYFLIE, thrust)) == pytest.approx(
        thrust, abs=1e-12
    )


def test_equal_thrusts_make_no_torque():
    collective, torque = thrust_to_wrench(CRAZYFLIE, [CRAZYFLIE.hover_rotor_thrust] * 4)
    assert collective == pytest.approx(CRAZYFLIE.weight)
    assert torque == pytest.approx((0.0, 0.0, 0.0), abs=1e-15)


@pytest.mark.parametrize(
    ("stronger", "axis", "sign"),
    [
        (("m3", "m4"), 0, +1),  # left rotors lift the left side: roll about +x
        (("m2", "m3"), 1, +1),  # back rotors lift the tail: pitch about +y, nose down
        (("m2", "m4"), 2, +1),  # they spin clockwise, so the body turns counter-clockwise
        (("m1", "m3"), 2, -1),
    ],
)
def test_torque_has_the_sign_of_the_stronger_rotors(stronger, axis, sign):
    thrust = [0.08 if name in stronger else 0.06 for name in CRAZYFLIE.rotor_names]
    _, torque = thrust_to_wrench(CRAZYFLIE, thrust)
    assert torque[axis] * sign > 0
    assert [torque[other] for other in range(3) if other != axis] == pytest.approx([0, 0])


def test_description_agrees_with_its_published_ratios():
    assert CRAZYFLIE.thrust_to_weight == pytest.approx(1.9)
    assert CRAZYFLIE.max_rotor_thrust == pytest.approx(0.1305, abs=1e-4)
