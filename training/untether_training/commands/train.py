"""Train a policy in simulation, evaluate it and export it as a bundle."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from untether_training.conf.training import RunConfig
    from untether_training.learning.run_folder import RunFolder

_HELP = """usage: untether train [task=NAME] [KEY=VALUE ...] [--multirun] [--cfg job]
       untether train resume=RUN_FOLDER

Train a policy in simulation, evaluate it and export it as a bundle.

  task=waypoint            what to learn: waypoint, hover, figure_eight or swarm, with an
                           arm pick, peg, plug or lid
  seed=1                   of everything random
  time_limit=150           training time [s]
  iterations=100000        ends the training, too
  num_envs=1024            drones that fly at once
  device=cpu               or cuda:0
  teacher.bundle=BUNDLE    imitate this policy first, for teacher.share=0.3 of the training
  demonstrations_from=FOLDER  an arm's demonstrations, as a dataset that an earlier run recorded
  start=RUN_FOLDER         begin with the networks of an earlier run
  export.zoo=true          also put the bundle into policies/zoo
  actor=ros                learn on an arm's robot, which sends to learner_address=HOST:PORT
  resume=RUN_FOLDER        go on from a run's last checkpoint

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
    from untether_policies.terminal import open_console

    if {"-h", "--help"} & set(argv):
        print(_HELP, end="")
        return _DONE
    console = open_console()
    resumed = [item.removeprefix(_RESUME) for item in argv if item.startswith(_RESUME)]
    if not resumed:
        return _compose(argv, console)
    if len(argv) > 1:
        others = " ".join(item for item in argv if not item.startswith(_RESUME))
        _refuse(
            console,
            f"resume: expected nothing beside it, got {others or 'it twice'}. "
            "Fix: a run goes on with its own config; start a new run to change it.",
        )
        return _BAD_INPUT
    return _resume(Path(resumed[0]), console)


def _compose(argv: Sequence[str], console: Console) -> int:
    """Let Hydra compose the config, or several of them, and run each."""
    # Hydra then raises its errors instead of printing some of them with a traceback.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import HydraException
    from omegaconf import DictConfig
    from omegaconf.errors import OmegaConfBaseException

    from untether_policies.errors import BundleError
    from untether_policies.terminal import print_error
    from untether_training.conf.store import (
        PRIMARY,
        dump_config,
        name_folder,
        register_configs,
        to_config,
    )
    from untether_training.conf.validation import ConfigError
    from untether_training.learning.run_folder import RunFolder

    statuses: list[int] = []

    def job(composed: DictConfig) -> None:
        try:
            config = _settle_demonstrations(to_config(composed))
            _require_teacher(config)
        except ConfigError as error:
            _refuse(console, str(error))
            statuses.append(_BAD_INPUT)
            return
        except BundleError as error:
            print_error(console, error)
            statuses.append(_BAD_INPUT)
            return
        wanted = name_folder(HydraConfig.get())
        try:
            folder = RunFolder.create(wanted, dump_config(config), argv, config.seed)
        except OSError as error:
            _refuse(console, _explain_unwritable(error))
            statuses.append(_BAD_INPUT)
            return
        statuses.append(_run(config, folder, console, resumed=False))
        if statuses[-1] == _INTERRUPTED:
            raise KeyboardInterrupt  # ends the sweep, too

    register_configs()
    arguments, sys.argv = sys.argv, ["untether train", *_put_options_first(argv)]
    try:
        hydra.main(version_base=None, config_path=None, config_name=PRIMARY)(job)()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except SystemExit as stop:  # the parser has said what was wrong with the options
        return _BAD_INPUT if stop.code else _DONE
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        _refuse(console, f"{error}\n{error.__cause__ or ''}".strip())
        return _BAD_INPUT
    except OSError as error:  # from the folder of a sweep, which is Hydra's
        _refuse(console, _explain_unwritable(error))
        return _BAD_INPUT
    finally:
        sys.argv = arguments
    return max(statuses, default=_DONE)


def _settle_demonstrations(config: RunConfig) -> RunConfig:
    """Refuse recorded demonstrations that do not fit the task; find them again from anywhere."""
    from dataclasses import replace

    from untether_training.interactive.config import InteractiveConfig

    if not isinstance(config, InteractiveConfig) or not config.demonstrations_from:
        return config
    from untether_training.interactive.recorded_episodes import RecordedEpisodes

    folder = Path(config.demonstrations_from).absolute()
    RecordedEpisodes(folder, config)
    return replace(config, demonstrations_from=str(folder))


def _require_teacher(config: RunConfig) -> None:
    """Refuse a teacher that cannot teach, before anything has begun."""
    from untether_hardware.crazyflie.description import CRAZYFLIE
    from untether_policies.bundle import load_bundle
    from untether_policies.zoo import resolve_bundle
    from untether_training.conf.training import TrainingConfig
    from untether_training.learning.teacher import require_teacher

    if isinstance(config, TrainingConfig) and config.teacher.bundle:
        bundle = load_bundle(resolve_bundle(config.teacher.bundle), verify=False)
        require_teacher(bundle.contract, config.policy.build(CRAZYFLIE))


def _explain_unwritable(error: OSError) -> str:
    """Return what to do when no run can be put into the folder of all runs."""
    return (
        f"runs: expected a folder that can be written, got {error}. "
        "Fix: choose another with runs=FOLDER."
    )


def _put_options_first(argv: Sequence[str]) -> list[str]:
    """Return the arguments in the order that Hydra's parser takes: it wants overrides last."""
    overrides = [item for item in argv if item[:1] != "-" and ("=" in item or item[:1] == "~")]
    return [*(item for item in argv if item not in overrides), *overrides]


def _resume(path: Path, console: Console) -> int:
    """Go on with the run in a folder."""
    from untether_training.conf.store import load_config
    from untether_training.conf.validation import ConfigError
    from untether_training.learning.run_folder import RunFolder

    folder = RunFolder(path)
    try:
        config = load_config(folder.config)
    except ConfigError as error:
        _refuse(console, str(error))
        return _BAD_INPUT
    return _run(config, folder, console, resumed=True)


def _run(config: RunConfig, folder: RunFolder, console: Console, *, resumed: bool) -> int:
    """Train, export and evaluate."""
    import torch

    from untether_policies.errors import BundleError
    from untether_policies.terminal import print_error
    from untether_training.learning.checkpoint import CheckpointError

    if config.threads:
        torch.set_num_threads(config.threads)
    resume = shlex.join(("untether", "train", f"{_RESUME}{folder.path}"))
    try:
        bundle = _train(config, folder, console, resumed=resumed)
    except KeyboardInterrupt:
        console.print(f"interrupted; go on with: {resume}", soft_wrap=True)
        return _INTERRUPTED
    except BundleError as error:
        print_error(console, error)
        return _FAILED
    except OSError as error:
        _refuse(
            console,
            f"{folder.path}: expected to write the run's files, got {error}. "
            f"Fix: free space or allow writing, then go on with: {resume}",
        )
        return _FAILED
    except (CheckpointError, ValueError, RuntimeError) as error:
        _refuse(console, str(error))
        return _FAILED
    console.print(f"run:    {folder.path}\nbundle: {bundle}", soft_wrap=True)
    return _DONE


def _train(config: RunConfig, folder: RunFolder, console: Console, *, resumed: bool) -> Path:
    """Train, export and evaluate, and return the bundle's folder."""
    from untether_training.interactive.config import InteractiveConfig

    if isinstance(config, InteractiveConfig):
        from untether_training.interactive.finish import finish_interactive
        from untether_training.interactive.trainer import train_interactively

        interactive, episodes = train_interactively(config, folder, console, resumed=resumed)
        return finish_interactive(interactive, folder, episodes, console)
    from untether_training.learning.finish import finish
    from untether_training.learning.session import TrainingSession
    from untether_training.learning.trainer import train

    session = TrainingSession(config)
    return finish(session, folder, train(session, folder, console, resumed=resumed), console)


def _refuse(console: Console, text: str) -> None:
    """Print what was wrong, in lines that are not broken."""
    console.print(text, style="red", soft_wrap=True)
