"""The batched dynamics against the published, identified Crazyflie (see generate_reference.py).

Two kinds of tolerance. Against the *matched* reference, which has our modelling assumptions, only
the time step is left: semi-implicit Euler is of first order, so the errors must be small at the
training step and five times smaller at a fifth of it. Against the *published* reference the
tolerances are the measured cost of what our model leaves out, per manoeuvre.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.simulator import SimulatedCrazyflie, SimulatedCrazyflieConfig
from untether_training.dynamics.parameters import QuadrotorParameters
from untether_training.dynamics.quadrotor import PHYSICS_TIMESTEP, QuadrotorDynamics
from untether_training.dynamics.state import QuadrotorState

DATA = Path(__file__).parent / "data"
DESCRIPTION = json.loads((DATA / "identified_crazyflie.json").read_text(encoding="utf-8"))
MANOEUVRES = DESCRIPTION["manoeuvres"]
STATE = ("position", "orientation", "linear_velocity", "angular_velocity")

# Position [m], attitude [deg], velocity [m/s], rate [rad/s] at the training step of 5 ms.
MATCHED_TOLERANCE = np.array([0.015, 4.5, 0.08, 0.30])
PUBLISHED_TOLERANCE = {
    "hover": (1e-3, 0.1, 1e-3, 1e-3),
    "free_fall": (0.16, 0.1, 0.70, 1e-3),  # no drag
    "spin_up": (0.16, 0.1, 0.55, 1e-3),  # no drag; one lag for up and down
    "spin_down": (0.10, 0.1, 0.45, 1e-3),
    "thrust_step": (0.06, 0.1, 0.26, 1e-3),
    "roll_torque": (0.015, 5.0, 0.09, 0.40),  # one lag, no gyroscopics
    "pitch_torque": (0.015, 5.0, 0.09, 0.40),
    "yaw_torque": (0.015, 17.0, 0.03, 0.75),  # torque proportional to thrust
    "tumbling": (0.16, 2.0, 0.75, 0.16),  # no drag
    "everything": (0.11, 18.0, 0.35, 1.35),
}


@dataclass(frozen=True)
class Trajectory:
    """Samples at 100 Hz of one manoeuvre."""

    command: np.ndarray  # (4,) [N]
    position: np.ndarray  # (samples, 3) [m] map
    orientation: np.ndarray  # (samples, 4) xyzw
    linear_velocity: np.ndarray  # (samples, 3) [m/s] map
    angular_velocity: np.ndarray  # (samples, 3) [rad/s] base_link
    rotor_thrust: np.ndarray  # (samples, 4) [N]

    def errors_of(self, other: "Trajectory") -> np.ndarray:
        """Largest position [m], attitude [deg], velocity [m/s] and rate [rad/s] error, (4,)."""
        chord = np.minimum(
            np.linalg.norm(self.orientation - other.orientation, axis=1),
            np.linalg.norm(self.orientation + other.orientation, axis=1),
        )
        angle = np.degrees(4.0 * np.arcsin(np.clip(chord / 2.0, 0.0, 1.0)))
        distances = [
            np.linalg.norm(getattr(self, name) - getattr(other, name), axis=1).max()
            for name in ("position", "linear_velocity", "angular_velocity")
        ]
        return np.array([distances[0], angle.max(), distances[1], distances[2]])


@pytest.fixture(scope="module")
def reference():
    """All reference trajectories by (variant, manoeuvre)."""
    with np.load(DATA / "identified_crazyflie.npz") as arrays:
        return {
            (variant, name): Trajectory(
                **{
                    key: arrays[f"{variant}/{name}/{key}"]
                    for key in Trajectory.__dataclass_fields__
                }
            )
            for variant in ("published", "matched")
            for name in MANOEUVRES
        }


def identified_robot(variant):
    """Our description with the identified mass, inertia, arm, torque and lag."""
    parameters = DESCRIPTION["parameters"][variant]
    arm = parameters["L"]
    return replace(
        CRAZYFLIE,
        mass=parameters["mass"],
        inertia=tuple(np.diag(parameters["J"]).tolist()),
        rotor_positions=tuple(
            (float(np.sign(x) * arm), float(np.sign(y) * arm), 0.0)
            for x, y, _ in CRAZYFLIE.rotor_positions
        ),
        max_rotor_thrust=parameters["thrust_max"],
        torque_to_thrust=parameters["thrust2torque"],
        motor_time_constant=1.0 / parameters["rotor_dyn_coef_simple"],
    )


def simulate(start, robot, timestep=PHYSICS_TIMESTEP, drag=0.0):
    """Our dynamics from the reference's first sample, sampled at 100 Hz."""
    state = QuadrotorState.at_rest(1)
    for name in STATE:
        getattr(state, name)[:, 0] = torch.tensor(getattr(start, name)[0])
    thrust = torch.tensor(np.maximum(start.rotor_thrust[0], 0.0))
    state.rotor_speed[:, 0] = (thrust / robot.max_rotor_thrust).sqrt()
    parameters = QuadrotorParameters.nominal(robot, 1)
    parameters.drag.fill_(drag)
    dynamics = QuadrotorDynamics(robot, parameters, timestep)
    target = dynamics.motor_target(torch.tensor(start.command, dtype=torch.float32)[:, None])
    steps = round(DESCRIPTION["sample_period"] / timestep)
    samples = {name: [getattr(start, name)[0]] for name in STATE}
    thrusts = [start.rotor_thrust[0]]
    for _ in range(len(start.position) - 1):
        for _ in range(steps):
            dynamics.step(state, target)
        for name in STATE:
            samples[name].append(getattr(state, name)[:, 0].numpy().copy())
        thrusts.append((state.rotor_speed[:, 0].square() * robot.max_rotor_thrust).numpy())
    arrays = {name: np.array(values) for name, values in samples.items()}
    return Trajectory(command=start.command, rotor_thrust=np.array(thrusts), **arrays)


@pytest.mark.parametrize("name", MANOEUVRES)
def test_agrees_with_the_identified_model_under_our_assumptions(reference, name):
    expected = reference["matched", name]
    got = simulate(expected, identified_robot("matched"))
    assert (got.errors_of(expected) < MATCHED_TOLERANCE).all(), got.errors_of(expected)
    assert np.abs(got.rotor_thrust - expected.rotor_thrust).max() < 1e-6  # [N]; exact lag


@pytest.mark.parametrize("name", ["spin_up", "roll_torque", "yaw_torque", "tumbling", "everything"])
def test_error_vanishes_with_the_time_step(reference, name):
    expected = reference["matched", name]
    robot = identified_robot("matched")
    coarse = simulate(expected, robot).errors_of(expected)
    fine = simulate(expected, robot, PHYSICS_TIMESTEP / 5).errors_of(expected)
    assert (fine < MATCHED_TOLERANCE / 5).all(), fine
    visible = coarse > np.array([1e-3, 0.05, 2e-3, 5e-3])  # above what float32 leaves
    assert visible.any()
    assert (coarse[visible] > 3.5 * fine[visible]).all(), (coarse, fine)


@pytest.mark.parametrize("name", MANOEUVRES)
def test_differs_from_the_published_model_by_no_more_than_documented(reference, name):
    expected = reference["published", name]
    got = simulate(expected, identified_robot("published"))
    assert (got.errors_of(expected) < PUBLISHED_TOLERANCE[name]).all(), got.errors_of(expected)


def test_linear_drag_explains_most_of_the_difference_in_fast_flight(reference):
    drag = -float(DESCRIPTION["parameters"]["published"]["drag_matrix"][0][0])  # [N s/m]
    for name in ("free_fall", "tumbling"):
        expected = reference["published", name]
        robot = identified_robot("published")
        without = simulate(expected, robot).errors_of(expected)
        with_drag = simulate(expected, robot, drag=drag).errors_of(expected)
        assert with_drag[2] < 0.15 * without[2]  # velocity


@pytest.mark.parametrize(
    "change",
    [
        {"mass": 0.0319 * 1.05},
        {"torque_to_thrust": -0.00735},
        {"rotor_directions": (1, -1, 1, -1)},
        {"inertia": (16.8e-6, 16.8e-6, 16.8e-6)},
        {"motor_time_constant": CRAZYFLIE.motor_time_constant},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_wrong_parameter_does_not_pass(reference, change):
    robot = replace(identified_robot("matched"), **change)
    passed = [
        (simulate(expected, robot).errors_of(expected) < MATCHED_TOLERANCE).all()
        for (variant, _), expected in reference.items()
        if variant == "matched"
    ]
    assert not all(passed)


def test_our_description_is_the_identified_robot_but_for_what_the_page_says():
    identified = DESCRIPTION["parameters"]["published"]
    assert CRAZYFLIE.rotor_positions[3][0] == pytest.approx(identified["L"], rel=0.01)
    assert CRAZYFLIE.inertia == pytest.approx(np.diag(identified["J"]), rel=0.03)
    assert CRAZYFLIE.mass == pytest.approx(identified["mass"], rel=0.15)
    assert CRAZYFLIE.max_rotor_thrust == pytest.approx(identified["thrust_max"], rel=0.10)
    assert CRAZYFLIE.torque_to_thrust == pytest.approx(identified["thrust2torque"], rel=0.20)


# The deployment simulator integrates to a higher order, so little is left of the time step.
MUJOCO_TOLERANCE = np.array([1e-4, 0.01, 2e-4, 1e-3])  # [m], [deg], [m/s], [rad/s]
STARTS_EVENLY = [name for name in MANOEUVRES if name != "everything"]


def simulate_in_mujoco(start, variant, **changes):
    """The deployment simulator without latency, noise, drag and floor, sampled at 100 Hz."""
    lag = 1.0 / DESCRIPTION["parameters"][variant]["rotor_dyn_coef_simple"]
    settings = {"drag": (0.0, 0.0, 0.0), "motor_time_constants": (lag, lag)} | changes
    config = SimulatedCrazyflieConfig(
        odometry_latency=0.0,
        command_latency=0.0,
        rotor_inertia=0.0,
        ground_effect=False,
        noise=None,
        **settings,
    )
    robot = SimulatedCrazyflie(config, description=identified_robot(variant))
    robot.reset(
        *(getattr(start, name)[0] for name in STATE),
        rotor_thrust=max(0.0, float(start.rotor_thrust[0, 0])),
    )
    samples = {name: [getattr(start, name)[0]] for name in STATE}
    thrusts = [start.rotor_thrust[0]]
    for _ in range(len(start.position) - 1):
        robot.step(np.maximum(start.command, 0.0).tolist())
        truth = robot.read_truth()
        for name in STATE:
            samples[name].append(np.array(getattr(truth, name)))
        thrusts.append(np.array(robot.rotor_thrust))
    arrays = {name: np.array(values) for name, values in samples.items()}
    return Trajectory(command=start.command, rotor_thrust=np.array(thrusts), **arrays)


@pytest.mark.parametrize("name", STARTS_EVENLY)
def test_deployment_simulator_agrees_under_the_same_assumptions(reference, name):
    expected = reference["matched", name]
    got = simulate_in_mujoco(expected, "matched")
    assert (got.errors_of(expected) < MUJOCO_TOLERANCE).all(), got.errors_of(expected)


def test_deployment_simulator_with_the_published_drag_falls_like_the_published_model(reference):
    expected = reference["published", "free_fall"]
    drag = -np.diag(DESCRIPTION["parameters"]["published"]["drag_matrix"])
    got = simulate_in_mujoco(expected, "published", drag=tuple(drag.tolist()))
    assert (got.errors_of(expected) < MUJOCO_TOLERANCE).all(), got.errors_of(expected)


def test_deployment_simulator_with_the_published_motors_climbs_like_the_published_model(reference):
    expected = reference["published", "thrust_step"]
    parameters = DESCRIPTION["parameters"]["published"]
    rise = 1.0 / parameters["rotor_dyn_coef"][0]  # [s]
    drag = -np.diag(parameters["drag_matrix"])
    got = simulate_in_mujoco(
        expected, "published", drag=tuple(drag.tolist()), motor_time_constants=(rise, rise)
    )
    assert (got.errors_of(expected) < MUJOCO_TOLERANCE).all(), got.errors_of(expected)
