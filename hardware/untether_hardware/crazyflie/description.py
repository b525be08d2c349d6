"""What a quadrotor is: mass, inertia, rotors and limits, with the source of every number."""

import math
from dataclasses import dataclass

STANDARD_GRAVITY = 9.81  # [m/s^2]

Vector3 = tuple[float, float, float]


@dataclass(frozen=True)
class QuadrotorDescription:
    """Geometry, inertia and limits of a quadrotor in its own frame (x forward, y left, z up).

    Attributes:
        name: Name of the robot as a bundle's contract states it.
        rotor_names: Names of the rotors, in the order of every array that has one entry a rotor.
        mass: Take-off mass [kg].
        inertia: Principal moments of inertia, (3,) [kg m^2] base_link.
        rotor_positions: Centres of the rotors, (4, 3) [m] base_link.
        rotor_directions: (4,) [1]; +1 where the rotor's reaction torque on the body points along
            +z (the rotor spins clockwise seen from above), -1 where it points along -z.
        max_rotor_thrust: Largest thrust of one rotor [N].
        torque_to_thrust: Reaction torque of a rotor over its thrust [m].
        motor_time_constant: Time constant of the low-passed rotor speed [s].
        rotor_radius: Radius of a propeller disc [m].
        radius: Radius of the sphere about the centre that holds the whole robot [m].
        rest_height: Height of the centre above the floor when the robot stands on it [m].
        gravity: Gravitational acceleration for which the limits are stated [m/s^2].
    """

    name: str
    rotor_names: tuple[str, str, str, str]
    mass: float
    inertia: Vector3
    rotor_positions: tuple[Vector3, Vector3, Vector3, Vector3]
    rotor_directions: tuple[int, int, int, int]
    max_rotor_thrust: float
    torque_to_thrust: float
    motor_time_constant: float
    rotor_radius: float
    radius: float
    rest_height: float
    gravity: float = STANDARD_GRAVITY

    @property
    def weight(self) -> float:
        """Weight of the robot [N]."""
        return self.mass * self.gravity

    @property
    def hover_rotor_thrust(self) -> float:
        """Thrust of one rotor in level hover [N]."""
        return self.weight / 4

    @property
    def thrust_to_weight(self) -> float:
        """Largest collective thrust over weight [1]."""
        return 4 * self.max_rotor_thrust / self.weight


_ARM = 0.0325  # [m] along each axis: arm length 0.046 m over sqrt(2), Bitcraze CF2.1 data sheet
_MASS = 0.028  # [kg] data sheet 27 g, and a deck; Huang et al. 2023, quad-swarm-rl
_THRUST_TO_WEIGHT = 1.9  # [1] Huang et al. 2023 (arXiv 2309.13285)

CRAZYFLIE = QuadrotorDescription(
    name="crazyflie",
    rotor_names=("m1", "m2", "m3", "m4"),
    mass=_MASS,
    # Förster 2015, "System Identification of the Crazyflie 2.0 Nano Quadrocopter", ETH Zürich,
    # chapter 2, without the products of inertia (at most 11 % of the diagonal).
    inertia=(1.657171e-5, 1.6655602e-5, 2.9261652e-5),
    # Bitcraze's numbering: front right, back right, back left, front left.
    rotor_positions=(
        (_ARM, -_ARM, 0.0),
        (-_ARM, -_ARM, 0.0),
        (-_ARM, _ARM, 0.0),
        (_ARM, _ARM, 0.0),
    ),
    # m1 and m3 spin counter-clockwise seen from above, so their reaction is -z; m2 and m4 +z.
    rotor_directions=(-1, 1, -1, 1),
    max_rotor_thrust=STANDARD_GRAVITY * _MASS * _THRUST_TO_WEIGHT / 4,
    # Förster 2015 measured 0.005964552 m; Huang et al. 2023 round it.
    torque_to_thrust=0.006,
    # Huang et al. 2023: the root of the command is low-passed at 4 / 0.15 s.
    motor_time_constant=0.15 / 4,
    rotor_radius=0.0225,  # data sheet: propellers of 45 mm
    radius=math.hypot(_ARM, _ARM) + 0.0225,
    rest_height=0.02,
)
"""The Crazyflie 2.1 with one deck."""
