"""A safety stage that is fed as a node would feed it."""

from dataclasses import replace

import numpy as np
import pytest

from untether_hardware.franka.description import FR3
from untether_hardware.franka.kinematics import find_tool
from untether_hardware.franka.safety.config import ArmSafetyConfig
from untether_hardware.franka.safety.stage import ArmSafetyStage
from untether_hardware.franka.state import ArmState, GripperCommand
from untether_hardware.franka.twist import ToolTwist
from untether_hardware.franka.workspace import Workspace
from untether_hardware.manipulation.config import ManipulationConfig
from untether_hardware.manipulation.tensors import list_inputs, list_outputs
from untether_hardware.safety.modes import Source
from untether_policies.contract import Contract, EnvelopeSpec

HOME = np.array(FR3.home)
PERIOD = 0.01  # [s] of the arm's states


def make_state(stamp, joint_position=HOME, **changes):
    """Return a state at rest whose pose fits its joints; a little noise, as of a real encoder."""
    noise = 1e-7 * np.sin(1e3 * stamp)
    pose, _ = find_tool(FR3, joint_position)
    state = ArmState(
        stamp=stamp,
        joint_position=joint_position + noise,
        joint_velocity=np.zeros(7),
        joint_torque=np.zeros(7),
        pose=pose,
        linear_velocity=np.zeros(3),
        angular_velocity=np.zeros(3),
        force=np.zeros(3),
        torque=np.zeros(3),
        gripper_width=0.08,
    )
    return replace(state, **changes)


def twist(linear=(0.0, 0.0, 0.0), angular=(0.0, 0.0, 0.0), gripper=GripperCommand.STAY):
    return ToolTwist(np.array(linear, float), np.array(angular, float), gripper)


def make_contract(envelope=None, rate=10.0):
    config = ManipulationConfig()
    return Contract(
        "test", FR3.name, rate, list_inputs(32), list_outputs(config), envelope=envelope or {}
    )


def make_envelope(lower, upper):
    middle = tuple(0.5 * (a + b) for a, b in zip(lower, upper, strict=True))
    return {"tool_position": EnvelopeSpec(lower=lower, median=middle, upper=upper)}


class Rig:
    """Feeds a stage with states at 100 Hz and commands at 10 Hz, and keeps what it sends."""

    def __init__(self, workspace=None, **settings):
        self.config = ArmSafetyConfig(**settings)
        self.workspace = workspace or Workspace()
        self.stage = ArmSafetyStage(self.config, FR3, self.workspace)
        self.now = 100.0
        self.state = {}
        self.sent = []
        self.events = []
        self.run(0.1)

    def run(self, duration, *, commander=None, wanted=None, states=True, every=10):
        """Let time pass; a commander says every tenth state what it wants."""
        for number in range(round(duration / PERIOD)):
            self.now += PERIOD
            if states:
                self.stage.observe_state(self.now, make_state(self.now, **self.state))
            self._keep(self.stage.tick(self.now))
            if commander is not None and number % every == 0:
                self.send(commander, wanted)
            self.events += self.stage.take_events()

    def send(self, commander, wanted, age=0.0):
        self._keep(self.stage.command(self.now, commander, self.now - age, wanted))
        self.events += self.stage.take_events()

    def start_policy(self, wanted=None, contract=None):
        assert self.stage.arm(self.now).granted
        assert self.stage.select_policy(self.now, contract or make_contract()).granted
        if wanted is not None:
            self.run(0.5, commander=Source.POLICY, wanted=wanted)

    def take_over(self, wanted):
        self.send(Source.OPERATOR, wanted)
        assert self.stage.intervene(self.now, True).granted
        self.run(0.5, commander=Source.OPERATOR, wanted=wanted, every=5)

    @property
    def guards(self):
        return {event.guard for event in self.events}

    def _keep(self, setpoint):
        if setpoint is not None:
            self.sent.append(setpoint)


@pytest.fixture
def rig():
    return Rig()
