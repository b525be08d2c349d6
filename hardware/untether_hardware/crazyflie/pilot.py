"""Flies the simulated Crazyflie with a policy in one process, as evaluations do."""

import math

from untether_hardware.crazyflie.course import Course, Tour
from untether_hardware.crazyflie.flight import Flight
from untether_hardware.crazyflie.flight_recorder import FlightRecorder
from untether_hardware.crazyflie.simulator import SimulatedCrazyflie
from untether_hardware.safety.modes import Mode
from untether_hardware.tensor_map import TensorMap
from untether_policies.policy import Policy


def fly(
    policy: Policy,
    simulator: SimulatedCrazyflie,
    course: Course,
    *,
    name: str | None = None,
    index: int = 0,
) -> Flight:
    """Fly a course in closed loop, without ROS and without the safety stage.

    The policy sees the odometry, noisy and late; the course is judged by the truth. The flight
    starts in the state that the simulator is in and ends with the course.

    Args:
        policy: What flies; its carry is reset first.
        simulator: The robot.
        course: Where to go.
        name: Title of the flight; None for the policy's name.
        index: Which robot of the policy's batch flies.

    Returns:
        The flight, with one sample a control period, and one more at the end of the course.

    Raises:
        TensorMapError: When the policy needs or gives what this robot has not.
        ValueError: When the policy's rate is not the simulator's.
    """
    contract = policy.contract
    rate = 1.0 / simulator.config.control_period
    if not math.isclose(contract.rate, rate, rel_tol=1e-6):
        raise ValueError(
            f"fly(policy={contract.name!r}): expected a policy of {rate:g} Hz, got "
            f"{contract.rate:g} Hz. Fix: set control_period to {1.0 / contract.rate:g} s."
        )
    tensors = TensorMap(
        contract,
        policy.inputs,
        policy.outputs,
        rotor_names=simulator.description.rotor_names,
        index=index,
    )
    title = name or contract.name
    if isinstance(course, Tour):
        recorder = FlightRecorder(
            title, waypoints=course.waypoints, radius=course.radius, dwell=course.dwell
        )
    else:
        recorder = FlightRecorder(title)
    policy.reset(index)
    truth, thrust = simulator.read_truth(), (0.0,) * 4
    while (setpoint := course.advance(truth)) is not None:
        tensors.write(simulator.read_state(), setpoint)
        policy.step()
        thrust = tensors.read()
        recorder.append(truth, setpoint, thrust, mode=Mode.POLICY, goal_index=course.goal_index)
        simulator.step(thrust)
        truth = simulator.read_truth()
    recorder.append(truth, None, thrust, mode=Mode.POLICY)  # the arrival itself
    return recorder.finish()
