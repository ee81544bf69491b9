"""A key that was stolen: new keys at once, and the root key's word on how far the old ones count.

While the node rests, with the root key at hand, one command makes new keys and puts them in place; a manifest revokes
each stolen one at the last heads that this node itself signed. Where page keys are among them a new epoch begins too:
whatever a thief signed behind those heads stands in logs that are closed there, and partners set it aside
(``trust.doubt``) and go on with the new ones. Nothing is decided by a date.

Partners must learn of it before they can tell us from the thief: their pins and keys are still the old ones. So the old
node keys stay in ``keys/share/former`` to sign nothing but the bringing of these manifests, which the root key signed:
a thief can bring them as well, and gains nothing by it. They go when every active partner has the newest manifest.

An interrupted command is given again: what it had put in place meanwhile is then revoked too, which does no harm.
"""

from __future__ import annotations

import base64
import datetime as dt
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec

from kizuna.base.errors import ConfigError, InputError
from kizuna.links.fed.client import Identity as Who
from kizuna.links.fed.client import Line
from kizuna.links.fed.signing import recipient
from kizuna.node.share import epoch
from kizuna.node.share.files import key_file, put
from kizuna.node.share.identity import USES
from kizuna.node.share.partners import ACTIVE, pins
from kizuna.node.share.trust import rotation
from kizuna.node.share.trust.rotation import TLS, Root
from kizuna.share import receipt
from kizuna.share.keys import KeyRing, Manifest, kind_of, read_manifest
from kizuna.share.release import Keys, load_keys

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Sharing

ALL: Final = (*USES, TLS)
BROUGHT_MOST: Final = 64
"""Manifests in one request."""
_FORMER_MOST: Final = 4


def revoke(
    sharing: Sharing, root: Root, uses: Collection[str], random: Callable[[int], bytes], now: dt.datetime
) -> Manifest:
    """Revoke the keys of these uses, of this node's kind of context, and put new ones in their place.

    Raises ConfigError for a use that is none, a wrong passphrase, or a rotation of other keys that is under way.
    """
    places, context, ring = sharing.places, sharing.context, sharing.identity.ring
    odd = sorted(set(uses) - set(ALL))
    if odd or not uses:
        raise ConfigError(f"{', '.join(odd) or 'nothing'} is no key", hint=", ".join(ALL))
    ready = {use for use in USES if (places.next / places.key(use, context).name).exists()}
    if not ready <= set(uses):
        hint = "kizuna partner keys retire --anyway first; or revoke all keys"
        raise ConfigError("a rotation of other keys is under way", where=str(places.next), hint=hint)
    opened = root.open(places)
    ends, closed = rotation.ends_of(sharing), epoch.ends(sharing)
    _keep_former(sharing)
    made = rotation.fresh(sharing, uses, random, now)
    ring = _kept(sharing, ring, receipt.rotate(ring, opened, made))
    rotation.take_over(places, context)
    new = {key.data for key in made}
    for key in ring.manifest.keys if ring.manifest else ():
        if key.state == "live" and key.use in uses and key.context == kind_of(context) and key.data not in new:
            ring = _kept(sharing, ring, receipt.revoke(ring, opened, key.data, ends.get(key.use, {})))
    if "page" in uses:
        ring = _kept(sharing, ring, receipt.begin_epoch(ring, opened, closed))
    assert ring.manifest is not None
    return ring.manifest


def _kept(sharing: Sharing, ring: KeyRing, data: bytes) -> KeyRing:
    put(sharing.places.manifest(ring.sequence + 1), data, new=True)
    return ring.accept(data)


# ---- telling partners ------------------------------------------------------------------------------------------------
def _keep_former(sharing: Sharing) -> None:
    places, context = sharing.places, sharing.context
    for use in USES:
        path = places.key(use, context)
        put(places.former / f"{sharing.identity.ring.sequence:04d}" / path.name, path.read_bytes())


def _formers(sharing: Sharing) -> Iterator[Keys]:
    """Former keys of this node, newest first."""
    places, context = sharing.places, sharing.context
    found = sorted(places.former.iterdir(), reverse=True) if places.former.is_dir() else []
    for directory in found[:_FORMER_MOST]:
        paths = [directory / places.key(use, context).name for use in USES]
        if all(path.exists() for path in paths):
            yield load_keys(sharing.party, [key_file(path) for path in paths])


def owes(sharing: Sharing) -> bool:
    """Whether a revocation is still to be brought to partners."""
    return sharing.places.former.is_dir()


def announce(sharing: Sharing, partner: str) -> int:
    """Bring a partner our manifests; how many it holds then.

    Signed by the keys that it may still believe in, the present ones first. Raises UnavailableError where it does not
    answer or has no address, InputError where it knows none of them: then a bundle must be carried to it.
    """
    known, context = sharing.partners.get(partner), sharing.context
    if not known.addresses:
        raise InputError(f"{partner} has no address", hint=f"carry it: kizuna bundle write DIR {partner} FILE")
    held = rotation.known_to(sharing).get(partner, 0)
    body = msgspec.json.encode([m.decode() for m in sharing.identity.manifests[held:][:BROUGHT_MOST]])
    for keys in (sharing.identity.keys, *_formers(sharing)):
        key_id = f"{sharing.party}:{base64.b64encode(keys.node.public).decode()}"
        who = Who(key_id, keys.sign_request, os.urandom)
        with Line(known.addresses[0], pins(known, context), who, to=recipient(partner, context)) as line:
            answer = line.ask("POST", "/fed/v1/keys", body, most=64)
        if answer.status == HTTPStatus.OK and answer.body.isdigit():
            rotation.note_known(sharing, partner, min(int(answer.body), sharing.identity.ring.sequence))
            forget_former(sharing)
            return int(answer.body)
    raise InputError(f"{partner} does not take our keys ({answer.status})",
                     hint=f"call it; carry them: kizuna bundle write DIR {partner} FILE")  # fmt: skip


def forget_former(sharing: Sharing) -> None:
    """Let former keys go when every active partner has the newest manifest."""
    newest = sharing.identity.ring.sequence
    if sharing.places.former.is_dir() and all(held >= newest for held in rotation.known_to(sharing).values()):
        shutil.rmtree(sharing.places.former)


def brought(sharing: Sharing, partner: str, body: bytes) -> bytes:
    """Manifests that a partner brings: the number that is held then. Raises InputError or TrustError; see ``learn``."""
    try:
        texts = msgspec.json.decode(body, type=list[str])
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise InputError("key manifests that cannot be read", where=partner) from exc
    if len(texts) > BROUGHT_MOST:
        raise InputError(f"{len(texts)} key manifests at once", where=partner)
    for text in texts:
        if read_manifest(text.encode())[0].party != partner:
            raise InputError("a key manifest of another party", where=partner)
        sharing.partners.learn(partner, text.encode())
    return str(len(sharing.partners.get(partner).manifests)).encode()


def others(sharing: Sharing) -> list[str]:
    """Active partners, whom a revocation concerns."""
    return [known.id for known in sharing.partners.all() if known.state == ACTIVE]
