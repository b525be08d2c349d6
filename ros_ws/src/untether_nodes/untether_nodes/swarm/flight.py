"""A flight of a swarm: take off, fly a scenario, come home, land whatever happens."""

from collections.abc import Callable
from dataclasses import dataclass

from untether_interfaces.action import RunSwarm

from untether_hardware.safety import Mode
from untether_nodes.graph_client import FlightClientError
from untether_nodes.swarm.client import SwarmClient
from untether_nodes.swarm.scenario import Scenario

_CLIMB = 3.0  # [s] of a take-off
_SETTLING = 1.0  # [s] after it
_HOMING = 8.0  # [s] of the way home


@dataclass
class ScenarioFlown:
    """How a flight went.

    Attributes:
        result: Of the scenario, None when it was not flown.
        grounded: Who did not take off, and why, by name.
        landed: Whether all stand on the floor without a fault; None when they were to stay up.
        problem: Why the flight ended early, for people; else empty.
        interrupted: Whether it ended early because of Ctrl-C or the like.
    """

    result: RunSwarm.Result | None = None
    grounded: dict[str, str] | None = None
    landed: bool | None = None
    problem: str = ""
    interrupted: bool = False

    @property
    def arrived(self) -> bool:
        """Whether the scenario was flown to its end, and all arrived and none was lost."""
        result = self.result
        return (
            result is not None
            and result.error_code == RunSwarm.Result.NONE
            and not self.grounded
            and all(result.arrived)
            and not any(result.lost)
        )

    @property
    def succeeded(self) -> bool:
        """Whether all arrived, and landed if they were to."""
        return self.arrived and self.landed is not False and not self.problem


def fly_scenario(
    swarm: SwarmClient,
    scenario: Scenario,
    *,
    height: float,
    duration: float,
    seed: int,
    land: bool,
    tell: Callable[[str], None],
) -> ScenarioFlown:
    """Fly all drones of a swarm that is ready.

    Drones that share a goal would land on each other, so they fly home before they land.

    Args:
        swarm: A client whose ``on_tick`` raises KeyboardInterrupt to end the flight.
        scenario: What to fly.
        height: Of the take-off [m] map.
        duration: Of the scenario [s].
        seed: Of whatever the scenario draws.
        land: Whether to land at the end; a flight that failed is landed in any case.
        tell: Called with what goes on.
    """
    flown = ScenarioFlown()

    def show(feedback: RunSwarm.Feedback) -> None:
        tell(
            f"{scenario.name.lower()}: {feedback.elapsed:.1f} s, {feedback.flying} flying, "
            f"{feedback.arrived} arrived, {feedback.mean_distance:.2f} m to go"
        )

    try:
        tell("taking off")
        flying = swarm.take_off(height, _CLIMB, _SETTLING)
        grounded = [name for name in swarm.names if name not in flying]
        flown.grounded = {name: swarm.reasons[name] for name in grounded}
        flown.result = swarm.run(scenario, duration=duration, seed=seed, on_feedback=show)
        if land and scenario is not Scenario.HOME and swarm.find(Mode.POLICY):
            tell("flying home")
            swarm.run(Scenario.HOME, duration=_HOMING)
    except FlightClientError as error:
        flown.problem = str(error)
    except KeyboardInterrupt:
        flown.interrupted = True
    finally:
        if land or not flown.arrived:
            _land(swarm, flown, tell)
    return flown


def _land(swarm: SwarmClient, flown: ScenarioFlown, tell: Callable[[str], None]) -> None:
    flown.landed = False
    tell("landing")
    try:
        flown.landed = not swarm.land()
    except FlightClientError as error:
        flown.problem = flown.problem or str(error)
    except KeyboardInterrupt:
        flown.interrupted = True
