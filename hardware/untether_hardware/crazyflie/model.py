"""The MuJoCo model of the Crazyflie: the file ``crazyflie.xml``, made to fit a description."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

from importlib import resources

import mujoco
import numpy as np

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig

ROTOR_HEIGHT = 0.0125  # [m] base_link, of the propellers in crazyflie.xml


def read_model_xml() -> str:
    """Return the text of ``crazyflie.xml``."""
    folder = resources.files("untether_hardware.crazyflie")
    return (folder / "crazyflie.xml").read_text(encoding="utf-8")


def build_model(
    description: QuadrotorDescription, config: SimulatedCrazyflieConfig
) -> mujoco.MjModel:
    """Return the model of a Crazyflie that stands on a floor.

    Args:
        description: Mass, inertia and rotors.
        config: Timestep, drag, and scales of mass and inertia.
    """
    model = mujoco.MjModel.from_xml_string(read_model_xml())
    model.opt.timestep = config.timestep
    model.opt.gravity[:] = (0.0, 0.0, -description.gravity)
    body = model.body("base_link").id
    model.body_mass[body] = description.mass * config.mass_scale
    model.body_inertia[body] = np.asarray(description.inertia) * (
        config.mass_scale * config.inertia_scale
    )
    model.dof_damping[:3] = config.drag
    for name, position, direction in zip(
        description.rotor_names,
        description.rotor_positions,
        description.rotor_directions,
        strict=True,
    ):
        model.site(name).pos[:] = position
        model.actuator(name).gear[5] = direction * description.torque_to_thrust
    mujoco.mj_setConst(model, mujoco.MjData(model))
    return model
