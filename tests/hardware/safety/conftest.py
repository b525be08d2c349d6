"""A quadrotor and its flights for the tests: dynamics of their own, a stand-in policy, and faults.

The dynamics share no code with the safety stage, the training or the deployment simulator.
"""

import math
import os
import random
from collections import deque
from dataclasses import dataclass, field, replace

import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.safety import Mode, SafetyConfig, SafetyStage, Source
from untether_hardware.state import ActuatorCommand, BodyState, ImuSample
from untether_policies.contract import Contract, EnvelopeSpec, TensorSpec

KIND = "command/rotor/thrust"
NAMES = ("m1", "m2", "m3", "m4")
LARGEST = CRAZYFLIE.max_rotor_thrust
HOVER = CRAZYFLIE.hover_rotor_thrust
PERIOD = 0.01


def make_contract(**changes):
    """A contract for the Crazyflie, with an envelope of lively flight."""
    axes = ("x", "y", "z")

    def body(name, kind, unit, frame):
        return TensorSpec(name, f"state/body/{kind}", axes, (3,), unit, frame, 0.05)

    def spread(*values):
        return EnvelopeSpec(tuple(-v for v in values), (0.0,) * len(values), values)

    contract = Contract(
        name="stand-in",
        robot="crazyflie",
        rate=100.0,
        inputs=(
            body("position", "position", "m", "map"),
            body("linear_velocity", "linear_velocity", "m/s", "map"),
            body("angular_velocity", "angular_velocity", "rad/s", "base_link"),
        ),
        outputs=(
            TensorSpec(
                "rotor_thrust", KIND, NAMES, (4,), "N", "base_link",
                lower=(0.0,) * 4, upper=(LARGEST,) * 4,
            ),
        ),
        envelope={
            "position": EnvelopeSpec((-3.0, -3.0, 0.1), (0.0, 0.0, 1.3), (3.0, 3.0, 3.0)),
            "linear_velocity": spread(3.0, 3.0, 2.5),
            "angular_velocity": spread(8.0, 8.0, 4.0),
        },
    )  # fmt: skip
    return replace(contract, **changes)


def matrix(q):
    """Rotation matrix of a quaternion xyzw, by rows."""
    x, y, z, w = q
    return (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )


def from_axis(axis, angle):
    """Quaternion xyzw of a rotation."""
    norm = math.sqrt(sum(a * a for a in axis)) or 1.0
    s = math.sin(angle / 2) / norm
    return (axis[0] * s, axis[1] * s, axis[2] * s, math.cos(angle / 2))


@dataclass
class Quadrotor:
    """A rigid body with four lagging rotors over a floor; plain floats."""

    rng: random.Random
    mass_scale: float = 1.0
    thrust_scale: float = 1.0
    latency: int = 5  # [substeps of 2 ms]
    drag: float = 0.0085  # [N s/m]
    floor: float = 0.02  # height of the centre at rest [m]
    position: list = field(default_factory=lambda: [0.0, 0.0, 0.0])
    velocity: list = field(default_factory=lambda: [0.0] * 3)
    attitude: tuple = (0.0, 0.0, 0.0, 1.0)
    rate: list = field(default_factory=lambda: [0.0] * 3)

    step_time = 0.002

    def __post_init__(self):
        self.time = 0.0
        self.position[2] = self.floor
        self.speed = [0.0] * 4
        self.pipe = deque([[0.0] * 4] * (self.latency + 1))
        self.force = [0.0] * 3  # mean specific force of the last period, map
        self.gyro_bias = [self.rng.gauss(0, 0.009) for _ in range(3)]
        self.accel_bias = [self.rng.gauss(0, 0.1) for _ in range(3)]
        self.impacts = []

    def advance(self, thrust):
        """One control period under a command."""
        before = list(self.velocity)
        for _ in range(5):
            self._substep(thrust)
        self.force = [(v - b) / PERIOD for v, b in zip(self.velocity, before, strict=True)]
        self.force[2] += 9.81

    def _substep(self, thrust):
        dt = self.step_time
        self.time += dt
        self.pipe.append(list(thrust))
        command = self.pipe.popleft()
        k = 1 - math.exp(-dt / 0.0375)
        self.speed = [
            s + k * (math.sqrt(c / LARGEST) - s) for s, c in zip(self.speed, command, strict=True)
        ]
        f = [self.thrust_scale * LARGEST * s * s for s in self.speed]
        arm, c = 0.0325, 0.006
        tx = arm * (-f[0] - f[1] + f[2] + f[3])
        ty = arm * (-f[0] + f[1] + f[2] - f[3])
        tz = c * (-f[0] + f[1] - f[2] + f[3])
        ix, iy, iz = CRAZYFLIE.inertia
        p, q, r = self.rate
        self.rate = [
            p + dt * (tx - (iz - iy) * q * r) / ix,
            q + dt * (ty - (ix - iz) * p * r) / iy,
            r + dt * (tz - (iy - ix) * p * q) / iz,
        ]
        p, q, r = self.rate
        x, y, z, w = self.attitude
        h = dt / 2
        turned = (
            x + h * (w * p + y * r - z * q),
            y + h * (w * q + z * p - x * r),
            z + h * (w * r + x * q - y * p),
            w - h * (x * p + y * q + z * r),
        )
        n = math.sqrt(sum(v * v for v in turned))
        self.attitude = tuple(v / n for v in turned)
        up = [row[2] for row in matrix(self.attitude)]
        mass = CRAZYFLIE.mass * self.mass_scale
        total = sum(f) / mass
        for i in range(3):
            a = total * up[i] - self.drag / mass * self.velocity[i] - (9.81 if i == 2 else 0.0)
            self.velocity[i] += dt * a
            self.position[i] += dt * self.velocity[i]
        if self.position[2] < self.floor:
            self._touch()

    def _touch(self):
        speed = math.sqrt(sum(v * v for v in self.velocity))
        if self.velocity[2] < -0.05:
            self.impacts.append((self.time, speed))
        self.position[2] = self.floor
        self.velocity = [0.8 * self.velocity[0], 0.8 * self.velocity[1], max(0.0, self.velocity[2])]
        # The frame settles level; the heading stays.
        _x, _y, z, w = self.attitude
        n = math.sqrt(z * z + w * w)
        if n > 0.5:
            self.attitude = (0.0, 0.0, z / n, w / n)
            self.rate = [0.0, 0.0, 0.9 * self.rate[2]]

    def state(self):
        """What the odometry tells, with noise."""
        g = self.rng.gauss
        axis = [g(0, 0.005) for _ in range(3)]
        x, y, z, w = self.attitude
        a, b, c = (0.5 * v for v in axis)
        q = (x + w * a + y * c - z * b, y + w * b + z * a - x * c,
             z + w * c + x * b - y * a, w - x * a - y * b - z * c)  # fmt: skip
        n = math.sqrt(sum(v * v for v in q))
        return BodyState(
            self.time,
            tuple(v + g(0, 0.005) for v in self.position),
            tuple(v / n for v in q),
            tuple(v + g(0, 0.01) for v in self.velocity),
            tuple(v + g(0, 0.0025) for v in self.rate),
        )

    def imu(self):
        """What the inertial sensor tells: biased, noisy."""
        g = self.rng.gauss
        m = matrix(self.attitude)
        felt = [sum(m[j][i] * self.force[j] for j in range(3)) for i in range(3)]
        return ImuSample(
            self.time,
            tuple(v + b + g(0, 0.0025) for v, b in zip(self.rate, self.gyro_bias, strict=True)),
            tuple(v + b + g(0, 0.05) for v, b in zip(felt, self.accel_bias, strict=True)),
        )


def steer(state, want_velocity):
    """A stand-in policy: follows a velocity; returns rotor thrusts within limits."""
    m = matrix(state.orientation)
    ax, ay, az = (
        max(-6.0, min(6.0, 4.0 * (w - v)))
        for w, v in zip(want_velocity, state.linear_velocity, strict=True)
    )
    force = [ax, ay, az + 9.81]
    body = [sum(m[j][i] * force[j] for j in range(3)) for i in range(3)]
    n = math.sqrt(sum(v * v for v in force))
    ix, iy, iz = CRAZYFLIE.inertia
    p, q, r = state.angular_velocity
    tx = ix * (-60.0 * body[1] / n - 12.0 * p)
    ty = iy * (60.0 * body[0] / n - 12.0 * q)
    tz = iz * -4.0 * r
    base = CRAZYFLIE.mass * max(0.0, body[2]) / 4
    a, c = 1 / (4 * 0.0325), 1 / (4 * 0.006)
    thrust = (
        base - a * tx - a * ty - c * tz,
        base - a * tx + a * ty + c * tz,
        base + a * tx + a * ty - c * tz,
        base + a * tx - a * ty + c * tz,
    )
    return tuple(min(LARGEST, max(0.0, v)) for v in thrust)


class Flight:
    """One robot, its safety stage and a policy that may go wrong, in simulated time.

    Each control period: inertial sample, body state, policy's command, two ticks.
    """

    def __init__(self, seed=0, config=None, contract=None, robot=None, **robot_options):
        self.rng = random.Random(seed)
        self.robot = robot or Quadrotor(self.rng, **robot_options)
        self.config = config or SafetyConfig()
        self.stage = SafetyStage(self.config, CRAZYFLIE)
        self.contract = contract or make_contract()
        self.thrust = (0.0,) * 4
        self.sent = []  # (time, command)
        self.modes = [(0.0, Mode.IDLE)]
        self.events = []
        self.want = (0.0, 0.0, 0.0)
        self.policy = lambda state: steer(state, self.want)
        self.source = Source.POLICY
        self.odometry = lambda state: state
        self.inertial = lambda sample: sample
        self.corrupt = lambda command: command
        self.delay = 0  # samples by which the policy is late
        self._samples = deque(maxlen=64)

    @property
    def time(self):
        return self.robot.time

    def _take(self, now, command):
        if command is None:
            return
        assert command.names == NAMES and command.kind == KIND
        assert all(0.0 <= v <= LARGEST for v in command.values), command
        assert math.isfinite(command.stamp)
        self.sent.append((now, command))
        self.thrust = command.values

    def step(self):
        """One control period."""
        stage, now = self.stage, self.time
        imu = self.inertial(self.robot.imu())
        if imu is not None:
            stage.observe_imu(now + 0.0005, imu)
        true_state = self.robot.state()
        state = self.odometry(true_state)
        if state is not None:
            stage.observe_state(now + 0.001, state)
            self._take(now + 0.001, stage.tick(now + 0.001))
            self._samples.append(state)
            answered = self._samples[max(0, len(self._samples) - 1 - self.delay)]
            command = self.corrupt(
                ActuatorCommand(answered.stamp, KIND, NAMES, self.policy(answered), self.source)
            )
            if command is not None:
                self._take(now + 0.003, stage.command(now + 0.003, command))
        self._take(now + 0.004, stage.tick(now + 0.004))
        self._take(now + 0.009, stage.tick(now + 0.009))
        self.events += stage.take_events()
        if stage.mode is not self.modes[-1][1]:
            self.modes.append((now + 0.009, stage.mode))
        self.robot.advance(self.thrust)

    def run(self, duration, until=lambda flight: False):
        """Fly on; return whether ``until`` came true."""
        for _ in range(round(duration / PERIOD)):
            self.step()
            if until(self):
                return True
        return False

    def rest(self, duration=3.0):
        """Stand on the ground, switched off: biases are learnt."""
        policy, self.corrupt = self.corrupt, lambda command: None
        self.run(duration)
        self.corrupt = policy

    def throw(self, position, velocity, attitude=(0.0, 0.0, 0.0, 1.0), rate=(0.0, 0.0, 0.0)):
        """Put the robot into the air, its rotors at hover, the policy in command."""
        stage = self.stage
        assert stage.arm(self.time).granted, stage.arm(self.time).message
        assert stage.select_policy(self.time, self.contract).granted
        robot = self.robot
        robot.position, robot.velocity = list(position), list(velocity)
        robot.attitude, robot.rate = attitude, list(rate)
        robot.speed = [math.sqrt(HOVER / LARGEST)] * 4
        robot.pipe = deque([[HOVER] * 4] * len(robot.pipe))
        self.thrust = (HOVER,) * 4

    def throw_anywhere(self, lowest=0.6, highest=2.5, fastest=2.0):
        """Put the robot into a random state of ordinary flight."""
        g = self.rng
        direction = [g.gauss(0, 1) for _ in range(3)]
        n = math.sqrt(sum(v * v for v in direction))
        speed = g.uniform(0, fastest)
        velocity = [speed * v / n for v in direction]
        # No policy that descends fast may be that low: the floor guard would have stopped it.
        height = g.uniform(lowest + 0.35 * max(0.0, -velocity[2]), highest)
        self.want = tuple(velocity)
        self.throw(
            (g.uniform(-1, 1), g.uniform(-1, 1), height),
            velocity,
            from_axis((g.gauss(0, 1), g.gauss(0, 1), 0.0), g.uniform(0, 0.4)),
            [g.gauss(0, 1) for _ in range(3)],
        )

    def take_off(self, height=1.0, duration=4.0):
        """Rest, arm, and let the policy fly up and hover."""
        self.rest()
        assert self.stage.arm(self.time).granted
        assert self.stage.select_policy(self.time, self.contract).granted
        start = self.time
        while self.time - start < duration:
            error = height - self.robot.position[2]
            self.want = (0.0, 0.0, max(-0.5, min(0.8, 1.5 * error)))
            self.step()

    def first_fallback(self, since):
        """Time from an onset to the first command of the fallback [s]."""
        for time, command in self.sent:
            if time >= since and command.source == Source.FALLBACK:
                return time - since
        return math.inf

    @property
    def landed(self):
        return not self.stage.airborne and self.thrust == (0.0,) * 4

    @property
    def hardest_impact(self):
        return max((speed for _, speed in self.robot.impacts), default=0.0)


class SimulatedRobot:
    """The deployment simulator in the place of our own dynamics."""

    def __init__(self, seed=0, **config):
        from untether_hardware.crazyflie.simulator import (
            SimulatedCrazyflie,
            SimulatedCrazyflieConfig,
        )

        self.simulator = SimulatedCrazyflie(SimulatedCrazyflieConfig(**config), seed)
        self.impacts = []
        self.truth = self.simulator.read_truth()

    @property
    def time(self):
        return self.simulator.time

    @property
    def position(self):
        return self.truth.position

    @property
    def velocity(self):
        return self.truth.linear_velocity

    @property
    def attitude(self):
        return self.truth.orientation

    def state(self):
        return self.simulator.read_state()

    def imu(self):
        return self.simulator.read_imu()

    def advance(self, thrust):
        before = self.truth
        self.simulator.step(thrust)
        self.truth = self.simulator.read_truth()
        if self.truth.position[2] < 0.05 and before.linear_velocity[2] < -0.05:
            self.impacts.append((self.time, math.hypot(*before.linear_velocity)))


def change_values(change):
    """A policy whose values are changed on their way."""

    def inject(flight):
        flight.corrupt = lambda command: replace(command, values=change(command.values))

    return inject


def repeat_first(keep_stamp):
    """A sensor that freezes: it goes on with the first state it is asked for."""

    def inject(flight):
        kept = []

        def freeze(state):
            kept.append(state)
            return kept[0] if keep_stamp else replace(kept[0], stamp=state.stamp)

        flight.odometry = freeze

    return inject


def stall(flight):
    """The policy repeats its last command for ever."""
    kept = []

    def repeat(command):
        kept.append(command)
        return kept[0]

    flight.corrupt = repeat


def set_attribute(name, value):
    def inject(flight):
        setattr(flight, name, value)

    return inject


def tip_over(flight):
    """A policy that rolls the robot over."""
    change_values(lambda values: (HOVER * 0.8, HOVER * 0.8, HOVER * 1.2, HOVER * 1.2))(flight)


FAULTS = {
    "killed": set_attribute("corrupt", lambda command: None),
    "stalled": stall,
    "nan": change_values(lambda values: (math.nan, *values[1:])),
    "infinite": change_values(lambda values: (*values[:3], math.inf)),
    "far out of limits": change_values(lambda values: tuple(v + 1.0 for v in values)),
    "just out of limits": change_values(lambda values: (LARGEST * 1.03, *values[1:])),
    "late": set_attribute("delay", 15),
    "mismatched": set_attribute(
        "corrupt", lambda command: replace(command, names=("m1", "m2", "m3", "m5"))
    ),
    "duplicate publisher": lambda flight: flight.stage.observe_publishers(flight.time, 2),
    "odometry lost": set_attribute("odometry", lambda state: None),
    "odometry frozen": repeat_first(keep_stamp=False),
    "odometry stuck": repeat_first(keep_stamp=True),
    "odometry not a number": set_attribute(
        "odometry", lambda state: replace(state, position=(math.nan, 0.0, 0.0))
    ),
    "tilted": tip_over,
}


@pytest.fixture
def inject():
    """Let something go wrong: ``inject(flight, "killed")``."""
    return lambda flight, fault: FAULTS[fault](flight)


@pytest.fixture
def trials():
    """Random states per fault; set UNTETHER_SAFETY_TRIALS for a longer campaign."""
    return lambda default: int(os.environ.get("UNTETHER_SAFETY_TRIALS", default))


@pytest.fixture
def contract():
    return make_contract()


@pytest.fixture
def change_contract():
    """Make a contract: ``change_contract(rate=50.0)``."""
    return make_contract


@pytest.fixture
def fly():
    """Make a flight: ``fly(seed=1, mass_scale=1.1)``."""
    return Flight


@pytest.fixture
def simulate():
    """Make a flight in the deployment simulator: ``simulate(seed=1, mass_scale=1.1)``."""

    def make(seed=0, config=None, **robot):
        return Flight(seed, config=config, robot=SimulatedRobot(seed, **robot))

    return make
