"""Refuses configs with which no training can succeed, before anything has begun."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, is_dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import get_args, get_type_hints

import torch

from untether_hardware.actor_learner.access import split_address
from untether_policies.errors import BundleError
from untether_policies.validation import validate_name
from untether_training.conf.training import RunConfig, TrainingConfig
from untether_training.interactive.config import ACTORS, IMITATION, METHODS, ROS, InteractiveConfig
from untether_training.learning.run_folder import RunFolder
from untether_training.offpolicy.trunk import STRIDE


class ConfigError(Exception):
    """A config that does not fit; says what was expected, what was got and the fix."""


@dataclass(frozen=True)
class Bound:
    """Which numbers a value of a config may be; never NaN nor infinite.

    Attributes:
        least: Smallest.
        most: Largest.
        above: Whether the smallest itself is excluded.
    """

    least: float = -math.inf
    most: float = math.inf
    above: bool = False

    def __contains__(self, number: float) -> bool:
        low_enough = number > self.least if self.above else number >= self.least
        return low_enough and number <= self.most and math.isfinite(number)

    def __str__(self) -> str:
        if math.isfinite(self.most):
            return f"{self.least} to {self.most}"
        if math.isfinite(self.least):
            return f"{'above' if self.above else 'at least'} {self.least}"
        return "a finite number"


_FINITE = Bound()
_COUNT = Bound(1)
_FROM_ZERO = Bound(0)
_POSITIVE = Bound(0, above=True)
_SHARE = Bound(0, 1)

RULES: tuple[tuple[str, Bound], ...] = (
    ("seed", Bound(0, 2**63 - 1)),  # torch takes no more
    ("threads", _FROM_ZERO),
    ("checkpoint_interval", _FROM_ZERO),
    ("export.*", _FROM_ZERO),
    ("time_limit", _POSITIVE),
    ("*_time", _POSITIVE),
    ("*.period", _POSITIVE),
    ("*.rotor_lag.*", _POSITIVE),
    ("*_scale", _POSITIVE),
    ("*_scales", _POSITIVE),
    ("*.features.height_limit", _POSITIVE),
    ("*.success.radius", _POSITIVE),
    ("*.reward.approach_gain", _POSITIVE),
    ("*.reward.nearness_radius", _POSITIVE),
    # Factors of what dynamics and features divide by or take the logarithm of; then the others.
    ("*.randomisation.mass", _POSITIVE),
    ("*.randomisation.inertia", _POSITIVE),
    ("*.randomisation.*thrust", _POSITIVE),
    ("*.randomisation.motor_*", _POSITIVE),
    ("*.randomisation.*", _FROM_ZERO),
    ("*.noise.*", _FROM_ZERO),
    ("*.thrust", _SHARE),
    ("*probability", _SHARE),
    ("*.standing", _SHARE),
    ("demonstrations", _FROM_ZERO),
    ("demonstration_share", _SHARE),
    ("warm_up", _FROM_ZERO),
    ("gripper_penalty", Bound(most=0.0)),
    ("learner.shift", _FROM_ZERO),
    ("learner.initial_temperature", _POSITIVE),
    ("imitation.learning_rate", _POSITIVE),
    ("operator.attention", _SHARE),
    ("operator.trust", _SHARE),
    ("operator.*", _FROM_ZERO),
    ("skill.hesitation", _SHARE),
    ("skill.speed", Bound(0, 1, above=True)),
    ("skill.*", _FROM_ZERO),
    ("teacher.share", _SHARE),
    ("teacher.std", _POSITIVE),
    ("learner.*_rate", _POSITIVE),
    ("learner.divergence", _POSITIVE),
    ("learner.clip", _POSITIVE),
    ("learner.initial_std", _POSITIVE),
    ("learner.hold", _SHARE),
    ("learner.discount", _SHARE),
    ("learner.trace", _SHARE),
)
"""What the numbers of a config may be, by patterns of their names; the first that fits counts.

Where none fits, a whole number is a count of at least 1, and any other number is finite."""


def validate(config: RunConfig) -> None:
    """Refuse a config with which no training can succeed.

    Numbers are held against `RULES`, and a range, which is a tuple of two floats, must not
    decrease; that goes for whatever dataclasses a config is made of.

    Args:
        config: Of a run.

    Raises:
        ConfigError: When a value is impossible.
    """
    _validate_value(config, type(config), "")
    if isinstance(config, InteractiveConfig):
        _validate_interactive(config)
    else:
        _validate_fleet(config)
    _validate_name(config.export.name)


def _validate_interactive(config: InteractiveConfig) -> None:
    if config.method not in METHODS:
        raise _refusal("method", f"one of {', '.join(METHODS)}", config.method)
    if config.actor not in ACTORS:
        raise _refusal("actor", f"one of {', '.join(ACTORS)}", config.actor)
    try:
        split_address(config.learner_address)
    except BundleError as error:
        raise _refusal("learner_address", error.expected, config.learner_address) from error
    if config.method == IMITATION and not config.demonstrations:
        raise _refusal("demonstrations", "at least 1 to imitate", 0)
    if config.task.image_size % STRIDE:
        raise _refusal("task.image_size", f"a multiple of {STRIDE}", config.task.image_size)
    if config.keeps_privileged and (config.actor == ROS or config.demonstrations_from):
        raise _refusal(
            "learner.privileged",
            "false with a robot's actor or recorded demonstrations, which know only what is seen",
            config.learner.privileged,
        )
    if not config.export.episodes:
        raise _refusal("export.episodes", "at least 1", 0)


def _validate_fleet(config: TrainingConfig) -> None:
    experience = config.num_envs * config.learner.steps
    if config.learner.mini_batches > experience:
        raise _refusal(
            "learner.mini_batches",
            f"at most num_envs * learner.steps = {experience}",
            config.learner.mini_batches,
        )
    if config.teacher.bundle:  # of an iteration's observations, the first are not labelled
        labelled = config.num_envs * (config.learner.steps - 1)
        if config.learner.mini_batches > labelled:
            raise _refusal(
                "learner.mini_batches",
                f"with a teacher at most num_envs * (learner.steps - 1) = {labelled}",
                config.learner.mini_batches,
            )
    if config.export.episodes + config.export.flights == 0:
        raise _refusal("export.episodes", "at least 1, or some export.flights", 0)
    _validate_device(config.device)


def _validate_value(value: object, kind: object, where: str) -> None:
    """Check a value and all that it is made of.

    Args:
        value: A dataclass, a tuple of numbers, or a leaf.
        kind: Its annotation.
        where: Its name, dotted; empty for the config itself.
    """
    if is_dataclass(value) and not isinstance(value, type):
        kinds = get_type_hints(type(value))
        for field in fields(value):
            name = f"{where}.{field.name}" if where else field.name
            _validate_value(getattr(value, field.name), kinds[field.name], name)
    elif isinstance(value, tuple):
        kinds = get_args(kind)
        if ... in kinds:
            if not value:
                raise _refusal(where, "at least one value", [])
            kinds = kinds[:1] * len(value)
        if len(value) != len(kinds):
            raise _refusal(where, f"{len(kinds)} values", list(value))
        for item, of in zip(value, kinds, strict=True):
            _validate_value(item, of, where)
        if kinds == (float, float) and value[0] > value[1]:
            raise _refusal(where, "a range whose first value is not above its second", list(value))
    elif isinstance(value, int | float) and kind in (int, float):
        bound = _find_bound(where, _COUNT if kind is int else _FINITE)
        if value not in bound:
            raise _refusal(where, str(bound), value)


def _find_bound(where: str, default: Bound) -> Bound:
    """Return the bound of the first rule that fits a name."""
    fitting = (bound for pattern, bound in RULES if fnmatchcase(where, pattern))
    return next(fitting, default)


def _validate_name(name: str) -> None:
    """Check what would otherwise only be noticed after the training."""
    if not name:
        return
    try:
        validate_name("export.name", name)
    except BundleError as error:
        raise _refusal("export.name", error.expected, name) from error
    folder = RunFolder(Path())
    if folder.bundle(name) == folder.tensorboard:  # the only file without a suffix
        raise _refusal("export.name", "a name that no other file of the run has", name)


def _validate_device(device: str) -> None:
    """Check that torch can compute on the device."""
    try:
        torch.Generator(device)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:  # the latter from a torch without CUDA
        names = ("cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count())))
        raise _refusal("device", f"one of {', '.join(names)}", device) from error


def _refusal(where: str, expected: str, got: object) -> ConfigError:
    """Return the error for a value that is impossible."""
    return ConfigError(
        f"{where}: expected {expected}, got {got!r}. Fix: give such a value with {where}=VALUE."
    )
