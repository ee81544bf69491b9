"""Two nodes introduced by files and a code, as their operators do it."""

import base64
import datetime as dt
import os
import shutil
import stat
from pathlib import Path

import msgspec
import pytest

from kizuna.base.errors import ConfigError, InputError, TrustError
from kizuna.node.share import introduction
from kizuna.node.share.files import Places, put
from kizuna.node.share.identity import Identity, Marks, init, load
from kizuna.node.share.partners import PAUSED, REVOKED, Known, Partners, pins
from kizuna.share import receipt
from kizuna.share.keys import Key, KeyRing, Position
from kizuna.share.seal import SecretKey, new_key

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


class Side:
    def __init__(self, home: Path, party: str) -> None:
        self.places = Places(home)
        init(
            self.places, party, "real", passphrase="a long passphrase", random=os.urandom, hosts=["127.0.0.1"], now=NOW
        )
        self.partners = Partners(self.places)
        self.identity: Identity = load(self.places, party, party.title(), "real")
        self.addresses = [f"https://{party}.test:9443"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    north, south = tmp_path_factory.mktemp("north"), tmp_path_factory.mktemp("south")
    Side(north, "north")
    Side(south, "south")
    return north, south


@pytest.fixture
def sides(made: tuple[Path, Path], tmp_path: Path) -> tuple[Side, Side]:
    out = []
    for home, party in zip(made, ("north", "south"), strict=True):
        copy = tmp_path / party
        shutil.copytree(home, copy)
        side = Side.__new__(Side)
        side.places, side.addresses = Places(copy), [f"https://{party}.test:9443"]
        side.partners, side.identity = Partners(side.places), load(Places(copy), party, party.title(), "real")
        out.append(side)
    return out[0], out[1]


def codes(north: Side, south: Side) -> tuple[str, str]:
    first = introduction.begin(north.places, north.identity, north.addresses, os.urandom)
    asked, answer = introduction.accept(south.places, south.identity, south.addresses, first, os.urandom)
    assert asked == "north"
    opened = introduction.open_up(north.places, answer)
    assert opened.party == "south"
    return opened.code, introduction.see(south.places, "north", opened.file)


def test_two_sides_see_one_code_and_know_each_other_when_both_typed_it(sides: tuple[Side, Side]) -> None:
    north, south = sides
    here, there = codes(north, south)
    assert here == there
    known = introduction.confirm(north.places, north.partners, "south", there, at_ms=1, by="aiko")
    introduction.confirm(south.places, south.partners, "north", here, at_ms=1, by="mei")
    assert known.addresses == ("https://south.test:9443",)
    pin = south.identity.certificate.fingerprint.replace(":", "").lower()
    assert pins(north.partners.get("south"), "real") == [pin]
    assert introduction.waiting(north.places) == introduction.waiting(south.places) == []


def test_a_code_may_be_misheard_twice_and_then_ends_the_introduction(sides: tuple[Side, Side]) -> None:
    north, south = sides
    here, there = codes(north, south)
    wrong = here[:-1] + str((int(here[-1]) + 1) % 10)
    for side, other in ((north, "south"), (south, "north")):
        for _ in range(introduction.TRIES - 1):
            with pytest.raises(TrustError):
                introduction.confirm(side.places, side.partners, other, wrong, at_ms=1, by="aiko")
            assert side.partners.all() == []
    assert introduction.confirm(north.places, north.partners, "south", there, at_ms=1, by="aiko").id == "south"
    with pytest.raises(TrustError):
        introduction.confirm(south.places, south.partners, "north", wrong, at_ms=1, by="mei")
    with pytest.raises(InputError):
        introduction.confirm(south.places, south.partners, "north", here, at_ms=1, by="mei")
    assert south.partners.all() == []


def test_nothing_is_confirmed_before_the_third_file_was_read(sides: tuple[Side, Side]) -> None:
    north, south = sides
    first = introduction.begin(north.places, north.identity, north.addresses, os.urandom)
    introduction.accept(south.places, south.identity, south.addresses, first, os.urandom)
    with pytest.raises(InputError, match="third file"):
        introduction.confirm(south.places, south.partners, "north", "0" * 20, at_ms=1, by="mei")


def test_a_revoked_partner_stays_revoked(sides: tuple[Side, Side]) -> None:
    north, south = sides
    here, there = codes(north, south)
    introduction.confirm(north.places, north.partners, "south", there, at_ms=1, by="aiko")
    assert north.partners.change("south", state=PAUSED, why="talks").partner.state == "revoked"
    north.partners.change("south", state=REVOKED, why="lost")
    with pytest.raises(InputError):
        north.partners.change("south", state="active")
    here, there = codes(north, south)
    with pytest.raises(InputError, match="revoked"):
        introduction.confirm(north.places, north.partners, "south", there, at_ms=2, by="aiko")


def test_an_introduction_again_keeps_what_officers_decided(sides: tuple[Side, Side]) -> None:
    north, south = sides
    _, there = codes(north, south)
    introduction.confirm(north.places, north.partners, "south", there, at_ms=1, by="aiko")
    north.partners.change("south", tlp_max="GREEN", caveats=["x"])
    _, there = codes(north, south)
    after = introduction.confirm(north.places, north.partners, "south", there, at_ms=2, by="aiko")
    assert (after.tlp_max, after.caveats, after.introduced_ms) == ("GREEN", ("x",), 2)


def test_keys_are_made_once_and_are_private(sides: tuple[Side, Side]) -> None:
    north, _ = sides
    for path in north.places.home.rglob("*"):
        if path.is_file() and path.name != "node.crt":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    with pytest.raises(ConfigError, match="already"):
        init(north.places, "north", "real", passphrase="a long passphrase", random=os.urandom, hosts=["x"], now=NOW)


def test_keys_of_another_party_are_refused(sides: tuple[Side, Side]) -> None:
    north, _ = sides
    with pytest.raises(ConfigError, match="those of north"):
        load(north.places, "west", "West", "real")


def test_a_key_that_others_can_read_is_refused(sides: tuple[Side, Side]) -> None:
    north, _ = sides
    north.places.key("page", "real").chmod(0o640)
    with pytest.raises(ConfigError, match="others can read"):
        load(north.places, "north", "North", "real")


def test_keys_of_one_context_are_none_of_another(sides: tuple[Side, Side]) -> None:
    north, _ = sides
    with pytest.raises(ConfigError):
        load(north.places, "north", "North", "exercise:a")


def test_marks_outlive_the_process(tmp_path: Path) -> None:
    marks = Marks(tmp_path / "marks.json")
    assert marks.lost
    marks.put({"a/1/b/real/flash": Position(5, "cm9vdA==")})
    assert not Marks(tmp_path / "marks.json").lost
    assert Marks(tmp_path / "marks.json").of("a/1/b/real/flash") == Position(5, "cm9vdA==")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    put(tmp_path / "a", b"one")
    with pytest.raises(ConfigError):
        put(tmp_path / "a", b"two", new=True)
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def stated(party: str, root: SecretKey, *keys: Key, addresses: tuple[str, ...] = ()) -> Known:
    """A partner with this root key, as an introduction that was confirmed gives it."""
    made = keys or tuple(receipt.make_key(use, "real", os.urandom)[1] for use in ("page", "node"))
    text = receipt.first_manifest(party, root, made).decode()
    public = base64.b64encode(root.public).decode()
    return Known(id=party, title=party, root=public, manifests=(text,), addresses=addresses)


def new_root() -> SecretKey:
    return new_key("root", "real", os.urandom)


def test_one_party_cannot_stand_here_under_two_ids(tmp_path: Path) -> None:
    partners, root = Partners(Places(tmp_path)), new_root()
    node = receipt.make_key("node", "real", os.urandom)[1]
    partners.introduce(stated("west", root, node))
    with pytest.raises(InputError, match="comes with a key of west"):
        partners.introduce(stated("east", root))
    with pytest.raises(InputError, match="comes with a key of west"):
        partners.introduce(stated("east", new_root(), node))
    partners.change("west", state=REVOKED, why="lost")
    with pytest.raises(InputError, match="comes with a key of west"):
        partners.introduce(stated("east", root))
    assert [k.id for k in partners.all()] == ["west"]


def test_a_copy_of_this_node_is_no_partner(sides: tuple[Side, Side]) -> None:
    north, _ = sides
    mine = north.identity.ring.manifest.keys[1]
    with pytest.raises(InputError, match="a key of this node"):
        north.partners.introduce(stated("twin", new_root(), mine))


def test_an_address_of_another_or_of_ourselves_is_refused(sides: tuple[Side, Side]) -> None:
    north, south = sides
    _, there = codes(north, south)
    with pytest.raises(InputError, match="an address of this node"):
        introduction.confirm(
            north.places, north.partners, "south", there, at_ms=1, by="aiko", mine=["https://SOUTH.test:9443"]
        )
    _, there = codes(north, south)
    introduction.confirm(north.places, north.partners, "south", there, at_ms=1, by="aiko", mine=north.addresses)
    taken = ("https://south.test:9443",)
    with pytest.raises(InputError, match="names an address of south"):
        north.partners.introduce(stated("west", new_root(), addresses=taken))
    north.partners.change("south", state=REVOKED, why="gone")
    assert north.partners.introduce(stated("west", new_root(), addresses=taken)).id == "west"


def test_a_party_may_be_called_as_files_are(sides: tuple[Side, Side], tmp_path: Path) -> None:
    north, south = sides
    shutil.copytree(south.places.home, tmp_path / "begun")
    for note in (tmp_path / "begun").rglob("*.note"):
        note.unlink()
    root = new_root()
    places = Places(tmp_path / "begun")
    listed = [k for k in south.identity.ring.manifest.keys]
    put(places.manifest(1), receipt.first_manifest("begun", root, listed))
    begun = load(places, "begun", "Begun", "real")
    first = introduction.begin(places, begun, ["https://begun.test:9443"], os.urandom)
    introduction.accept(north.places, north.identity, north.addresses, first, os.urandom)
    own = introduction.begin(north.places, north.identity, north.addresses, os.urandom)  # beside it, of another
    assert introduction.waiting(north.places) == ["begun"]
    _, answer = introduction.accept(south.places, south.identity, south.addresses, own, os.urandom)
    assert introduction.open_up(north.places, answer).party == "south"
    assert introduction.waiting(north.places) == ["begun", "south"]


def test_a_partner_cannot_state_manifests_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    partners, root = Partners(Places(tmp_path)), new_root()
    known = partners.introduce(stated("west", root))
    monkeypatch.setattr("kizuna.node.share.partners.MANIFESTS_MOST", 2)
    ring = known.ring
    for n in (2, 3):
        data = receipt.rotate(ring, root, [receipt.make_key("node", "real", os.urandom)[1]])
        ring = ring.accept(data)
        if n == 2:
            assert len(partners.learn("west", data).manifests) == 2
        else:
            with pytest.raises(InputError, match="more than 2 key manifests"):
                partners.learn("west", data)
    assert len(partners.get("west").manifests) == 2


def test_an_earlier_root_key_tells_no_other_story_at_a_second_introduction(tmp_path: Path) -> None:
    """A root key that was handed over, perhaps because others have it, cannot begin the chain anew."""
    partners, old, new = Partners(Places(tmp_path)), new_root(), new_root()
    first = partners.introduce(stated("west", old))
    handed = receipt.change_root(first.ring, old, new)
    partners.learn("west", handed)
    forked = stated("west", old)
    with pytest.raises(InputError, match="another root key"):
        partners.introduce(forked)
    longer = msgspec.structs.replace(forked, manifests=(
        *forked.manifests, *(m.decode() for m in grown(forked.ring, old, 4)),
    ))  # fmt: skip
    with pytest.raises(InputError, match="another root key"):
        partners.introduce(longer)
    assert len(partners.introduce(first).manifests) == 2, "the chain as it was then takes nothing back"


def test_a_second_introduction_brings_no_dead_key_back(tmp_path: Path) -> None:
    partners, root = Partners(Places(tmp_path)), new_root()
    node = receipt.make_key("node", "real", os.urandom)[1]
    known = partners.introduce(stated("west", root, node))
    partners.learn("west", receipt.revoke(known.ring, root, node.data, {}))
    other = stated("west", root, node, receipt.make_key("page", "real", os.urandom)[1])
    with pytest.raises(InputError, match="ended before"):
        partners.introduce(other)


def grown(ring: KeyRing, root: SecretKey, count: int) -> list[bytes]:
    out = []
    for _ in range(count):
        out.append(receipt.rotate(ring, root, [receipt.make_key("node", "real", os.urandom)[1]]))
        ring = ring.accept(out[-1])
    return out
