"""The surfaces of a node: each gives everything that a partner could look at, as named bytes.

A surface is one function ``surface(world) -> dict[str, bytes]``. Add one to ``SURFACES`` and the oracle of
``tests/share/leak`` and the soak run hold it to the rule: two worlds that differ only in what is withheld give the same
names and the same bytes. Whatever a partner could measure belongs into the bytes: order, numbers, sizes, hours, errors.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np
from leak_worlds import AUDIENCES, T0, detections_table, events_table, fixes_table, hole_of, index_of
from ledger_party import Party

from kizuna.base.errors import KizunaError
from kizuna.share import decide, publish, transform
from kizuna.share.ledger.name import LogName
from kizuna.share.transforms.steps import Stop

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
                          sources=lambda _mmsi: frozenset(("tower-1",))),
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


SURFACES = {"told": told, "pages": pages, "fingerprints": fingerprints}


def differences(w, other, names=tuple(SURFACES)):
    """Names of surface and item in which two worlds differ."""
    found = []
    ones = {name: SURFACES[name](w) for name in names}
    others = {name: SURFACES[name](other) for name in names}
    for name in names:
        a, b = ones[name], others[name]
        found += [f"{name}: {item}" for item in sorted(a.keys() | b.keys()) if a.get(item) != b.get(item)]
    return found
