"""Whatever comes in, what goes out is four finite thrusts within limits, and nothing raises."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.safety import Mode, SafetyConfig, SafetyStage, Verdict
from untether_hardware.state import ActuatorCommand, BodyState, ImuSample

NAMES = CRAZYFLIE.rotor_names
KIND = "command/rotor/thrust"
NASTY = st.sampled_from(
    [math.nan, math.inf, -math.inf, 0.0, -0.0, 1e-320, 1e300, -1e300, 1.8e308, -1.0, 1.0, 5.0]
)
ANY = st.one_of(NASTY, st.floats(allow_nan=True, allow_infinity=True))
SMALL = st.floats(-1.0, 1.0)
VALUE = st.one_of(SMALL, SMALL, ANY)


def vector(values, size=3):
    return st.tuples(*[values] * size)


ORIENTATION = st.one_of(
    st.just((0.0, 0.0, 0.0, 1.0)),
    st.sampled_from([(1.0, 0.0, 0.0, 0.0), (0.6, 0.0, 0.0, 0.8), (0.0, 0.0, 0.0, -1.0)]),
    vector(VALUE, 4),
)
STAMP = st.one_of(st.just("now"), st.just("now"), st.floats(-0.3, 0.1), ANY)
STATE = st.tuples(st.just("state"), STAMP, vector(VALUE), ORIENTATION, vector(VALUE), vector(VALUE))
IMU = st.tuples(st.just("imu"), STAMP, vector(VALUE), vector(st.one_of(st.just(9.81), VALUE)))
COMMAND = st.tuples(
    st.just("command"),
    STAMP,
    st.one_of(st.just(KIND), st.text(max_size=5)),
    st.one_of(
        st.just(NAMES),
        st.permutations(NAMES).map(tuple),
        st.lists(st.sampled_from([*NAMES, "m5", ""]), max_size=6).map(tuple),
    ),
    st.one_of(
        vector(st.floats(0.0, 0.14), 4), vector(VALUE, 4), st.lists(ANY, max_size=6).map(tuple)
    ),
    st.one_of(st.sampled_from([1, 2]), st.integers(-3, 300)),
)
REQUEST = st.sampled_from(
    ["arm", "disarm", "select", "deselect", "take_over", "hand_back", "land", "reset_fault",
     "emergency_stop"]
).map(lambda name: (name,))  # fmt: skip
OTHER = st.one_of(
    st.just(("tick",)),
    st.tuples(st.just("publishers"), st.integers(-5, 5)),
    st.tuples(st.just("fly"), st.integers(1, 40)),
    st.tuples(st.just("silence"), st.floats(0.0, 0.3)),
)
TIME = st.one_of(
    st.just(0.005), st.just(0.005), st.just(0.005), st.floats(-0.1, 0.2), st.tuples(ANY)
)
STEPS = st.lists(st.tuples(TIME, st.one_of(STATE, IMU, COMMAND, REQUEST, OTHER)), max_size=40)


class Driver:
    """Feeds a stage and checks everything that comes out."""

    def __init__(self, contract, mode):
        self.stage = SafetyStage(SafetyConfig(), CRAZYFLIE)
        self.contract = contract
        self.now = 100.0
        if mode is Mode.IDLE:
            return
        self.fly(5, thrust=None)
        assert self.stage.arm(self.now).granted
        if mode in (Mode.POLICY, Mode.FAULT):
            assert self.stage.select_policy(self.now, contract).granted
            self.fly(20)
            assert self.stage.airborne
        if mode is Mode.INTERVENTION:
            self.fly(1, source=2)
            assert self.stage.intervene(self.now, take_over=True).granted
            self.fly(20, source=2)
        if mode is Mode.FAULT:
            self.stage.observe_publishers(self.now, 2)
        assert self.stage.mode is mode

    def check(self, command):
        if command is None:
            return
        assert command.names == NAMES
        assert len(command.values) == 4
        for value in command.values:
            assert isinstance(value, float)
            assert 0.0 <= value <= CRAZYFLIE.max_rotor_thrust
        assert math.isfinite(command.stamp)
        assert command.kind == KIND

    def fly(self, periods, thrust=0.07, source=1):
        """Periods in which all is well; the state shivers, as real ones do."""
        stage = self.stage
        if not math.isfinite(self.now):
            self.now = 100.0
        for _ in range(periods):
            self.now += 0.01
            shiver = 1e-4 * math.sin(self.now % 1000.0 * 1e4)
            state = BodyState(
                self.now, (shiver, 0.0, 0.5), (0.0, 0.0, 0.0, 1.0), (shiver,) * 3, (0.0,) * 3
            )
            stage.observe_imu(self.now, ImuSample(self.now, (shiver, 0.0, 0.0), (0.0, 0.0, 9.81)))
            stage.observe_state(self.now, state)
            self.check(stage.tick(self.now))
            if thrust is not None:
                self.check(
                    stage.command(
                        self.now, ActuatorCommand(self.now, KIND, NAMES, (thrust,) * 4, source)
                    )
                )

    def step(self, time, action):
        self.now = self.now + time if isinstance(time, float) else time[0]
        stage, now = self.stage, self.now
        name, *rest = action
        if name in ("state", "imu", "command"):
            stamp = now if rest[0] == "now" else now + rest[0]
        if name == "state":
            stage.observe_state(now, BodyState(stamp, *rest[1:]))
        elif name == "imu":
            stage.observe_imu(now, ImuSample(stamp, *rest[1:]))
        elif name == "command":
            self.check(stage.command(now, ActuatorCommand(stamp, *rest[1:])))
        elif name == "publishers":
            stage.observe_publishers(now, rest[0])
        elif name == "fly":
            self.fly(rest[0])
        elif name == "silence":
            for _ in range(int(rest[0] / 0.005)):
                self.now += 0.005
                self.check(stage.tick(self.now))
        elif name != "tick":
            self.request(name)
        self.check(stage.tick(self.now))
        for event in stage.take_events():
            assert event.text and math.isfinite(event.stamp)

    def request(self, name):
        stage, now = self.stage, self.now
        verdict = {
            "select": lambda: stage.select_policy(now, self.contract),
            "deselect": lambda: stage.select_policy(now, None),
            "take_over": lambda: stage.intervene(now, take_over=True),
            "hand_back": lambda: stage.intervene(now, take_over=False),
        }.get(name, lambda: getattr(stage, name)(now))()
        assert isinstance(verdict, Verdict) and verdict.message


@pytest.mark.parametrize("mode", list(Mode))
@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_output_is_always_finite_and_within_limits(mode, contract, steps):
    driver = Driver(contract, mode)
    for time, action in steps:
        driver.step(time, action)
    for _ in range(20):
        driver.step(0.005, ("tick",))


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_a_fault_is_left_by_a_reset_alone(contract, steps):
    driver = Driver(contract, Mode.FAULT)
    for time, action in steps:
        if action == ("reset_fault",):
            continue
        driver.step(time, action)
        assert driver.stage.mode is Mode.FAULT
