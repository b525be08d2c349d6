"""The config of a training run: of drones by the thousand, or of an arm that people correct."""

from __future__ import annotations

from dataclasses import dataclass, field

from untether_training.interactive.config import InteractiveConfig
from untether_training.learning.ppo import LearnerConfig
from untether_training.learning.teacher import TeacherConfig
from untether_training.models.build import ModelConfig
from untether_training.tasks.flight_environment import EnvironmentConfig


@dataclass(frozen=True)
class ExportConfig:
    """What follows the training.

    Attributes:
        name: Name of the bundle; empty for ROBOT_TASK.
        episodes: Episodes of the evaluation in the training simulator.
        flights: Flights under each condition in the deployment simulator.
        video: Whether a video is rendered.
        zoo: Whether the bundle also goes to `policies/zoo`.
    """

    name: str = ""
    episodes: int = 1000
    flights: int = 20
    video: bool = True
    zoo: bool = False


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that determines a run.

    Attributes:
        task: What to do.
        policy: The module that learns it.
        learner: How it learns.
        teacher: From whom it learns first.
        start: Folder of a run with whose networks to begin; empty for untrained ones.
        export: What follows.
        seed: Of everything random.
        num_envs: Drones that fly at once.
        time_limit: Training ends after this time [s].
        iterations: Training ends after so many iterations, too.
        checkpoint_interval: Time between checkpoints [s].
        device: Where training runs, e.g. "cpu" or "cuda:0".
        threads: CPU threads of torch; 0 for one a core. More than one gains little at this
            batch, and on a busy computer the threads wait for each other up to a hundred times.
        runs: Folder of all runs.
    """

    task: EnvironmentConfig = field(default_factory=EnvironmentConfig)
    policy: ModelConfig = field(default_factory=ModelConfig)
    learner: LearnerConfig = field(default_factory=LearnerConfig)
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
    start: str = ""
    export: ExportConfig = field(default_factory=ExportConfig)
    seed: int = 1
    num_envs: int = 1024
    time_limit: float = 150.0
    iterations: int = 100_000
    checkpoint_interval: float = 10.0
    device: str = "cpu"
    threads: int = 1
    runs: str = "runs"


RunConfig = TrainingConfig | InteractiveConfig
"""Everything that determines a run, whatever it trains."""
