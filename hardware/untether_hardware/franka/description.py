"""What a Franka arm with its hand is: kinematics, limits and inertias, with their sources."""

import math
from dataclasses import dataclass

Vector3 = tuple[float, float, float]
Inertia = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class LinkDescription:
    """Mass of a rigid body, in the body's own frame.

    Attributes:
        mass: [kg].
        centre_of_mass: (3,) [m].
        inertia: About the centre of mass, (xx, yy, zz, xy, xz, yz) [kg m^2].
    """

    mass: float
    centre_of_mass: Vector3
    inertia: Inertia


@dataclass(frozen=True)
class JointDescription:
    """A revolute joint, and the link that it moves.

    The frame of the link follows from that of the link before by Craig's modified
    Denavit-Hartenberg parameters: turn by ``alpha`` about x, go ``a`` along x, turn by the joint's
    angle about z, go ``d`` along z.

    Attributes:
        name: As the bundle's contract and the driver state it.
        a: [m].
        d: [m].
        alpha: [rad].
        lower: Least angle [rad].
        upper: Largest angle [rad].
        max_velocity: [rad/s].
        max_torque: [N m].
        link: Mass of the link, in the joint's frame.
    """

    name: str
    a: float
    d: float
    alpha: float
    lower: float
    upper: float
    max_velocity: float
    max_torque: float
    link: LinkDescription


@dataclass(frozen=True)
class HandDescription:
    """A parallel gripper at the flange.

    Attributes:
        rotation: From the flange to the hand, about z [rad].
        hand: Mass without the fingers, in the hand's frame.
        finger: Mass of a finger, in the finger's frame: y points away from the other finger, whose
            frame is turned by 180 degrees about z.
        finger_offset: From the hand's frame to those of closed fingers, along z [m].
        finger_names: Names of the joints: the finger that opens towards +y, and the other.
        max_finger_position: Way of one finger, which is half of the opening [m].
        max_finger_speed: [m/s].
        max_force: Largest continuous force between the fingers [N].
        tool_offset: From the hand's frame to the tool frame, along z [m].
    """

    rotation: float
    hand: LinkDescription
    finger: LinkDescription
    finger_offset: float
    finger_names: tuple[str, str]
    max_finger_position: float
    max_finger_speed: float
    max_force: float
    tool_offset: float

    @property
    def max_width(self) -> float:
        """Largest opening between the fingers [m]."""
        return 2 * self.max_finger_position


@dataclass(frozen=True)
class ArmDescription:
    """A serial arm with a hand.

    Attributes:
        name: Name of the robot as a bundle's contract states it.
        base: Mass of what stands still.
        joints: From the base to the flange, in the order of every array that has one entry a joint.
        flange_offset: From the last joint's frame to the flange, along z [m].
        hand: The gripper.
        home: Joint angles of the ready position [rad].
        max_torque_rate: Largest change of a joint's torque that the driver takes [N m/s].
        gravity: Gravitational acceleration, along -z of the base [m/s^2].
    """

    name: str
    base: LinkDescription
    joints: tuple[JointDescription, ...]
    flange_offset: float
    hand: HandDescription
    home: tuple[float, ...]
    max_torque_rate: float
    gravity: float = 9.81

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of the joints, (joints,)."""
        return tuple(joint.name for joint in self.joints)


# Inertias: franka_description (Apache-2.0), robots/fr3/inertials.yaml.
_BASE = LinkDescription(
    2.3966, (-0.0172, 0.0004, 0.0745), (0.0090, 0.0115, 0.0085, 0.0, 0.0020, 0.0)
)
_LINKS = (
    LinkDescription(
        2.9274653454,
        (0.0000004128, -0.0181251324, -0.0386035970),
        (0.023927316485107913, 0.0224821613275756, 0.006350098258530016,
         1.3317903455714081e-05, -0.00011404774918616684, -0.0019950320628240115),
    ),
    LinkDescription(
        2.9355370338,
        (0.0031828864, -0.0743221644, 0.0088146084),
        (0.041938946257609425, 0.02514514885014724, 0.06170214472888839,
         0.00020257331521090626, 0.004077784227179924, -0.0042252158006570156),
    ),
    LinkDescription(
        2.2449013699,
        (0.0407015686, -0.0048200565, -0.0289730823),
        (0.02410142547240885, 0.01974053266708178, 0.019044494482244823,
         0.002404694559042109, -0.002856269270114313, -0.002104212683891874),
    ),
    LinkDescription(
        2.6155955791,
        (-0.0459100965, 0.0630492960, -0.0085187868),
        (0.03452998321913202, 0.028881621933049058, 0.04125471171146641,
         0.01322552265982813, 0.01015142998484113, -0.0009762833870704552),
    ),
    LinkDescription(
        2.3271207594,
        (-0.0016039605, 0.0292536262, -0.0972965990),
        (0.051610278463662895, 0.04787729713371481, 0.016423625579357254,
         -0.005715173387783472, -0.0035673167625872135, 0.010673985108535986),
    ),
    LinkDescription(
        1.8170376524,
        (0.0597131221, -0.0410294666, -0.0101692726),
        (0.005412333594383447, 0.014058329545509979, 0.016080817924212554,
         0.006193456360285834, 0.0014219289306117652, -0.0013140753741120031),
    ),
    LinkDescription(
        0.6271432862,
        (0.0045225817, 0.0086261921, -0.0161633251),
        (0.00021092389150104718, 0.00017718568002411474, 5.993190599659971e-05,
         -2.433299114461931e-05, 4.564480393778983e-05, 8.744070223226438e-05),
    ),
)  # fmt: skip

# Kinematics: Franka Control Interface documentation, "Denavit-Hartenberg parameters".
# Limits: franka_description, robots/fr3/joint_limits.yaml.
#            a        d      alpha         lower    upper   velocity torque
_JOINTS = (
    (0.0,     0.333, 0.0,          -2.7437, 2.7437,  2.62,  87.0),
    (0.0,     0.0,   -math.pi / 2, -1.7837, 1.7837,  2.62,  87.0),
    (0.0,     0.316, math.pi / 2,  -2.9007, 2.9007,  2.62,  87.0),
    (0.0825,  0.0,   math.pi / 2,  -3.0421, -0.1518, 2.62,  87.0),
    (-0.0825, 0.384, -math.pi / 2, -2.8065, 2.8065,  5.26,  12.0),
    (0.0,     0.0,   math.pi / 2,  0.5445,  4.5169,  4.18,  12.0),
    (0.088,   0.0,   math.pi / 2,  -3.0159, 3.0159,  5.26,  12.0),
)  # fmt: skip

FR3 = ArmDescription(
    name="fr3",
    base=_BASE,
    joints=tuple(
        JointDescription(f"fr3_joint{number}", *parameters, link=link)
        for number, (parameters, link) in enumerate(zip(_JOINTS, _LINKS, strict=True), start=1)
    ),
    flange_offset=0.107,
    hand=HandDescription(
        rotation=-math.pi / 4,
        # franka_description, end_effectors/franka_hand/inertials.yaml; the data sheet rounds hand
        # and fingers to 0.7 kg, the driver's default load to 0.73 kg.
        hand=LinkDescription(
            0.6544,
            (-0.0000376, 0.0119128, 0.0207260),
            (0.00186, 0.00030, 0.00174, 0.0, 0.0, -0.00002),
        ),
        finger=LinkDescription(
            0.0291,
            (0.0, 0.0152850, 0.0219675),
            (0.00000849, 0.00000853, 0.00000177, 0.0, 0.0, -0.00000106),
        ),
        finger_offset=0.0584,
        finger_names=("fr3_finger_joint1", "fr3_finger_joint2"),
        max_finger_position=0.04,
        max_finger_speed=0.05,  # Franka Hand, product manual
        max_force=70.0,  # likewise
        tool_offset=0.1034,
    ),
    home=(0.0, -math.pi / 4, 0.0, -3 * math.pi / 4, 0.0, math.pi / 2, math.pi / 4),
    max_torque_rate=1000.0,  # Franka Control Interface documentation, "Limits for the robot"
)
"""The Franka Research 3 with the Franka Hand."""
