"""The tree of bodies that browsers draw is where MuJoCo and the kinematics have the arm."""

import json

import mujoco
import numpy as np
import pytest

from untether_hardware.franka.description import FR3
from untether_hardware.franka.kinematics import find_tool
from untether_hardware.franka.model import build_arm
from untether_nodes.console.arm_model import describe_arm, describe_bodies

JOINTS = np.array([0.3, -0.5, 0.2, -2.0, 0.4, 1.8, 0.6])


def make_transform(position, quaternion):
    """Return a (4, 4) transform; the quaternion is xyzw."""
    rotation = np.zeros(9)
    mujoco.mju_quat2Mat(rotation, np.roll(quaternion, 1))
    transform = np.eye(4)
    transform[:3, :3], transform[:3, 3] = rotation.reshape(3, 3), position
    return transform


def find_places(bodies, values):
    """Return each body's transform, by its name, as a browser finds it."""
    found = []
    for index, body in enumerate(bodies):
        place = make_transform(body["position"], body["orientation"])
        joint = body["joint"]
        if joint and joint["name"] in values:
            value, axis = values[joint["name"]], np.array(joint["axis"])
            turn = [*(np.sin(0.5 * value) * axis), np.cos(0.5 * value)]
            slides = joint["slides"]
            motion = (value * axis, [0, 0, 0, 1]) if slides else (np.zeros(3), turn)
            place = place @ make_transform(*motion)
        found.append(found[body["parent"]] @ place if index else place)
    return {body["name"]: place for body, place in zip(bodies, found, strict=True)}


def test_bodies_are_where_the_kinematics_have_them():
    places = find_places(describe_arm(), dict(zip(FR3.joint_names, JOINTS, strict=True)))
    tool, _ = find_tool(FR3, JOINTS)
    hand = places["fr3_hand"]
    assert hand[:3, :3] == pytest.approx(tool.rotation, abs=1e-9)
    reached = hand @ [0.0, 0.0, FR3.hand.tool_offset, 1.0]
    assert reached[:3] == pytest.approx(tool.position, abs=1e-9)


def test_fingers_are_as_far_apart_as_the_gripper_is_wide():
    fingers = dict.fromkeys(FR3.hand.finger_names, 0.02)
    places = find_places(describe_arm(), fingers)
    left, right = (places[f"fr3_{side}finger"][:3, 3] for side in ("left", "right"))
    assert np.linalg.norm(left - right) == pytest.approx(0.04)


def test_arm_and_table_are_drawn_and_nothing_else():
    bodies = describe_arm()
    assert {body["name"] for body in bodies if not body["name"].startswith("fr3_")} == {"world"}
    kinds = {shape["kind"] for body in bodies for shape in body["shapes"]}
    assert kinds == {"box", "capsule"}
    table = bodies[0]["shapes"][0]
    assert table["position"][2] + table["size"][2] == pytest.approx(0.0)
    json.dumps(bodies)


def test_other_shapes_are_refused():
    spec = build_arm()
    spec.worldbody.add_geom(name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=(1, 1, 1))
    with pytest.raises(ValueError, match="got mjGEOM_PLANE for 'floor'"):
        describe_bodies(spec.compile())
