"""The MuJoCo model of the arm, built from its description: bodies, shapes, motors and cameras."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

import math
from dataclasses import dataclass

import mujoco
import numpy as np

from untether_hardware.franka.description import FR3, ArmDescription, LinkDescription, Vector3
from untether_hardware.franka.shapes import BOXES, CAPSULES, PADS

TOOL_SITE = "tcp"
"""Site at the tool frame."""

GRIPPER_ACTUATOR = "gripper"
"""Actuator of both fingers: control is the speed of opening [m/s]; stalled, it gives its force."""


@dataclass(frozen=True)
class CameraConfig:
    """A camera that is fixed to a body.

    Attributes:
        name: Name of the camera, and of its pictures.
        body: Name of the body; ``"world"`` is the base.
        position: (3,) [m] body.
        look_at: Point in the middle of the picture, (3,) [m] body.
        up: Direction that is up in the picture, (3,) [1] body.
        field_of_view: Vertical [rad].
    """

    name: str
    body: str
    position: Vector3
    look_at: Vector3
    up: Vector3
    field_of_view: float


WRIST_CAMERA = CameraConfig(
    name="wrist",
    body="fr3_hand",
    position=(0.080, 0.0, 0.055),
    look_at=(0.020, 0.0, 0.130),
    up=(1.0, 0.0, 0.0),
    field_of_view=math.radians(80.0),
)
"""On the hand, with the fingertips in view."""

FRONT_CAMERA = CameraConfig(
    name="front",
    body="world",
    position=(0.95, 0.0, 0.38),
    look_at=(0.47, 0.0, 0.08),
    up=(0.0, 0.0, 1.0),
    field_of_view=math.radians(48.0),
)
"""Across the table from the arm."""


@dataclass(frozen=True)
class ArmModelConfig:
    """How the modelled arm differs from its description.

    Attributes:
        timestep: Physics step, which is also the period of the arm's controller [s].
        joint_damping: Viscous friction of each joint [N m s/rad]; franka_description.
        rotor_inertia: Inertia of a motor, as seen at its joint [kg m^2]; MuJoCo Menagerie.
        finger_inertia: The same of the gripper's drive at each finger [kg]; so large that a grasp
            does not ring.
        finger_friction: Sliding friction of the fingertips [1].
        gripper_force: Largest force between the fingers [N].
        cameras: Cameras.
    """

    timestep: float = 0.001
    joint_damping: float = 0.003
    rotor_inertia: float = 0.1
    finger_inertia: float = 0.2
    finger_friction: float = 1.0
    gripper_force: float = 20.0
    cameras: tuple[CameraConfig, ...] = (WRIST_CAMERA, FRONT_CAMERA)

    def __post_init__(self) -> None:
        if not 0.0 < self.timestep <= 0.002:
            raise ValueError(
                f"ArmModelConfig.timestep: expected 0 to 0.002 s, got {self.timestep!r}. "
                "Fix: the impedance controller is made for 0.001 s."
            )


def build_arm(
    description: ArmDescription = FR3, config: ArmModelConfig | None = None
) -> mujoco.MjSpec:
    """Return the arm on an empty floor, to which a scene can be added.

    The motors give joint torques and hold nothing up: gravity is left to the controller. The arm
    touches the scene, but not itself.

    Args:
        description: The arm.
        config: Timestep, friction, gripper and cameras.
    """
    config = config or ArmModelConfig()
    spec = mujoco.MjSpec()
    spec.modelname = description.name
    spec.compiler.degree = False
    option = spec.option
    option.timestep = config.timestep
    option.gravity = (0.0, 0.0, -description.gravity)
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    option.impratio = 10.0
    option.noslip_iterations = 5  # else what is grasped slips away slowly under a force
    option.iterations = 20
    spec.visual.quality.offsamples = 0  # multisampling costs ten times the rendering itself
    spec.visual.headlight.ambient = (0.35, 0.35, 0.35)
    spec.visual.headlight.diffuse = (0.45, 0.45, 0.45)
    spec.visual.map.znear = 0.005
    spec.worldbody.add_light(pos=(0.6, -0.5, 1.6), dir=(-0.15, 0.3, -1.0), diffuse=(0.4,) * 3)

    body = spec.worldbody.add_body(name=f"{description.name}_link0")
    _set_mass(body, description.base)
    for number, joint in enumerate(description.joints, start=1):
        cosine, sine = math.cos(joint.alpha), math.sin(joint.alpha)
        body = body.add_body(
            name=f"{description.name}_link{number}",
            pos=(joint.a, -sine * joint.d, cosine * joint.d),
            quat=(math.cos(0.5 * joint.alpha), math.sin(0.5 * joint.alpha), 0.0, 0.0),
        )
        _set_mass(body, joint.link)
        body.add_joint(
            name=joint.name,
            axis=(0.0, 0.0, 1.0),
            range=(joint.lower, joint.upper),
            damping=np.full(3, config.joint_damping),
            armature=config.rotor_inertia,
        )
        limit = joint.max_torque
        motor = spec.add_actuator(
            name=joint.name, target=joint.name, trntype=mujoco.mjtTrn.mjTRN_JOINT
        )
        motor.set_to_motor()
        motor.ctrlrange = (-limit, limit)
        motor.forcerange = (-limit, limit)
    _add_hand(spec, body, description, config)
    _add_shapes(spec, config)
    for camera in config.cameras:
        _add_camera(spec, camera)
    return spec


def _add_hand(
    spec: mujoco.MjSpec,
    last_link: mujoco.MjsBody,
    description: ArmDescription,
    config: ArmModelConfig,
) -> None:
    hand = description.hand
    body = last_link.add_body(
        name=f"{description.name}_hand",
        pos=(0.0, 0.0, description.flange_offset),
        quat=(math.cos(0.5 * hand.rotation), 0.0, 0.0, math.sin(0.5 * hand.rotation)),
    )
    _set_mass(body, hand.hand)
    body.add_site(name=TOOL_SITE, pos=(0.0, 0.0, hand.tool_offset))
    width = spec.add_tendon(name=GRIPPER_ACTUATOR)
    turns = {"leftfinger": (1.0, 0.0, 0.0, 0.0), "rightfinger": (0.0, 0.0, 0.0, 1.0)}
    for joint, (side, turn) in zip(hand.finger_names, turns.items(), strict=True):
        finger = body.add_body(
            name=f"{description.name}_{side}", pos=(0.0, 0.0, hand.finger_offset), quat=turn
        )
        _set_mass(finger, hand.finger)
        finger.add_joint(
            name=joint,
            type=mujoco.mjtJoint.mjJNT_SLIDE,
            axis=(0.0, 1.0, 0.0),
            range=(0.0, hand.max_finger_position),
            armature=config.finger_inertia,
            solref_limit=(0.004, 1.0),
        )
        width.wrap_joint(joint, 1.0)
    coupling = spec.add_equality(
        type=mujoco.mjtEq.mjEQ_JOINT, name1=hand.finger_names[0], name2=hand.finger_names[1]
    )
    coupling.objtype = mujoco.mjtObj.mjOBJ_JOINT
    coupling.data[:2] = (0.0, 1.0)
    coupling.solref = (0.004, 1.0)
    gripper = spec.add_actuator(
        name=GRIPPER_ACTUATOR, target=GRIPPER_ACTUATOR, trntype=mujoco.mjtTrn.mjTRN_TENDON
    )
    speed = 2 * hand.max_finger_speed
    gripper.set_to_velocity(min(config.gripper_force, hand.max_force) / speed)
    gripper.ctrlrange = (-speed, speed)


def _add_shapes(spec: mujoco.MjSpec, config: ArmModelConfig) -> None:
    # The scene's shapes have both bits; with this, the arm's meet them and not each other.
    contact = {"contype": 0, "conaffinity": 1}
    for capsule in CAPSULES:
        spec.body(capsule.body).add_geom(
            type=mujoco.mjtGeom.mjGEOM_CAPSULE,
            fromto=(*capsule.start, *capsule.end),
            size=(capsule.radius, 0.0, 0.0),
            rgba=capsule.color,
            **contact,
        )
    for box in (*BOXES, *PADS):
        geom = spec.body(box.body).add_geom(
            type=mujoco.mjtGeom.mjGEOM_BOX,
            pos=box.centre,
            size=box.half_size,
            rgba=box.color,
            **contact,
        )
        if box in PADS:
            geom.condim = 4
            geom.friction = (config.finger_friction, 0.01, 0.0001)
            geom.priority = 1
            geom.solref = (0.004, 1.0)


def _add_camera(spec: mujoco.MjSpec, config: CameraConfig) -> None:
    back = np.subtract(config.position, config.look_at)  # a camera looks along its -z
    back /= np.linalg.norm(back)
    right = np.cross(config.up, back)
    right /= np.linalg.norm(right)
    rotation = np.column_stack([right, np.cross(back, right), back])
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, rotation.flatten())
    spec.body(config.body).add_camera(
        name=config.name,
        pos=config.position,
        quat=quaternion,
        fovy=math.degrees(config.field_of_view),
    )


def _set_mass(body: mujoco.MjsBody, link: LinkDescription) -> None:
    body.explicitinertial = True
    body.mass = link.mass
    body.ipos = link.centre_of_mass
    body.fullinertia = link.inertia
