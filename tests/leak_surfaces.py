"""The surfaces of a node: each gives everything that a partner could look at, as named bytes.

A surface is one function ``surface(world) -> dict[str, bytes]``. Add one to ``SURFACES`` and the oracle of
``tests/share/leak`` and the soak run hold it to the rule: two worlds that differ only in what is withheld give the same
names and the same bytes. Whatever a partner could measure belongs into the bytes: order, numbers, sizes, hours, errors.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from leak_worlds import AUDIENCES, T0, detections_table, events_table, fixes_table, hole_of, index_of
from ledger_party import Party

from kizuna.base.errors import KizunaError
from kizuna.formats import cise, cot_records
from kizuna.formats.taxii.requests import MEDIA, Ask
from kizuna.formats.taxii.view import Collection, Facts, reply
from kizuna.node.share.views.told import described
from kizuna.records.record import decode
from kizuna.share import decide, publish, transform
from kizuna.share.ledger.name import LogName
from kizuna.share.transforms.steps import Stop
from kizuna.stores.taxii_shelf import Shelf, ShelfView

PAGE = 7


_LAST = []


def runs(w):
    """What the node tells in each of its runs: (now_ms, batches). Worked out once for the world asked for last."""
    if not _LAST or _LAST[0] is not w:
        _LAST[:] = [w, list(_runs(w))]
    return _LAST[1]


def _runs(w):
    zones = index_of(w.zones)
    shop = publish.Workshop(publish.Author("harbour", "", "real", w.key), transform.Tools(w.key), w.zones)
    for rules in w.sets():
        if stop := rules.get(Stop):
            shop._holes[stop] = hole_of(w.zones, stop)  # cut once for a world and its twin
    memory = publish.Memory()
    for now in w.runs_ms:
        told = publish.publish(offers(w, zones, now), memory, now, shop, w.rules)
        memory = publish.unpack(told.memory.pack())
        yield now, told.batches


def offers(w, zones, now):
    fixes = fixes_table([f for f in w.fixes if f["received_ms"] <= now])
    events = [e for e in w.events if e["known_ms"] <= now]
    newest = {}
    for e in events:
        if e["version"] >= newest.get(e["event_id"], e)["version"]:
            newest[e["event_id"]] = e
    events = list(newest.values())
    detections = detections_table([d for d in w.detections if d["time_ms"] <= now])
    found = [
        publish.of_fixes(fixes, "harbour", zones),
        publish.of_events(events_table(events), "harbour", zones, known_ms=np.array([e["known_ms"] for e in events], np.int64),
                          sources=lambda *_: frozenset(("tower-1",))),
        publish.of_detections(detections, "harbour", zones, known_ms=detections["time_ms"]),
    ]  # fmt: skip
    return [
        publish.Offer(c, {to: decide.batch(w.rules, c.columns, to, w.setting(now)) for to in AUDIENCES})
        for c in found
        if len(c)
    ]


def told(w):
    """The records themselves: which, in which order, at which run."""
    out = {}
    for k, (now, batches) in enumerate(runs(w)):
        out[f"run {k}"] = str(now).encode()
        for b in batches:
            out[f"run {k} {b.audience} {b.lane}"] = b"\n".join(b.records)
    return out


def pages(w):
    """The logs: heads and pages as they go over the wire, with their sizes and cursors, and errors beyond the end."""
    party = Party("harbour", w.seed)
    out = {}
    for k, (now, batches) in enumerate(runs(w)):
        for b in batches:
            name = LogName("harbour", 1, b.audience, "real", b.lane)
            out[f"head {k} {name}"] = party.tell(name, list(b.records), now_ms=now)
        for to in AUDIENCES:
            for lane in ("routine", "flash"):
                name = LogName("harbour", 1, to, "real", lane)
                size = party.log(name).box.size
                out[f"size {k} {name}"] = str(size).encode()
                for first in range(0, size, PAGE):
                    out[f"page {k} {name} {first}"] = party.page(name, first, first + PAGE)
                try:
                    party.page(name, size + 1, size + 2)
                except (KizunaError, ValueError) as exc:
                    out[f"error {k} {name}"] = str(exc).encode()
    return out


def fingerprints(w):
    """What could be counted: records, sizes, derived names, times."""
    out = {}
    for k, (_, batches) in enumerate(runs(w)):
        for b in batches:
            rows = [json.loads(r) for r in b.records]
            out[f"{k} {b.audience} {b.lane} derived"] = json.dumps([r.get("derived_from") for r in rows]).encode()
            out[f"{k} {b.audience} {b.lane} sizes"] = json.dumps([len(r) for r in b.records]).encode()
            out[f"{k} {b.audience} {b.lane} delay"] = str(max((r["observed_ms"] for r in rows), default=T0)).encode()
            out[f"{k} {b.audience} {b.lane} ids"] = hashlib.sha256(b"".join(b.records)).digest()
    return out


def cot(w):
    """Clients of the TAK family: the events that each audience's stream writes in a run."""
    out = {}
    for k, (now, batches) in enumerate(runs(w)):
        for b in batches:
            made = (cot_records.event(r, cot_records.Feed("real", sent_ms=now)) for r in b.records)
            out[f"cot {k} {b.audience} {b.lane}"] = b"".join(e for e in made if e is not None)
    return out


@lru_cache(maxsize=1)
def cise_signer():
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "harbour")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
            .not_valid_before(start).not_valid_after(start + timedelta(days=9)).sign(key, hashes.SHA256()))  # fmt: skip
    form = serialization.Encoding.PEM
    pem = key.private_bytes(form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return cise.Signer(pem, made.public_bytes(form))


def cise_messages(w):
    """CISE: the signed messages of the last run that told anything, with their numbers, ids and sizes."""
    out = {}
    for k, (now, batches) in [run for run in enumerate(runs(w)) if run[1][1]][-1:]:
        for b in batches:
            for n, (kind, some) in enumerate(cise.runs(b.records)):
                me = cise.Service("xx.harbour", kind, "Push", "Provider")
                head = cise.Head(cise.message_id(b.audience, *some), now, me)
                out[f"cise {k} {b.audience} {b.lane} {n} {kind}"] = cise.push(head, some, cise_signer())
    return out


def taxii(w):
    """TAXII: pages, manifests, single objects and errors of each audience's view, over a shelf that holds all of them."""
    out = {}
    now = [0]
    with TemporaryDirectory() as home:
        shelf = Shelf(Path(home) / "taxii.db", context="real", now_us=lambda: now[0])
        for note in w.notes:
            now[0] = note["at_ms"] * 1000
            for to in note["to"]:
                shelf.add(to, "cert", [note["data"]])
        for to in AUDIENCES:
            view = ShelfView(shelf, to, [Collection("cert", "Incident teams")])
            path, query = "real/collections/cert/objects/", [("limit", "3")]
            for k in range(20):
                told = reply(
                    Ask("GET", path, query, {"accept": MEDIA}), Facts("Harbour", "real", "https://harbour.test/"), view
                )
                out[f"taxii {to} {k}"] = repr((told.status, sorted(told.headers.items()), told.body)).encode()
                more = json.loads(told.body).get("next") if told.status == 200 else None
                if not more:
                    break
                query = [("limit", "3"), ("next", more)]
            for note in w.notes:
                if to in note["to"] or note["probe"]:
                    one = f"{path}{json.loads(note['data'])['id']}/"
                    told = reply(
                        Ask("GET", one, [], {"accept": MEDIA}), Facts("Harbour", "real", "https://harbour.test/"), view
                    )
                    out[f"taxii {to} {one}"] = repr((told.status, sorted(told.headers.items()), told.body)).encode()
        shelf.close()
    return out


def geojson(w):
    """Features of what stands in the logs, as the map and OGC clients are given them."""
    out = {}
    for k, (_, batches) in enumerate(runs(w)):
        for b in batches:
            out[f"geojson {k} {b.audience} {b.lane}"] = json.dumps([described(decode(r)) for r in b.records]).encode()
    return out


SURFACES = {
    "geojson": geojson,
    "cot": cot,
    "cise": cise_messages,
    "taxii": taxii,
    "told": told,
    "pages": pages,
    "fingerprints": fingerprints,
}


def differences(w, other, names=tuple(SURFACES)):
    """Names of surface and item in which two worlds differ."""
    found = []
    ones = {name: SURFACES[name](w) for name in names}
    others = {name: SURFACES[name](other) for name in names}
    for name in names:
        a, b = ones[name], others[name]
        found += [f"{name}: {item}" for item in sorted(a.keys() | b.keys()) if a.get(item) != b.get(item)]
    return found
