"""The arm in Pinocchio, built from the description by itself; and the arm on a table in MuJoCo."""

import numpy as np
import pinocchio as pin
import pytest

from untether_hardware.franka.description import FR3
from untether_hardware.franka.model import build_arm
from untether_hardware.franka.scene import add_table


class PinocchioArm:
    """Kinematics and dynamics of the arm with its hand, fingers moving, by Pinocchio."""

    def __init__(self, description, rotor_inertia=0.0, finger_inertia=0.0):
        self.model = model = pin.Model()
        model.gravity.linear = np.array([0.0, 0.0, -description.gravity])
        parent = 0
        for joint in description.joints:
            # Craig: turn by alpha and go a along x, before the joint; d along z goes with it.
            before = pin.SE3(turn("x", joint.alpha), np.array([joint.a, 0.0, 0.0]))
            placement = before * pin.SE3(np.eye(3), np.array([0.0, 0.0, joint.d]))
            parent = model.addJoint(parent, pin.JointModelRZ(), placement, joint.name)
            model.appendBodyToJoint(parent, inertia(joint.link), pin.SE3.Identity())
        hand = description.hand
        to_hand = pin.SE3(turn("z", hand.rotation), np.array([0.0, 0.0, description.flange_offset]))
        model.appendBodyToJoint(parent, inertia(hand.hand), to_hand)
        for name, angle in zip(hand.finger_names, (0.0, np.pi), strict=True):
            offset = pin.SE3(turn("z", angle), np.array([0.0, 0.0, hand.finger_offset]))
            finger = model.addJoint(parent, pin.JointModelPY(), to_hand * offset, name)
            model.appendBodyToJoint(finger, inertia(hand.finger), pin.SE3.Identity())
        model.armature = np.array([rotor_inertia] * 7 + [finger_inertia] * 2)
        tool = to_hand * pin.SE3(np.eye(3), np.array([0.0, 0.0, hand.tool_offset]))
        self.tool = model.addFrame(pin.Frame("tcp", parent, 0, tool, pin.FrameType.OP_FRAME))
        self.data = model.createData()

    def find_pose(self, position):
        pin.framesForwardKinematics(self.model, self.data, position)
        place = self.data.oMf[self.tool]
        return place.translation.copy(), place.rotation.copy()

    def find_jacobian(self, position):
        frame = pin.ReferenceFrame.LOCAL_WORLD_ALIGNED
        return pin.computeFrameJacobian(self.model, self.data, position, self.tool, frame)

    def find_mass_matrix(self, position):
        upper = np.triu(pin.crba(self.model, self.data, position))
        return upper + np.triu(upper, 1).T

    def find_bias(self, position, velocity):
        return pin.nonLinearEffects(self.model, self.data, position, velocity)


def turn(axis, angle):
    return pin.utils.rotate(axis, angle)


def inertia(link):
    xx, yy, zz, xy, xz, yz = link.inertia
    matrix = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    return pin.Inertia(link.mass, np.array(link.centre_of_mass), matrix)


@pytest.fixture(scope="session")
def pinocchio_arm():
    return PinocchioArm


@pytest.fixture(scope="session")
def arm_on_table():
    spec = build_arm()
    add_table(spec)
    return spec.compile()


@pytest.fixture(scope="session")
def random_joints():
    """Positions and velocities of arm and fingers, within their limits."""

    def draw(count, seed=0):
        generator = np.random.default_rng(seed)
        lower = np.array([joint.lower for joint in FR3.joints] + [0.0, 0.0])
        upper = np.array([joint.upper for joint in FR3.joints] + [0.04, 0.04])
        for _ in range(count):
            yield generator.uniform(lower, upper), generator.normal(0.0, 1.0, 9)

    return draw
