"""The stage must fit a 100 Hz loop many times over, in plain Python."""

import time


def measure(stage, name):
    """Count and processor time of a method's calls from now on, [total_ns, calls]."""
    method = getattr(stage, name)
    spent = [0, 0]

    def timed(*arguments):
        start = time.thread_time_ns()
        answer = method(*arguments)
        spent[0] += time.thread_time_ns() - start
        spent[1] += 1
        return answer

    setattr(stage, name, timed)
    return spent


def test_a_control_period_costs_microseconds(fly):
    flight = fly()
    flight.take_off(duration=1.0)
    # Twice what an idle machine needs, in microseconds: other tests run on the same cores.
    limits = {"command": 60.0, "observe_state": 40.0, "observe_imu": 15.0, "tick": 60.0}
    spent = {name: measure(flight.stage, name) for name in limits}
    flight.run(5.0)
    flight.stage.select_policy(flight.time, None)  # the stage itself flies
    flight.run(5.0)
    for name, (total, calls) in spent.items():
        assert total / calls / 1000 < limits[name], name
