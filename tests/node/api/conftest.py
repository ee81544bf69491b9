import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from kizuna.node.desk import secrets  # noqa: E402


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch):
    """The real cost of a password is tested once, with the desk."""
    monkeypatch.setattr(secrets, "_N", 2**4)
    monkeypatch.setattr(secrets, "_NOBODY", secrets._NOBODY.replace("32768", "16"))


@pytest.fixture
def sides(made, tmp_path):
    """North and south: two nodes that know each other, with a memorandum and rules in force."""
    from two import two

    with two(tmp_path, made) as found:
        yield found


@pytest.fixture
def here(tmp_path):
    from station import station

    with station(tmp_path) as one:
        yield one
