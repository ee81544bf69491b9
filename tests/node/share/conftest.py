"""Nodes in a row, each introduced to the next, that tests of passing on share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.share.onward_nodes import Node, chain, made

PARTIES = ("ash", "birch", "cedar", "dune")


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("row"), *PARTIES)


@pytest.fixture
def row(homes: Path, tmp_path: Path) -> Iterator[list[Node]]:
    nodes = chain(homes, tmp_path, *PARTIES)
    yield nodes
    for node in nodes:
        node.end()
