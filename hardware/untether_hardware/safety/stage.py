"""The safety stage of a quadrotor: the last stage before its motors.

Not safety-certified: see the package's description.
"""

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.safety.commander import Commander
from untether_hardware.safety.config import SafetyConfig
from untether_hardware.safety.events import Finding, Guard
from untether_hardware.safety.fit import find_limits, find_misfit
from untether_hardware.safety.modes import Mode, Request, Source, change_mode
from untether_hardware.safety.motion import MotionGuards
from untether_hardware.safety.pilot import Pilot
from untether_hardware.safety.sensors import Sensors
from untether_hardware.safety.stage_base import COMMANDERS, StageBase
from untether_hardware.safety.stall import StallGuard
from untether_hardware.safety.verdict import (
    ArmCode,
    InterveneCode,
    LandCode,
    PolicyCode,
    ResetCode,
    Verdict,
)
from untether_hardware.state import ActuatorCommand, BodyState, ImuSample
from untether_policies.contract import Contract

_ACTIVE = 0.2  # thrust over weight from which on the body state cannot stand still
_STOPPED = Finding(Guard.OPERATOR_STOP, "", 1.0, 0.0, "emergency stop by a person: motors stopped")


class SafetyStage(StageBase[Commander]):
    """Decides what reaches the motors: a checked command, or the fallback's.

    All time is passed in: ``now`` and stamps are seconds on the node's clock, and nothing reads a
    clock. Bad input of any kind never raises; it is refused, reported, and answered by the
    fallback. A caller feeds samples and commands as they come, calls ``tick`` after each sample and
    at twice the control rate at least, and sends what ``command`` and ``tick`` return. One thread
    only.

    Args:
        config: limits and times.
        description: the robot.
    """

    def __init__(self, config: SafetyConfig, description: QuadrotorDescription) -> None:
        self.config = config
        self.description = description
        commanders = {
            Source.POLICY: Commander("policy", config, description),
            Source.OPERATOR: Commander("operator", config, description),
        }
        stall = StallGuard(config.stall_timeout, 0.5 * config.period)
        super().__init__(commanders, stall, config.stall_warning)
        self._sensors = Sensors(config, description.gravity)
        self._pilot = Pilot(config, description, self._sensors)
        self._motion = MotionGuards(config, description)
        self._started = False  # a command of this mode's commander has been used
        self._landing = False  # a landing on request

    @property
    def airborne(self) -> bool:
        """Whether the robot flies, as far as the stage can tell."""
        return self._pilot.rest.airborne

    @property
    def landing(self) -> bool:
        """Whether the robot is landing on request."""
        return self._landing

    def observe_state(self, now: float, state: BodyState) -> None:
        """Take in a body state.

        Args:
            now: time of receipt [s, node clock].
            state: what the odometry tells.
        """
        time = self._advance(now)
        thrust = self._pilot.measure_thrust(time)
        active = self.airborne or thrust > _ACTIVE * self.description.weight
        good, finding = self._sensors.observe_state(time, now, state, active)
        if finding is not None:
            self._report(time, finding, trips=finding.guard is Guard.SENSOR_FROZEN)
        if not good:
            return
        commanded = self._mode in COMMANDERS
        if commanded and self._started:
            self._pilot.rest.observe(time, state, thrust)
        if commanded and self.airborne:
            finding = self._motion.check(state, thrust, self._mode is Mode.POLICY)
        elif commanded or self._mode is Mode.STANDBY:
            finding = self._motion.check_tilt(state)
        if finding is not None:
            self._report(time, finding, trips=True)

    def observe_imu(self, now: float, sample: ImuSample) -> None:
        """Take in an inertial sample.

        Args:
            now: time of receipt [s, node clock].
            sample: what the inertial sensor tells.
        """
        time = self._advance(now)
        finding = self._sensors.observe_imu(time, now, sample)
        if finding is not None:
            self._report(time, finding, trips=False)

    def command(self, now: float, command: ActuatorCommand) -> ActuatorCommand | None:
        """Take in a commander's command and return what to send to the robot.

        Args:
            now: time of receipt [s, node clock].
            command: of a policy or an operator.

        Returns:
            The safe command; None when it is not this commander's turn or the command is not used.
        """
        time = self._advance(now)
        commander = self._find_commander(command.source)
        if commander is None:
            return None
        reception = commander.receive(time, now, command)
        if commander is not self._active_commander():
            return None
        if reception.finding is not None:
            self._report(time, reception.finding, trips=reception.trips)
        self._watch(time)
        if commander is not self._active_commander():
            return self._answer(time)
        if reception.values is None:
            return None
        if not self._started:
            self._started = True
            self._pilot.begin_blend(time)
        answer, finding = self._pilot.forward(time, command, reception.values, commander.limits)
        if finding is not None:
            self._report(time, finding, trips=False)
        return answer

    def tick(self, now: float) -> ActuatorCommand | None:
        """Run the watchdogs; return a command when the stage itself has one to give.

        Args:
            now: the time [s, node clock].
        """
        time = self._advance(now)
        self._watch(time)
        return self._answer(time)

    def arm(self, now: float) -> Verdict:
        """Arm the robot: IDLE to STANDBY."""
        time = self._advance(now)
        if self._mode is not Mode.IDLE:
            return self._refuse(ArmCode.WRONG_MODE, "IDLE", "disarm or reset first")
        self._watch(time)
        state = self._sensors.state
        if state is None or not self._sensors.trusted:
            return Verdict(
                ArmCode.NO_STATE,
                "expected a fresh body state, got none; start the robot's driver and its odometry",
            )
        finding = self._publishers.check()
        if finding is not None:
            return Verdict(ArmCode.DUPLICATE_PUBLISHER, finding.text)
        unrest = self._pilot.rest.find_unrest(state)
        if unrest is not None:
            return Verdict(ArmCode.NOT_LEVEL, unrest)
        self._pilot.rest.land(state)
        blind = (
            "" if self._sensors.has_imu(time) else "; without inertial samples, which is riskier"
        )
        return self._enter(time, Request.ARM, f"armed{blind}")

    def disarm(self, now: float) -> Verdict:
        """Disarm the robot: STANDBY to IDLE, only on the ground."""
        time = self._advance(now)
        if self._mode is not Mode.STANDBY:
            return self._refuse(ArmCode.WRONG_MODE, "STANDBY", "land first")
        if self.airborne:
            return Verdict(
                ArmCode.AIRBORNE, "expected a robot on the ground, got one in flight; land first"
            )
        return self._enter(time, Request.DISARM, "disarmed")

    def select_policy(self, now: float, contract: Contract | None) -> Verdict:
        """Let a policy command (STANDBY to POLICY), or no more (POLICY to STANDBY).

        Args:
            now: the time [s, node clock].
            contract: of the policy whose commands will follow; None when they end, which is always
                granted. A robot in the air is then held at its place for a while, and landed after.
        """
        time = self._advance(now)
        if contract is None:
            self._contract = None
            if self._mode is Mode.POLICY:
                return self._enter(time, Request.STOP_POLICY, "the policy has ended")
            return Verdict(PolicyCode.OK, f"no policy commands in {self._mode.name}")
        if change_mode(self._mode, Request.START_POLICY) is None or self._landing:
            return self._refuse(PolicyCode.WRONG_MODE, "STANDBY or POLICY", "arm first")
        misfit = find_misfit(contract, self.description, self.config.rate)
        if misfit is not None:
            return Verdict(PolicyCode.CONTRACT_REFUSED, misfit)
        if self._mode is Mode.POLICY and contract == self._contract:
            return Verdict(PolicyCode.OK, f"policy {contract.name} goes on")
        self._contract = contract
        self._commanders[Source.POLICY].set_limits(*find_limits(contract, self.description))
        self._motion.watch_policy(contract)
        return self._enter(time, Request.START_POLICY, f"policy {contract.name}")

    def intervene(self, now: float, take_over: bool) -> Verdict:
        """Hand command to the operator, or back to the policy (to STANDBY when there is none)."""
        time = self._advance(now)
        if not take_over:
            return self._hand_back(time, "the operator has handed back")
        if change_mode(self._mode, Request.TAKE_OVER) is None or self._landing:
            return self._refuse(InterveneCode.WRONG_MODE, "STANDBY or POLICY", "arm first")
        if self._commanders[Source.OPERATOR].silence(time) > self.config.command_timeout:
            return Verdict(
                InterveneCode.NO_COMMAND,
                "expected a fresh command of the operator within "
                f"{self.config.command_timeout:.3f} s, got none; start the operator's device",
            )
        return self._enter(time, Request.TAKE_OVER, "the operator has taken over")

    def land(self, now: float) -> Verdict:
        """Land with the fallback controller and disarm."""
        time = self._advance(now)
        if change_mode(self._mode, Request.LAND) is None:
            return self._refuse(LandCode.WRONG_MODE, "an armed robot", "it has nothing to land")
        if self._mode is Mode.FAULT or self._landing:
            return Verdict(LandCode.OK, "it is landing already, or has landed")
        return self._begin_landing(time, "landing on request")

    def reset_fault(self, now: float) -> Verdict:
        """Clear a latched fault: FAULT to IDLE, once landed and the cause is gone."""
        time = self._advance(now)
        if self._mode is not Mode.FAULT:
            return self._refuse(ResetCode.WRONG_MODE, "FAULT", "there is no fault to reset")
        self._watch(time)
        moves = self._sensors.trusted and self._pilot.rest.moves(self._sensors.state)
        if moves or not self._pilot.landed:
            return Verdict(
                ResetCode.AIRBORNE,
                "expected a landed robot, got one in motion; wait until it rests",
            )
        cause = self._find_cause(time)
        if cause is not None:
            return Verdict(ResetCode.CAUSE_PERSISTS, cause)
        return self._enter(time, Request.RESET, "fault reset")

    def emergency_stop(self, now: float) -> Verdict:
        """Stop the motors at once, in any mode; a robot in the air falls."""
        time = self._advance(now)
        self._pilot.rest.land(None)
        if self._mode is Mode.FAULT:
            self._pilot.stop()
            self._pilot.hurry()
            self._log.trip(time, self._clock.latest, _STOPPED, first=True)
        else:
            self._trip(time, _STOPPED, Request.STOP)
        return Verdict(0, _STOPPED.text)

    def _watch(self, time: float) -> None:
        """Run the watchdogs on sensors and commander."""
        finding = self._sensors.watch(time)
        if finding is not None:
            self._report(time, finding, trips=True)
        commander = self._active_commander()
        if commander is None:
            return
        patience = self.config.command_timeout if self._started else self.config.start_timeout
        if min(commander.silence(time), time - self._since) > patience:
            self._report(time, commander.describe_silence(time), trips=True)

    def _answer(self, time: float) -> ActuatorCommand | None:
        """Return the stage's own command when one is due."""
        commander = self._active_commander()
        if commander is not None and self._started:
            late = commander.silence(time) > self.config.command_late
            if not (late and self.airborne):
                return None
        if not self._pilot.is_due(time):
            return None
        if self._mode is not Mode.FAULT and not self.airborne:
            return self._pilot.idle(time)
        hold = self._mode is not Mode.FAULT and not self._landing
        if hold and self._mode is Mode.STANDBY and time - self._since > self.config.hold_time:
            self._begin_landing(time, "landing: nobody took over in time")
            hold = False
        answer = self._pilot.fly(time, hold)
        if self._landing and self._pilot.landed:
            self._enter(time, Request.LANDED, "landed on request")
        return answer

    def _begin_landing(self, time: float, reason: str) -> Verdict:
        """Start a landing on request; a robot on the ground is disarmed at once."""
        self._contract = None
        verdict = self._enter(time, Request.LAND, reason)
        if not self.airborne:
            return self._enter(time, Request.LANDED, "disarmed on the ground")
        self._landing = True
        self._pilot.land(time)
        return verdict

    @property
    def _in_motion(self) -> bool:
        return self.airborne or self._mode in COMMANDERS

    def _forget_stamps(self) -> None:
        super()._forget_stamps()
        self._sensors.forget_stamps()

    def _restart(self, time: float) -> None:
        self._started = False
        self._landing = False
        self._pilot.stop()
        self._pilot.hurry()
        self._motion.clear()

    def _fall_back(self, time: float) -> None:
        if self.airborne:
            self._pilot.land(time)

    def _describe_mode(self) -> str:
        return f"{self._mode.name}, landing" if self._landing else self._mode.name

    def _find_cause(self, time: float) -> str | None:
        """Return why the fault would come back at once, or None."""
        fault = self._fault
        state = self._sensors.state if self._sensors.trusted else None
        if (
            fault in (Guard.SENSOR_LOST, Guard.SENSOR_FROZEN, Guard.SENSOR_INVALID)
            and state is None
        ):
            return "expected good body states again, got none; check the odometry's source"
        if fault is Guard.TILT and state is not None:
            return self._pilot.rest.find_unrest(state)
        if fault is Guard.DUPLICATE_PUBLISHER:
            finding = self._publishers.check()
            return None if finding is None else finding.text
        if fault in (Guard.NOT_FINITE, Guard.VALUE_LIMIT, Guard.COMMAND_MISMATCH):
            unsound = [c for c in self._commanders.values() if not c.is_sound(time)]
            if unsound:
                return "expected no unfit commands any more, got one just now; stop the commander"
        return None
