"""What the demonstration tells people to type works where they type it."""

from pathlib import Path

import pytest

from kizuna.node.cli.demo_run import as_typed


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "env" / "bin").mkdir(parents=True)
    for name in ("kizuna", "python"):
        (tmp_path / "env" / "bin" / name).touch()
    return tmp_path


def test_the_bare_name_where_the_path_finds_it(tree: Path) -> None:
    command = tree / "env" / "bin" / "kizuna"
    assert as_typed(command, str(command), tree) == "kizuna"


def test_where_it_lies_when_the_path_does_not_find_it(tree: Path) -> None:
    command = tree / "env" / "bin" / "kizuna"
    assert as_typed(command, None, tree) == "env/bin/kizuna"
    assert as_typed(command, "/usr/bin/kizuna", tree) == "env/bin/kizuna"  # that is another one
    assert as_typed(command, None, tree / "other") == str(command)


def test_beside_the_python_that_runs_it(tree: Path) -> None:
    assert as_typed(tree / "env" / "bin" / "python", None, tree) == "env/bin/kizuna"
    assert as_typed(tree / "nowhere" / "python", None, tree) == "kizuna"
