"""Two nodes' directories for tests of commands: made once for a module, a copy for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kizuna.node.desk import secrets
from node.command_pair import Pair, copied, make


@pytest.fixture(scope="module")
def made_pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with pytest.MonkeyPatch.context() as patch:  # passwords that cost little, as long as the module runs
        patch.setattr(secrets, "_N", 2**4)
        patch.setattr(secrets, "_NOBODY", secrets._NOBODY.replace("32768", "16"))
        yield make(tmp_path_factory.mktemp("nodes"))


@pytest.fixture
def pair(made_pair: Pair, tmp_path: Path) -> Pair:
    return copied(made_pair, tmp_path)
