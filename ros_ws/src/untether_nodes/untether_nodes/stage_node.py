"""What the safety nodes of all robots share: mode, events and requests of a safety stage."""

import time
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from diagnostic_msgs.msg import DiagnosticStatus
from std_srvs.srv import Trigger
from untether_interfaces.msg import Mode, PolicyStatus, SafetyEvent
from untether_interfaces.srv import Arm, Intervene, ResetFault, SelectPolicy

from untether_hardware.safety.events import Guard
from untether_hardware.safety.modes import Mode as StageMode
from untether_hardware.safety.stage_base import StageBase
from untether_hardware.safety.verdict import Verdict
from untether_nodes import qos
from untether_nodes.contract_cache import ContractCache
from untether_nodes.conversions import to_safety_event
from untether_nodes.diagnostics import Level, describe_inputs, make_status
from untether_nodes.managed_node import ManagedNode, NodeConfig
from untether_nodes.measurements import InputMonitor, Measurements
from untether_policies.contract import Contract
from untether_policies.errors import ContractError

_AT_REST = (StageMode.IDLE, StageMode.STANDBY)

ConfigT = TypeVar("ConfigT", bound=NodeConfig)
StageT = TypeVar("StageT", bound=StageBase[Any])


class StageNode(ManagedNode[ConfigT], Generic[ConfigT, StageT]):
    """A thin shell of a robot's safety stage: every decision is the stage's.

    A node calls ``connect_stage`` in its ``set_up`` and ``begin`` in its ``start``, and sends what
    the stage gives it.

    Attributes:
        sends: What it sends, for people.
    """

    sends: ClassVar[str] = "commands"
    _stage: StageT
    _monitors: dict[str, InputMonitor]
    _input_rate: float  # [Hz]

    @abstractmethod
    def _watch(self, now: float) -> None:
        """Run the stage's watchdogs, and send what it has to say.

        Args:
            now: The time [s, node clock].
        """

    def connect_stage(self) -> None:
        """Publish mode and events, and serve what people and other nodes may ask for."""
        self._contracts = ContractCache()
        self._publish_mode = self.add_publisher(Mode, "mode", qos.LATCHED)
        self._publish_event = self.add_publisher(SafetyEvent, "safety_events", qos.EVENTS)
        self.add_subscription(PolicyStatus, "policy_status", self._on_policy_status, qos.LATCHED)
        self.add_service(Arm, "arm", self._on_arm)
        self.add_service(Intervene, "intervene", self._on_intervene)
        self.add_service(ResetFault, "reset_fault", self._on_reset_fault)
        self.add_service(SelectPolicy, "select_policy", self._on_select_policy)
        self.add_service(Trigger, "emergency_stop", self._on_emergency_stop)

    def begin(self) -> None:
        """Count afresh, and tell the mode."""
        self._passing = Measurements()
        self._sent: Counter[str] = Counter()
        self._events: Counter[str] = Counter()
        self._told: tuple[StageMode, Guard, str] | None = None
        self._book()

    def report(self) -> list[DiagnosticStatus]:
        """Report inputs, mode, what was sent and what the guards did."""
        if not self.active:
            return []
        stage = self._stage
        median, worst = self._passing.quantiles(0.5, 0.99)
        values: dict[str, float | int | str] = {
            "mode": stage.mode.name,
            "reason": stage.reason,
            **self._describe_motion(),
            "command passed on in p50 [s]": median,
            "command passed on in p99 [s]": worst,
            **{f"{self.sends} sent: {name}": count for name, count in self._sent.items()},
            **{f"events: {name}": count for name, count in self._events.items()},
        }
        fault = stage.mode is StageMode.FAULT
        level, message = (Level.ERROR, stage.reason) if fault else (Level.OK, stage.mode.name)
        inputs = describe_inputs(
            self._monitors, time.monotonic(), rate=self._input_rate, active=self.active
        )
        return [inputs, make_status("safety", level, message, values)]

    def _describe_motion(self) -> dict[str, str]:
        """Return what else the diagnostics tell of the robot."""
        return {}

    def _is_at_rest(self) -> bool:
        """Return whether there is time to read a new contract."""
        return self._stage.mode in _AT_REST

    def _settle(self) -> None:
        """Do what follows a granted or refused request."""
        self._book()

    def _book(self) -> None:
        """Tell a change of mode, and what the guards did."""
        stage = self._stage
        state = (stage.mode, stage.fault, stage.reason)
        if state != self._told:
            self._told = state
            message = Mode(mode=int(stage.mode), fault=int(stage.fault), reason=stage.reason)
            message.header.stamp = self.get_clock().now().to_msg()
            self._publish_mode.publish(message)
            self.get_logger().info(f"mode {stage.mode.name}: {stage.reason}")
        for event in stage.take_events():
            self._events[event.guard.name] += 1
            self._publish_event.publish(to_safety_event(event))
            # On two lines: a logger refuses to change its severity at one.
            if event.fault:
                self.get_logger().error(f"{event.guard.name}: {event.text}")
            else:
                self.get_logger().warning(f"{event.guard.name}: {event.text}")

    def _on_policy_status(self, message: PolicyStatus) -> None:
        """Read the contract while there is time, so that it is known to ``select_policy``."""
        if self.active and message.contract:
            try:
                self._read_contract(message.contract)
            except ContractError as error:
                self.get_logger().warning(f"policy_status: {error}")

    def _read_contract(self, text: str) -> Contract:
        return self._contracts.read(text, in_flight=not self._is_at_rest())

    def _on_arm(self, request: Arm.Request, response: Arm.Response) -> Arm.Response:
        ask = self._stage.arm if request.arm else self._stage.disarm
        return self._answer(ask, response)

    def _on_intervene(
        self, request: Intervene.Request, response: Intervene.Response
    ) -> Intervene.Response:
        return self._answer(lambda now: self._stage.intervene(now, request.take_over), response)

    def _on_reset_fault(
        self, request: ResetFault.Request, response: ResetFault.Response
    ) -> ResetFault.Response:
        return self._answer(self._stage.reset_fault, response)

    def _on_select_policy(
        self, request: SelectPolicy.Request, response: SelectPolicy.Response
    ) -> SelectPolicy.Response:
        try:
            contract = self._read_contract(request.contract) if request.active else None
        except ContractError as error:
            response.error_code = SelectPolicy.Response.CONTRACT_REFUSED
            response.message = str(error)
            return response
        return self._answer(lambda now: self._stage.select_policy(now, contract), response)

    def _on_emergency_stop(
        self, request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        if not self.active:
            response.message = f"{self.get_name()} is not active"
            return response
        verdict = self._stage.emergency_stop(self.now())
        self._watch(self.now())
        response.success, response.message = verdict.granted, verdict.message
        return response

    def _answer(self, ask: Callable[[float], Verdict], response: Any) -> Any:  # noqa: ANN401
        """Ask the stage, and fill in a response; all have a code, WRONG_MODE too, and a message."""
        if not self.active:
            response.error_code = response.WRONG_MODE
            response.message = f"{self.get_name()} is not active. Fix: activate it"
            return response
        verdict = ask(self.now())
        response.error_code, response.message = int(verdict.error_code), verdict.message
        self._settle()
        return response
