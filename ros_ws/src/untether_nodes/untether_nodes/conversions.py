"""Messages to the robot's own types and back: the one place where stamps and frames are converted.

An ``Odometry`` tells its pose in ``map`` and, by the convention of ``nav_msgs``, its twist in
``base_link``; a ``BodyState`` has the linear velocity in ``map``. Quaternions are xyzw throughout.
"""

from math import floor

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, PointStamped
from nav_msgs.msg import Odometry
from sensor_msgs.msg import Imu
from untether_interfaces.msg import Command, SafetyEvent

from untether_hardware.safety import SafetyEvent as Event
from untether_hardware.safety.rotation import rotate, rotate_back
from untether_hardware.state import ActuatorCommand, BodyState, ImuSample, Vector

MAP = "map"
BODY = "base_link"


def to_seconds(stamp: Time) -> float:
    """Return a stamp in seconds; exact to a quarter of a microsecond in this century."""
    return stamp.sec + stamp.nanosec * 1e-9


def write_seconds(seconds: float, stamp: Time) -> None:
    """Write seconds into a stamp; what was read from a stamp is written back equal."""
    whole = floor(seconds)
    nanoseconds = round((seconds - whole) * 1e9)
    if nanoseconds >= 1_000_000_000:
        whole, nanoseconds = whole + 1, 0
    stamp.sec, stamp.nanosec = whole, nanoseconds


def copy_stamp(source: Time, target: Time) -> None:
    """Write one stamp into another, to the nanosecond."""
    target.sec, target.nanosec = source.sec, source.nanosec


def to_body_state(message: Odometry) -> BodyState:
    """Return an odometry as a body state: the linear velocity turns from base_link to map."""
    pose, twist = message.pose.pose, message.twist.twist
    p, q, v, w = pose.position, pose.orientation, twist.linear, twist.angular
    orientation = (q.x, q.y, q.z, q.w)
    return BodyState(
        to_seconds(message.header.stamp),
        (p.x, p.y, p.z),
        orientation,
        rotate(orientation, (v.x, v.y, v.z)),
        (w.x, w.y, w.z),
    )


def write_odometry(state: BodyState, message: Odometry) -> None:
    """Write a body state into an odometry: the linear velocity turns from map to base_link."""
    write_seconds(state.stamp, message.header.stamp)
    pose, twist = message.pose.pose, message.twist.twist
    p, q, v, w = pose.position, pose.orientation, twist.linear, twist.angular
    p.x, p.y, p.z = state.position
    q.x, q.y, q.z, q.w = state.orientation
    v.x, v.y, v.z = rotate_back(state.orientation, state.linear_velocity)
    w.x, w.y, w.z = state.angular_velocity


def to_imu_sample(message: Imu) -> ImuSample:
    """Return an inertial message as a sample, both in base_link."""
    w, a = message.angular_velocity, message.linear_acceleration
    return ImuSample(to_seconds(message.header.stamp), (w.x, w.y, w.z), (a.x, a.y, a.z))


def write_imu(sample: ImuSample, message: Imu) -> None:
    """Write a sample into an inertial message, both in base_link."""
    write_seconds(sample.stamp, message.header.stamp)
    w, a = message.angular_velocity, message.linear_acceleration
    w.x, w.y, w.z = sample.angular_velocity
    a.x, a.y, a.z = sample.linear_acceleration


def to_actuator_command(message: Command, source: int) -> ActuatorCommand:
    """Return a command message as a command.

    Args:
        message: The message; who it says it comes from does not count.
        source: Who it comes from, by the topic.
    """
    return ActuatorCommand(
        to_seconds(message.header.stamp),
        message.kind,
        tuple(message.names),
        tuple(message.values),
        source,
    )


def write_command(command: ActuatorCommand, message: Command) -> None:
    """Write a command into a message, all but its stamp and its sequence number."""
    message.source = int(command.source)
    message.kind = command.kind
    message.names = list(command.names)
    message.values = list(command.values)


def to_vector(point: Point) -> Vector:
    """Return a point as a vector."""
    return point.x, point.y, point.z


def write_point(position: Vector, message: PointStamped) -> None:
    """Write a position [m] in map into a stamped point, all but its stamp."""
    message.point.x, message.point.y, message.point.z = position


def to_safety_event(event: Event) -> SafetyEvent:
    """Return an event of the safety stage as a message."""
    fault = SafetyEvent.SEVERITY_FAULT if event.fault else SafetyEvent.SEVERITY_WARNING
    message = SafetyEvent(
        guard=int(event.guard),
        severity=fault,
        element=event.element,
        value=float(event.value),
        limit=float(event.limit),
        text=event.text,
    )
    write_seconds(event.stamp, message.header.stamp)
    return message
