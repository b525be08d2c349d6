"""The stage must fit a 100 Hz loop many times over, in plain Python."""

from tests.processor_time import cost, reference


def measure(stage, name):
    """Sum the costs of a method's calls from now on, and of a reference beside each, [ns, ns]."""
    method = getattr(stage, name)
    spent = [0, 0]

    def timed(*arguments):
        own, answer = cost(method, *arguments)
        spent[0] += own
        spent[1] += cost(reference)[0]
        return answer

    setattr(stage, name, timed)
    return spent


def test_a_control_period_costs_microseconds(fly):
    flight = fly()
    flight.take_off(duration=1.0)
    # In references, twice what was measured and more: a busy machine slows down both alike.
    limits = {"command": 3.5, "observe_state": 6.0, "observe_imu": 1.2, "tick": 2.2}
    spent = {name: measure(flight.stage, name) for name in limits}
    flight.run(5.0)
    flight.stage.select_policy(flight.time, None)  # the stage itself flies
    flight.run(5.0)
    for name, (own, unit) in spent.items():
        assert own / unit < limits[name], name
