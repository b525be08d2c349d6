"""What all simulated robots share as nodes: their clock, the lockstep, and when they switch off."""

import time
from dataclasses import dataclass
from typing import TypeVar

from rclpy.publisher import Publisher
from rosgraph_msgs.msg import Clock

from untether_nodes import qos
from untether_nodes.conversions import write_seconds
from untether_nodes.lockstep import Lockstep
from untether_nodes.managed_node import ManagedNode, NodeConfig, realtime_priority
from untether_nodes.parameters import parameter

ON_FLOOR = 0.05
"""Height of a robot's centre, below which switching off does no harm [m]."""

SETTLING_TIME = 0.2
"""Time of commands to stand still, after which nobody needs the sensors any more [s]."""

EPOCH = 1.0
"""Simulated time at the start [s]; zero means "no time yet" to a ROS clock."""

_CONTROL_PERIOD = 0.01  # [s]


@dataclass(frozen=True)
class SimulatorConfig(NodeConfig):
    """Parameters of every simulator."""

    realtime_priority: int = realtime_priority(55)
    command_timeout: float = parameter(
        0.5,
        "time without a command after which a robot stops by itself",
        unit="s",
        lower=0.02,
        upper=10.0,
    )
    lockstep: bool = parameter(
        False, "whether time stands still until every command for the last sample has come"
    )
    lockstep_timeout: float = parameter(
        0.5,
        "lockstep: wall time to wait for commands before going on with the last ones",
        unit="s",
        lower=0.01,
        upper=60.0,
    )
    lockstep_speed: float = parameter(
        5.0, "lockstep: greatest speed, times that of the wall clock", lower=0.1, upper=1000.0
    )


@dataclass(frozen=True)
class FlightSimulatorConfig(SimulatorConfig):
    """Parameters of every simulator of what flies."""

    mass_scale: float = parameter(1.0, "true mass over the described mass", lower=0.2, upper=3.0)
    thrust_scale: float = parameter(
        1.0, "true thrust over the commanded one; below 1 is a weak battery", lower=0.2, upper=2.0
    )
    noise: bool = parameter(True, "whether the sensors are noisy")
    gust: float = parameter(
        0.0, "standard deviation of the wind about its mean", unit="m/s", lower=0.0, upper=10.0
    )


SimulatorConfigT = TypeVar("SimulatorConfigT", bound=SimulatorConfig)


class SimulatorNode(ManagedNode[SimulatorConfigT]):
    """A simulator that obeys ``command``.

    In real time it advances every 10 ms with the newest commands. In lockstep it also publishes
    ``/clock`` and advances when its last sample has been answered. A subclass calls ``keep_time``
    in ``set_up``, publishes in ``advance``, and says when it is ``settled``.

    Attributes:
        epoch: ROS time at the simulator's time zero [s].
        landing_time: What robots in the air get to land when the process is asked to end [s].
    """

    tick_period = _CONTROL_PERIOD
    landing_time = 4.5

    def __init__(self, name: str, config_type: type[SimulatorConfigT]) -> None:
        super().__init__(name, config_type)
        self._clock_message = Clock()
        self._off_at: float | None = None

    def advance(self) -> None:
        """Advance by one control period, and publish what there is to know."""
        raise NotImplementedError

    def is_heard(self) -> bool:
        """Return whether somebody listens to the samples."""
        raise NotImplementedError

    def is_settled(self) -> bool:
        """Return whether all robots stand, and their commanders know it."""
        raise NotImplementedError

    def describe_miss(self) -> str:
        """Return what was expected and what was got of a sample that was not answered in time."""
        raise NotImplementedError

    def keep_time(self) -> None:
        """Make clock and lockstep as the parameters say."""
        config = self.config
        self.epoch = EPOCH
        self._publish_clock: Publisher[Clock] | None = None
        if config.lockstep or self.get_parameter("use_sim_time").value:
            self._publish_clock = self.add_publisher(Clock, "/clock", qos.CLOCK)
        step_time = _CONTROL_PERIOD / config.lockstep_speed
        self._lockstep = Lockstep(config.lockstep_timeout, step_time) if config.lockstep else None
        self._missed = 0
        self.tick_period = step_time if config.lockstep else _CONTROL_PERIOD

    def tell_time(self, elapsed: float) -> float:
        """Return the stamp of now [s, node clock], and publish it where this is the clock.

        Args:
            elapsed: The simulator's time [s].
        """
        if self._publish_clock is None:
            return self.now()
        stamp = self.epoch + elapsed
        write_seconds(stamp, self._clock_message.clock)
        self._publish_clock.publish(self._clock_message)
        return stamp

    def tick(self) -> None:
        """Advance by one control period, unless the lockstep still waits."""
        if not self.active:
            return
        lockstep = self._lockstep
        if lockstep is None:
            self.advance()
        elif self._is_connected() and lockstep.may_go_on(time.monotonic()):
            if lockstep.missed > self._missed:
                self._missed = lockstep.missed
                self.get_logger().error(
                    f"lockstep: {self.describe_miss()} ({self._missed} times in all); going on "
                    "with the last ones.",
                    throttle_duration_sec=2.0,
                )
            self.advance()

    def sent(self, *, expects_answer: bool) -> None:
        """Take note that a sample has been published, and whether it can be answered."""
        if self._lockstep is not None:
            self._lockstep.sent(time.monotonic(), expects_answer=expects_answer)

    def answered(self) -> None:
        """Go on in lockstep: all commands for the last sample have come."""
        if self._lockstep is not None and self._lockstep.answer(time.monotonic()):
            self.advance()

    def is_realtime(self) -> bool:
        """Return whether the simulator keeps up with the wall clock."""
        return super().is_realtime() and not self.config.lockstep

    def may_stop(self) -> bool:
        """Return whether to switch off now.

        Whoever still commands needs the sensors until all robots stand and their commander knows:
        the rotors have been commanded to stand still for a while. A landing gets a limited time.
        """
        if not self.active:
            return True
        now = time.monotonic()
        if self._off_at is None:
            self._off_at = now + self.landing_time
        return self.is_settled() or not self._is_commanded() or now >= self._off_at

    def _is_connected(self) -> bool:
        """Return whether somebody listens to the samples and somebody commands."""
        return self.is_heard() and self._is_commanded()

    def _is_commanded(self) -> bool:
        return self.count_publishers(self.resolve_topic_name("command")) > 0
