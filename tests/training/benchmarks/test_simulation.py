"""The simulation benchmark: its reference is a rigid body, and its report is complete."""

import json

import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.benchmarks import simulation
from untether_training.benchmarks.bare_step import BareStep
from untether_training.benchmarks.sides import prepare_sides
from untether_training.dynamics.parameters import QuadrotorParameters
from untether_training.dynamics.quadrotor import QuadrotorDynamics
from untether_training.dynamics.state import QuadrotorState

TIMESTEP = 0.001  # [s]


def tumbling():
    """One drone in free fall that spins about all axes."""
    state = QuadrotorState.at_rest(1)
    state.position[2] = 5.0
    state.linear_velocity[0] = 1.0
    state.angular_velocity[:, 0] = torch.tensor([5.0, -3.0, 2.0])
    return state


def test_the_reference_moves_like_the_dynamics_without_rotors():
    bare, full = tumbling(), tumbling()
    body = BareStep(CRAZYFLIE.mass, CRAZYFLIE.inertia, TIMESTEP)
    dynamics = QuadrotorDynamics(CRAZYFLIE, QuadrotorParameters.nominal(CRAZYFLIE, 1), TIMESTEP)
    still = torch.zeros(4, 1)
    for _ in range(500):
        body.step(bare, torch.zeros(1), torch.zeros(3, 1))
        dynamics.step(full, still)
    assert bare.position.numpy() == pytest.approx(full.position.numpy(), abs=5e-3)
    assert bare.linear_velocity.numpy() == pytest.approx(full.linear_velocity.numpy(), abs=1e-3)
    assert bare.angular_velocity.numpy() == pytest.approx(full.angular_velocity.numpy(), abs=1e-2)
    assert bare.orientation.numpy() == pytest.approx(full.orientation.numpy(), abs=1e-2)


def test_the_reference_hovers_under_its_weight():
    state = QuadrotorState.at_rest(3)
    body = BareStep(CRAZYFLIE.mass, CRAZYFLIE.inertia, TIMESTEP)
    for _ in range(200):
        body.step(state, torch.full((3,), CRAZYFLIE.weight), torch.zeros(3, 3))
    assert state.linear_velocity.abs().max() < 1e-4


def test_the_sides_fly_and_start_again():
    sides = prepare_sides(64, seed=0)
    assert list(sides) == ["bare", "dynamics", "environment", "swarm"]
    with torch.inference_mode():
        for side in sides.values():
            side.restart()
            for _ in range(20):
                side.step()
    assert [side.steps_per_call for side in sides.values()] == [1, 1, 2, 2]


@pytest.mark.parametrize(("target", "status"), [(1.0, 0), (1e15, 1)])
def test_it_reports_rates_ratios_and_whether_the_target_holds(
    target, status, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(simulation, "_BATCHES", (32, 64))
    monkeypatch.setattr(simulation, "_BLOCK_TIME", 0.005)
    monkeypatch.setattr(simulation, "_TARGET", target)
    monkeypatch.setattr(simulation, "_SWARM_TARGET", 1.0)
    threads = torch.get_num_threads()
    path = tmp_path / "figures.json"
    assert simulation.main(["--threads", "1", "--rounds", "1", "--json", str(path)]) == status
    assert torch.get_num_threads() == threads
    figures = json.loads(path.read_text(encoding="utf-8"))
    provenance = figures.pop("provenance")
    assert provenance["seed"] == 0
    assert all(isinstance(value, float | int) and value > 0 for value in figures.values())
    best = max(figures[f"dynamics_{count}_t1"] for count in (32, 64))
    assert figures["dynamics_best"] == best
    assert figures["dynamics_over_bare"] == pytest.approx(best / figures["bare_best"])
    assert figures["environment_best_control"] == pytest.approx(figures["environment_best"] / 2)
    assert "dynamics_best" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--threads", "0"], ["--rounds", "0"], ["--seed", "x"]])
def test_wrong_arguments_give_status_2(arguments):
    with pytest.raises(SystemExit) as exit_info:
        simulation.main(arguments)
    assert exit_info.value.code == 2
