"""Train a policy in simulation, evaluate it and export it as a bundle."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from untether_training.conf.training import TrainingConfig
    from untether_training.learning.run_folder import RunFolder

_HELP = """usage: untether train [task=NAME] [KEY=VALUE ...] [--multirun] [--cfg job]
       untether train resume=RUN_FOLDER

Train a policy in simulation, evaluate it and export it as a bundle.

  task=waypoint|hover|figure_eight   what to learn (default waypoint)
  seed=1                             of everything random
  time_limit=150                     training time [s]
  iterations=100000                  ends the training, too
  num_envs=1024                      drones that fly at once
  device=cpu                         or cuda:0
  export.zoo=true                    also put the bundle into policies/zoo
  resume=RUN_FOLDER                  go on from a run's last checkpoint

--cfg job prints every key of the config. --multirun sweeps, e.g. --multirun seed=1,2,3.
A run's folder is runs/TASK/TIME; `tensorboard --logdir runs` shows them all.

exit status: 0 done, 1 the training or the export failed, 2 bad input, 130 interrupted
"""
_DONE, _FAILED, _BAD_INPUT, _INTERRUPTED = 0, 1, 2, 130
_RESUME = "resume="


def main(argv: Sequence[str]) -> int:
    """Train, or go on with a run.

    Returns:
        0 when done, 1 when training or export failed, 2 for bad input, 130 when interrupted.
    """
    # Threads that wait for work must not take the cores of other processes. OpenMP reads this when
    # torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from rich.console import Console

    if {"-h", "--help"} & set(argv):
        print(_HELP, end="")
        return _DONE
    console = Console(highlight=False)
    resumed = [item.removeprefix(_RESUME) for item in argv if item.startswith(_RESUME)]
    if not resumed:
        return _compose(argv, console)
    if len(argv) > 1:
        others = " ".join(item for item in argv if not item.startswith(_RESUME))
        console.print(
            f"resume: expected nothing beside it, got {others or 'it twice'}. "
            "Fix: a run goes on with its own config; start a new run to change it.",
            soft_wrap=True,
        )
        return _BAD_INPUT
    return _resume(Path(resumed[0]), console)


def _compose(argv: Sequence[str], console: Console) -> int:
    """Let Hydra compose the config, or several of them, and run each."""
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import DictConfig

    from untether_training.conf.store import PRIMARY, ConfigError, register_configs, to_config
    from untether_training.learning.run_folder import RunFolder

    statuses: list[int] = []

    def job(composed: DictConfig) -> None:
        try:
            config = to_config(composed)
        except ConfigError as error:
            console.print(str(error), style="red", soft_wrap=True)
            statuses.append(_BAD_INPUT)
            return
        folder = RunFolder(Path(HydraConfig.get().runtime.output_dir))
        statuses.append(_run(config, folder, console, argv))

    register_configs()
    arguments, sys.argv = sys.argv, ["untether train", *argv]
    try:
        hydra.main(version_base=None, config_path=None, config_name=PRIMARY)(job)()
    except SystemExit as stop:  # Hydra has said what was wrong with the command line
        return _BAD_INPUT if stop.code else _DONE
    finally:
        sys.argv = arguments
    return max(statuses, default=_DONE)


def _resume(path: Path, console: Console) -> int:
    """Go on with the run in a folder."""
    from untether_training.conf.store import ConfigError, load_config
    from untether_training.learning.run_folder import RunFolder

    folder = RunFolder(path)
    try:
        config = load_config(folder.config)
    except ConfigError as error:
        console.print(str(error), style="red", soft_wrap=True)
        return _BAD_INPUT
    return _run(config, folder, console, None)


def _run(
    config: TrainingConfig, folder: RunFolder, console: Console, argv: Sequence[str] | None
) -> int:
    """Train, export and evaluate; a run that goes on has no arguments."""
    import torch

    from untether_policies.errors import BundleError
    from untether_policies.terminal import print_error
    from untether_training.conf.store import dump_config
    from untether_training.learning.checkpoint import CheckpointError
    from untether_training.learning.finish import finish
    from untether_training.learning.session import TrainingSession
    from untether_training.learning.trainer import train

    if config.threads:
        torch.set_num_threads(config.threads)
    if argv is not None:
        folder.create(dump_config(config), argv, config.seed)
    try:
        session = TrainingSession(config)
        reports = train(session, folder, console)
        bundle = finish(session, folder, reports, console)
    except KeyboardInterrupt:
        console.print(f"interrupted; go on with: untether train resume={folder.path}")
        return _INTERRUPTED
    except BundleError as error:
        print_error(console, error)
        return _FAILED
    except (CheckpointError, ValueError, RuntimeError) as error:
        console.print(str(error), style="red", soft_wrap=True)
        return _FAILED
    console.print(f"run:    {folder.path}\nbundle: {bundle}", soft_wrap=True)
    return _DONE
