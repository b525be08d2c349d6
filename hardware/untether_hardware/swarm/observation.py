"""What the drones of a swarm know: of themselves, of their neighbours and of the columns."""

from dataclasses import dataclass

from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.distance_field import measure_distances
from untether_hardware.swarm.nearest_columns import find_nearest_columns
from untether_hardware.swarm.neighbours import select_neighbours
from untether_hardware.swarm.state import Floats, SwarmState


@dataclass(frozen=True, slots=True)
class SwarmObservation:
    """What each drone's policy may see.

    Attributes:
        state: What the odometry tells of the drones.
        goal: Where they are to be, (drones, 3) [m] map.
        neighbour_position: Relative positions, (drones, neighbours, 3) [m] map, most urgent first.
        neighbour_velocity: Relative velocities, (drones, neighbours, 3) [m/s] map.
        obstacle_distance: See `measure_distances`, (drones, 9) [m] map.
        obstacle_position: Of the nearest columns, relative, (drones, obstacles, 2) [m] map.
        obstacle_radius: Of the same, (drones, obstacles) [m].
    """

    state: SwarmState
    goal: Floats
    neighbour_position: Floats
    neighbour_velocity: Floats
    obstacle_distance: Floats
    obstacle_position: Floats
    obstacle_radius: Floats


def observe(
    state: SwarmState, goal: Floats, columns: Columns, neighbours: int, obstacles: int = 0
) -> SwarmObservation:
    """Return what the drones know.

    Args:
        state: What the odometry tells of them.
        goal: Where they are to be, (drones, 3) [m] map.
        columns: The room.
        neighbours: How many others a drone sees.
        obstacles: How many columns it sees one by one.
    """
    apart, moving = select_neighbours(state.position, state.linear_velocity, neighbours)
    distances = measure_distances(state.position, columns)
    places, radii = find_nearest_columns(state.position, columns, obstacles)
    return SwarmObservation(state, goal, apart, moving, distances, places, radii)
