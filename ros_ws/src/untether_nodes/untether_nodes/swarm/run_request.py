"""A request for a run: whether it can be flown, and by whom."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from untether_interfaces.action import RunSwarm

from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.goals import Goals
from untether_nodes.swarm.run import RunCode, SwarmRun
from untether_nodes.swarm.scenario import Scenario, draw_goals, find_goal_fault
from untether_nodes.swarm.session import Rows, SwarmSession


class RunRefusedError(Exception):
    """A run that cannot be flown; says what was expected, what was got and the fix."""

    def __init__(self, code: RunCode, text: str) -> None:
        """Create an error.

        Args:
            code: Of ``untether_interfaces/action/RunSwarm``.
            text: The same for people.
        """
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class RunDefaults:
    """What a request may leave open.

    Attributes:
        duration: Of the run [s].
        radius: Distance to a goal of GIVEN or HOME that counts as arrived [m].
        hull: Radius of a drone, which has to fit where it is sent [m].
        period: Between two samples [s].
    """

    duration: float
    radius: float
    hull: float
    period: float


def read_run(
    request: RunSwarm.Goal,
    names: Sequence[str],
    session: SwarmSession,
    columns: Columns,
    defaults: RunDefaults,
) -> SwarmRun:
    """Return the run that is asked for.

    Args:
        request: Of the action ``run``.
        names: The drones, in the order of the session's rows.
        session: Who flies.
        columns: The room.
        defaults: What the request may leave open.

    Raises:
        RunRefusedError: When it cannot be flown.
    """
    if request.scenario not in tuple(Scenario):
        known = ", ".join(f"{one.value} ({one.name})" for one in Scenario)
        raise RunRefusedError(
            RunCode.INVALID_GOAL,
            f"scenario: expected one of {known}, got {request.scenario}. Fix: choose one.",
        )
    duration = request.duration or defaults.duration
    if not (np.isfinite(duration) and duration > 0.0):
        raise RunRefusedError(
            RunCode.INVALID_GOAL,
            f"duration: expected a positive number, got {duration}. Fix: 0 takes the default.",
        )
    asked = _find_rows(list(request.drones), names)
    rows = asked if len(asked) else np.arange(len(names))
    flying = session.flying[rows]
    if not flying.any():
        raise RunRefusedError(
            RunCode.NOT_FLYING,
            "expected drones in the air under the policy, got none. Fix: take off first "
            "(all/takeoff), and see modes.",
        )
    scenario = Scenario(request.scenario)
    if scenario is Scenario.GIVEN:
        goals = _read_goals(
            request, flying, asked=len(asked) > 0, columns=columns, defaults=defaults
        )
        return SwarmRun(rows[flying], goals, duration, defaults.period)
    rows = rows[flying]
    if len(request.goals):
        raise RunRefusedError(
            RunCode.INVALID_GOAL,
            f"goals: expected none for {scenario.name}, got {len(request.goals)} numbers. "
            "Fix: choose GIVEN, or leave them out.",
        )
    if scenario is Scenario.HOME:
        return SwarmRun(rows, Goals(session.home[rows], defaults.radius), duration, defaults.period)
    try:
        goals = draw_goals(scenario, columns, len(rows), request.seed)
    except ValueError as error:
        raise RunRefusedError(RunCode.INVALID_GOAL, str(error)) from error
    return SwarmRun(rows, goals, duration, defaults.period)


def _find_rows(asked: list[str], names: Sequence[str]) -> Rows:
    """Return the rows of drones by name."""
    strangers = [name for name in asked if name not in names]
    if strangers or len(set(asked)) < len(asked):
        raise RunRefusedError(
            RunCode.INVALID_GOAL,
            f"drones: expected names from {names[0]} to {names[-1]}, each once, got "
            f"{', '.join(asked)}. Fix: correct them, or leave them out for all.",
        )
    return np.array([names.index(name) for name in asked], dtype=np.intp)


def _read_goals(
    request: RunSwarm.Goal,
    flying: np.ndarray,
    *,
    asked: bool,
    columns: Columns,
    defaults: RunDefaults,
) -> Goals:
    """Return the goals of those who fly, of a request that lists them."""
    drones = len(flying) if asked else int(flying.sum())
    if len(request.goals) != 3 * drones:
        who = "named" if asked else "in the air"
        raise RunRefusedError(
            RunCode.INVALID_GOAL,
            f"goals: expected x, y and z of each of the {drones} drones {who}, got "
            f"{len(request.goals)} numbers. Fix: list three for each.",
        )
    places = np.array(request.goals).reshape(drones, 3)
    fault = find_goal_fault(places, columns, defaults.hull)
    if fault:
        raise RunRefusedError(RunCode.INVALID_GOAL, f"goals: {fault}")
    return Goals(places[flying] if asked else places, defaults.radius)
