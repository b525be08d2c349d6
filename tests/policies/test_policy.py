import gc
import struct
import tracemalloc

import numpy as np
import pytest

from untether_policies.bundle import load_bundle
from untether_policies.errors import BundleError
from untether_policies.policy import Policy


def _run(policy, recording, ticks=20, robot=0, start=0):
    """Step a policy over some ticks for one robot and return its commands."""
    commands = []
    for tick in range(start, start + ticks):
        for name, array in recording.inputs.items():
            policy.inputs[name][robot] = array[tick]
        policy.step()
        commands.append(policy.outputs["rotor_thrust"][robot].copy())
    return np.array(commands)


def test_repeats_the_recording(bundle_folder, recording):
    policy = Policy.load(bundle_folder)
    assert policy.contract.name == "test-policy"
    np.testing.assert_allclose(
        _run(policy, recording, 120), recording.outputs["rotor_thrust"], atol=1e-6
    )


def test_refuses_what_the_loader_refuses(bundle_folder, refused):
    (bundle_folder / "card.md").write_text("changed")
    with refused(BundleError, what="card.md"):
        Policy.load(bundle_folder)


def test_outputs_are_nan_before_the_first_step(bundle_folder):
    policy = Policy.load(bundle_folder)
    assert np.all(np.isnan(policy.outputs["rotor_thrust"]))
    assert all(value != value for value in policy.reader("rotor_thrust")())
    assert not np.any(policy.inputs["position"])


def test_reset_brings_the_initial_carry_back(bundle_folder, recording):
    policy = Policy.load(bundle_folder)
    np.testing.assert_array_equal(policy.carry["integral"], [[0.5, 0.0, -0.5]])
    first = _run(policy, recording)
    assert not np.allclose(_run(policy, recording), first)
    for odd in (20, 7):  # after an even and an odd number of steps: either buffer
        policy.reset()
        np.testing.assert_array_equal(policy.carry["integral"], [[0.5, 0.0, -0.5]])
        np.testing.assert_array_equal(_run(policy, recording, odd), first[:odd])


def test_batch_equals_single_robots(bundle_folder, recording):
    batch, singles = Policy.load(bundle_folder, batch=4), Policy.load(bundle_folder)
    starts = (0, 20, 40, 60)
    together = []
    for tick in range(20):
        for robot, start in enumerate(starts):
            for name, array in recording.inputs.items():
                batch.inputs[name][robot] = array[start + tick]
        batch.step()
        together.append(batch.outputs["rotor_thrust"].copy())
    for robot, start in enumerate(starts):
        singles.reset()
        alone = _run(singles, recording, start=start)
        np.testing.assert_allclose(np.array(together)[:, robot], alone, atol=1e-6)


def test_one_robot_of_a_batch_is_reset_alone(bundle_folder, recording):
    policy = Policy.load(bundle_folder, batch=3)
    _run(policy, recording, 5)
    before = policy.carry["integral"].copy()
    policy.reset(1)
    after = policy.carry["integral"]
    np.testing.assert_array_equal(after[1], np.float32([0.5, 0.0, -0.5]))
    np.testing.assert_array_equal(after[[0, 2]], before[[0, 2]])


def test_buffers_stay_the_same_objects(bundle_folder, recording):
    policy = Policy.load(bundle_folder)
    inputs, outputs = policy.inputs["position"], policy.outputs["rotor_thrust"]
    addresses = inputs.ctypes.data, outputs.ctypes.data
    _run(policy, recording)
    assert policy.inputs["position"] is inputs
    assert (inputs.ctypes.data, outputs.ctypes.data) == addresses


def test_writers_and_readers_equal_the_arrays(bundle_folder):
    policy = Policy.load(bundle_folder, batch=2)
    policy.writer("position", 1)(1.0, 2.0, 3.0)
    policy.writer("goal_position")(0.5, 0.25, 0.125)
    np.testing.assert_array_equal(policy.inputs["position"], [[0, 0, 0], [1, 2, 3]])
    np.testing.assert_array_equal(policy.inputs["goal_position"][0], [0.5, 0.25, 0.125])
    policy.step()
    for robot in range(2):
        command = policy.reader("rotor_thrust", robot)()
        assert command == tuple(policy.outputs["rotor_thrust"][robot])


@pytest.mark.parametrize(("name", "robot"), [("height", 0), ("position", 2), ("position", -1)])
def test_unknown_input_and_robot_are_refused(bundle_folder, name, robot, refused):
    policy = Policy.load(bundle_folder, batch=2)
    with refused(BundleError, expected="'position'", got=f"'{name}' of robot {robot}"):
        policy.writer(name, robot)


def test_unknown_output_and_empty_batch_are_refused(bundle_folder, refused):
    with refused(BundleError, expected="['rotor_thrust']", got="'position'"):
        Policy.load(bundle_folder).reader("position")
    with refused(BundleError, what="batch", got="0"):
        Policy.load(bundle_folder, batch=0)


def test_wrong_count_and_too_large_number_are_refused(bundle_folder):
    write = Policy.load(bundle_folder).writer("position")
    for values in ((1.0, 2.0), (1.0, 2.0, 3.0, 4.0)):
        with pytest.raises(struct.error, match="3 items"):
            write(*values)
    with pytest.raises(OverflowError):
        write(1.0, 2.0, 1e39)
    write(float("nan"), float("inf"), 0.0)  # for the safety stage to judge


def test_a_tick_allocates_nothing_but_numbers(bundle_folder):
    # With many robots any array made on the way would show: the outputs alone take 32 kB.
    policy = Policy.from_bundle(load_bundle(bundle_folder), batch=4096)
    position, goal = (1.0, 2.0, 3.0), (0.0, 0.0, 1.0)
    write_position, write_goal = policy.writer("position"), policy.writer("goal_position")
    read_thrust = policy.reader("rotor_thrust")

    def tick() -> None:
        write_position(*position)
        write_goal(*goal)
        policy.step()
        read_thrust()

    for _ in range(100):
        tick()
    gc.collect()
    tracemalloc.start()
    try:
        # The least of several rounds: other threads of the test run allocate now and then.
        kept, peaks = zip(*(_trace(tick) for _ in range(5)), strict=True)
    finally:
        tracemalloc.stop()
    assert min(kept) < 1000  # one byte a tick: nothing stays
    assert min(peaks) < 2000


def _trace(tick):
    """Return the memory that 1000 ticks keep, and the most that they held at a time [bytes]."""
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    for _ in range(1000):
        tick()
    after, peak = tracemalloc.get_traced_memory()
    return after - before, peak - before
