"""Commands and benchmarks of every installed part, found by their entry points."""

import ast
from collections.abc import Sequence
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

# Which extra of the distribution brings a module that a command may miss.
_EXTRAS = {
    "train": ("torch", "tensordict", "rsl_rl", "hydra", "omegaconf", "tensorboard", "onnxscript"),
    "hardware": ("mujoco", "matplotlib", "av"),
    "ros": (
        "rclpy", "rosidl_runtime_py", "ament_index_python", "builtin_interfaces", "std_msgs",
        "nav_msgs", "sensor_msgs", "geometry_msgs", "diagnostic_msgs", "lifecycle_msgs", "mcap",
        "untether_interfaces", "untether_nodes",
    ),
}  # fmt: skip
# Commands of packages that may not be installed, so that asking for one says how to get it.
_KNOWN = {
    "untether.commands": {"launch": "ros", "fly": "ros", "demo": "ros"},
    "untether.benchmarks": {"closed-loop": "ros"},
}


class PluginError(Exception):
    """A command or benchmark that does not exist or misses a package; the text says the fix."""


def find_plugins(group: str) -> dict[str, EntryPoint]:
    """Return the installed plug-ins of an entry-point group by name, sorted."""
    return {plugin.name: plugin for plugin in sorted(entry_points(group=group), key=_sort_key)}


def describe_plugin(plugin: EntryPoint) -> str:
    """Return a plug-in's one-line help, the first line of its module, without importing it."""
    try:
        spec = find_spec(plugin.module)
    except ModuleNotFoundError as error:
        return f"not available: {explain_missing(error)}"
    if spec is None or spec.origin is None:
        return f"not available: {plugin.module} is not installed"
    try:
        docstring = ast.get_docstring(ast.parse(Path(spec.origin).read_bytes())) or ""
    except (OSError, SyntaxError, ValueError) as error:
        return f"not available: {plugin.module} cannot be read ({error})"
    return docstring.partition("\n")[0]


def run_plugin(group: str, name: str, argv: Sequence[str]) -> int:
    """Run a plug-in and return its exit status.

    Args:
        group: the entry-point group.
        name: the plug-in's name.
        argv: its arguments.

    Raises:
        PluginError: when there is no such plug-in, or it needs a package that is not installed.
    """
    plugins = find_plugins(group)
    if name not in plugins:
        raise PluginError(_explain_unknown(group, name, list(plugins)))
    try:
        return int(plugins[name].load()(list(argv)) or 0)
    except ModuleNotFoundError as error:
        raise PluginError(f"{name}: {explain_missing(error)}") from error


def explain_missing(error: ModuleNotFoundError) -> str:
    """Return what to install for a module that is not there."""
    module = (error.name or "").partition(".")[0]
    for extra, modules in _EXTRAS.items():
        if module in modules:
            return f"needs the package {module!r}. Fix: pip install 'untether[{extra}]'"
    return f"needs the module {error.name!r}, which is not installed. Fix: install untether again"


def _explain_unknown(group: str, name: str, names: list[str]) -> str:
    """Return what to do about a name that no plug-in has."""
    extra = _KNOWN.get(group, {}).get(name)
    if extra is not None:
        return f"{name} is not installed. Fix: pip install 'untether[{extra}]', or make setup"
    nearest = get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]!r}?" if nearest else f"choose one of: {', '.join(names)}"
    return f"there is no {name!r}; {hint}"


def _sort_key(plugin: EntryPoint) -> str:
    """Sort by name."""
    return plugin.name
