"""New keys for this node, with the root key at hand: two commands, each while the node rests, and a wait between them.

1. ``begin``: new keys are made and lie in ``keys/share/next``; a manifest lists them beside the old ones, which go on
   signing. The node runs again. Partners fetch the manifest when the line comes up, or before the next page.
2. ``finish``: refused until every active partner is known to hold that manifest. The new keys take the place of the old
   ones, which are gone; manifests end the old ones at the last heads and receipts that they signed. At its next start
   the node signs every head anew (``Door.sign_rest``).

A command that was interrupted is given again and ends where an undisturbed one would. Only keys of this node's kind of
context (real, exercise or test) change; the others have their own. A stick sealed for an old box key cannot be opened
any more: wait for it, or ask for it again.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kizuna.base.errors import ConfigError
from kizuna.node.api.tls import make_certificate, read_certificate
from kizuna.node.share.files import Places, key_file, put
from kizuna.node.share.identity import USES, Marks, pin
from kizuna.node.share.partners import ACTIVE
from kizuna.share import receipt
from kizuna.share.keys import Key, KeyRing, Manifest, Position, kind_of, read_manifest
from kizuna.share.ledger.name import parse_name
from kizuna.share.release import load_keys

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Sharing
    from kizuna.share.receipt import RootKey

NOTE: Final = "manifest known to "
"""Beginning of the names of notes that say which of our manifests a partner holds."""
TLS: Final = "tls"
CERTIFICATE: Final = ("node.crt", "node.key")


class Root(NamedTuple):
    """Where the root key is (None: in the directory of the node), and its passphrase."""

    file: Path | None
    passphrase: str

    def open(self, places: Places) -> RootKey:
        """The key. Raises ConfigError for a wrong passphrase or file."""
        return receipt.open_root(key_file(self.file or places.root_key), self.passphrase)


# ---- what partners know ----------------------------------------------------------------------------------------------
def note_known(sharing: Sharing, partner: str, after: int) -> None:
    """A partner asked, with its signature, for manifests after a number: it holds those up to there."""
    held = known_to(sharing).get(partner, 0)
    if held < after <= sharing.identity.ring.sequence:
        sharing.shared.notes.put({NOTE + partner: str(after).encode()})


def known_to(sharing: Sharing) -> dict[str, int]:
    """For each active partner the newest of our manifests that it is known to hold; 0 where nothing is known."""
    held = {k.id: sharing.shared.notes.get(NOTE + k.id) for k in sharing.partners.all() if k.state == ACTIVE}
    return {partner: int(found) if found else 0 for partner, found in held.items()}


def listed(sharing: Sharing) -> list[dict[str, Any]]:
    """Every key of the newest manifest, and what it does now: it signs, it is next, or nothing any more."""
    now, after = _public(sharing.places, sharing.context), _next(sharing.places, sharing.context)
    manifest = sharing.identity.ring.manifest
    return [
        {"use": k.use, "context": k.context, "state": k.state, "public": k.public,
         "now": "in use" if k.data in now else "next" if k.data in after else ""}
        for k in (manifest.keys if manifest else ())
    ]  # fmt: skip


# ---- the first command -----------------------------------------------------------------------------------------------
def begin(sharing: Sharing, root: Root, random: Callable[[int], bytes], now: dt.datetime) -> Manifest:
    """Make the next keys and the manifest that lists them. Raises ConfigError where a rotation is under way."""
    places, context, ring = sharing.places, sharing.context, sharing.identity.ring
    if _next(places, context) & live(ring, context) or places.manifest(ring.sequence + 1).exists():
        raise ConfigError("a rotation is under way", where=str(places.next), hint="kizuna partner keys retire")
    opened = root.open(places)
    data = receipt.rotate(ring, opened, fresh(sharing, (*USES, TLS), random, now))
    put(places.manifest(ring.sequence + 1), data, new=True)
    return read_manifest(data)[0]


def fresh(sharing: Sharing, uses: Collection[str], random: Callable[[int], bytes], now: dt.datetime) -> list[Key]:
    """Make keys of these uses, with ``tls`` a certificate too; they lie in ``next`` and are in no manifest yet."""
    places, context = sharing.places, sharing.context
    keys: list[Key] = []
    for use in USES:
        if use in uses:
            data, key = receipt.make_key(use, kind_of(context), random)
            put(places.next / places.key(use, context).name, data)
            keys.append(key)
    if TLS in uses:
        hosts = [re.sub(r"^https://|:[0-9]+$", "", a) for a in sharing.addresses] or ["127.0.0.1"]
        keys.append(pin(make_certificate(places.next, hosts, now), context))
    return keys


# ---- the second ------------------------------------------------------------------------------------------------------
def finish(sharing: Sharing, root: Root, *, anyway: bool = False) -> Manifest:
    """Put the next keys in place and end the old ones. Raises ConfigError where a partner does not know them yet."""
    places, context, ring = sharing.places, sharing.context, sharing.identity.ring
    former = live(ring, context) - _next(places, context) - _public(places, context)
    waiting = _next(places, context)
    if not waiting and not former:
        raise ConfigError("no rotation is under way", where=str(places.keys), hint="kizuna partner keys rotate")
    if not waiting <= live(ring, context):
        raise ConfigError("the next keys are in no manifest", where=str(places.next), hint="kizuna partner keys rotate")
    late = [partner for partner, number in known_to(sharing).items() if number < ring.sequence]
    if late and waiting and not anyway:
        raise ConfigError(f"{', '.join(late)} may not know the new keys yet", where=f"manifest {ring.sequence}",
                          hint="let the node run until they have fetched it; else --anyway")  # fmt: skip
    opened = root.open(places)
    ends = ends_of(sharing)
    take_over(places, context)
    mine = _public(places, context)
    for key in ring.manifest.keys if ring.manifest else ():
        if key.state == "live" and key.context == kind_of(context) and key.data not in mine:
            data = receipt.retire(ring, opened, key.data, ends.get(key.use, {}))
            put(places.manifest(ring.sequence + 1), data, new=True)
            ring = ring.accept(data)
    return read_manifest(places.manifest(ring.sequence).read_bytes())[0]


def take_over(places: Places, context: str) -> None:
    """Put the keys that lie ready in place of those in use, which are gone then."""
    for name in (*(places.key(use, context).name for use in USES), *CERTIFICATE):
        if (places.next / name).exists():
            (places.next / name).replace(places.keys / name)


def ends_of(sharing: Sharing) -> dict[str, dict[str, Position]]:
    """By use, the last heads that our keys signed: what a key that ends counts for. Others count for nothing more."""
    signed = _signed(sharing.places, sharing.context)
    return {"page": signed, "node": {**signed, **_acknowledged(sharing)}}


def _signed(places: Places, context: str) -> dict[str, Position]:
    """The last signed head of every log of this kind of context, from the marks that are kept outside the stores."""
    marks = [Marks(path).all() for path in sorted(places.keys.glob("marks-*.json"))]
    kind = kind_of(context)
    return {log: at for found in marks for log, at in found.items() if kind_of(parse_name(log).context) == kind}


def _acknowledged(sharing: Sharing) -> dict[str, Position]:
    """As far as we hold the logs of partners: the last receipts are over no more."""
    out = {}
    for state in sharing.shared.logs.all("in"):
        if state.size:
            seen = sharing.shared.inbox.seen(state.name)
            out[state.name] = Position(seen.size, base64.b64encode(seen.frontier.root).decode())
    return out


# ---- keys on the disk ------------------------------------------------------------------------------------------------
def live(ring: KeyRing, context: str) -> set[bytes]:
    """Every key of ours that may be used now."""
    return {k.data for use in (*USES, TLS) for k in ring.live(use, context)}


def _public(places: Places, context: str) -> set[bytes]:
    """Public keys, and the digest of the certificate, of what the node runs with."""
    keys = load_keys("", [key_file(places.key(use, context)) for use in USES])
    return {k.data for k in keys.listed()} | {_digest(places.keys, context)}


def _next(places: Places, context: str) -> set[bytes]:
    """The same of what lies ready; after an interrupted command perhaps not all of it."""
    return set(_ready(places, context))


def _ready(places: Places, context: str) -> Iterator[bytes]:
    for use in USES:
        path = places.next / places.key(use, context).name
        if path.exists():
            yield receipt.public_of(key_file(path))
    if all((places.next / name).exists() for name in CERTIFICATE):
        yield _digest(places.next, context)


def _digest(directory: Path, context: str) -> bytes:
    return pin(read_certificate(*(directory / name for name in CERTIFICATE)), context).data
