from importlib.metadata import EntryPoint, metadata

import pytest

from untether_policies import plugins
from untether_policies.plugins import PluginError, describe_plugin, find_plugins, run_plugin


@pytest.fixture
def install(monkeypatch, tmp_path):
    """Give a function that installs a command with the given source."""
    monkeypatch.syspath_prepend(tmp_path)
    installed = []
    monkeypatch.setattr(plugins, "entry_points", lambda group: list(installed))

    def add(name: str, source: str | None) -> EntryPoint:
        module = f"untether_{tmp_path.name}_{name}"  # its own: Python keeps what it imported
        if source is not None:
            (tmp_path / f"{module}.py").write_text(source)
        installed.append(EntryPoint(name, f"{module}:main", "untether.commands"))
        return installed[-1]

    return add


def test_own_commands_are_found_sorted():
    names = list(find_plugins("untether.commands"))
    assert names == sorted(names)
    assert {"bench", "check", "show", "import"} <= set(names)
    assert "policy-tick" in find_plugins("untether.benchmarks")


def test_extras_and_commands_that_errors_name_exist():
    named = {extra for names in plugins._KNOWN.values() for extra in names.values()}
    assert named | set(plugins._EXTRAS) <= set(metadata("untether").get_all("Provides-Extra") or ())
    for group, names in plugins._KNOWN.items():
        assert set(names) <= set(find_plugins(group))


def test_help_is_read_without_importing(install):
    plugin = install("loud", '"""Do it.\n\nMore."""\nraise SystemExit("imported")\n')
    assert describe_plugin(plugin) == "Do it."
    assert "not available" in describe_plugin(install("absent", None))
    assert "cannot be read" in describe_plugin(install("broken", "def main(:"))


def test_runs_with_its_arguments_and_status(install):
    install("count", "def main(argv): return len(argv)\n")
    assert run_plugin("untether.commands", "count", ["a", "b", "c"]) == 3


def test_unknown_name_suggests_the_nearest(install):
    install("check", "def main(argv): return 0\n")
    with pytest.raises(PluginError, match="did you mean 'check'"):
        run_plugin("untether.commands", "chekc", [])
    with pytest.raises(PluginError, match="choose one of: check"):
        run_plugin("untether.commands", "zzz", [])


@pytest.mark.parametrize("name", ["launch", "demo"])
def test_command_of_a_part_that_is_not_installed_says_which_extra(install, name):
    with pytest.raises(PluginError, match=r"untether\[ros\]"):
        run_plugin("untether.commands", name, [])


@pytest.mark.parametrize(
    ("module", "fix"),
    [
        ("torch", r"untether\[train\]"),
        ("rclpy.node", r"untether\[ros\]"),
        ("mujoco", r"untether\[hardware\]"),
        ("nobody_knows", "install untether again"),
    ],
)
def test_missing_package_says_which_extra(install, module, fix):
    for name, source in (
        ("early", f"raise ModuleNotFoundError(name={module!r})"),
        ("late", f"def main(argv):\n    raise ModuleNotFoundError(name={module!r})"),
    ):
        install(name, source)
        with pytest.raises(PluginError, match=fix):
            run_plugin("untether.commands", name, [])
