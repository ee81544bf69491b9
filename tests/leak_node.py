"""One running node of a world in this process: the real store, door, loops, desk, app and listener; no sockets.

Nothing runs by itself: ``tick`` turns the clock, hands in what was heard since, lets people do what they do, and makes
the looks that the node's threads would make. The keys are made once for a process and the node's random numbers follow
from the name of the log, so that two worlds can be compared byte by byte.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import itertools
import json
import os
import shutil
import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
import pyarrow as pa
from leak_asgi import Gate, ask, begin, scope_of
from leak_node_worlds import OTHER, WATCHED
from leak_surfaces import cise_signer
from leak_worlds import HOUR, T0, detections_table, events_table, fixes_table

from kizuna.base.table import empty
from kizuna.engines.live.look import FINAL, Look
from kizuna.fixes.statics import STATICS
from kizuna.links.fed.signing import recipient, sign
from kizuna.node.api import door as api_door
from kizuna.node.api.app import make_app
from kizuna.node.api.interfaces import Facts, LiveFeeds, Node
from kizuna.node.api.routes import live
from kizuna.node.desk.desk import Desk, open_desk
from kizuna.node.origin import own_sources
from kizuna.node.service.contacts import Contacts
from kizuna.node.service.node_file import parsed
from kizuna.node.share.desk import recalls, requests
from kizuna.node.share.desk.office import Office
from kizuna.node.share.files import Places
from kizuna.node.share.identity import init, load
from kizuna.node.share.incidents import acts
from kizuna.node.share.lines import loops
from kizuna.node.share.lines.loops import Tables
from kizuna.node.share.lines.traffic import Traffic
from kizuna.node.share.partners import Partners, introduced
from kizuna.node.share.sharing import open_sharing
from kizuna.records.label import Label, Tlp
from kizuna.records.partner import Community
from kizuna.records.record import Record, encode
from kizuna.share import release
from kizuna.share.decide import Decision
from kizuna.sources.batch import Batch, nothing
from kizuna.stores.keep import open_keep

HOST = "harbour.test:9443"
RAM = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None
_OPEN = release.open_outbox
TOKENS = (("feed", "feed", True), ("plain", "feed", False), ("taxii", "taxii", False))


@lru_cache(maxsize=1)
def made():
    """A node's directory with keys, partners and tokens; and the key with which the watched partner signs."""
    held = TemporaryDirectory(dir=RAM)
    home = Path(held.name)
    when = dt.datetime(2025, 12, 1, tzinfo=dt.UTC)
    for party in ("harbour", WATCHED, OTHER):
        init(Places(home / party), party, "real", passphrase="a long passphrase", random=os.urandom,
             hosts=["127.0.0.1"], now=when)  # fmt: skip
    places = Places(home / "harbour")
    partners = Partners(places)
    who = {party: load(Places(home / party), party, party, "real") for party in (WATCHED, OTHER)}
    for party, identity in who.items():
        partners.put(introduced(identity.card([]), T0, "aiko"))
        partners.change(party, communities=["c:watch"], tlp_max="RED", purposes=["SAR", "Safety"])
    signer = cise_signer()
    for name, data in (("cise.key", signer.key_pem), ("cise.crt", signer.certificate_pem)):
        (places.keys / name).write_bytes(data)
        (places.keys / name).chmod(0o600)
    desk = open_desk(home / "harbour" / "desk")
    desk.tokens._clock = lambda: T0
    secrets = {name: desk.tokens.make("aiko", name, kind, live=on, partner=WATCHED)[1] for name, kind, on in TOKENS}
    desk.close()
    return held, home / "harbour", who[WATCHED], secrets


class Clock:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


class LeakNode:
    """The node. ``looked``: (method, template) of the routes that were asked, with the statuses that came.

    ``step_ms``: positions of a long time without a look are gone through in such steps; long ones cost less.
    """

    def __init__(self, world, directory, step_ms=HOUR):
        _, template, self.partner, self.secrets = made()
        self._step_ms = step_ms
        self.world, self.clock, home = world, Clock(T0), Path(directory) / "harbour"
        shutil.copytree(template, home)
        (home / "keys" / "share").mkdir(parents=True, exist_ok=True)
        (Places(home).keys / "salt.key").write_bytes(world.rows.key)
        (home / "store").mkdir()
        doc = {
            "node": {"name": "harbour", "context": "real"},
            "sharing": {"party": "harbour", "port": 9443, "addresses": [f"https://{HOST}"]},
            "sources": [{"id": s, "kind": "tcp", "address": "127.0.0.1:1", "pass_on": s != "sealed",
                         "pass_on_to": ["all"] if s != "sealed" else []} for s in ("tower-1", "tower-2", "sealed")],
        }  # fmt: skip
        self.config = parsed(doc, home / "node.toml")
        self.keep = open_keep(home / "store", context="real")
        self.contacts = Contacts(home / "store", "real")
        self.sharing = open_sharing(self.config, zones=world.rows.zones, now_ms=self.clock, sources_of=self._sources)
        self.sharing.communities = lambda: [Community("c:watch", 1, frozenset((WATCHED, OTHER)))]
        self._couple()
        self.desk = Desk(home / "desk", self.clock)
        self.office = Office(self.sharing)
        self.office.open()
        self.sharing.bound = lambda rules: rules  # their agreements are not what is looked at here: all hold
        self._in_force(world.text)
        self.traffic = self.sharing.traffic = Traffic(self.sharing, Tables(self.keep, self.contacts), lambda *_: None)
        _NOW[:] = [self]
        self.node, self.app = the_app()
        self.node.store, self.node.contacts, self.node.office = self.keep, self.contacts, self.office
        self.loop = asyncio.new_event_loop()
        self.looked, self.cursors, self._nonce, self._known = {}, {}, itertools.count(), {}
        for k in range(world.staff):
            self.desk.tokens.make("aiko", f"other {k}", "feed", partner=OTHER)
        self._patches = contextlib.ExitStack()
        self._told_ms = T0 - 1
        self._listen()
        self.tick(T0)

    # ---- what the node is made of ------------------------------------------------------------------------------------
    def _sources(self, mmsi, start_ms, end_ms):
        return own_sources(self.keep, mmsi, start_ms - 48 * HOUR, end_ms + HOUR)

    def _couple(self):
        """Salts of a log follow from its name: what chance gives is the same in both worlds."""

        def coupled(name, _random):
            seed = hashlib.sha256(f"{self.world.rows.seed} {name}".encode()).digest()
            return _OPEN(name, lambda n: (seed * (n // 32 + 1))[:n])

        release.open_outbox = coupled

    def _in_force(self, text):
        book = self.sharing.book
        rules = book.propose(text.encode(), "aiko", T0)
        book.approve(rules.hash, "ben", T0)
        book.activate(rules.hash, "aiko", T0)

    def _layer(self, name):
        areas = self.world.areas if name in ("zones", "coverage", "presence") else None
        return None if areas is None else json.dumps({"type": "FeatureCollection", "features": list(areas)}).encode()

    def _listen(self):
        self.gate = Gate()
        before = live.asyncio
        self._patches.callback(lambda: setattr(live, "asyncio", before))
        for name, value in (("STEP_MS", loops.STEP_MS), ("WORK_S", loops.WORK_S)):  # tick() sets its own
            self._patches.callback(setattr, loops, name, value)

        async def watched():
            self._watch = asyncio.ensure_future(self.traffic.listener.watch())
            await asyncio.sleep(0)

        self.loop.run_until_complete(watched())

    def close(self):
        async def end():
            tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.loop.shutdown_default_executor()

        self.loop.run_until_complete(end())
        self.loop.close()
        self._patches.close()
        release.open_outbox = _OPEN
        self.office.close()
        self.sharing.door.news.clear()
        self.sharing.traffic = None
        self.sharing.close()
        self.contacts.close()
        self.desk.close()
        self.keep.close()

    # ---- time ----------------------------------------------------------------------------------------------------------
    def tick(self, now):
        """Everything until a time, and one look of the node."""
        w, before = self.world.rows, self._told_ms
        self._told_ms = self.clock.now = now
        fixes = [f for f in w.fixes if before < f["received_ms"] <= now]
        self._hear(fixes, self.world.names if before < T0 else ())
        self._find([e for e in w.events if before < e["known_ms"] <= now])
        self._see([d for d in w.detections if before < d["time_ms"] <= now])
        for k, (at, kind, facts) in enumerate(self.world.deeds):
            if before < at <= now:
                self.clock.now = at
                getattr(self, f"_{kind}")(facts, k)
        self.clock.now = now
        self.sharing.door.sign_rest()
        loops.STEP_MS, loops.WORK_S = self._step_ms, float("inf")  # a slow machine would stop at other rows
        for look in (self.traffic.loops.events, self.traffic.loops.positions, self.traffic.loops.detections):
            look()
        self.office.tend()

    def _hear(self, rows, names):
        none, table = nothing(), fixes_table(rows)
        said = _statics(names)
        if len(rows) or len(said):
            self.keep.append(Batch(table, said, none.others, none.rejects, {}))
        self.sharing.take(table)

    def _find(self, rows):
        if rows:
            self.keep.put_events(events_table(rows))

    def _see(self, rows):
        if not rows:
            return
        table = detections_table(rows)
        self.contacts.add(table)
        names = table.codes_of("source_id")
        for code, name in enumerate(names):  # one look of each sensor in each slot
            done = table.take(table["source_id"] == code)
            n = np.zeros(len(done))
            key = (name, name, "radar", int(done["time_ms"].min()))
            self.contacts.put_looks([Look(key, done, FINAL, key[3], done, n, n, 0.5)])

    # ---- what people do -----------------------------------------------------------------------------------------------
    def _case(self, facts, _k):
        opening = acts.Opening("distress", *self.world.rows.center, self.clock.now, facts["vessel"], 3, "drifting")
        case = acts.begin(self.office, opening, "aiko")
        for to in facts["to"]:
            self.office.cases.offer(case, to, "aiko")

    def _stix(self, facts, _k):
        for to in facts["to"]:
            record = Record(kind="cti.stix", origin="harbour", observed_ms=self.clock.now, body=msgspec.Raw(facts["data"]),
                            label=Label(tlp=Tlp.AMBER, rel_to=frozenset({to})))  # fmt: skip
            decision = Decision("release", "", ("test",), label=record.label)
            self.sharing.door.pass_on(encode(record), decision, to)

    def _ask(self, facts, _k):
        requests.ask(self.office, requests.Wish(facts["to"], facts["text"]), "aiko")

    def _recall(self, facts, _k):
        """Of what one partner alone was told, the first record."""
        shared = self.sharing.shared
        for state in sorted(shared.logs.all("out"), key=lambda s: s.name):
            if state.peer == facts["of"] and state.head_size:
                for entry in shared.logs.entries(state.name, 0, most=50, max_bytes=1 << 20):
                    if entry.data is not None and len(shared.records.where(entry.id)) == 1:
                        recalls.recall(self.office, [entry.id], "", "hide", "error", "", "aiko")
                        return

    # ---- as the partner -------------------------------------------------------------------------------------------------
    def get(self, path, query="", *, token="feed", method="GET", headers=(), body=b"", hang_up=False):
        """Ask the API with a token of the watched partner."""
        given = [("authorization", f"Bearer {self.secrets[token]}"), *headers]
        scope = scope_of(method, path, query, given)
        live.asyncio, api_door.secrets = self.gate, _Numbers
        try:
            found = self.loop.run_until_complete(ask(self.app, scope, body, hang_up=hang_up))
        finally:
            api_door.secrets = _Numbers.true
        self.looked.setdefault((method, found.route), set()).add(found.status)
        assert found.status < 500, f"{method} {path}?{query}: two equal faults would hide what is under them"
        return found

    def signed(self, method, path, body=b"", query=""):
        """Scope of a request that the partner signed."""
        url = f"https://{HOST}{path}" + (f"?{query}" if query else "")
        headers = sign(method, url, body, to=recipient("harbour", "real"), key_id=self.partner.key_id,
                       signer=self.partner.keys.sign_request, nonce=f"{next(self._nonce):032x}",
                       created_s=int(time.time()))  # fmt: skip
        more = [("content-length", str(len(body)))]
        return scope_of(
            method, path, query, [*headers.items(), *more], host=HOST, address=f"192.0.2.{next(self._nonce) % 250}"
        )

    def fed(self, method, path, body=b"", query=""):
        """Ask the listener."""
        found = self.loop.run_until_complete(ask(self.traffic.listener, self.signed(method, path, body, query), body))
        self.looked.setdefault((method, path), set()).add(found.status)
        return found

    def follow(self, form):
        """Open a live stream."""
        scope = scope_of("GET", f"/feeds/live/{form}", "", [("authorization", f"Bearer {self.secrets['feed']}")])
        api_door.secrets, live.asyncio = _Numbers, self.gate

        async def opened():
            return begin(self.app, scope)

        return self.loop.run_until_complete(opened())

    def let_look(self, streams):
        """Let open streams look once more, and wait until they have."""
        live.asyncio = self.gate
        self.gate.open()
        self.let_rest(streams)

    def let_rest(self, streams):
        """Wait until open streams have looked."""

        async def until():
            for _ in range(20_000):
                if self.gate.asleep >= len([s for s in streams if not s.task.done()]):
                    return
                await asyncio.sleep(0.0005)
            raise AssertionError("the streams stand still")

        self.loop.run_until_complete(until())


class _Today:
    """The desk of the node that runs now: routes hold on to parts of the desk with which their app was made."""

    def __init__(self, find):
        self._find = find

    def __getattr__(self, name):
        found = getattr(self._find(), name)
        mine = not callable(found) and type(found).__module__.startswith("kizuna.node.desk")
        return _Today(lambda: getattr(self._find(), name)) if mine else found


_NOW = []
"""The node that runs now."""


@lru_cache(maxsize=1)
def the_app():
    """One app for all nodes of this process, one after the other: making it costs as much as a world."""
    node = Node(
        Facts(name="harbour", version="1", feeds=LiveFeeds(True, 0, 0.0)), _NOW[0].keep, _Today(lambda: _NOW[0].desk),
        now_ms=lambda: _NOW[0].clock(), layer=lambda name: _NOW[0]._layer(name), office=_NOW[0].office,
    )  # fmt: skip
    return node, make_app(node, web=Path("no-page"))


class _Numbers:
    """Stands in for ``secrets`` at the door: numbers of requests are random, and the same here."""

    true = api_door.secrets

    @staticmethod
    def token_hex(n):
        return "0" * (2 * n)


def _statics(names):
    table = empty(STATICS, len(names))
    if not names:
        return table
    rows = {"mmsi": np.array([m for m, _ in names], np.int64), "time_ms": np.full(len(names), T0)}
    rows["msg_id"] = np.arange(len(names)) + 7_000_000_000
    rows["shipname"] = pa.array([name for _, name in names])
    words = {"source_id": ("tower-1",), "label": ("nobody",), "context": ("real",)}
    codes = {name: np.zeros(len(names), np.int32) for name in words}
    have = {k: v if not isinstance(v, np.ndarray) else v.astype(table[k].dtype) for k, v in {**rows, **codes}.items()}
    return replace(table, columns={**table.columns, **have}, words={**table.words, **words})
