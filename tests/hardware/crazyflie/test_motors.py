import math

import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.motors import Motors

STEP = 0.002
LIMIT = CRAZYFLIE.max_rotor_thrust


def make_motors(up=0.04, down=0.06, rotor_inertia=0.0):
    return Motors(
        CRAZYFLIE,
        time_constants=(up, down),
        timestep=STEP,
        max_speed=3000.0,
        rotor_inertia=rotor_inertia,
    )


@pytest.mark.parametrize(("start", "end", "tau"), [(0.0, LIMIT, 0.04), (LIMIT, 0.0, 0.06)])
def test_speed_covers_63_percent_of_a_step_in_its_time_constant(start, end, tau):
    motors = make_motors()
    motors.reset(start)
    motors.command([end] * 4)
    for _ in range(round(tau / STEP)):
        motors.advance()
    share = 1 - math.exp(-1)
    expected = share if end > start else 1 - share
    assert motors.speed == pytest.approx([expected] * 4, rel=1e-9)


def test_thrust_settles_at_the_command_and_is_quadratic_in_speed():
    motors = make_motors()
    motors.command([LIMIT / 4] * 4)
    for _ in range(1000):
        *thrust, torque = motors.advance()
    assert thrust == pytest.approx([LIMIT / 4] * 4)
    assert motors.speed == pytest.approx([0.5] * 4)
    assert torque == pytest.approx(0.0, abs=1e-12)


def test_reset_turns_at_the_given_thrust_without_a_transient():
    motors = make_motors()
    motors.reset(0.07)
    assert motors.advance()[:4] == pytest.approx([0.07] * 4)


def test_impulse_does_not_depend_on_the_timestep():
    def impulse(timestep):
        motors = Motors(CRAZYFLIE, time_constants=(0.04, 0.06), timestep=timestep,
                        max_speed=1.0, rotor_inertia=0.0)  # fmt: skip
        motors.command([LIMIT] * 4)
        return sum(motors.advance()[0] * timestep for _ in range(round(0.1 / timestep)))

    assert impulse(0.002) == pytest.approx(impulse(0.0001), rel=1e-3)


def test_spin_up_torque_carries_the_angular_momentum_of_the_rotor():
    motors = make_motors(rotor_inertia=3e-8)
    motors.command([LIMIT, 0.0, 0.0, 0.0])
    impulse = sum(motors.advance()[4] * STEP for _ in range(2000))
    # m1 spins counter-clockwise, so the body is turned clockwise by as much.
    assert impulse == pytest.approx(-3e-8 * 3000.0, rel=1e-6)
