"""Whatever comes in, nothing raises, and setpoints lead the tool by no more than the limits say."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hardware.franka.safety.conftest import Rig, make_contract, make_state, twist

from untether_hardware.franka.description import FR3
from untether_hardware.franka.pose import Pose, find_rotation_vector
from untether_hardware.franka.safety.stage import ArmSafetyStage
from untether_hardware.safety.modes import Mode, Source

LOWER = np.array([joint.lower for joint in FR3.joints])
UPPER = np.array([joint.upper for joint in FR3.joints])
NUMBERS = st.sampled_from([0.0, 0.1, -5.0, 1e9, -1e300, float("nan"), float("inf")])
VECTORS = st.one_of(st.tuples(*[NUMBERS] * 3), st.lists(NUMBERS, max_size=4).map(tuple))
STAMPS = st.one_of(st.just(0.0), st.sampled_from([0.05, 0.3, -0.1, -1.0, float("nan")]))  # age
POSES = st.sampled_from(
    [
        Pose(np.zeros(2), np.eye(3)),
        Pose(np.full(3, np.nan), np.eye(3)),
        Pose(np.zeros(3), np.zeros((3, 2))),
        Pose(np.full(3, 1e200), np.eye(3)),
        Pose(np.zeros(3), np.diag([1.0, 1.0, -1.0])),
    ]
)
COMMANDS = st.tuples(st.sampled_from([Source.POLICY, Source.OPERATOR, 7]), VECTORS, VECTORS, STAMPS)
ACTIONS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([0.01, 0.1, 0.5])),
    st.tuples(st.just("jump"), st.sampled_from([-1.0, -0.01, 0.2, 0.5, 60.0])),
    st.tuples(st.just("send"), COMMANDS),
    st.tuples(st.just("move"), st.tuples(*[st.floats(0.0, 1.0)] * 7)),
    st.tuples(
        st.just("bad"),
        st.one_of(
            st.tuples(st.sampled_from(["force", "torque", "joint_velocity"]), VECTORS),
            st.tuples(st.just("pose"), POSES),
        ),
    ),
    st.tuples(
        st.sampled_from(["arm", "disarm", "select", "end", "take", "give", "reset", "stop"]),
        st.none(),
    ),
    st.tuples(st.just("publishers"), st.integers(-3, 5)),
)


class Driver(Rig):
    """A rig that checks each setpoint against where the tool was told to be."""

    def __init__(self):
        self.seen = []  # poses that were told and fit a real arm
        super().__init__()

    def run(self, duration, **options):
        self.note()
        super().run(duration, **options)

    def note(self):
        self.seen.append(make_state(0.0, **self.state).pose)

    def act(self, name, value):
        stage: ArmSafetyStage = self.stage
        if name == "wait":
            self.run(value)
        elif name == "jump":
            self.now += value
        elif name == "move":
            self.state = {"joint_position": LOWER + np.array(value) * (UPPER - LOWER)}
            self.run(0.01)
        elif name == "send":
            source, linear, angular, age = value
            self.send(source, twist(linear, angular), age)
        elif name == "bad":
            field, wrong = value
            wrong = wrong if field == "pose" else np.array(wrong)
            stage.observe_state(self.now, make_state(self.now, **{**self.state, field: wrong}))
        elif name == "publishers":
            stage.observe_publishers(self.now, value)
        else:
            self.ask(name)

    def ask(self, name):
        stage, now = self.stage, self.now
        verdict = {
            "arm": lambda: stage.arm(now),
            "disarm": lambda: stage.disarm(now),
            "select": lambda: stage.select_policy(now, make_contract()),
            "end": lambda: stage.select_policy(now, None),
            "take": lambda: stage.intervene(now, True),
            "give": lambda: stage.intervene(now, False),
            "reset": lambda: stage.reset_fault(now),
            "stop": lambda: stage.emergency_stop(now),
        }[name]()
        assert verdict.message

    def _keep(self, setpoint):
        if setpoint is None:
            return
        self.sent.append(setpoint)
        pose = setpoint.pose
        if setpoint.source is Source.FALLBACK:
            assert any(np.abs(pose.position - tool.position).max() < 1e-12 for tool in self.seen)
            return
        tool = self.seen[-1]
        lead = np.linalg.norm(pose.position - tool.position)
        turn = np.linalg.norm(find_rotation_vector(tool.rotation.T @ pose.rotation))
        assert lead <= self.config.linear_speed * self.config.period + 1e-9
        assert turn <= self.config.angular_speed * self.config.period + 1e-6
        lower, upper = np.array(self.workspace.lower), np.array(self.workspace.upper)
        assert (pose.position >= np.minimum(lower, tool.position) - 1e-9).all()
        assert (pose.position <= np.maximum(upper, tool.position) + 1e-9).all()


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([Mode.IDLE, Mode.POLICY, Mode.INTERVENTION]), st.lists(ACTIONS, max_size=40))
def test_no_input_raises_or_moves_the_setpoint_faster_or_further_than_allowed(mode, actions):
    driver = Driver()
    if mode is not Mode.IDLE:
        driver.start_policy(twist((0.1, 0.0, 0.0)))
    if mode is Mode.INTERVENTION:
        driver.take_over(twist((0.0, 0.1, 0.0)))
    assert driver.stage.mode is mode
    for name, value in actions:
        driver.act(name, value)
    assert all(np.isfinite(setpoint.pose.position).all() for setpoint in driver.sent)


@settings(max_examples=30, deadline=None)
@given(st.lists(ACTIONS, max_size=40))
def test_a_fault_is_left_by_a_reset_alone(actions):
    driver = Driver()
    driver.start_policy(twist((0.1, 0.0, 0.0)))
    driver.stage.emergency_stop(driver.now)
    for name, value in actions:
        if name != "reset":
            driver.act(name, value)
            assert driver.stage.mode is Mode.FAULT
