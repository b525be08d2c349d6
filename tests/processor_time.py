"""Processor time beside that of a piece of plain Python: a slow machine slows down both."""

import time


def reference():
    """Something of known size, about 6 µs on a laptop: the unit of all limits."""
    total = 0.0
    for index in range(200):
        total += 0.5 * index
    return total


def cost(function, *arguments):
    """Return the processor time of a call [ns], and what it returned."""
    start = time.thread_time_ns()
    answer = function(*arguments)
    return time.thread_time_ns() - start, answer


def count_references(work, calls):
    """Return how many references a call costs, in the fastest of some rounds.

    Args:
        work: What is called.
        calls: In each round.
    """

    def repeat(function):
        for _ in range(calls):
            function()

    rounds = [(cost(repeat, work)[0], cost(repeat, reference)[0]) for _ in range(20)]
    return min(own for own, _ in rounds) / min(unit for _, unit in rounds)
