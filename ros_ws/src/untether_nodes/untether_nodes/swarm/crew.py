"""The safety stages of a swarm's drones."""

from collections.abc import Iterable

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.safety import Guard, Mode, SafetyConfig, SafetyEvent, SafetyStage, Verdict
from untether_nodes.swarm.questions import Question
from untether_nodes.swarm.row_reader import CommandRow, Sample

_ON_GROUND = (Mode.IDLE, Mode.STANDBY)  # modes in which a drone may stand and wait


class Crew:
    """One safety stage for each drone, none of which knows of the others.

    Drones are told by their index. What a stage says of one of them concerns that one alone.

    Attributes:
        stages: The stages in the order of the drones.
    """

    def __init__(
        self, drones: int, config: SafetyConfig, description: QuadrotorDescription
    ) -> None:
        """Create stages in mode IDLE.

        Args:
            drones: How many.
            config: Limits and times of each.
            description: The robot that each drone is.
        """
        self.stages = tuple(SafetyStage(config, description) for _ in range(drones))
        self._told: list[tuple[Mode, Guard, str] | None] = [None] * drones

    @property
    def in_flight(self) -> bool:
        """Whether any drone flies, or is about to."""
        return any(stage.airborne or stage.mode not in _ON_GROUND for stage in self.stages)

    @property
    def airborne(self) -> list[int]:
        """The drones that fly, as far as their stages can tell."""
        return [drone for drone, stage in enumerate(self.stages) if stage.airborne]

    def observe(self, now: float, samples: Iterable[Sample]) -> None:
        """Take in what the sensors tell.

        Args:
            now: Time of receipt [s, node clock].
            samples: Of those drones of which there is news.
        """
        stages = self.stages
        for drone, state, imu in samples:
            stage = stages[drone]
            if imu is not None:
                stage.observe_imu(now, imu)
            stage.observe_state(now, state)

    def observe_publishers(self, now: float, count: int) -> None:
        """Take in how many publish on the drones' command topic, the safety node included.

        Args:
            now: Time of the count [s, node clock].
            count: Publishers.
        """
        for stage in self.stages:
            stage.observe_publishers(now, count)

    def command(self, now: float, commands: Iterable[CommandRow]) -> list[CommandRow]:
        """Return what to send to the drones in answer to a commander's commands.

        Args:
            now: Time of receipt [s, node clock].
            commands: Of a policy or an operator.
        """
        stages = self.stages
        answers = [(drone, stages[drone].command(now, command)) for drone, command in commands]
        return [(drone, answer) for drone, answer in answers if answer is not None]

    def watch(self, now: float) -> list[CommandRow]:
        """Run all watchdogs; return the commands that the stages themselves have to give.

        Args:
            now: The time [s, node clock].
        """
        answers = [(drone, stage.tick(now)) for drone, stage in enumerate(self.stages)]
        return [(drone, answer) for drone, answer in answers if answer is not None]

    def ask(self, drones: Iterable[int], question: Question) -> list[Verdict]:
        """Ask the stages of some drones, and return what each answers.

        Args:
            drones: Whom.
            question: Put to each of them in turn.
        """
        return [question(self.stages[drone]) for drone in drones]

    def take_changes(self) -> list[int]:
        """Return the drones whose mode or its reason has changed since the last call."""
        changed = []
        for drone, stage in enumerate(self.stages):
            state = (stage.mode, stage.fault, stage.reason)
            if state != self._told[drone]:
                self._told[drone] = state
                changed.append(drone)
        return changed

    def take_events(self) -> list[tuple[int, SafetyEvent]]:
        """Return what the guards did since the last call: drone and event, oldest first of each."""
        return [
            (drone, event)
            for drone, stage in enumerate(self.stages)
            for event in stage.take_events()
        ]
