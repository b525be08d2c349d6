"""One source of commands (a policy, an operator): is what it sends fit to be passed on?"""

from dataclasses import dataclass

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.safety.config import SafetyConfig
from untether_hardware.safety.events import Finding, Guard
from untether_hardware.safety.fit import ROTOR_THRUST
from untether_hardware.safety.limits import LimitGuard
from untether_hardware.safety.staleness import Arrival, Freshness
from untether_hardware.state import ActuatorCommand

_CLEAN_TIME = 0.5  # [s] without a violation after which a commander counts as sound again


@dataclass(frozen=True, slots=True)
class Reception:
    """What became of a command.

    Attributes:
        values: thrusts within limits in the robot's order, (4,) [N]; None when it is not used.
        finding: what was wrong with it, if anything.
        trips: whether that is bad enough for the fallback to take over.
    """

    values: tuple[float, ...] | None
    finding: Finding | None = None
    trips: bool = False


class Commander:
    """Checks the commands of one source.

    Args:
        name: of the source, for people.
        config: ages, tolerances and counts.
        description: the robot.
    """

    def __init__(self, name: str, config: SafetyConfig, description: QuadrotorDescription) -> None:
        self._name = name
        self._config = config
        self._rotors = description.rotor_names
        self._freshness = Freshness(config.command_max_age)
        self._violated = -_CLEAN_TIME
        self.limits = self._make_limits(
            (0.0,) * len(self._rotors), (description.max_rotor_thrust,) * len(self._rotors)
        )

    def set_limits(self, lower: tuple[float, ...], upper: tuple[float, ...]) -> None:
        """Take the limits of a policy's contract, (4,) [N] in the robot's order."""
        self.limits = self._make_limits(lower, upper)

    def receive(self, time: float, now: float, command: ActuatorCommand) -> Reception:
        """Check a command.

        Args:
            time: monotonic time of receipt [s].
            now: time of receipt [s, node clock].
            command: the command.
        """
        values = self._reorder(command)
        if values is None:
            self._violated = time
            return Reception(None, self._describe_mismatch(command), trips=True)
        finding = self.limits.find_not_finite(values)
        if finding is not None:
            self._violated = time
            return Reception(None, finding, trips=True)
        arrival = self._freshness.offer(time, now, command.stamp)
        if arrival is not Arrival.FRESH:
            return Reception(None, self._describe_arrival(arrival, now - command.stamp))
        clamped, finding, trips = self.limits.clamp(values)
        if finding is not None:
            self._violated = time
        return Reception(clamped, finding, trips)

    def silence(self, time: float) -> float:
        """Return the time since the last fresh command [s]; infinite before the first."""
        return self._freshness.silence(time)

    def is_sound(self, time: float) -> bool:
        """Return whether nothing unfit has come for a while."""
        return time - self._violated > _CLEAN_TIME

    def forget_stamps(self) -> None:
        """Accept any stamp next: the node's clock has jumped."""
        self._freshness.forget_stamps()

    def describe_silence(self, time: float) -> Finding:
        """Return the finding for a commander that has been silent for too long."""
        silence = min(1e6, self.silence(time))
        return Finding(
            Guard.COMMAND_STALE,
            self._name,
            silence,
            self._config.command_timeout,
            f"expected a fresh command of the {self._name} each {self._config.period:.3f} s, got "
            f"none for {silence:.3f} s; check that it runs and keeps up",
        )

    def _make_limits(self, lower: tuple[float, ...], upper: tuple[float, ...]) -> LimitGuard:
        return LimitGuard(self._config, self._rotors, lower, upper)

    def _reorder(self, command: ActuatorCommand) -> tuple[float, ...] | None:
        """Return the values in the robot's order; None when kind, names or count do not fit."""
        names = command.names
        values = command.values
        if command.kind != ROTOR_THRUST or len(values) != len(self._rotors):
            return None
        if names == self._rotors:
            return values
        if len(names) != len(values) or set(names) != set(self._rotors):
            return None
        by_name = dict(zip(names, values, strict=True))
        return tuple(by_name[name] for name in self._rotors)

    def _describe_mismatch(self, command: ActuatorCommand) -> Finding:
        got = f"kind {command.kind[:40]!r}, {len(command.values)} values for "
        got += ", ".join(str(name)[:20] for name in command.names[:6]) or "no names"
        return Finding(
            Guard.COMMAND_MISMATCH,
            self._name,
            float(len(command.values)),
            float(len(self._rotors)),
            f"expected kind {ROTOR_THRUST!r} for {', '.join(self._rotors)}, got {got}; run a "
            "bundle that was made for this robot",
        )

    def _describe_arrival(self, arrival: Arrival, age: float) -> Finding:
        limit = self._config.command_max_age
        what = {
            Arrival.OLD: f"an answer to one that is {age:.3f} s old",
            Arrival.REPEATED: "a second answer to the same or an earlier one",
            Arrival.FUTURE: f"a stamp {-age:.3f} s ahead of the clock",
        }[arrival]
        return Finding(
            Guard.COMMAND_STALE,
            self._name,
            age,
            limit,
            f"expected an answer of the {self._name} to a sample of the last {limit:.3f} s, got "
            f"{what}: not used; check that it keeps up and that the clocks agree",
        )
