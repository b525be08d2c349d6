"""The safety stage of the arm: the last stage before its impedance controller.

Not safety-certified: see the package's description.
"""

from dataclasses import dataclass

from untether_hardware.franka.description import ArmDescription
from untether_hardware.franka.pose import Pose
from untether_hardware.franka.safety.commander import ArmCommander
from untether_hardware.franka.safety.config import ArmSafetyConfig
from untether_hardware.franka.safety.contract_limits import ContractLimits
from untether_hardware.franka.safety.envelope import ArmEnvelopeGuard
from untether_hardware.franka.safety.limiter import TwistLimiter
from untether_hardware.franka.safety.state_guard import StateGuard
from untether_hardware.franka.state import ArmState
from untether_hardware.franka.twist import STILL, ToolTwist
from untether_hardware.franka.workspace import Workspace
from untether_hardware.manipulation.tensors import find_arm_misfit
from untether_hardware.safety.events import Finding, Guard
from untether_hardware.safety.modes import Mode, Request, Source, change_mode
from untether_hardware.safety.stage_base import COMMANDERS, StageBase
from untether_hardware.safety.stall import StallGuard
from untether_hardware.safety.verdict import (
    ArmCode,
    InterveneCode,
    PolicyCode,
    ResetCode,
    Verdict,
)
from untether_policies.contract import Contract

_STOPPED = Finding(
    Guard.OPERATOR_STOP, "", 1.0, 0.0, "emergency stop by a person: the arm holds where it is"
)


@dataclass(frozen=True, eq=False, slots=True)
class SafeSetpoint:
    """What the arm's controller is told.

    Attributes:
        stamp: Of the state that it answers [s, node clock].
        source: Who asked for it.
        pose: Of the tool, in the base's frame.
        twist: What came of the commander's twist after all limits, with the gripper's command.
    """

    stamp: float
    source: Source
    pose: Pose
    twist: ToolTwist


class ArmSafetyStage(StageBase[ArmCommander]):
    """Decides where the arm is pulled: a checked command's setpoint, or where it is.

    All time is passed in: ``now`` and stamps are seconds on the node's clock, and nothing reads a
    clock. Bad input of any kind never raises; it is refused, reported, and answered by holding the
    arm. A caller feeds states and commands as they come, calls ``tick`` after each state, and sends
    what ``command`` and ``tick`` return. One thread only.

    Args:
        config: Limits and times.
        description: The arm.
        workspace: Where the tool may be sent.
    """

    def __init__(
        self, config: ArmSafetyConfig, description: ArmDescription, workspace: Workspace
    ) -> None:
        self.config = config
        self.description = description
        commanders = {
            Source.POLICY: ArmCommander("policy", config),
            Source.OPERATOR: ArmCommander("operator", config),
        }
        stall = StallGuard(config.stall_timeout, config.stall_warning)
        super().__init__(commanders, stall, config.stall_warning)
        self._states = StateGuard(config, description)
        self._limiter = TwistLimiter(config, description, workspace)
        self._envelope: ArmEnvelopeGuard | None = None
        self._contract_limits: ContractLimits | None = None
        self._first: float | None = None  # monotonic time of this mode's first command [s]
        self._held: Pose | None = None
        self._holding = False  # whether the arm is held although a policy has its turn
        self._due = 0.0  # monotonic time of the next setpoint that holds the arm [s]

    def observe_state(self, now: float, state: ArmState) -> None:
        """Take a state in.

        Args:
            now: Time of receipt [s, node clock].
            state: What the arm tells; its stamp is on the node's clock.
        """
        time = self._advance(now)
        finding = self._states.observe(time, now, state)
        if finding is not None:
            lasting = finding.guard not in (Guard.SENSOR_INVALID, Guard.SENSOR_LOST)
            self._report(time, finding, trips=lasting)
        elif self._mode is Mode.POLICY and self._envelope is not None:
            finding = self._envelope.check(state)
            if finding is not None:
                self._report(time, finding, trips=True)

    def command(
        self, now: float, source: int, stamp: float, twist: ToolTwist
    ) -> SafeSetpoint | None:
        """Take a commander's command in and return what to send to the arm.

        Args:
            now: Time of receipt [s, node clock].
            source: Who commands.
            stamp: Of the state that the command answers [s, node clock].
            twist: What is wanted.

        Returns:
            The setpoint; None when it is not this commander's turn or the command is not used.
        """
        time = self._advance(now)
        commander = self._find_commander(source)
        if commander is None:
            return None
        reception = commander.receive(time, now, stamp, twist)
        if commander is not self._active_commander():
            return None
        if reception.finding is not None:
            self._report(time, reception.finding, trips=reception.trips)
        self._watch(time)
        state = self._states.state
        if commander is not self._active_commander() or state is None:
            return self._hold(time)
        if not reception.good or commander.silence(time) > self.config.command_late:
            return None
        if self._first is None:
            self._first = time
        self._holding = False
        if self._mode is Mode.POLICY and self._contract_limits is not None:
            twist, finding = self._contract_limits.clamp(twist)
            if finding is not None:
                self._report(time, finding, trips=False)
        limited = self._limiter.limit(state, twist, self._blend(time))
        for finding in limited.findings:
            self._report(time, finding, trips=False)
        self._held = limited.pose
        return SafeSetpoint(stamp, COMMANDERS[self._mode], limited.pose, limited.twist)

    def tick(self, now: float) -> SafeSetpoint | None:
        """Run the watchdogs; return a setpoint when the stage itself has one to give.

        Args:
            now: The time [s, node clock].
        """
        time = self._advance(now)
        self._watch(time)
        return self._hold(time)

    def arm(self, now: float) -> Verdict:
        """Arm the robot: IDLE to STANDBY; it then holds where it is."""
        time = self._advance(now)
        if self._mode is not Mode.IDLE:
            return self._refuse(ArmCode.WRONG_MODE, "IDLE", "disarm or reset first")
        state = self._states.state
        if state is None or not self._states.is_fresh(time):
            return Verdict(
                ArmCode.NO_STATE, "expected a fresh state, got none; start the arm's driver"
            )
        finding = self._publishers.check()
        if finding is not None:
            return Verdict(ArmCode.DUPLICATE_PUBLISHER, finding.text)
        speed = float(abs(state.joint_velocity).max())
        if speed > self.config.rest_speed:
            return Verdict(
                ArmCode.NOT_LEVEL,
                f"expected an arm at rest, got joints of {speed:.2f} rad/s; wait until it rests",
            )
        return self._enter(time, Request.ARM, "armed")

    def disarm(self, now: float) -> Verdict:
        """Disarm the robot: STANDBY to IDLE."""
        time = self._advance(now)
        if self._mode is not Mode.STANDBY:
            return self._refuse(ArmCode.WRONG_MODE, "STANDBY", "end the policy first")
        return self._enter(time, Request.DISARM, "disarmed")

    def select_policy(self, now: float, contract: Contract | None) -> Verdict:
        """Let a policy command (STANDBY to POLICY), or no more (POLICY to STANDBY).

        Args:
            now: The time [s, node clock].
            contract: Of the policy whose commands will follow; None when they end, which is always
                granted.
        """
        time = self._advance(now)
        if contract is None:
            self._contract = self._envelope = None
            if self._mode is Mode.POLICY:
                return self._enter(time, Request.STOP_POLICY, "the policy has ended")
            return Verdict(PolicyCode.OK, f"no policy commands in {self._mode.name}")
        if change_mode(self._mode, Request.START_POLICY) is None:
            return self._refuse(PolicyCode.WRONG_MODE, "STANDBY or POLICY", "arm first")
        misfit = find_arm_misfit(contract, self.config.rate)
        if misfit is not None:
            return Verdict(PolicyCode.CONTRACT_REFUSED, misfit)
        self._contract = contract
        self._contract_limits = ContractLimits(contract)
        self._envelope = ArmEnvelopeGuard(self.config, contract)
        return self._enter(time, Request.START_POLICY, f"policy {contract.name}")

    def intervene(self, now: float, take_over: bool) -> Verdict:
        """Hand command to the operator, or back to the policy (to STANDBY when there is none)."""
        time = self._advance(now)
        if not take_over:
            return self._hand_back(time, "the operator has handed back")
        if change_mode(self._mode, Request.TAKE_OVER) is None:
            return self._refuse(InterveneCode.WRONG_MODE, "STANDBY or POLICY", "arm first")
        patience = self.config.operator_timeout
        operator = self._commanders[Source.OPERATOR]
        if operator.absence(time, self._clock.latest) > patience:
            return Verdict(
                InterveneCode.NO_COMMAND,
                f"expected a command of the operator within {patience:g} s, got none; "
                "start the operator's device",
            )
        return self._enter(time, Request.TAKE_OVER, "the operator has taken over")

    def reset_fault(self, now: float) -> Verdict:
        """Clear a latched fault: FAULT to IDLE, once the cause is gone."""
        time = self._advance(now)
        if self._mode is not Mode.FAULT:
            return self._refuse(ResetCode.WRONG_MODE, "FAULT", "there is no fault to reset")
        cause = self._states.watch(time) or self._publishers.check() or self._states.flaw
        if cause is not None:
            return Verdict(ResetCode.CAUSE_PERSISTS, cause.text)
        return self._enter(time, Request.RESET, "fault reset")

    def emergency_stop(self, now: float) -> Verdict:
        """Hold the arm at once, in any mode, until the fault is reset."""
        time = self._advance(now)
        if self._mode is Mode.FAULT:
            self._log.trip(time, self._clock.latest, _STOPPED, first=True)
        else:
            self._trip(time, _STOPPED, Request.STOP)
        return Verdict(0, _STOPPED.text)

    def _watch(self, time: float) -> None:
        """Run the watchdogs on states and commander."""
        if self._mode in (Mode.IDLE, Mode.FAULT):
            return
        finding = self._states.watch(time)
        if finding is not None:
            self._report(time, finding, trips=True)
            return
        if self._mode is Mode.INTERVENTION:
            operator = self._commanders[Source.OPERATOR]
            absence = operator.absence(time, self._clock.latest)
            if absence > self.config.operator_timeout:
                self._hand_back(time, "the operator has let go")
        elif self._mode is Mode.POLICY:
            self._watch_policy(time)

    def _watch_policy(self, time: float) -> None:
        policy = self._commanders[Source.POLICY]
        silence = min(policy.silence(time), time - self._since)
        patience = self.config.start_timeout
        if self._first is not None:
            patience = self.config.command_timeout
            if silence > self.config.command_late and not self._holding:
                self._keep()
        if silence > patience:
            self._report(time, policy.describe_silence(time, patience), trips=True)

    def _blend(self, time: float) -> float:
        """Return which share of the commander's twist comes in."""
        if self._first is None or self.config.blend_time <= 0.0:
            return 1.0
        since = time - self._first + self.config.period
        return min(1.0, since / self.config.blend_time)

    def _hold(self, time: float) -> SafeSetpoint | None:
        """Return the setpoint that holds the arm, when it is due."""
        held, state = self._held, self._states.state
        if self._mode is Mode.IDLE or held is None or state is None:
            return None
        if self._mode in COMMANDERS and self._first is not None and not self._holding:
            return None
        if time < self._due:
            return None
        self._due = time + self.config.hold_period
        return SafeSetpoint(state.stamp, Source.FALLBACK, held, STILL)

    def _keep(self) -> None:
        """Hold the arm where it is from now on."""
        state = self._states.state
        self._held = None if state is None else state.pose
        self._holding = True
        self._due = 0.0

    @property
    def _in_motion(self) -> bool:
        return self._mode in COMMANDERS

    def _restart(self, time: float) -> None:
        self._first = None
        if self._contract is None:
            self._envelope = None
        self._keep()

    def _fall_back(self, time: float) -> None:
        """The arm is held in every mode that was just entered."""
