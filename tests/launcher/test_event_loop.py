import os

from untether_nodes.launcher.event_loop import EventLoop


def test_timers_fire_in_order_and_not_when_cancelled():
    loop, fired = EventLoop(), []
    loop.call_later(0.01, lambda: fired.append("late"))
    loop.call_later(0.0, lambda: fired.append("early"))
    loop.call_later(0.0, lambda: fired.append("never")).cancel()
    while len(fired) < 2:
        loop.step()
    assert fired == ["early", "late"]
    loop.close()


def test_a_timer_fires_once():
    fired = []
    loop = EventLoop()
    timer = loop.call_later(0.0, lambda: fired.append(1))
    timer.fire()
    loop.call_later(0.0, lambda: fired.append(2))
    while 2 not in fired:
        loop.step()
    assert fired == [1, 2]
    assert not timer.is_pending
    loop.close()


def test_a_descriptor_closed_by_an_earlier_callback_is_not_served():
    """Two are readable at once; the first callback closes the second and its number is reused."""
    loop, served = EventLoop(), []
    pipes = [os.pipe() for _ in range(2)]

    def close_other(mine, other):
        served.append(mine)
        loop.forget(mine)
        loop.forget(other)
        os.close(other)
        assert os.dup(mine) == other
        loop.watch(other, lambda: served.append("reused"))

    for (mine, _), (other, _) in (pipes, pipes[::-1]):
        loop.watch(mine, lambda mine=mine, other=other: close_other(mine, other))
    for _, writing in pipes:
        os.write(writing, b"x")
    loop.step()
    assert len(served) == 1
    loop.close()
    for reading, writing in pipes:
        os.close(reading)
        os.close(writing)
