"""Configs go to Hydra and back unchanged, and wrong ones are refused in words."""

import pytest
from hydra import compose, initialize
from hydra.errors import HydraException

from untether_training.conf.presets import PRESETS
from untether_training.conf.store import (
    PRIMARY,
    dump_config,
    load_config,
    register_configs,
    to_config,
)
from untether_training.conf.validation import ConfigError
from untether_training.tasks.hover import HoverConfig


def composed(*overrides: str):
    register_configs()
    with initialize(version_base=None):
        return compose(PRIMARY, overrides=list(overrides))


@pytest.mark.parametrize("name", PRESETS)
def test_presets_survive_yaml(tmp_path, name):
    path = tmp_path / "config.yaml"
    path.write_text(dump_config(PRESETS[name]))
    assert load_config(path) == PRESETS[name]


@pytest.mark.parametrize("name", PRESETS)
def test_task_chooses_the_preset(name):
    assert to_config(composed(f"task={name}")) == PRESETS[name]


def test_overrides_reach_every_level():
    config = to_config(
        composed("task=hover", "seed=3", "task.throw.speed=1.5", "task.randomisation.mass=[1,1.1]")
    )
    assert config.seed == 3
    assert isinstance(config.task, HoverConfig)
    assert config.task.throw.speed == 1.5
    assert config.task.randomisation.mass == (1.0, 1.1)


@pytest.mark.parametrize(
    "override", ["sed=3", "seed=many", "task=fly", "task.reward.distance=far", "task.throw.speed=1"]
)
def test_wrong_overrides_are_refused(override):
    with pytest.raises(HydraException):
        composed(override)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="expected the config of a run"):
        load_config(tmp_path / "config.yaml")


@pytest.mark.parametrize(
    "text", ["- 1\n", "task: {name: swim}\n", "task: {name: hover}\nsed: 1\n", "a: [\n"]
)
def test_damaged_configs_are_refused(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match="Fix"):
        load_config(path)


def test_impossible_values_are_refused_wherever_a_config_comes_from(tmp_path):
    with pytest.raises(ConfigError, match="num_envs"):
        to_config(composed("num_envs=0"))
    path = tmp_path / "config.yaml"
    path.write_text(dump_config(PRESETS["hover"]).replace("num_envs: 1024", "num_envs: -1"))
    with pytest.raises(ConfigError, match="num_envs"):
        load_config(path)
