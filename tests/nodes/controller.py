"""A position controller written as an ONNX graph: a bundle that flies without any training.

A cascade: position and velocity give the acceleration wanted, that gives thrust and attitude, the
attitude gives body rates, the rates give torques. It has a carry (an integral of the height error),
so that runs through it test carry state as well. Run as a script, it writes the bundle to a folder.
"""

import sys
from pathlib import Path

import numpy as np
import onnx.numpy_helper
import onnx.parser

from untether_hardware.crazyflie.description import CRAZYFLIE as ROBOT
from untether_policies.bundle import write_bundle
from untether_policies.contract import CarrySpec, Contract, EnvelopeSpec, TensorSpec
from untether_policies.fixture import record_fixture

RATE = 100.0  # [Hz]
AXES = ("x", "y", "z")
QUATERNION = ("x", "y", "z", "w")
GRAPH = """
<ir_version: 9, opset_import: ["" : 18]>
controller (
    float[batch, 3] position, float[batch, 4] orientation, float[batch, 3] linear_velocity,
    float[batch, 3] angular_velocity, float[batch, 3] goal_position, float[batch, 3] goal_velocity,
    float[batch, 1] height_integral
) => (float[batch, 4] rotor_thrust, float[batch, 1] height_integral_next)
<
    float reach = {{0.8}}, float reach_back = {{-0.8}},
    float[3] position_gain = {{2.8, 2.8, 6.0}}, float[3] velocity_gain = {{2.8, 2.8, 4.0}},
    float[3] gravity = {{0.0, 0.0, 9.81}},
    float[3] least = {{-3.5, -3.5, 5.0}}, float[3] greatest = {{3.5, 3.5, 15.0}},
    float decay = {{0.99}}, float period = {{0.01}}, float integral_gain = {{0.8}},
    float two = {{2.0}}, float one = {{1.0}}, float mass = {{{mass}}},
    float rate_gain = {{6.0}}, float yaw_gain = {{2.0}}, float[3] torque_gain = {{{torque_gain}}},
    float[4,4] mixer = {{{mixer}}}, float zero = {{0.0}}, float full = {{{full}}},
    int64[1] axis = {{1}}
>
{{
    offset = Sub(goal_position, position)
    error = Clip(offset, reach_back, reach)
    error_x, error_y, error_z = Split <axis = 1, num_outputs = 3> (error)
    kept = Mul(height_integral, decay)
    gained = Mul(error_z, period)
    height_integral_next = Add(kept, gained)
    lift = Mul(height_integral_next, integral_gain)
    none = Sub(lift, lift)
    lifting = Concat <axis = 1> (none, none, lift)
    slip = Sub(goal_velocity, linear_velocity)
    pull = Mul(error, position_gain)
    damp = Mul(slip, velocity_gain)
    moved = Add(pull, damp)
    lifted = Add(moved, lifting)
    held = Add(lifted, gravity)
    bounded = Max(held, least)
    wanted = Min(bounded, greatest)
    wanted_x, wanted_y, wanted_z = Split <axis = 1, num_outputs = 3> (wanted)
    x, y, z, w = Split <axis = 1, num_outputs = 4> (orientation)
    xx = Mul(x, x)
    yy = Mul(y, y)
    zz = Mul(z, z)
    xy = Mul(x, y)
    xz = Mul(x, z)
    yz = Mul(y, z)
    wx = Mul(w, x)
    wy = Mul(w, y)
    wz = Mul(w, z)
    s00 = Add(yy, zz)
    d00 = Mul(two, s00)
    r00 = Sub(one, d00)
    s10 = Add(xy, wz)
    r10 = Mul(two, s10)
    s20 = Sub(xz, wy)
    r20 = Mul(two, s20)
    s01 = Sub(xy, wz)
    r01 = Mul(two, s01)
    s11 = Add(xx, zz)
    d11 = Mul(two, s11)
    r11 = Sub(one, d11)
    s21 = Add(yz, wx)
    r21 = Mul(two, s21)
    s02 = Add(xz, wy)
    r02 = Mul(two, s02)
    s12 = Sub(yz, wx)
    r12 = Mul(two, s12)
    s22 = Add(xx, yy)
    d22 = Mul(two, s22)
    r22 = Sub(one, d22)
    a0 = Mul(r00, wanted_x)
    a1 = Mul(r10, wanted_y)
    a2 = Mul(r20, wanted_z)
    ahead = Sum(a0, a1, a2)
    b0 = Mul(r01, wanted_x)
    b1 = Mul(r11, wanted_y)
    b2 = Mul(r21, wanted_z)
    left = Sum(b0, b1, b2)
    c0 = Mul(r02, wanted_x)
    c1 = Mul(r12, wanted_y)
    c2 = Mul(r22, wanted_z)
    up = Sum(c0, c1, c2)
    size = ReduceL2 <keepdims = 1> (wanted, axis)
    lean_left = Div(left, size)
    lean_ahead = Div(ahead, size)
    roll = Neg(lean_left)
    roll_rate = Mul(rate_gain, roll)
    pitch_rate = Mul(rate_gain, lean_ahead)
    heading = Neg(r10)
    yaw_rate = Mul(yaw_gain, heading)
    rate = Concat <axis = 1> (roll_rate, pitch_rate, yaw_rate)
    rate_error = Sub(rate, angular_velocity)
    torque = Mul(rate_error, torque_gain)
    force = Mul(up, mass)
    wrench = Concat <axis = 1> (force, torque)
    mixed = MatMul(wrench, mixer)
    rotor_thrust = Clip(mixed, zero, full)
}}
"""


def build_graph() -> bytes:
    """Return the controller as ONNX."""
    inertia = np.array(ROBOT.inertia)
    x, y, _ = np.array(ROBOT.rotor_positions).T
    spin = ROBOT.torque_to_thrust * np.array(ROBOT.rotor_directions)
    wrench_of_thrust = np.stack([np.ones(4), y, -x, spin])  # (4, 4) from thrusts [N]
    mixer = np.linalg.inv(wrench_of_thrust).T
    text = GRAPH.format(
        mass=ROBOT.mass,
        torque_gain=", ".join(f"{value:.9g}" for value in inertia * (16.0, 16.0, 6.0)),
        mixer=", ".join(f"{value:.9g}" for value in mixer.ravel()),
        full=ROBOT.max_rotor_thrust,
    )
    return onnx.parser.parse_model(text).SerializeToString()


def make_contract(**changes) -> Contract:
    """Return the controller's contract."""

    def state(name: str, kind: str, unit: str, frame: str = "map") -> TensorSpec:
        return TensorSpec(name, f"state/body/{kind}", AXES, (3,), unit, frame, max_age=0.05)

    rotation = TensorSpec(
        "orientation",
        "state/body/rotation",
        QUATERNION,
        (4,),
        "1",
        "map",
        max_age=0.05,
        quaternion_order="xyzw",
    )
    thrust = TensorSpec(
        "rotor_thrust",
        "command/rotor/thrust",
        ROBOT.rotor_names,
        (4,),
        "N",
        "base_link",
        lower=(0.0,) * 4,
        upper=(ROBOT.max_rotor_thrust,) * 4,
    )
    fields = {
        "name": "crazyflie-controller",
        "robot": ROBOT.name,
        "rate": RATE,
        "inputs": (
            state("position", "position", "m"),
            rotation,
            state("linear_velocity", "linear_velocity", "m/s"),
            state("angular_velocity", "angular_velocity", "rad/s", "base_link"),
            TensorSpec("goal_position", "command/body/position", AXES, (3,), "m", "map"),
            TensorSpec("goal_velocity", "command/body/linear_velocity", AXES, (3,), "m/s", "map"),
        ),
        "outputs": (thrust,),
        "carry": (CarrySpec("height_integral", (1,), (0.0,)),),
        "envelope": {
            "linear_velocity": EnvelopeSpec((-3.0,) * 3, (0.0,) * 3, (3.0,) * 3),
            "angular_velocity": EnvelopeSpec((-8.0,) * 3, (0.0,) * 3, (8.0,) * 3),
        },
        "provenance": {"origin": "tests/nodes/controller.py"},
    }
    return Contract(**{**fields, **changes})


def write_controller(folder: Path, **changes) -> Path:
    """Write the controller as a bundle, and return its folder."""
    contract, model = make_contract(**changes), build_graph()
    generator = np.random.default_rng(0)
    inputs = {spec.name: generator.normal(0.0, 0.3, (100, *spec.shape)) for spec in contract.inputs}
    inputs["orientation"] = np.tile((0.0, 0.0, 0.0, 1.0), (100, 1))
    fixture = record_fixture(model, contract, inputs)
    card = "# A controller written by hand\n\nFor tests: it flies, and nobody had to train it.\n"
    write_bundle(folder, contract, model, fixture, card)
    return folder


def write_swarm_controller(folder: Path) -> Path:
    """Write the same for goals that tell no velocity, as those of a swarm; return its folder."""
    model = onnx.load_from_string(build_graph())
    (velocity,) = (one for one in model.graph.input if one.name == "goal_velocity")
    model.graph.input.remove(velocity)
    still = onnx.numpy_helper.from_array(np.zeros((1, 3), np.float32), "goal_velocity")
    model.graph.initializer.append(still)
    specs = tuple(spec for spec in make_contract().inputs if spec.name != "goal_velocity")
    contract = make_contract(inputs=specs)
    inputs = {spec.name: np.zeros((20, *spec.shape)) for spec in specs}
    inputs["orientation"][:, 3] = 1.0
    data = model.SerializeToString()
    write_bundle(folder, contract, data, record_fixture(data, contract, inputs), "# For tests\n")
    return folder


if __name__ == "__main__":
    write_controller(Path(sys.argv[1]))
