import numpy as np
import pytest

from untether_hardware.swarm.state import SwarmContacts
from untether_hardware.swarm.tally import SwarmTally

NOTHING = np.zeros(2, dtype=bool)


def touch(**contacts):
    """Contacts of two drones; those that are named by their row touch."""
    flags = {}
    for kind in ("drone", "column", "wall", "floor"):
        flags[kind] = np.arange(2) == contacts.get(kind, -1)
    return SwarmContacts(**flags)


def watch(distances, contacts=None, radius=0.5, period=0.01):
    """Two drones on a line at distances (ticks, 2) [m] from a goal at the origin."""
    position = np.zeros((len(distances), 2, 3))
    position[:, :, 0] = distances
    tally = SwarmTally(position[0], radius, period)
    for tick, place in enumerate(position):
        tally.observe(place, np.zeros((2, 3)), (contacts or {}).get(tick, touch()))
    return tally.finish()


def test_arriving_takes_a_mean_of_five_steps_within_the_radius():
    distances = np.full((20, 2), 1.0)
    distances[5:9, 0] = 0.49  # four steps are not enough
    distances[5:10, 1] = 0.49
    assert watch(distances).arrived.tolist() == [False, True]
    assert watch(np.full((4, 2), 0.1)).arrived.tolist() == [False, False]


def test_contacts_count_only_after_the_grace_time():
    distances = np.full((200, 2), 0.1)
    early = watch(distances, {149: touch(drone=0, column=1)})
    assert early.succeeded.tolist() == [True, True]
    late = watch(distances, {150: touch(drone=0, column=1)})
    assert late.hit_drone.tolist() == [True, False]
    assert late.hit_column.tolist() == [False, True]
    assert late.arrived.tolist() == [True, True]
    assert late.succeeded.tolist() == [False, False]


@pytest.mark.parametrize("kind", ["drone", "column", "wall", "floor"])
def test_any_contact_is_a_collision_of_that_drone(kind):
    outcome = watch(np.full((200, 2), 0.1), {180: touch(**{kind: 1})})
    assert getattr(outcome, f"hit_{kind}").tolist() == [False, True]
    assert outcome.hit_room.tolist() == [False, kind != "drone"]
    assert outcome.collided.tolist() == [False, True]


def test_who_neither_arrives_nor_collides_is_stuck():
    outcome = watch(np.tile([2.0, 0.1], (200, 1)))
    assert outcome.stuck.tolist() == [True, False]


def test_final_distance_is_the_mean_over_the_last_second_and_way_is_the_path():
    distances = np.zeros((300, 2))
    distances[:, 0] = np.linspace(3.0, 0.01, 300)
    distances[:200, 1] = 5.0
    outcome = watch(distances)
    assert outcome.final_distance == pytest.approx([np.mean(distances[200:, 0]), 0.0])
    assert outcome.way == pytest.approx([2.99, 5.0])


def test_nothing_watched_is_no_distance():
    outcome = SwarmTally(np.zeros((2, 3)), 0.5, 0.01).finish()
    assert np.isnan(outcome.final_distance).all()
