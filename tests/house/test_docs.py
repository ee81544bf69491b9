"""Documents lead somewhere, and the generated pages are what the code says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(p for p in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")] if "node_modules" not in p.parts)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


@pytest.mark.slow
def test_reference_pages_are_what_the_code_says():
    done = subprocess.run([sys.executable, "tools/reference.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_runtime_dependency_has_its_line():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / "docs" / "dependencies.md").read_text().lower()
    for requirement in project["dependencies"]:
        name = re.split(r"[<>=\[ ;]", requirement)[0]
        assert name in text, name


def test_every_command_of_the_readme_exists():
    from typer.testing import CliRunner

    from kizuna.node.cli.main import app

    for command in set(re.findall(r"^\s+kizuna (\w+)", (ROOT / "README.md").read_text(), re.M)):
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0, command
