import torch

from untether_training.swarm.collision_replay import CollisionReplay, ReplayConfig

NOBODY = torch.zeros(3, dtype=torch.bool)


def only(world):
    collided = NOBODY.clone()
    collided[world] = True
    return collided


def watched(seconds, **config):
    """Return a replay of three worlds after some seconds; a state holds its time [s]."""
    replay = CollisionReplay(ReplayConfig(**config), rows=2, worlds=3, timestep=0.01)
    watch(replay, 0.0, seconds)
    return replay


def watch(replay, start, seconds):
    for number in range(round(seconds / 0.5)):
        replay.keep(torch.full((2, 3), start + 0.5 * (number + 1)))


def test_a_replay_starts_one_and_a_half_seconds_before_the_collision(generator):
    replay = watched(4.0)
    replay.store(only(1))
    assert replay.stored == 1
    assert replay.draw(1, generator)[0].item() == 2.5


def test_a_collision_soon_after_the_start_is_not_kept():
    replay = watched(1.5)
    replay.store(only(0))
    assert replay.stored == 0


def test_a_new_episode_forgets_the_old_one():
    replay = watched(4.0)
    replay.forget(torch.tensor([1]))
    replay.store(only(1))
    assert replay.stored == 0
    replay.store(only(2))
    assert replay.stored == 1


def test_a_world_waits_between_two_states():
    replay = watched(4.0)
    replay.store(only(1))
    watch(replay, 4.0, 4.5)
    replay.store(only(1))
    assert replay.stored == 1
    watch(replay, 8.5, 0.5)
    replay.store(only(1))
    assert replay.stored == 2


def test_a_state_is_dropped_after_its_uses(generator):
    replay = watched(4.0, uses=3)
    replay.store(only(1))
    for _ in range(3):
        assert replay.draw(1, generator).shape == (2, 1)
    assert replay.stored == 0
    assert replay.draw(4, generator).shape == (2, 0)


def test_a_full_pool_forgets_the_oldest(generator):
    replay = watched(4.0, slots=1, pause=0.0)
    for collision in range(5):
        replay.store(only(collision % 3))
        watch(replay, 4.0 + collision * 0.5, 0.5)
    assert replay.stored == 3
    assert replay.draw(200, generator)[0].min() >= 3.5


def test_what_was_saved_goes_on(generator):
    replay, other = watched(4.0), watched(1.0)
    replay.store(only(2))
    other.load_state_dict(replay.state_dict())
    assert other.stored == 1
    assert (other.draw(1, generator) == 2.5).all()
