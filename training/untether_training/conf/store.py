"""Brings the typed configs to Hydra and back."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from hydra.conf import HydraConf
from hydra.core.config_store import ConfigStore
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from untether_training.conf.presets import PRESETS
from untether_training.conf.training import RunConfig
from untether_training.conf.validation import ConfigError, validate

PRIMARY = "train"
"""Name of the config that everything is composed into."""

_FOLDER = "${runs}/${task.name}/${now:%Y-%m-%d_%H-%M-%S}"


def register_configs() -> None:
    """Tell Hydra about all configs; `task` chooses the preset of a task."""
    store = ConfigStore.instance()
    store.store(name=PRIMARY, node={"defaults": [{"task": "waypoint"}, "_self_"], **_HYDRA})
    for name, preset in PRESETS.items():
        store.store(group="task", name=name, node=_open(preset), package="_global_")


def to_config(composed: DictConfig) -> RunConfig:
    """Return a composed config as a frozen dataclass.

    Raises:
        ConfigError: When a value has the wrong type or is impossible, or there is no such task.
    """
    name = OmegaConf.select(composed, "task.name")
    if name not in PRESETS:
        raise ConfigError(
            f"task.name: expected one of {', '.join(PRESETS)}, got {name!r}. "
            "Fix: choose the task with task=NAME."
        )
    values = OmegaConf.to_container(composed, resolve=True)
    try:
        merged = OmegaConf.merge(_open(PRESETS[name]), values)
        config = OmegaConf.to_object(merged)
    except OmegaConfBaseException as error:
        raise ConfigError(
            f"config: expected the names and types of {type(PRESETS[name]).__name__}, got {error}. "
            "Fix: correct the value."
        ) from error
    config = _freeze(config)
    validate(config)
    return config


def name_folder(hydra: HydraConf) -> Path:
    """Return the folder of Hydra's current job: RUNS/TASK/TIME, in a sweep one of those in it."""
    folder = Path(hydra.sweep.dir).absolute()
    return folder / str(hydra.job.num) if hydra.mode is RunMode.MULTIRUN else folder


def dump_config(config: RunConfig) -> str:
    """Return a config as YAML that `load_config` reads back equal."""
    return OmegaConf.to_yaml(OmegaConf.structured(config))


def load_config(path: Path) -> RunConfig:
    """Read the config of a run.

    Raises:
        ConfigError: When there is no such file, or it does not fit.
    """
    try:
        loaded = OmegaConf.load(path)
    except (OSError, ValueError, YAMLError, OmegaConfBaseException) as error:
        raise ConfigError(
            f"{path}: expected the config of a run, got {error}. "
            "Fix: give the folder of a run, which holds config.yaml."
        ) from error
    if not isinstance(loaded, DictConfig):
        raise ConfigError(f"{path}: expected a mapping, got a list. Fix: start a new run.")
    return to_config(loaded)


_HYDRA = {
    "hydra": {
        # Hydra itself makes no folder but that of a sweep: a run claims its own.
        "run": {"dir": "."},
        "sweep": {"dir": _FOLDER, "subdir": "."},
        "output_subdir": None,
        "job_logging": {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"file": {"delay": True}},  # else an empty log appears beside the run
            "root": {"level": "WARNING", "handlers": ["console"]},
        },
        "job": {"chdir": False},
    }
}


def _open(config: RunConfig) -> DictConfig:
    """Return a typed config whose values may be overridden, though its dataclasses are frozen."""
    node = OmegaConf.structured(config)
    _allow_writing(node)
    return node


def _allow_writing(node: DictConfig) -> None:
    OmegaConf.set_readonly(node, None)
    for key in node:
        child = node._get_node(key)
        if isinstance(child, DictConfig):
            _allow_writing(child)


def _freeze(value: Any) -> Any:  # noqa: ANN401  a config's value may be anything
    """Return a value with tuples where OmegaConf left lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _freeze(getattr(value, f.name)) for f in fields(value)})
    if isinstance(value, list):
        return tuple(_freeze(item) for item in value)
    return value
