"""What a launch file comes to: the processes to start, with everything resolved."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ParameterFile:
    """A temporary parameter file, written when its process starts.

    Attributes:
        content: Its YAML text.
    """

    content: str


@dataclass(frozen=True, slots=True)
class Output:
    """Where a process's output goes.

    Attributes:
        stdout: Whether standard output is shown.
        stderr: Whether error output is shown.
        log: Whether both go to the common log, when there is a log folder.
        own_log: Whether both go to a log of their own, when there is a log folder.
    """

    stdout: bool
    stderr: bool
    log: bool
    own_log: bool


OUTPUTS: Mapping[str, Output] = {
    "screen": Output(stdout=True, stderr=True, log=False, own_log=False),
    "log": Output(stdout=False, stderr=True, log=True, own_log=False),
    "both": Output(stdout=True, stderr=True, log=True, own_log=False),
    "own_log": Output(stdout=False, stderr=False, log=False, own_log=True),
    "full": Output(stdout=True, stderr=True, log=True, own_log=True),
}
"""The meaning of the attribute ``output``."""


@dataclass(frozen=True, slots=True)
class ProcessPlan:
    """One process.

    Attributes:
        name: Its tag in the output: the program's name and a running number.
        command: Program and arguments; a ParameterFile stands for its path.
        directory: Where it starts, None for the launcher's own.
        environment: Its complete environment.
        shell: Whether the command, joined by spaces, goes to ``/bin/sh``.
        output: Where its output goes.
        emulate_tty: Whether it writes to pseudo-terminals instead of pipes.
        respawn: Whether it is started again when it ends by itself.
        respawn_delay: Time until then [s].
        respawn_max_retries: How often at most, negative for without limit.
        ends_launch: Whether everything is shut down when it ends.
        sigterm_timeout: From SIGINT to SIGTERM at shutdown [s].
        sigkill_timeout: From SIGTERM to SIGKILL at shutdown [s].
        where: ``file:line`` of its element.
    """

    name: str
    command: tuple[str | ParameterFile, ...]
    directory: Path | None
    environment: Mapping[str, str]
    shell: bool
    output: Output
    emulate_tty: bool
    respawn: bool
    respawn_delay: float
    respawn_max_retries: int
    ends_launch: bool
    sigterm_timeout: float
    sigkill_timeout: float
    where: str


@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """All processes in the order of their start, and the messages of ``<log>`` before them."""

    processes: tuple[ProcessPlan, ...]
    messages: tuple[str, ...]
    warnings: tuple[str, ...]
