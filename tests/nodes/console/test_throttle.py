"""Who guesses is slowed down, and nobody else."""

from untether_nodes.console.throttle import Throttle


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_the_wait_doubles_up_to_a_limit_and_ends():
    clock = Clock()
    throttle = Throttle(clock)
    waits = []
    for _ in range(8):
        throttle.fail("a")
        waits.append(throttle.wait_time("a"))
        clock.now += waits[-1]
        assert throttle.wait_time("a") == 0.0
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 16.0, 16.0]


def test_others_do_not_wait_and_success_clears():
    throttle = Throttle(Clock())
    throttle.fail("a")
    assert throttle.wait_time("b") == 0.0
    throttle.succeed("a")
    assert throttle.wait_time("a") == 0.0


def test_failures_are_forgotten_after_ten_minutes_and_do_not_fill_memory():
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(6):
        throttle.fail("a")
    clock.now += 601.0
    throttle.fail("a")
    assert throttle.wait_time("a") == 0.5
    for number in range(2000):
        throttle.fail(str(number))
    assert throttle.wait_time("a") == 0.0
    assert throttle.wait_time("1999") > 0.0
