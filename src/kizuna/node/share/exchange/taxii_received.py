"""Threat information that partners told us, over TAXII for our own people and programs: collection ``received``.

Objects stand there in the bytes of their producers. Beside each stands a STIX note of this node that says who stated
it, who carried it, and under which label, with the TLP marking of that level; the markings that anything refers to
stand there too. What its originator recalls is gone at once, and a version of it that is ``revoked`` and says nothing
else takes its place, so that programs which hold it learn of it. Posts of our own programs wait for a person like
those of partners.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from kizuna.base.errors import InputError
from kizuna.base.utc import iso
from kizuna.formats import stix
from kizuna.formats.taxii.view import Collection
from kizuna.records.bodies.trust import Recall
from kizuna.records.kinds import read_body
from kizuna.records.label import word_of
from kizuna.records.record import Record, decode
from kizuna.share.ledger.name import parse_name

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office
    from kizuna.node.share.sharing import Received

KIND: Final = "cti.stix"
VIEW: Final = "own:received"
"""The view on the shelf; no party is named so."""
ROOT: Final = "received"
"""Name of the API root and of its collection."""
BACK: Final = "taxii received back to the beginning"
_NAMESPACE: Final = uuid.UUID("0d7f7a3e-6c3e-5c0f-9f0a-2f6a6b1f5a11")
_MARK: Final = b'"kind":"cti.stix"'
_PIECE: Final = 2_000


class OwnShelf:
    """The view of our own node."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def collections(self) -> list[Collection]:
        """One, with all that partners told."""
        words = "What partners told this node, as its producers wrote it; recalled objects are revoked."
        return [Collection(ROOT, "Received", words, can_write=True)]

    def took(self, came: Received) -> None:
        """An object came and was taken in. It may come again."""
        self._put(came.id, came.record, came.proved and came.partner)

    def _put(self, name: str, record: Record, carrier: str) -> None:
        office, body = self._office, bytes(record.body)
        object_id = stix.head(body)[0]
        office.shared.notes.put({_named(name): object_id.encode()})
        level = record.label.tlp
        refs = json.loads(body).get("object_marking_refs", [])
        levels = {level, *(stix.MARKINGS[r] for r in refs if r in stix.MARKINGS)}
        note = _note(office.me, name, object_id, record, carrier)
        markings = (stix.marking(each) for each in sorted(levels))
        office.taxii.shelf.add(VIEW, ROOT, [*markings, body, note])

    def update(self) -> None:
        """Put what came before this view was, once; and revoke what was recalled since."""
        office = self._office
        if office.shared.notes.get(BACK) is None:
            for name, record, carrier in self._held():
                self._put(name, record, carrier)
            office.shared.notes.put({BACK: b"1"})
        for row in [r for r in office.rows.values() if r.what == "recall" and r.proved != office.me]:
            body = read_body(decode(row.data))
            self._revoke(body.records if isinstance(body, Recall) else (), row.at_ms)

    def _held(self) -> Iterable[tuple[str, Record, str]]:
        shared = self._office.shared
        for state in shared.logs.all("in"):
            after, partner = 0, parse_name(state.name).origin
            while piece := shared.logs.entries(state.name, after, most=_PIECE, max_bytes=8 << 20):
                for entry in piece:
                    if entry.data is None or entry.id is None or entry.aside is not None or _MARK not in entry.data:
                        continue
                    record = decode(entry.data)
                    carried = None if record.origin == partner else shared.carried.get(entry.id, partner)
                    if record.kind == KIND and (record.origin == partner or (carried and carried.state == "taken")):
                        yield entry.id, record, partner if carried else ""
                after = piece[-1].n + 1

    def _revoke(self, names: Iterable[str], at_ms: int) -> None:
        office = self._office
        for name in names:
            object_id = self.object_of(name)
            if object_id and office.is_recalled(name) and office.shared.notes.get(_revoked(name)) is None:
                office.taxii.shelf.take_back(VIEW, object_id)
                office.taxii.shelf.take_back(VIEW, _note_id(name))
                if _has_versions(object_id):
                    office.taxii.shelf.add(VIEW, ROOT, [_stub(object_id, at_ms)])
                office.shared.notes.put({_revoked(name): b"1"})

    def object_of(self, record: str) -> str:
        """Id of the object in a record, also once its bytes are erased; empty where it is none."""
        held = self._office.shared.notes.get(_named(record))
        if held is not None:
            return held.decode()
        found = self._office.shared.records.get(record)
        if found is None or found.data is None or _MARK not in found.data:
            return ""
        try:
            return stix.head(bytes(decode(found.data).body))[0]
        except InputError:
            return ""


def _named(record: str) -> str:
    return f"stix {record}"


def _revoked(record: str) -> str:
    return f"stix revoked {record}"


def _note_id(record: str) -> str:
    return f"note--{uuid.uuid5(_NAMESPACE, record)}"


def _note(me: str, name: str, object_id: str, record: Record, carrier: str) -> bytes:
    """Who stated an object and under which label: a STIX note (section 4.11), always the same for a record."""
    when = iso(record.observed_ms)
    through = f", through {carrier}" if carrier else ""
    refs = [ref for ref, level in stix.MARKINGS.items() if level == record.label.tlp]
    body: dict[str, Any] = {
        "type": "note", "spec_version": "2.1", "id": _note_id(name), "created": when, "modified": when,
        "abstract": f"Told by {record.origin}{through}",
        "content": f"Stated by {record.origin}{through}. Label: {word_of(record.label)}. Record {name}.",
        "authors": [me], "object_refs": [object_id], "object_marking_refs": refs,
    }  # fmt: skip
    return json.dumps(body).encode()


def _has_versions(object_id: str) -> bool:
    """Domain objects, relationships and sightings have versions; observables have none and are gone."""
    return object_id.partition("--")[0] not in _OBSERVABLES


_OBSERVABLES: Final = frozenset((
    "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message", "file", "ipv4-addr",
    "ipv6-addr", "mac-addr", "mutex", "network-traffic", "process", "software", "url", "user-account",
    "windows-registry-key", "x509-certificate",
))  # fmt: skip


def _stub(object_id: str, at_ms: int) -> bytes:
    """A revoked version that says nothing of what was recalled."""
    when = iso(at_ms)
    body = {"type": object_id.partition("--")[0], "spec_version": "2.1", "id": object_id, "created": when,
            "modified": when, "revoked": True}  # fmt: skip
    return json.dumps(body).encode()
