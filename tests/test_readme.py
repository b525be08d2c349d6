"""What the README says can be done: its Python runs, its links lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not {".venv", "runs", ".git", "build"} & set(path.relative_to(ROOT).parts)
)


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
