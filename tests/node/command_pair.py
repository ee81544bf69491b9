"""Two nodes' directories that know each other, and commands run on them in this process."""

import os
import shutil
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from kizuna.node.cli.main import app
from kizuna.node.share import introduction
from kizuna.node.share.sharing import open_sharing
from kizuna.node.service.node_file import read_node_file

PEOPLE = (("ana", "analyst"), ("vic", "viewer"), ("olga", "release_officer"), ("per", "release_officer"))
NOW_MS = 1_796_000_000_000


def run(*words: Any, code: int = 0, typed: str = "") -> Any:
    """One command; its exit code must be as told."""
    done = CliRunner().invoke(app, [str(w) for w in words], input=typed)
    assert done.exit_code == code, (words, done.exit_code, done.output, done.stderr, done.exception)
    return done


class Pair:
    """``north`` and ``south``, each with four people; ``by`` logs one of them in."""

    def __init__(self, at: Path) -> None:
        self.at = at

    @property
    def north(self) -> Path:
        return self.at / "north"

    @property
    def south(self) -> Path:
        return self.at / "south"

    def by(self, *names: str) -> list[Any]:
        secret = self.at / "secret"
        words: list[Any] = ["--by", names[0], "--password-file", secret]
        return words if len(names) == 1 else [*words, "--second", names[1], "--password-file", secret]

    def opened(self, home: Path) -> Any:
        return open_sharing(read_node_file(home / "node.toml"))


def make(at: Path) -> Pair:
    """Keys, people, and an introduction."""
    pair, secret = Pair(at), at / "secret"
    secret.write_text("four words of no kin\n")
    for home in (pair.north, pair.south):
        run("node", "init", home, "--name", home.name, "--context", "exercise:drill")
        run("partner", "init", home, "--party", home.name, "--title", f"The {home.name}", "--passphrase-file", secret)
        for name, role in PEOPLE:
            run("node", "user", "add", home, name, "--role", role, "--password-file", secret)
    with pair.opened(pair.north) as north, pair.opened(pair.south) as south:
        first = introduction.begin(north.places, north.identity, [], os.urandom)
        _, answer = introduction.accept(south.places, south.identity, [], first, os.urandom)
        opened = introduction.open_up(north.places, answer)
        code = introduction.see(south.places, "north", opened.file)
        introduction.confirm(north.places, north.partners, "south", code, at_ms=NOW_MS, by="olga")
        introduction.confirm(south.places, south.partners, "north", opened.code, at_ms=NOW_MS, by="olga")
    return pair


def copied(pair: Pair, at: Path) -> Pair:
    """The same two for one test alone."""
    for name in ("north", "south", "secret"):
        source = pair.at / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, at / name)
    return Pair(at)
