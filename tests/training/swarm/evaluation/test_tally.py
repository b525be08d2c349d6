import pytest
import torch

from untether_training.swarm.evaluation.tally import SwarmTally

STEPS = 300
GOAL = torch.zeros(3, 2, 1)
NOBODY = torch.zeros(2, 2, 1, dtype=torch.bool)
NOWHERE = torch.zeros(2, 1, dtype=torch.bool)


def fly(path, touching=lambda step: NOBODY, at_room=lambda step: NOWHERE, radius=0.5):
    """Return how two drones fared whose x coordinates [m] a path gives for each step."""

    def place(step):
        return torch.stack((torch.tensor(path(step))[:, None], *[torch.zeros(2, 1)] * 2))

    tally = SwarmTally(torch.tensor([radius]), place(0), STEPS, 0.01)
    for step in range(STEPS):
        tally.observe(place(step + 1), GOAL, touching(step), at_room(step))
    return tally.episodes()


def meet(when):
    """Return a function that lets both touch at one step."""
    return lambda step: torch.ones_like(NOBODY) if step == when else NOBODY


def test_arriving_at_any_time_without_touching_anything_is_a_success():
    flown = fly(lambda step: (0.3, 0.3 if 100 <= step < 120 else 3.0))
    assert flown.succeeded[:, 0].tolist() == [True, True]
    assert not flown.stuck.any()


def test_five_steps_decide_whether_a_drone_arrived():
    flown = fly(lambda step: (0.3 if step == 100 else 3.0, 3.0))
    assert not flown.arrived.any()
    assert flown.stuck.all()


@pytest.mark.parametrize(("when", "counts"), [(100, False), (149, False), (150, True)])
def test_collisions_count_after_the_grace(when, counts):
    flown = fly(lambda step: (0.1, 0.1), touching=meet(when))
    assert flown.hit_drone.all() == counts
    assert flown.succeeded.all() != counts


def test_the_room_counts_as_a_collision_of_its_own():
    struck = torch.tensor([[True], [False]])
    flown = fly(lambda step: (0.1, 0.1), at_room=lambda step: struck)
    assert flown.hit_room[:, 0].tolist() == [True, False]
    assert flown.collided[:, 0].tolist() == [True, False]
    assert not flown.hit_drone.any()


def test_way_and_final_distance_are_measured():
    flown = fly(lambda step: (0.01 * step, max(0.0, 1.0 - 0.01 * step)))
    assert flown.way[:, 0].tolist() == pytest.approx([3.0, 1.0], abs=1e-4)
    assert flown.final_distance[0, 0].item() == pytest.approx(2.505, abs=1e-3)
    assert flown.final_distance[1, 0].item() == pytest.approx(0.0, abs=1e-6)
