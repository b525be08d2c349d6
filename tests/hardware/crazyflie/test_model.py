import mujoco
import numpy as np
import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.mixer import mixer_matrix
from untether_hardware.crazyflie.model import ROTOR_HEIGHT, build_model
from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig


@pytest.fixture(scope="module")
def model():
    return build_model(CRAZYFLIE, SimulatedCrazyflieConfig())


def test_actuators_make_the_wrench_of_the_mixer(model):
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    wrench = []
    for rotor in range(4):
        data.ctrl[:] = 0.0
        data.ctrl[rotor] = 1.0
        mujoco.mj_fwdActuation(model, data)
        force = data.qfrc_actuator
        assert force[:2] == pytest.approx([0, 0])
        wrench.append(force[2:].tolist())
    assert np.transpose(wrench) == pytest.approx(mixer_matrix(CRAZYFLIE))


def test_drawn_rotors_are_where_the_description_has_them(model):
    discs = [
        geom
        for geom in map(model.geom, range(model.ngeom))
        if geom.type == mujoco.mjtGeom.mjGEOM_CYLINDER and geom.size[0] == CRAZYFLIE.rotor_radius
    ]
    expected = np.add(CRAZYFLIE.rotor_positions, (0, 0, ROTOR_HEIGHT))
    assert np.array([disc.pos for disc in discs]) == pytest.approx(expected)


def test_feet_end_at_the_height_of_rest(model):
    feet = [model.geom(f"foot_{name}") for name in CRAZYFLIE.rotor_names]
    lowest = [foot.pos[2] - foot.size[0] for foot in feet]
    assert lowest == pytest.approx([-CRAZYFLIE.rest_height] * 4)


def test_guard_covers_the_propellers_and_no_more(model):
    assert model.geom("guard").size[0] == pytest.approx(CRAZYFLIE.radius, abs=1e-4)


def test_scales_change_mass_and_inertia():
    config = SimulatedCrazyflieConfig(mass_scale=1.15, inertia_scale=1.2)
    body = build_model(CRAZYFLIE, config).body("base_link")
    assert body.mass[0] == pytest.approx(1.15 * CRAZYFLIE.mass)
    assert body.inertia == pytest.approx(1.38 * np.asarray(CRAZYFLIE.inertia))
