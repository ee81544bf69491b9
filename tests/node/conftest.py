"""What is made once for many tests of nodes: directories of two nodes for commands, keys of two nodes that share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kizuna.node.desk import secrets
from node.command_pair import Pair, copied, make
from node.share.standin import make_keys


@pytest.fixture(scope="module")
def made_pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with pytest.MonkeyPatch.context() as patch:  # passwords that cost little, as long as the module runs
        patch.setattr(secrets, "_N", 2**4)
        patch.setattr(secrets, "_NOBODY", secrets._NOBODY.replace("32768", "16"))
        yield make(tmp_path_factory.mktemp("nodes"))


@pytest.fixture
def pair(made_pair: Pair, tmp_path: Path) -> Pair:
    return copied(made_pair, tmp_path)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the keys of two nodes, north and south; ``standin.nodes`` copies it."""
    return make_keys(tmp_path_factory.mktemp("made"))
