"""What is set while a launch file is evaluated: arguments, environment, common parameters."""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Settings:
    """What a scoped group restores at its end.

    Attributes:
        configurations: Arguments and ``<let>`` values by name; the pushed namespace is one of
            them, ``ros_namespace``, as in the real front end.
        parameters: From ``<set_parameter>`` (name and text) and ``<set_parameters_from_file>``.
        remappings: From ``<set_remap>``, as (from, to).
    """

    configurations: dict[str, str] = field(default_factory=dict)
    parameters: list[tuple[str, str] | Path] | None = None
    remappings: list[tuple[str, str]] | None = None


class Scope:
    """The state of one evaluation.

    Args:
        environment: The environment that the launcher was started in.
        log_directory: The folder of ``--log-dir``, if given.
        runs_commands: Whether ``$(command)`` may run anything.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        log_directory: Path | None = None,
        *,
        runs_commands: bool = True,
    ) -> None:
        self.runs_commands = runs_commands
        self.initial_environment = dict(environment)
        self.environment = dict(environment)
        self.log_directory = log_directory
        self.settings = Settings()
        self.file = Path()
        self.warnings: list[str] = []

    @property
    def configurations(self) -> dict[str, str]:
        """Arguments and ``<let>`` values by name."""
        return self.settings.configurations

    @property
    def namespace(self) -> str | None:
        """The namespace pushed so far."""
        return self.configurations.get("ros_namespace")

    def add_parameter(self, parameter: tuple[str, str] | Path) -> None:
        """Add a parameter or a file for all nodes that follow."""
        self.settings.parameters = self.settings.parameters or []
        self.settings.parameters.append(parameter)

    def add_remapping(self, source: str, target: str) -> None:
        """Add a remapping for all nodes that follow."""
        self.settings.remappings = self.settings.remappings or []
        self.settings.remappings.append((source, target))

    def reset(self, kept: Mapping[str, str]) -> None:
        """Forget all settings but those given."""
        self.settings = Settings(dict(kept))

    def reset_environment(self) -> None:
        """Return to the environment that the launcher was started in."""
        self.environment = dict(self.initial_environment)

    @contextmanager
    def group(self) -> Iterator[None]:
        """Restore settings and environment at the end.

        The lists of common parameters and remappings are shared with the outer scope when it has
        begun them: what is added inside stays for the nodes after the group. ``ros2 launch``
        behaves so, and a file must mean the same in both.
        """
        settings, environment = self.settings, self.environment
        self.settings = copy.copy(settings)
        self.settings.configurations = dict(settings.configurations)
        self.environment = dict(environment)
        try:
            yield
        finally:
            self.settings, self.environment = settings, environment

    @contextmanager
    def within(self, file: Path) -> Iterator[None]:
        """Make ``file`` the launch file of ``$(dirname)`` and ``$(filename)``."""
        before, self.file = self.file, file
        try:
            yield
        finally:
            self.file = before
