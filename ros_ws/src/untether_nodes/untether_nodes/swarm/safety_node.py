"""The last stage before a swarm's drones: one safety stage for each, in one node."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from builtin_interfaces.msg import Time
from crazyflie_interfaces.srv import Arm, Land
from diagnostic_msgs.msg import DiagnosticStatus
from std_srvs.srv import Empty
from untether_interfaces.msg import PolicyStatus, SwarmCommand, SwarmState
from untether_interfaces.srv import SwarmRequest

from untether_hardware.safety import Mode as StageMode
from untether_hardware.safety import SafetyConfig, Source, Verdict
from untether_hardware.safety.verdict import PolicyCode
from untether_hardware.state import ActuatorCommand
from untether_nodes import qos
from untether_nodes.contract_cache import ContractCache
from untether_nodes.conversions import write_seconds
from untether_nodes.diagnostics import Level, describe_inputs, make_status
from untether_nodes.managed_node import ManagedNode, NodeConfig, realtime_priority
from untether_nodes.measurements import InputMonitor, Measurements
from untether_nodes.parameters import parameter, read_parameters
from untether_nodes.process import run_node
from untether_nodes.robots import ROBOTS
from untether_nodes.swarm.announcer import Announcer
from untether_nodes.swarm.crew import Crew
from untether_nodes.swarm.drones import MOST_DRONES, name_drones
from untether_nodes.swarm.polled_services import PolledServices
from untether_nodes.swarm.questions import find_question
from untether_nodes.swarm.row_reader import CommandRow, RowReader
from untether_nodes.swarm.row_writer import write_commands
from untether_policies.contract import Contract
from untether_policies.errors import ContractError

_TICKS_PER_PERIOD = 2
_COUNT_PERIOD = 0.04  # [s] between two counts of the publishers on the command topic
_SILENT_PERIODS = 1.2  # without states, after which the watchdogs run by the clock
_LOCKSTEP_SILENCE = 0.05  # [s] of wall time, likewise where simulated time waits for commands
_FRESH = 0.05  # [s] within which the stages' own commands answer the last states
_LANDING_TIME = 8.5  # [s] that flying drones get to land, from 3 m, when the process is to end
_TOLD_PERIOD = 2.0  # [s] between two complaints about the same thing
_REFUSED = 1  # the code with which all requests refuse what is asked at the wrong time

_Stamp = tuple[int, int]  # [s, ns]


@dataclass(frozen=True)
class SwarmSafetyConfig(NodeConfig):
    """Parameters of the swarm's safety node, besides those of the safety stage itself."""

    realtime_priority: int = realtime_priority(60)
    robot: str = parameter("crazyflie", "robot that each drone is", choices=tuple(ROBOTS))
    drones: int = parameter(8, "how many drones there are", lower=1, upper=MOST_DRONES)


class SwarmSafetyNode(ManagedNode[SwarmSafetyConfig]):
    """The only publisher on ``command``: passes commanders' rows on, or commands itself.

    A thin shell: every decision about a drone is that of its own ``SafetyStage``, and touches no
    other drone. It is not safety-certified.
    """

    def __init__(self) -> None:
        super().__init__("swarm_safety_node", SwarmSafetyConfig, SafetyConfig)
        self._message = SwarmCommand()
        self._contracts = ContractCache()
        self._urgent = PolledServices(self)
        self._landing_until: float | None = None

    def set_up(self) -> None:
        """Check the parameters, and connect."""
        self._safety = read_parameters(self, SafetyConfig)
        self._names = name_drones(self.config.drones)
        self._man_stages()
        period = self._safety.period
        self.tick_period = period / _TICKS_PER_PERIOD
        simulated = self.get_parameter("use_sim_time").value
        # The stages' own commands answer states at once; ticks just before the next ones would have
        # them answer old states, as two commands have to lie apart.
        self._silence = _LOCKSTEP_SILENCE if simulated else _SILENT_PERIODS * period
        self._monitors = {name: InputMonitor(name, period) for name in ("states", "policy")}
        self._publish = self.add_publisher(SwarmCommand, "command", qos.ROWS)
        self._topic = self._publish.topic_name
        self._announcer = Announcer(self, self._names)
        self.add_subscription(SwarmState, "states", self._on_states, self.control_profile())
        rows = qos.NEWEST_ROWS if self.is_realtime() else qos.ROWS
        for topic, source in (("policy", Source.POLICY), ("operator", Source.OPERATOR)):
            callback = partial(self._on_command, source)
            self.add_subscription(SwarmCommand, f"{topic}/command", callback, rows)
        self.add_subscription(PolicyStatus, "policy_status", self._on_policy_status, qos.LATCHED)
        self._serve_requests()

    def start(self) -> None:
        """Begin in mode IDLE."""
        self._man_stages()
        self._message.sequence = 0
        self._stamp: _Stamp = (0, 0)  # of the last states
        self._states_at = 0.0
        self._sampled_at = self._counted_at = time.monotonic()
        self._observing, self._passing = Measurements(), Measurements()
        self._sent: Counter[str] = Counter()
        self._announcer.events.clear()
        self._announcer.tell(self._crew)

    def stop(self) -> None:
        """Stop to command; refused in flight.

        Raises:
            ValueError: When a drone flies.
        """
        flying = self._crew.airborne
        if flying:
            raise ValueError(
                f"expected all drones on the ground, got {self._announcer.list(flying)} in flight. "
                "Fix: land them, then deactivate."
            )

    def tear_down(self) -> None:
        """Take back the services that the base does not know."""
        self._urgent.close()

    def may_stop(self) -> bool:
        """Return whether the process may end: flying drones are landed first."""
        flying = self._crew.airborne if self.active else []
        if not flying:
            return True
        if self._landing_until is None:
            self._landing_until = time.monotonic() + _LANDING_TIME
            self._crew.ask(flying, find_question(SwarmRequest.Request.LAND, self.now()))
            self.get_logger().warning(
                f"asked to end in flight: landing {self._announcer.list(flying)} first"
            )
        return time.monotonic() >= self._landing_until

    def tick(self) -> None:
        """Serve emergencies, run the watchdogs unless states have just done so, tell the modes."""
        self._urgent.serve()
        if not self.active:
            return
        wall = time.monotonic()
        if wall - self._counted_at >= _COUNT_PERIOD:
            self._counted_at = wall
            self._crew.observe_publishers(self.now(), self.count_publishers(self._topic))
        if wall - self._sampled_at >= self._silence:
            self._watch(self.now())
        self._announcer.tell_modes(self._crew)

    def report(self) -> list[DiagnosticStatus]:
        """Report inputs, modes, what was sent and what the guards did."""
        if not self.active:
            return []
        modes = Counter(stage.mode for stage in self._crew.stages)
        observing, observing_worst = self._observing.quantiles(0.5, 0.99)
        passing, passing_worst = self._passing.quantiles(0.5, 0.99)
        values: dict[str, float | int | str] = {
            **{f"drones in {mode.name}": modes[mode] for mode in StageMode},
            "drones in the air": len(self._crew.airborne),
            "states handled in p50 [s]": observing,
            "states handled in p99 [s]": observing_worst,
            "commands passed on in p50 [s]": passing,
            "commands passed on in p99 [s]": passing_worst,
            "rows ignored": self._reader.ignored,
            **{f"rows sent: {name}": count for name, count in self._sent.items()},
            **{f"events: {name}": count for name, count in self._announcer.events.items()},
        }
        faults = modes[StageMode.FAULT]
        level = Level.ERROR if faults else Level.OK
        inputs = describe_inputs(
            self._monitors, time.monotonic(), rate=self._safety.rate, active=self.active
        )
        message = f"{faults} of {len(self._names)} drones in FAULT"
        return [inputs, make_status("safety", level, message, values)]

    def _man_stages(self) -> None:
        """Make new stages, and forget what came before."""
        self._crew = Crew(len(self._names), self._safety, ROBOTS[self.config.robot])
        self._reader = RowReader(self._names)

    def _on_states(self, message: SwarmState) -> None:
        if not self.active:
            return
        received = time.perf_counter()
        now = self.now()
        samples = self._reader.read_states(message)
        self._complain("states")
        if not samples:
            return
        stamp = message.header.stamp
        self._stamp, self._states_at = (stamp.sec, stamp.nanosec), now
        self._sampled_at = time.monotonic()
        self._crew.observe(now, samples)
        self._watch(now)
        self._monitors["states"].arrive(now, samples[0][1].stamp)
        self._observing.add(time.perf_counter() - received)

    def _on_command(self, source: Source, message: SwarmCommand) -> None:
        """Pass a commander's rows on, where it is its turn and nothing is wrong with them."""
        if not self.active:
            return
        received = time.perf_counter()
        now = self.now()
        commands = self._reader.read_commands(message, source)
        self._complain(f"{source.name.lower()}/command")
        if not commands:
            return
        stamp = commands[0][1].stamp
        answers = self._crew.command(now, commands)
        for own in (False, True):
            rows = [row for row in answers if own is not _passes(row[1], source, stamp)]
            self._send(rows, now, None if own else message.header.stamp)
        self._passing.add(time.perf_counter() - received)
        self._announcer.tell(self._crew)
        if source is Source.POLICY:
            self._monitors["policy"].arrive(now, stamp)

    def _watch(self, now: float) -> None:
        self._send(self._crew.watch(now), now, None)
        self._announcer.tell(self._crew)

    def _send(self, rows: list[CommandRow], now: float, passed: Time | None) -> None:
        """Publish commands, those with the same stamp in one message.

        Args:
            rows: What the stages gave.
            now: The time [s, node clock].
            passed: Stamp of the message that was passed on; None for the stages' own commands.
        """
        if not rows:
            return
        groups: dict[_Stamp, list[CommandRow]] = {}
        if passed is not None:
            groups[(passed.sec, passed.nanosec)] = rows
        elif now - self._states_at < _FRESH:
            groups[self._stamp] = rows
        else:
            for row in rows:
                write_seconds(row[1].stamp, self._message.header.stamp)
                stamp = self._message.header.stamp
                groups.setdefault((stamp.sec, stamp.nanosec), []).append(row)
        for stamp, group in groups.items():
            self._publish_rows(group, stamp)

    def _publish_rows(self, rows: list[CommandRow], stamp: _Stamp) -> None:
        """Publish one message, whose kind and elements are the same for all stages."""
        message = self._message
        message.header.stamp.sec, message.header.stamp.nanosec = stamp
        write_commands(rows, self._names, message)
        self._publish.publish(message)
        message.sequence += 1
        self._sent.update(Source(source).name for source in message.sources)

    def _complain(self, topic: str) -> None:
        """Tell what was wrong with the message that has just been read, if anything."""
        if self._reader.problem:
            self.get_logger().warning(
                f"{topic}: {self._reader.problem}: left out, {self._reader.ignored} rows in all. "
                "Fix: check who publishes it.",
                throttle_duration_sec=_TOLD_PERIOD,
            )

    def _on_policy_status(self, message: PolicyStatus) -> None:
        """Read the contract while there is time, so that it is known when a policy starts."""
        if self.active and message.contract:
            try:
                self._read_contract(message.contract)
            except ContractError as error:
                self.get_logger().warning(f"policy_status: {error}")

    def _read_contract(self, text: str) -> Contract:
        return self._contracts.read(text, in_flight=self._crew.in_flight)

    def _serve_requests(self) -> None:
        """Serve what people and other nodes may ask for."""
        self._urgent.add(SwarmRequest, "safety/request", self._on_request)
        drones = {"all": range(len(self._names))}
        drones.update((name, range(i, i + 1)) for i, name in enumerate(self._names))
        for name, asked in drones.items():
            self.add_service(Arm, f"{name}/arm", partial(self._on_arm, name, asked))
            self.add_service(Land, f"{name}/land", partial(self._on_land, name, asked))
            stop = partial(self._on_emergency, name, asked)
            self._urgent.add(Empty, f"{name}/emergency", stop)

    def _on_request(
        self, request: SwarmRequest.Request, response: SwarmRequest.Response
    ) -> SwarmRequest.Response:
        """Ask the stages of the drones named, or of all; each answers for itself."""
        names = list(request.drones) or list(self._names)
        verdicts = self._decide(request, names)
        response.drones = names
        response.error_codes = [int(verdict.error_code) for verdict in verdicts]
        response.messages = [verdict.message for verdict in verdicts]
        return response

    def _decide(self, request: SwarmRequest.Request, names: list[str]) -> list[Verdict]:
        """Return the answer of each drone named."""
        if not self.active:
            return [Verdict(_REFUSED, "swarm_safety_node is not active. Fix: activate it")] * len(
                names
            )
        starts = request.request == SwarmRequest.Request.START_POLICY
        try:
            contract = self._read_contract(request.contract) if starts else None
            question = find_question(request.request, self.now(), contract)
        except ContractError as error:
            return [Verdict(PolicyCode.CONTRACT_REFUSED, str(error))] * len(names)
        except ValueError as error:
            return [Verdict(_REFUSED, str(error))] * len(names)
        known = [self._names.index(name) for name in names if name in self._names]
        answers = dict(zip(known, self._crew.ask(known, question), strict=True))
        self._after_request(request.request)
        return [
            answers[self._names.index(name)] if name in self._names else self._refuse_stranger(name)
            for name in names
        ]

    def _refuse_stranger(self, name: str) -> Verdict:
        drones = f"{self._names[0]} to {self._names[-1]}"
        return Verdict(
            _REFUSED, f"expected one of {drones}, got {name[:20]!r}. Fix: see the parameter drones"
        )

    def _on_arm(
        self, name: str, drones: Sequence[int], request: Arm.Request, response: Arm.Response
    ) -> Arm.Response:
        codes = SwarmRequest.Request
        self._ask(f"{name}/arm", drones, codes.ARM if request.arm else codes.DISARM)
        return response

    def _on_land(
        self, name: str, drones: Sequence[int], request: Land.Request, response: Land.Response
    ) -> Land.Response:
        self._ask(f"{name}/land", drones, SwarmRequest.Request.LAND)
        return response

    def _on_emergency(
        self, name: str, drones: Sequence[int], request: Empty.Request, response: Empty.Response
    ) -> Empty.Response:
        self._ask(f"{name}/emergency", drones, SwarmRequest.Request.EMERGENCY)
        return response

    def _ask(self, service: str, drones: Sequence[int], code: int) -> None:
        """Ask for what a service without an answer stands for; a refusal goes to the log."""
        if not self.active:
            self.get_logger().warning(f"{service} refused: the node is not active")
            return
        verdicts = self._crew.ask(drones, find_question(code, self.now()))
        self._after_request(code)
        refusals: dict[str, list[int]] = {}
        for drone, verdict in zip(drones, verdicts, strict=True):
            if not verdict.granted:
                refusals.setdefault(verdict.message, []).append(drone)
        for message, refused in refusals.items():
            text = f"{service} refused for {self._announcer.list(refused)}: {message}"
            self.get_logger().warning(text)

    def _after_request(self, code: int) -> None:
        """Let an emergency reach the motors at once, and tell what has changed."""
        if code == SwarmRequest.Request.EMERGENCY:
            self._watch(self.now())
        self._announcer.tell(self._crew)


def _passes(answer: ActuatorCommand, source: Source, stamp: float) -> bool:
    """Return whether a stage passed on a commander's command; else it is the stage's own."""
    return answer.source == source and answer.stamp == stamp


def main() -> int:
    """Run the node."""
    return run_node(SwarmSafetyNode)
