"""The guards of a robot in flight together: tilt, floor and envelope."""

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.safety.config import SafetyConfig
from untether_hardware.safety.envelope import EnvelopeGuard
from untether_hardware.safety.events import Finding
from untether_hardware.safety.floor import FloorGuard
from untether_hardware.safety.tilt import TiltGuard
from untether_hardware.state import BodyState
from untether_policies.contract import Contract


class MotionGuards:
    """Judges how the robot flies.

    Args:
        config: limits, margins and counts.
        description: the robot.
    """

    def __init__(self, config: SafetyConfig, description: QuadrotorDescription) -> None:
        self._config = config
        self._weight = description.weight
        self._tilt = TiltGuard(config.tilt_limit, config.tilt_lookahead, config.tilt_count)
        self._floor = FloorGuard(config, description.thrust_to_weight, description.gravity)
        self._envelope: EnvelopeGuard | None = None

    def watch_policy(self, contract: Contract) -> None:
        """Use the envelope of a policy from now on."""
        self._envelope = EnvelopeGuard(self._config, contract)

    def clear(self) -> None:
        """Forget past states: the robot begins to fly, or another commander flies it."""
        self._tilt.clear()
        self._floor.clear()
        if self._envelope is not None:
            self._envelope.clear()

    def check_tilt(self, state: BodyState) -> Finding | None:
        """Judge the tilt alone: for a robot that stands, or that the stage itself flies."""
        return self._tilt.check(state)

    def check(self, state: BodyState, thrust: float, by_policy: bool) -> Finding | None:
        """Judge a state in flight.

        Args:
            state: a good state.
            thrust: of all rotors now [N].
            by_policy: whether a policy flies, whose envelope holds.
        """
        finding = self._tilt.check(state)
        if finding is not None:
            return finding
        x, y, _, _ = state.orientation
        lift = thrust * (1.0 - 2.0 * (x * x + y * y)) / self._weight
        finding = self._floor.check(state.position[2], state.linear_velocity[2], lift)
        if finding is not None or self._envelope is None or not by_policy:
            return finding
        return self._envelope.check(state)
