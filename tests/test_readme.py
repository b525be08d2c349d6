"""What the README says can be done: its Python runs, its commands parse, its links lead on."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

from untether_policies import cli

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not {".venv", "runs", ".git", "build"} & set(path.relative_to(ROOT).parts)
)
COMMANDS = sorted(
    {
        command
        for name in ("README.md", "training/README.md", "policies/IMPORTING.md")
        for command in re.findall(
            r"(?:^|`)(untether [^`\n]+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE
        )
    }
)


@pytest.fixture
def stop_once_parsed(monkeypatch):
    """Let every parser that accepts its arguments end the command, which then does not run."""

    def replace(parse):
        def parse_and_stop(*args, **options):
            parse(*args, **options)
            raise SystemExit(0)

        return parse_and_stop

    for name in ("parse_args", "parse_intermixed_args"):
        parse = getattr(argparse.ArgumentParser, name)
        monkeypatch.setattr(argparse.ArgumentParser, name, replace(parse))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_readme_are_accepted(command, stop_once_parsed, capsys):
    _, name, *arguments = shlex.split(command, comments=True)
    if name == "train":  # is Hydra's, which parses only to run; but the help lists the keys
        assert cli.main(["train", "--help"]) == 0
        shown = capsys.readouterr().out
        keys = {"".join(argument.partition("=")[:2]) for argument in arguments} - {"--help"}
        assert all(key in shown for key in keys)
        return
    if arguments in ([], ["mjlab"], ["unitree"]):  # the text only names the command
        arguments.append("--help")
    with pytest.raises(SystemExit) as stop:
        cli.main([name, *arguments])
    assert stop.value.code == 0


def test_the_python_of_the_readme_runs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    thrusts = [float(word) for word in re.findall(r"\d+\.\d+", capsys.readouterr().out)]
    assert len(thrusts) == 4
    assert all(0.0 <= thrust <= 0.131 for thrust in thrusts)  # [N]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_to_files(document):
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text())
    broken = [target for target in targets if not (document.parent / target).exists()]
    assert not broken
