"""Writes the reference trajectories that the quadrotor dynamics are tested against.

Needs ``drone-models`` (the identified Crazyflie of the Learning Systems and Robotics Lab, MIT
licence), which belongs in an environment of its own, because it sets a process-wide SciPy flag:

    python3 -m venv reference && reference/bin/pip install drone-models==0.1.0
    reference/bin/python tests/training/dynamics/generate_reference.py

Each manoeuvre is a free response: an initial state, initial rotor thrusts and a constant command,
no controller. It is simulated in two variants of the same model:

* ``published``: everything as identified: thrust curve with a linear term, rotors that spin up
  and down differently, body drag, propeller gyroscopics;
* ``matched``: the same equations reduced to what our dynamics model: thrust proportional to the
  square of the rotor speed, torque proportional to thrust, the package's own one-coefficient
  rotor lag (``rotor_dyn_coef_simple``), no drag, no gyroscopics.

The first shows what our model leaves out, the second whether what it keeps in is right.
"""

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import drone_models  # sets SCIPY_ARRAY_API, so it goes before scipy
import numpy as np
from drone_models.core import load_params
from drone_models.first_principles import dynamics
from drone_models.transform import motor_force2rotor_vel
from scipy.integrate import solve_ivp

DRONE = "cf2x_L250"
SAMPLE_PERIOD = 0.01  # [s]
DATA = Path(__file__).parent / "data"
MODEL_ARGUMENTS = [
    "mass",
    "L",
    "prop_inertia",
    "gravity_vec",
    "J",
    "J_inv",
    "rpm2thrust",
    "rpm2torque",
    "mixing_matrix",
    "rotor_dyn_coef",
    "drag_matrix",
]


@dataclass(frozen=True)
class Manoeuvre:
    """Initial state and command of one free response; thrusts in parts of the hover thrust."""

    name: str
    duration: float  # [s]
    rotor_thrust: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)  # m1..m4 at the start
    command: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)  # m1..m4 from the start on
    orientation: tuple[float, ...] = (0.0, 0.0, 0.0, 1.0)  # xyzw
    linear_velocity: tuple[float, ...] = (0.0, 0.0, 0.0)  # [m/s] map
    angular_velocity: tuple[float, ...] = (0.0, 0.0, 0.0)  # [rad/s] base_link


MANOEUVRES = (
    Manoeuvre("hover", 1.0),
    Manoeuvre("free_fall", 0.6, (0.0,) * 4, (0.0,) * 4, linear_velocity=(1.0, -0.5, 0.5)),
    Manoeuvre("spin_up", 0.6, (0.0,) * 4, (1.0,) * 4),
    Manoeuvre("spin_down", 0.6, (1.0,) * 4, (0.3,) * 4),
    Manoeuvre("thrust_step", 0.8, command=(1.3,) * 4),
    Manoeuvre("roll_torque", 0.5, command=(0.97, 0.97, 1.03, 1.03)),
    Manoeuvre("pitch_torque", 0.5, command=(0.97, 1.03, 1.03, 0.97)),
    Manoeuvre("yaw_torque", 1.0, command=(0.8, 1.2, 0.8, 1.2)),
    Manoeuvre(
        "tumbling",
        0.5,
        orientation=(0.8, 0.36, 0.0, 0.48),
        linear_velocity=(2.0, -1.0, 1.5),
        angular_velocity=(9.0, -6.0, 4.0),
    ),
    Manoeuvre(
        "everything",
        0.5,
        rotor_thrust=(0.6, 0.9, 1.1, 0.7),
        command=(1.2, 1.23, 1.17, 1.21),
        orientation=(0.1, -0.3, 0.5, 0.8062257748298549),
        linear_velocity=(-1.0, 2.0, 0.3),
        angular_velocity=(2.0, 1.0, -3.0),
    ),
)


def reduce_to_our_model(parameters: dict) -> dict:
    """Return the parameters with all that our dynamics leave out taken away."""
    quadratic = float(parameters["rpm2thrust"][2])
    lag = float(parameters["rotor_dyn_coef_simple"])
    return parameters | {
        "rpm2thrust": np.array([0.0, 0.0, quadratic]),
        "rpm2torque": np.array([0.0, 0.0, quadratic * float(parameters["thrust2torque"])]),
        "rotor_dyn_coef": np.array([lag, 0.0, lag, 0.0]),
        "drag_matrix": np.zeros((3, 3)),
        "prop_inertia": np.array(0.0),
    }


def simulate(manoeuvre: Manoeuvre, parameters: dict) -> dict[str, np.ndarray]:
    """Integrate one manoeuvre to 1e-10 and return its samples."""
    curve = parameters["rpm2thrust"]
    hover = float(parameters["mass"]) * 9.81 / 4.0  # [N] per rotor
    command = np.array(manoeuvre.command) * hover
    command_speed = motor_force2rotor_vel(command, curve)  # (4,) [rpm]
    arguments = {name: parameters[name] for name in MODEL_ARGUMENTS}

    def derivative(_: float, state: np.ndarray) -> np.ndarray:
        orientation = state[3:7] / np.linalg.norm(state[3:7])
        parts = dynamics(
            state[:3],
            orientation,
            state[7:10],
            state[10:13],
            command_speed,
            state[13:],
            **arguments,
        )
        # The package's quaternion derivative reads (w, x, y, z) while its rotation reads xyzw.
        x, y, z, w = state[3:7]
        p, q, r = state[10:13]
        spin = (
            np.array(
                [
                    w * p + y * r - z * q,
                    w * q + z * p - x * r,
                    w * r + x * q - y * p,
                    -x * p - y * q - z * r,
                ]
            )
            / 2.0
        )
        return np.concatenate([parts[0], spin, parts[2], parts[3], parts[4]])

    start = np.concatenate(
        [
            (0.0, 0.0, 10.0),
            manoeuvre.orientation,
            manoeuvre.linear_velocity,
            manoeuvre.angular_velocity,
            motor_force2rotor_vel(np.array(manoeuvre.rotor_thrust) * hover, curve),
        ]
    )
    count = round(manoeuvre.duration / SAMPLE_PERIOD) + 1
    time = np.arange(count) * SAMPLE_PERIOD
    solution = solve_ivp(
        derivative, (0.0, time[-1]), start, "DOP853", time, rtol=1e-10, atol=1e-12, max_step=0.01
    )
    state = solution.y.T
    orientation = state[:, 3:7] / np.linalg.norm(state[:, 3:7], axis=1, keepdims=True)
    speed = state[:, 13:]  # (samples, 4) [rpm]
    return {
        "command": command,
        "time": time,
        "position": state[:, :3],
        "orientation": orientation,
        "linear_velocity": state[:, 7:10],
        "angular_velocity": state[:, 10:13],
        "rotor_thrust": curve[0] + curve[1] * speed + curve[2] * speed**2,
    }


def main() -> None:
    """Write ``identified_crazyflie.npz`` (trajectories) and ``.json`` (parameters, source)."""
    published = load_params("first_principles", DRONE)
    variants = {"published": published, "matched": reduce_to_our_model(published)}
    arrays = {
        f"{variant}/{manoeuvre.name}/{key}": value
        for variant, parameters in variants.items()
        for manoeuvre in MANOEUVRES
        for key, value in simulate(manoeuvre, parameters).items()
    }
    DATA.mkdir(exist_ok=True)
    np.savez_compressed(DATA / "identified_crazyflie.npz", **arrays)
    description = {
        "source": "https://github.com/utiasDSL/drone-models",
        "package": f"drone-models {version('drone-models')}",
        "licence": "MIT",
        "model": drone_models.first_principles.__name__,
        "drone": DRONE,
        "integrator": "DOP853, rtol 1e-10, atol 1e-12",
        "sample_period": SAMPLE_PERIOD,
        "manoeuvres": [manoeuvre.name for manoeuvre in MANOEUVRES],
        "parameters": {
            variant: {key: np.asarray(value).tolist() for key, value in parameters.items()}
            for variant, parameters in variants.items()
        },
    }
    text = json.dumps(description, indent=1)
    (DATA / "identified_crazyflie.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
