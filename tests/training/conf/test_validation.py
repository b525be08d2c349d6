"""Configs with which no training can succeed are refused; those that can are not."""

from dataclasses import dataclass, fields, is_dataclass, replace
from fnmatch import fnmatchcase

import pytest

from untether_training.conf.presets import PRESETS
from untether_training.conf.validation import RULES, ConfigError, validate
from untether_training.tasks.randomisation import Range

PRESET = PRESETS["waypoint"]


def changed(config, where, value):
    """Return a config with one value changed, given by its dotted name."""
    name, _, rest = where.partition(".")
    return replace(config, **{name: changed(getattr(config, name), rest, value) if rest else value})


def names(config, prefix=""):
    """Yield the dotted names of all values."""
    for field in fields(config):
        value = getattr(config, field.name)
        if is_dataclass(value):
            yield from names(value, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}"


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_possible(name):
    validate(PRESETS[name])


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("seed", -1),
        ("seed", 2**64),
        ("num_envs", 0),
        ("iterations", 0),
        ("time_limit", 0.0),
        ("time_limit", -5.0),
        ("time_limit", float("nan")),
        ("time_limit", float("inf")),
        ("checkpoint_interval", -1.0),
        ("device", "cuda:99"),
        ("device", "toaster"),
        ("policy.hidden", ()),
        ("policy.hidden", (64, 0)),
        ("policy.features.velocity_scale", 0.0),
        ("policy.features.command_scales", (1.0, 1.0, 0.0, 1.0)),
        ("learner.mini_batches", 0),
        ("learner.mini_batches", 64 * 1024 + 1),
        ("learner.learning_rate", 0.0),
        ("teacher.share", 1.1),
        ("teacher.std", 0.0),
        ("learner.discount", 1.5),
        ("task.leg_time", (0.0, 0.0)),
        ("task.continue_probability", 1.5),
        ("task.flying.thrust", (-0.1, 0.5)),
        ("task.volume.x", (2.0, -2.0)),
        ("task.randomisation.mass", (1.2, 0.8)),
        ("task.randomisation.mass", (0.0, 1.0)),
        ("task.randomisation.mass", (0.8,)),
        ("task.randomisation.mass", (0.8, 1.0, 1.2)),
        ("task.randomisation.motor_rise", (0.0, 1.0)),
        ("task.randomisation.latency", (-0.01, 0.01)),
        ("export.episodes", -1),
        ("export.name", "a b"),
        ("export.name", "../elsewhere"),
        ("export.name", "tensorboard"),
    ],
)
def test_impossible_values_are_refused_by_name_with_expected_got_and_fix(where, value):
    with pytest.raises(ConfigError) as error:
        validate(changed(PRESET, where, value))
    assert str(error.value).startswith(f"{where}: expected ")
    for part in (", got ", "Fix: "):
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("seed", 0),
        ("threads", 0),
        ("checkpoint_interval", 0.0),
        ("export.flights", 0),
        ("export.name", "my_bundle-2"),
        ("learner.mini_batches", 64 * 1024),
        ("task.continue_probability", 0.0),
        ("task.randomisation.mass", (1.0, 1.0)),
        ("task.randomisation.latency", (0.0, 0.0)),
        ("task.noise.position", 0.0),
    ],
)
def test_values_at_the_edge_are_accepted(where, value):
    validate(changed(PRESET, where, value))


def test_an_export_that_evaluates_nothing_is_refused():
    export = replace(PRESET.export, episodes=0, flights=0)
    with pytest.raises(ConfigError, match=r"export.episodes: expected .* got 0"):
        validate(replace(PRESET, export=export))


def test_a_teacher_needs_observations_after_the_first():
    teacher = replace(PRESET.teacher, bundle="crazyflie_waypoint")
    learner = replace(PRESET.learner, steps=2, mini_batches=PRESET.num_envs)
    validate(replace(PRESET, teacher=teacher, learner=learner))
    with pytest.raises(ConfigError, match=r"learner.mini_batches: expected with a teacher"):
        validate(replace(PRESET, teacher=teacher, learner=replace(learner, steps=1)))


def test_ranges_counts_and_times_of_any_other_config_class_are_checked():
    @dataclass(frozen=True)
    class SwimConfig:
        depth: Range = (1.0, 2.0)
        robots: int = 4
        dive_time: float = 3.0
        current: float = -1.0

    validate(replace(PRESET, task=SwimConfig()))
    for name, value in (
        ("depth", (2.0, 1.0)),
        ("robots", 0),
        ("dive_time", 0.0),
        ("current", float("nan")),
    ):
        with pytest.raises(ConfigError, match=rf"task\.{name}"):
            validate(replace(PRESET, task=SwimConfig(**{name: value})))


def test_every_rule_is_about_something():
    known = {name for preset in PRESETS.values() for name in names(preset)}
    dead = [rule for rule, _ in RULES if not any(fnmatchcase(name, rule) for name in known)]
    assert dead == []


@pytest.mark.parametrize(("where", "value"), [("actor", "ros"), ("demonstrations_from", "dataset")])
def test_what_only_a_simulator_knows_is_refused_where_there_is_none(where, value):
    preset = changed(PRESETS["peg"], "learner.privileged", True)
    validate(preset)
    with pytest.raises(ConfigError, match=r"learner\.privileged: expected false"):
        validate(changed(preset, where, value))


@pytest.mark.parametrize(
    ("where", "value"),
    [("actor", "gazebo"), ("learner_address", "robot"), ("learner_address", "robot:99999")],
)
def test_an_actor_that_nobody_can_reach_is_refused(where, value):
    with pytest.raises(ConfigError, match=f"{where}: expected"):
        validate(changed(PRESETS["peg"], where, value))
