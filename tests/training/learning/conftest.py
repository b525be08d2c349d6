from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.console import Console

from untether_training.conf.presets import PRESETS
from untether_training.conf.training import ExportConfig, TrainingConfig
from untether_training.learning.session import IterationReport


@pytest.fixture(autouse=True)
def one_thread():
    """Sums of several threads may differ in rounding; and the machine is busy anyway."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def tiny() -> TrainingConfig:
    """A config of a few short iterations."""
    preset = PRESETS["waypoint"]
    return replace(
        preset,
        num_envs=32,
        iterations=6,
        time_limit=1e6,
        checkpoint_interval=0.0,
        threads=1,
        learner=replace(preset.learner, steps=8, mini_batches=2),
        export=ExportConfig(episodes=10, flights=0, video=False),
    )


@pytest.fixture
def silent(tmp_path: Path):
    with (tmp_path / "console.txt").open("w") as file:
        yield Console(file=file)


@pytest.fixture
def reports() -> list[IterationReport]:
    def make(i: int) -> IterationReport:
        return IterationReport(
            i, 100 * i, 0.5 * i, 0.1 * i, 0.5, 0.25, 4, 0.1, -0.2, 0.3, 1e-3, 2e5
        )

    return [make(i) for i in range(1, 8)]
