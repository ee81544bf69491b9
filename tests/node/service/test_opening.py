"""A node's name: what a person calls it, and the short one in file names and logs."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from kizuna.node.cli.main import app
from kizuna.node.service.node_file import read_node_file
from kizuna.node.service.opening import names_of


@pytest.mark.parametrize(
    ("given", "title", "named"),
    [
        ("harbour", "", ("harbour", "harbour")),
        ("harbour", "Port A", ("harbour", "Port A")),
        ("Our desk", "", ("our-desk", "Our desk")),
        ("  Poste d'Été ", "", ("poste-d-ete", "Poste d'Été")),
        ("第十一管区", "", ("node", "第十一管区")),
        ("x " * 60, "t", ("x-" * 23 + "x", "t")),
    ],
)
def test_a_short_name_is_made_of_what_people_call_a_node(given: str, title: str, named: tuple[str, str]) -> None:
    assert names_of(given, title) == named


def test_a_node_is_made_under_a_name_with_spaces(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["node", "init", str(tmp_path / "n"), "--name", "Our desk"])
    assert done.exit_code == 0, done.stderr
    node = read_node_file(tmp_path / "n" / "node.toml").node
    assert (node.name, node.title) == ("our-desk", "Our desk")
