"""New keys: partners hold the manifest before a new key signs, heads are signed anew, nothing is lost on the way."""

import datetime as dt
import os
from pathlib import Path

import pytest

from kizuna.base.errors import ConfigError
from kizuna.node.share.trust import rotation
from kizuna.share.keys import kind_of
from kizuna.share.ledger.note import Verifier, check_note, read_note
from node.share.pair import RULES, Side, fixes, pair, until

ROOT = rotation.Root(None, "a long passphrase")


def public(side: Side) -> tuple[bytes, bytes]:
    return side.sharing.identity.keys.page.public, side.sharing.identity.keys.node.public


def signer(side: Side, log: str) -> bytes:
    head = side.sharing.shared.logs.state(log).head
    key = side.sharing.identity.keys.page.public
    check_note(read_note(head), [Verifier(log, key)])
    return key


@pytest.mark.slow
def test_keys_change_between_two_nodes_and_nothing_is_lost(tmp_path: Path) -> None:
    north, south = pair(tmp_path)
    north.start(), south.start()
    log = "north/1/south/test/routine"
    try:
        north.rules(RULES % {"to": "south"})
        north.hear(fixes(3))
        until(lambda: len(south.shown()) == 3)
        until(lambda: north.sharing.health()[0]["link"]["behind"] == 0)
        before = public(north)
        north.stop()
        # the new keys are listed, the old ones go on
        north.open()
        made = rotation.begin(north.sharing, ROOT, os.urandom, dt.datetime.now(dt.UTC))
        assert (made.sequence, len(made.keys)) == (2, 8)
        with pytest.raises(ConfigError, match="under way"):
            rotation.begin(north.sharing, ROOT, os.urandom, dt.datetime.now(dt.UTC))
        north.stop()
        north.open()
        with pytest.raises(ConfigError, match="south may not know"):
            rotation.finish(north.sharing, ROOT)
        assert public(north) == before
        north.stop()
        north.start()
        until(lambda: south.partners.get("north").ring.sequence == 2)
        until(lambda: rotation.known_to(north.sharing) == {"south": 2})
        north.hear(fixes(2, first=40))
        until(lambda: south.sharing.health()[0]["received"] == 5)
        assert signer(north, log) == before[0]
        north.stop()
        # now the new keys sign
        north.open()
        with pytest.raises(ConfigError):
            rotation.finish(north.sharing, rotation.Root(None, "another passphrase"))
        made = rotation.finish(north.sharing, ROOT)
        ended = {k.use: k for k in made.keys if k.state == "retired"}
        assert set(ended) == {"page", "node", "box", "tls"}
        assert ended["page"].until[log].size == 5
        assert not list(north.places.next.iterdir())
        north.stop()
        north.start()
        assert not set(public(north)) & set(before)
        until(lambda: south.partners.get("north").ring.sequence == made.sequence)
        assert until(lambda: _quiet(lambda: signer(north, log))) == public(north)[0], "the head was signed anew"
        north.hear(fixes(2, first=80))
        until(lambda: south.sharing.health()[0]["received"] == 7)
        south.rules(RULES % {"to": "north"})
        south.hear(fixes(1, first=900))
        until(lambda: north.sharing.health()[0]["received"] == 1)
        until(lambda: north.sharing.health()[0]["link"]["behind"] == 0)
        assert {s.halted for side in (north, south) for s in side.sharing.shared.logs.all()} == {""}
        assert [r["now"] for r in rotation.listed(north.sharing) if r["state"] == "live"] == ["in use"] * 4
    finally:
        north.stop(), south.stop()


def _quiet(work: object) -> object:
    from kizuna.base.errors import TrustError

    try:
        return work()  # type: ignore[operator]
    except TrustError:
        return None


def test_new_keys_are_heard_of_where_the_stop_was_too_short_to_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = pair(tmp_path)
    north.start(), south.start()
    try:
        until(lambda: south.sharing.health()[0]["link"]["state"] == "up")
        assert south.sharing.traffic is not None
        monkeypatch.setattr(south.sharing.traffic, "down", lambda *_: None)  # it never sees the line down
        north.stop()
        north.open()
        rotation.begin(north.sharing, ROOT, os.urandom, dt.datetime.now(dt.UTC))
        north.stop()
        north.start()
        until(lambda: south.partners.get("north").ring.sequence == 2)
        until(lambda: rotation.known_to(north.sharing) == {"south": 2})
    finally:
        north.stop(), south.stop()


def test_an_interrupted_end_of_a_rotation_is_finished_by_the_same_command(tmp_path: Path) -> None:
    north, south = pair(tmp_path)
    north.open()
    rotation.begin(north.sharing, ROOT, os.urandom, dt.datetime.now(dt.UTC))
    north.stop()
    name = north.places.key("page", "test").name
    (north.places.next / name).replace(north.places.keys / name)  # as far as it came
    north.open()
    made = rotation.finish(north.sharing, ROOT, anyway=True)
    assert sorted(k.use for k in made.keys if k.state == "retired") == ["box", "node", "page", "tls"]
    assert {k.context for k in made.keys} == {kind_of("test")}
    north.stop()
    north.open()
    with pytest.raises(ConfigError, match="no rotation"):
        rotation.finish(north.sharing, ROOT)
    north.stop()
