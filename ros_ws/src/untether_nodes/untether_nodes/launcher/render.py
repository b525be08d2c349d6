"""What ``--show-args`` and ``--print`` print."""

import shlex
from collections.abc import Iterable, Mapping

from untether_nodes.launcher.argument import Argument
from untether_nodes.launcher.process_plan import LaunchPlan, ParameterFile, ProcessPlan


def render_arguments(arguments: Iterable[Argument]) -> str:
    """Return a list of arguments with their descriptions, choices and defaults."""
    blocks = [_render_argument(argument) for argument in arguments]
    return "\n\n".join(["Arguments (pass them as name:=value):", *(blocks or ["  none"])])


def _render_argument(argument: Argument) -> str:
    condition = " (used only under a condition)" if argument.conditional else ""
    lines = [f"{argument.name}{condition}", f"    {argument.description or 'no description'}"]
    if argument.choices:
        lines.append(f"    choices: {', '.join(argument.choices)}")
    lines.append(
        "    required" if argument.default is None else f"    default: {argument.default!r}"
    )
    return "\n".join(f"  {line}" for line in lines)


def render_plan(plan: LaunchPlan, environment: Mapping[str, str]) -> str:
    """Return the processes of a plan with everything that differs from a plain start.

    Args:
        plan: The plan.
        environment: The launcher's own environment, which is not repeated.

    Returns:
        One block per process, in the order of their start.
    """
    blocks = [_render_process(process, environment) for process in plan.processes]
    return "\n\n".join(blocks or ["no process would start"])


def _render_process(process: ProcessPlan, environment: Mapping[str, str]) -> str:
    files = [part for part in process.command if isinstance(part, ParameterFile)]
    shown = {part: f"<parameters {number}>" for number, part in enumerate(files, start=1)}
    words = [shown[p] if isinstance(p, ParameterFile) else shlex.quote(p) for p in process.command]
    lines = [f"[{process.name}]  ({process.where})", " ".join(words)]
    if process.shell:
        lines.append("run by /bin/sh")
    if process.directory is not None:
        lines.append(f"in {process.directory}")
    lines += _differences(process.environment, environment)
    if process.respawn:
        lines.append(f"started again {process.respawn_delay:g} s after it ends")
    if process.ends_launch:
        lines.append("its end shuts everything down")
    for file, name in shown.items():
        lines += [f"{name}:", *(f"  {line}" for line in file.content.splitlines())]
    return "\n    ".join(lines)


def _differences(own: Mapping[str, str], common: Mapping[str, str]) -> list[str]:
    changed = [f"env {k}={shlex.quote(v)}" for k, v in sorted(own.items()) if common.get(k) != v]
    return changed + [f"env without {name}" for name in sorted(common.keys() - own.keys())]
