"""Stolen keys, between two real nodes: what a thief said is set aside, new keys hold, and nothing of ours is lost."""

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kizuna.base.errors import ConfigError, InputError, TrustError
from kizuna.links.fed.client import Identity as LineIdentity
from kizuna.links.fed.client import Line
from kizuna.links.fed.signing import recipient
from kizuna.node.share.lines.page_exchange import Exchange
from kizuna.node.share.partners import PAUSED, pins
from kizuna.node.share.trust import doubt, revocation, rotation
from kizuna.records.record import decode
from kizuna.share import receipt
from kizuna.share.decide import Decision
from node.share.pair import RULES, Side, fixes, pair, until

ROOT = rotation.Root(None, "a long passphrase")
LOG = "north/1/south/test/routine"
FORGED = b"431000777"


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Thief:
    """Somebody with a copy of a node's directory: its keys, its logs; and its place on the line."""

    def __init__(self, victim: Side, tmp: Path) -> None:
        shutil.copytree(victim.home, tmp / "thief")
        self.side = Side(tmp / "thief", victim.party, victim.port)
        self.side.open()

    def page(self, n: int) -> bytes:
        """Says n things behind what the victim said last, and signs."""
        sharing = self.side.sharing
        [entry] = sharing.shared.logs.entries(LOG, 0, most=1, max_bytes=1 << 20)
        label = decode(entry.data).label
        decision = Decision("release", "", ("stolen",), label=label, lane="routine")
        size = sharing.shared.logs.state(LOG).size
        for k in range(n):
            data = entry.data.replace(b"431000001", FORGED).replace(
                b'"observed_ms":1', b'"observed_ms":%d' % (k + 1), 1
            )
            sharing.door.pass_on(data, decision, "south")
        return Exchange(sharing, lambda *_: None).cut("south", LOG, size, 1 << 20)

    def brings(self, south: Side, page: bytes) -> int:
        keys = self.side.sharing.identity
        who = LineIdentity(keys.key_id, keys.keys.sign_request, os.urandom)
        pin = pins(self.side.partners.get("south"), "test")
        with Line(f"https://127.0.0.1:{south.port}", pin, who, to=recipient("south", "test")) as line:
            return line.ask("POST", "/fed/v1/inbox", page).status


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    north, south = pair(tmp_path)
    north.start(), south.start()
    north.rules(RULES % {"to": "south"})
    north.hear(fixes(3))
    until(lambda: len(south.shown()) == 3)
    yield north, south
    for side in (north, south):
        side.stop()


def received(south: Side) -> dict[str, int]:
    return {s.name: s.size for s in south.sharing.shared.logs.all("in")}


def records(south: Side) -> set[str]:
    """Ids of what came. Under a new epoch the newest statements are made once more, in the same bytes: kept once."""
    logs = south.sharing.shared.logs
    return {e.id for log in received(south) for e in logs.entries(log, 0, most=99, max_bytes=1 << 20)}


@pytest.mark.slow
def test_what_a_thief_said_is_set_aside_and_the_node_goes_on_under_new_keys(
    sides: tuple[Side, Side], tmp_path: Path
) -> None:
    north, south = sides
    cleared: list[str] = []
    south.sharing.doubted = cleared.extend
    north.stop()
    thief = Thief(north, tmp_path)
    assert thief.brings(south, thief.page(2)) == 200
    until(lambda: received(south) == {LOG: 5})  # nobody could know yet
    north.open()
    before = {k.public for k in north.sharing.identity.ring.manifest.keys}
    with pytest.raises(ConfigError):
        revocation.revoke(north.sharing, rotation.Root(None, "another passphrase"), revocation.ALL, os.urandom, now())
    made = revocation.revoke(north.sharing, ROOT, revocation.ALL, os.urandom, now())
    assert {k.public for k in made.keys if k.state == "revoked"} == before
    assert (made.epoch, made.closed[LOG].size) == (2, 3)
    north.stop()
    north.open()  # the new keys are in use
    assert revocation.owes(north.sharing)
    assert revocation.announce(north.sharing, "south") == made.sequence
    assert not revocation.owes(north.sharing), "the former keys are gone when every partner knows"
    stones = until(lambda: len(cleared) == 2 and south.sharing.shared.tombstones.of(cleared))
    assert len(stones) == 2
    assert {(s.action, s.reason) for s in stones.values()} == {("hide", doubt.REASON)}
    assert all(FORGED in south.sharing.shared.records.get(i).data for i in cleared), "kept for a person to look at"
    assert any("key that was revoked" in words for _, _, _, words in south.sharing.traffic.alarms)
    assert thief.brings(south, thief.page(1)) == 404, "its requests count for nothing"
    carried = Exchange(south.sharing, lambda *_: None).take("north", thief.page(1), direct=False)
    assert carried.fault is not None and received(south)[LOG] == 5
    thief.side.stop()
    north.stop()
    north.start()
    before_ids = records(south)
    north.hear(fixes(2, first=50))
    until(lambda: len(records(south) - before_ids) == 2)
    until(lambda: north.sharing.health()[0]["link"]["state"] == "up")
    assert doubt.look(south.sharing, "north") == {}, "it is hidden once"


@pytest.mark.slow
def test_a_partner_that_was_away_is_told_by_the_running_node(sides: tuple[Side, Side]) -> None:
    north, south = sides
    north.stop(), south.stop()
    north.open()
    made = revocation.revoke(north.sharing, ROOT, revocation.ALL, os.urandom, now())
    north.stop()
    north.start(), south.start()  # neither knows a key or a certificate of north's that the other would take
    until(lambda: len(south.partners.get("north").manifests) == made.sequence)
    before_ids = records(south)
    north.hear(fixes(1, first=70))
    until(lambda: len(records(south) - before_ids) == 1)
    assert received(south)["north/2/south/test/routine"] >= 1
    until(lambda: not revocation.owes(north.sharing))


def test_one_key_alone_is_revoked_and_an_interrupted_command_is_given_again(tmp_path: Path) -> None:
    north, _ = pair(tmp_path)
    north.open()
    with pytest.raises(ConfigError, match="is no key"):
        revocation.revoke(north.sharing, ROOT, ("root",), os.urandom, now())
    made = revocation.revoke(north.sharing, ROOT, ("node",), os.urandom, now())
    assert [(k.use, k.state) for k in made.keys if k.state != "live"] == [("node", "revoked")]
    assert made.epoch == 1, "logs go on where their own key was not stolen"
    north.stop()
    north.open()
    rotation.begin(north.sharing, ROOT, os.urandom, now())
    north.stop()
    north.open()
    with pytest.raises(ConfigError, match="rotation of other keys is under way"):
        revocation.revoke(north.sharing, ROOT, ("page",), os.urandom, now())
    north.stop()
    north.open()
    made = revocation.revoke(
        north.sharing, ROOT, revocation.ALL, os.urandom, now()
    )  # what lay ready was stolen as well
    assert [k.use for k in made.keys if k.state == "live"] == ["page", "node", "box", "tls"]
    assert not list(north.places.next.iterdir())
    north.stop()
    north.open()
    assert revocation.owes(north.sharing)
    assert rotation.live(north.sharing.identity.ring, "test") == {k.data for k in made.keys if k.state == "live"}
    north.stop()


def test_manifests_that_are_brought_must_be_the_partners_own_and_follow(tmp_path: Path) -> None:
    north, south = pair(tmp_path)
    north.open(), south.open()
    mine = [m.decode() for m in north.sharing.identity.manifests]
    theirs = [m.decode() for m in south.sharing.identity.manifests]
    assert revocation.brought(south.sharing, "north", _json(mine)) == b"1"
    for bad in ([*mine, *theirs], mine * 65, ["no manifest"]):
        with pytest.raises(InputError):
            revocation.brought(south.sharing, "north", _json(bad))
    with pytest.raises(InputError):
        revocation.brought(south.sharing, "north", b"[1]")
    forger, key = receipt.make_root("a long passphrase", os.urandom)
    assert forger
    forged = receipt.first_manifest("north", key, [receipt.make_key("node", "test", os.urandom)[1]])
    with pytest.raises(TrustError, match="two different key manifests"):
        revocation.brought(south.sharing, "north", _json([forged.decode()]))
    south.partners.change("north", state=PAUSED)
    assert revocation.others(south.sharing) == []
    north.stop(), south.stop()


def _json(texts: list[str]) -> bytes:
    import msgspec

    return msgspec.json.encode(texts)
