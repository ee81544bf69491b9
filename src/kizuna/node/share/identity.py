"""Who this node is towards partners: its party, its keys, the manifests that the root key signed, its certificate.

Made once by ``kizuna partner init``. The root key is written under a passphrase and asked for again only when keys
change; it should leave the machine. Everything else stays, readable by the node's user alone.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from kizuna.base.errors import ConfigError
from kizuna.node.api.tls import Certificate, make_certificate, read_certificate
from kizuna.node.share.files import Places, key_file, put
from kizuna.share import receipt
from kizuna.share.introduce import Card
from kizuna.share.keys import Key, KeyRing, Position, kind_of, read_manifest
from kizuna.share.ledger.note import read_base64
from kizuna.share.release import Keys, load_keys

USES: Final[tuple[Literal["page", "node", "box"], ...]] = ("page", "node", "box")
Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a running node needs of itself."""

    party: str
    title: str
    context: str
    keys: Keys
    ring: KeyRing
    manifests: tuple[bytes, ...]
    certificate: Certificate

    def card(self, addresses: Sequence[str]) -> Card:
        """What is told of oneself in an introduction; addresses as ``https://HOST:PORT``."""
        root = read_manifest(self.manifests[0])[0].root
        texts = tuple(m.decode() for m in self.manifests)
        return Card(self.party, self.title, root, texts, tuple(addresses))

    @property
    def key_id(self) -> str:
        """How requests name the key that signed them."""
        return f"{self.party}:{base64.b64encode(self.keys.node.public).decode()}"


def init(places: Places, party: str, context: str, *, passphrase: str, random: Random, hosts: Sequence[str],
         now: dt.datetime) -> Path:  # fmt: skip
    """Make root key, keys, first manifest and certificate. Where the root key is. Raises ConfigError where some are."""
    places.make()
    if places.manifest(1).exists():
        raise ConfigError("this node has its keys already", where=str(places.keys), hint="kizuna partner keys")
    root_bytes, root = receipt.make_root(passphrase, random)
    put(places.root_key, root_bytes, new=True)
    listed = []
    for use in USES:
        data, key = receipt.make_key(use, kind_of(context), random)
        put(places.key(use, context), data, new=True)
        listed.append(key)
    certificate = make_certificate(places.keys, hosts, now)
    listed.append(pin(certificate, context))
    put(places.manifest(1), receipt.first_manifest(party, root, listed), new=True)
    return places.root_key


def pin(certificate: Certificate, context: str) -> Key:
    """How a certificate stands in a key manifest."""
    digest = bytes.fromhex(certificate.fingerprint.replace(":", ""))
    return Key("tls", "sha256", base64.b64encode(digest).decode(), kind_of(context))


def load(places: Places, party: str, title: str, context: str) -> Identity:
    """Read everything back and check that it fits together. Raises ConfigError that says what to do."""
    paths = sorted(places.manifests.glob("[0-9]*.note")) if places.manifests.is_dir() else []
    if not paths:
        raise ConfigError("this node has no keys for sharing yet", where=str(places.keys), hint="kizuna partner init")
    manifests = tuple(p.read_bytes() for p in paths)
    first = read_manifest(manifests[0])[0]
    if first.party != party:
        raise ConfigError(f"the keys are those of {first.party}, the settings say {party}", where=str(places.keys),
                          hint="a party keeps its id; set [sharing] party back")  # fmt: skip
    ring = KeyRing(party, read_base64(first.root, length=32))
    for data in manifests:
        ring = ring.accept(data)
    keys = load_keys(party, [key_file(places.key(use, context)) for use in USES])
    certificate = read_certificate(places.keys / "node.crt", places.keys / "node.key")
    live = {k.data for use in (*USES, "tls") for k in ring.live(use, context)}
    mine = {keys.page.public, keys.node.public, keys.box.public if keys.box else b"",
            bytes.fromhex(certificate.fingerprint.replace(":", ""))}  # fmt: skip
    if not mine <= live:
        raise ConfigError("a key or the certificate is not in the newest key manifest", where=str(places.keys),
                          hint="put the files of the last rotation back, or rotate with the root key")  # fmt: skip
    return Identity(party, title, context, keys, ring, manifests, certificate)


def add_manifest(places: Places, identity: Identity, data: bytes) -> None:
    """Keep the next manifest of our own. Raises where it does not follow."""
    ring = identity.ring.accept(data)
    if ring.sequence > identity.ring.sequence:
        put(places.manifest(ring.sequence), data, new=True)


class Marks:
    """How much of each of our logs was signed, kept outside the store and outside backups.

    After a restore the store holds less than was signed; the marks tell. They are written before a signed head goes
    anywhere.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: dict[str, Position] = {}
        self.lost = not path.exists()
        """No marks at all: a first start, or the file is gone; then nobody knows what was signed."""
        if not self.lost:
            try:
                found = json.loads(path.read_bytes())
                self._held = {log: Position(int(size), str(root)) for log, (size, root) in found.items()}
            except (OSError, ValueError, TypeError) as exc:
                raise ConfigError("cannot be read", where=str(path), hint="see docs/explanation/ledger.md") from exc

    def of(self, log: str) -> Position | None:
        """What was signed of a log last."""
        return self._held.get(log)

    def all(self) -> dict[str, Position]:
        """What was signed last, by log."""
        return dict(self._held)

    def put(self, positions: dict[str, Position]) -> None:
        """Note what is about to be handed out."""
        self._held.update(positions)
        put(self._path, json.dumps({log: (p.size, p.root) for log, p in sorted(self._held.items())}).encode())
