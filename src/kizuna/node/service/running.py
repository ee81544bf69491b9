"""A node from start to stop: opens everything, starts the threads, keeps the hours, and ends in good order.

Order of the start: settings, store, desk, intake, sources, server; then what is heavy: the saved state of detection,
detection, matching, layers. The page is there as soon as the server is; detection may still be catching up then. The
stop is the reverse: sources end, what waits is taken in and looked at, the state is saved, the store is closed. A kill
at any moment loses nothing that was stored, because the next start does what the stop would have done.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kizuna.base.errors import ConfigError, KizunaError, UnavailableError
from kizuna.base.units import DAY_MS, HOUR_MS, HOUR_S, MISSING_TIME_MS
from kizuna.base.utc import iso
from kizuna.base.version import __version__
from kizuna.node.desk.desk import Desk, open_desk
from kizuna.node.origin import own_sources
from kizuna.node.service.beside import Given
from kizuna.node.service.clocks import Clock, StreamClock, WallClock, wall_ms
from kizuna.node.service.contacts import Contacts
from kizuna.node.service.detection import Detection
from kizuna.node.service.feeds import LiveSource
from kizuna.node.service.first_start import FirstStart
from kizuna.node.service.folder import Folder
from kizuna.node.service.health import Health
from kizuna.node.service.intake import Intake, started
from kizuna.node.service.outward import facts_of, oidc_of, origin_codes
from kizuna.node.service.own_layers import OwnLayers
from kizuna.node.service.rooms import Rooms, next_session, put_json
from kizuna.node.service.settings import Config
from kizuna.node.service.source_settings import Source
from kizuna.node.service.storing import NodeStore, open_store

if TYPE_CHECKING:
    from kizuna.node.service.heard_layers import HeardLayers
    from kizuna.node.share.desk.office import Office
    from kizuna.node.share.sharing import Sharing
    from kizuna.sources.batch import Batch

TIDY_FIRST_S: Final = 600.0
"""So long after the start finished days are put together and what is too old is let go for the first time."""
STATUS_S: Final = 2.0
SHEETS_AT_ONCE: Final = 64
"""Sheets of what was told that are drawn at a time: half a second of work at most (``stores.shared.register``)."""
STOP_S: Final = 60.0
UP_S: Final = 30.0
"""Detection waits for the server at most so long."""
LATER_S: Final = 2.0
"""What nobody waits for begins so much later."""
LAYERS_AFTER_ROWS: Final = 10_000
"""Coverage and presence wait while more rows than these wait for detection."""
_LOG: Final = logging.getLogger("kizuna.node")


class Running:
    """A node that runs; ``start`` and ``stop`` once each."""

    def __init__(self, config: Config, beside: Given) -> None:
        self.config = config
        self.rooms = Rooms(config.home)
        self.health = Health(config.sources)
        self._first = FirstStart(self.health)
        stream = config.clock.kind == "stream"
        self.clock: Clock = StreamClock(config.clock.speed) if stream else WallClock()
        self.layers = OwnLayers(beside.zones, beside.cables)
        self.desk: Desk
        self.keep: NodeStore
        self.contacts: Contacts
        self.intake: Intake
        self.detection: Detection
        self.heard: HeardLayers | None = None
        self.sharing: Sharing | None = None
        """Sharing with partners, where the settings name a party."""
        self.office: Office | None = None
        """Its desk: what people do with it."""
        self.streams: list[str] = []
        self._beside = beside
        self._tell: Callable[[str], None] = lambda _: None
        self._over = threading.Event()
        self._up = threading.Event()
        self._sources: list[LiveSource | Folder] = []
        self._threads: dict[str, threading.Thread] = {}
        self.session = 0

    def start(self, *, server: bool = False) -> None:
        """Open and start everything but the server. Raises the declared errors; nothing stays open then.

        With ``server`` detection and whatever else is heavy waits for ``is_up``, so that the server comes first.
        """
        config, rooms = self.config, self.rooms
        context = config.node.context
        rooms.make(context)
        self.keep = open_store(config)
        try:
            self.session = next_session(rooms.sessions)
            self.desk = open_desk(rooms.desk)
            self.contacts = Contacts(rooms.store(context), context)
            self.detection = Detection(
                self.keep, rooms.detection(context), self._beside.rules, self.clock, self.health,
                save_s=config.upkeep.save_s,
            )  # fmt: skip
            self.sharing = self._opened_sharing()
            self.office = self._opened_office()
        except BaseException:
            self.keep.close()
            raise
        self.clock.heard(self.keep.versions().newest_ms)
        self.intake = Intake(
            self.keep, config.sources, self.health, self._onward, context=context, session=self.session,
            lane_bytes=config.upkeep.queue_mb << 20,
        )  # fmt: skip
        self._thread("intake", self.intake.run)
        for source in config.sources:
            self._start_source(source)
        if not server:
            self.is_up()
        self._thread("detection", self._detect)
        self._thread("matching", self._match)
        self._thread("layers", self._work_out_layers)
        self._thread("upkeep", self._keep_hours)
        self._thread("sharing", self._share)
        _LOG.info("node %s runs (%s, start %d), context %s", config.node.name, __version__, self.session, context)

    def is_up(self) -> None:
        """The server answers: what is heavy may begin."""
        self._up.set()

    def on_trouble(self, tell: Callable[[str], None]) -> None:
        """Have this called, from any thread, when a thread of the node broke."""
        self._tell = tell

    def stop(self) -> None:
        """End in good order; what waits is taken in first."""
        self._over.set()
        self._up.set()
        for worker in self._sources:
            if isinstance(worker, LiveSource):
                worker.stop.asked = True
        self._join(lambda name: name.startswith("source "), 5.0)
        self.intake.bell.stop()
        self._join(lambda name: name == "intake", STOP_S)
        self.detection.stop()
        if self.sharing is not None:
            self.sharing.stop()
        self._join(lambda name: name in ("detection", "matching", "layers", "upkeep"), STOP_S)
        self.write_status(running=False)
        if self.office is not None:
            self.office.close()
        if self.sharing is not None:
            self.sharing.close()
        self.contacts.close()
        self.desk.close()
        self.keep.close()
        _LOG.info("node %s stopped", self.config.node.name)

    def post_detections(self, data: bytes, source_id: str) -> Any:
        """Take in detections that were posted to the API. Raises ConfigError for a source that is none of that kind."""
        found = next((s for s in self.config.sources if s.id == source_id and s.kind == "http-detections"), None)
        if found is None:
            raise ConfigError(f"no source {source_id!r} of kind http-detections", where="node.toml [[sources]]")
        taken = self.contacts.post(data, source_id, found.sensor)
        health = self.health.sources[source_id]
        health.now_is("up")
        health.heard(data, taken.stored + taken.known + taken.rejected)
        health.add({"rejected": taken.rejected, "known": taken.known}, taken.stored)
        return taken

    def api_node(self, *, secure: bool, hosts: tuple[str, ...] = ()) -> Any:
        """What the API is made from."""
        from kizuna.node.api.interfaces import Node  # noqa: PLC0415

        partners = [(k.id, k.title) for k in self.sharing.partners.all()] if self.sharing is not None else []
        return Node(
            facts_of(self.config, secure=secure, hosts=hosts, partners=partners), self.keep, self.desk,
            self.clock.now_ms,
            self.health.rows, self._layer, origin_codes(self.config, partners),
            counters=self._counters, alerts=self.config.alerts, oidc=oidc_of(self.config), contacts=self.contacts,
            streams=self.streams, layer_about=self._layer_about, names=self._beside.names,
            view=self.config.places.claims_view, land=self._land, office=self.office,
        )  # fmt: skip

    def _layer(self, name: str) -> bytes | None:
        own = self.layers.layer(name)
        return self.heard.layer(name) if own is None and self.heard is not None else own

    def _layer_about(self, name: str) -> dict[str, Any] | None:
        if self.heard is not None:
            return self.heard.about(name)
        return {"calculated": None} if name in ("coverage", "presence") and self.config.layers.every_min else None

    # ---- sharing --------------------------------------------------------------------------------------------------
    def _opened_sharing(self) -> Sharing | None:
        if not self.config.sharing.party:
            return None
        from kizuna.node.share.sharing import open_sharing  # noqa: PLC0415  only nodes with partners need it

        held_ms = round((self.config.live.keep_h or 48.0) * HOUR_MS)
        return open_sharing(self.config, zones=self._beside.zones, now_ms=self.clock.now_ms,
                            sources_of=lambda m, a, b: own_sources(self.keep, m, a - held_ms, b + HOUR_MS))  # fmt: skip

    def _opened_office(self) -> Office | None:
        if self.sharing is None:
            return None
        from kizuna.node.share.desk.office import Office  # noqa: PLC0415

        office = Office(self.sharing, person_of=self.desk.people.id_of, names=self._beside.names.partners)
        office.open()
        return office

    def _onward(self, batch: Batch, version: int) -> None:
        """What was stored goes on: to detection, and to the release door."""
        if self.sharing is not None:
            self.sharing.take(batch.fixes)
        self.detection.take(batch, version)

    def _share(self) -> None:
        if self.sharing is None:
            return
        self._up.wait(UP_S)
        from kizuna.node.share.lines.loops import Tables  # noqa: PLC0415

        if not self._over.is_set():
            self.sharing.start(Tables(self.keep, self.contacts), self.health.trouble)

    # ---- what begins when the node is up ---------------------------------------------------------------------------
    def _detect(self) -> None:
        self._up.wait(UP_S)
        self.detection.run()

    def _match(self) -> None:
        if self._up.wait(UP_S) and self._over.wait(LATER_S):
            return
        from kizuna.engines.live.contacts import ContactWatch  # noqa: PLC0415
        from kizuna.node.service.matching import Matching  # noqa: PLC0415

        rules, context = self._beside.rules(), self.config.node.context
        watch = ContactWatch(context, params=self.config.detections, surroundings=rules.surroundings)
        Matching(self.keep, self.contacts, watch, rules.settings, self.clock, self.health,
                 context=context).run(self._over)  # fmt: skip

    def _work_out_layers(self) -> None:
        if self._up.wait(UP_S) and self._over.wait(LATER_S):
            return
        from kizuna.node.service.heard_layers import HeardLayers  # noqa: PLC0415

        place = self.rooms.detection(self.config.node.context)
        self.heard = HeardLayers(self.keep, self.config.layers, place, self.health)
        self.heard.run(self._over, self.clock.now_ms, lambda: self.detection.rows_waiting > LAYERS_AFTER_ROWS)

    def _land(self) -> Any:
        """Land and claims for the map, with the node's own rows."""
        from kizuna.engines.claim_watch import claimed_land  # noqa: PLC0415  the coast takes a second

        table = self.config.places.claims_table
        return claimed_land(self.config.path(table) if table else None)

    # ---- threads --------------------------------------------------------------------------------------------------
    def _start_source(self, source: Source) -> None:
        health = self.health.sources[source.id]
        if source.kind == "http-detections":
            health.now_is("up", "waits for posts")
            return
        lane = self.intake.lanes[source.id]
        context = self.config.node.context
        worker: LiveSource | Folder
        if source.kind == "folder":
            place = self.config.path(source.address) if source.address else self.rooms.inbox / source.id
            worker = Folder(source, lane, health, place, context=context, stopping=self._over.wait,
                            detections=lambda data, s: self.contacts.post(data, s, source.sensor).stored)  # fmt: skip
        else:
            worker = LiveSource(source, lane, health, self.clock, context=context, home=self.config.home,
                                stopping=self._over.wait)  # fmt: skip
        self._sources.append(worker)
        self._thread(f"source {source.id}", worker.run)

    def _thread(self, name: str, work: Callable[[], None]) -> None:
        self._threads[name] = started(name, work, self._broken)

    def _broken(self, name: str, exc: BaseException) -> None:
        _LOG.critical("%s broke: %r", name, exc, exc_info=exc)
        self.health.trouble(name, f"{type(exc).__name__}: {exc}")
        self._tell(f"{name} broke: {exc!r}")

    def _join(self, which: Callable[[str], bool], seconds: float) -> None:
        until = time.monotonic() + seconds
        for name, thread in self._threads.items():
            if which(name):
                thread.join(max(0.0, until - time.monotonic()))
                if thread.is_alive():
                    _LOG.error("%s did not end in time", name)

    # ---- upkeep ---------------------------------------------------------------------------------------------------
    def _keep_hours(self) -> None:
        every_s = self.config.upkeep.compact_h * HOUR_S
        compacted_s = time.monotonic() - every_s + TIDY_FIRST_S  # also where the node is started anew every few hours
        while not self._over.wait(STATUS_S):
            self._first.look(min(self.intake.alive_s, self.detection.alive_s), detected=self.detection.lag_s > 0)
            self.write_status()
            self._look_after_threads()
            self._tend_office()
            if time.monotonic() - compacted_s >= every_s:
                compacted_s = time.monotonic()
                self._tidy()

    def _tend_office(self) -> None:
        """What commands wrote, receipts that came, agreements that ended."""
        if self.office is None:
            return
        try:
            self.health.trouble("desk of sharing", "; ".join(self.office.tend()))
            self.office.shared.register.follow(SHEETS_AT_ONCE)
        except KizunaError as exc:
            self.health.trouble("desk of sharing", str(exc))
            _LOG.error("desk of sharing: %s", exc)

    def _tidy(self) -> None:
        try:
            rows = self.keep.compact()
            gone = 0
            days = self.config.upkeep.retain_days
            newest_ms = self.keep.versions().newest_ms
            if days and newest_ms != MISSING_TIME_MS:  # neither a wrong clock nor one row of the future takes all away
                gone = self.keep.retain(min(newest_ms, self.clock.now_ms()) - days * DAY_MS)
            if self.office is not None:
                from kizuna.node.share.desk.retention import let_go  # noqa: PLC0415  only nodes with partners need it

                erased = let_go(self.office.shared, self.clock.now_ms(), self.config.sharing.retain_days)
                _LOG.info("upkeep: %d records told or received were erased", erased)
            _LOG.info("upkeep: %d rows put together, %d let go", rows, gone)
            self.health.trouble("upkeep", "")
        except UnavailableError as exc:
            self.health.trouble("upkeep", str(exc))
            _LOG.error("upkeep: %s", exc)

    def _look_after_threads(self) -> None:
        """A thread that stands still is worth a restart."""
        now, most_s = time.monotonic(), self._first.stuck_s
        for name, alive_s in (("intake", self.intake.alive_s), ("detection", self.detection.alive_s)):
            still_s = now - alive_s
            if still_s > most_s and self.health.trouble(f"{name} slow", f"no sign of life for {still_s:.0f} s"):
                _LOG.critical("%s gave no sign of life for %.0f s", name, still_s)
            elif still_s <= most_s:
                self.health.trouble(f"{name} slow", "")

    @property
    def well(self) -> bool:
        """Whether all threads show signs of life; the watch-dog is fed only then."""
        return not any(name.endswith(" slow") or "broke" in name for name in self.health.troubles)

    def _counters(self) -> dict[str, float]:
        return {**self.health.counters(), "detection_rows_waiting": float(self.detection.rows_waiting),
                "detection_lag_s": round(self.detection.lag_s, 3),
                **(self.sharing.numbers() if self.sharing is not None else {})}  # fmt: skip

    def write_status(self, *, running: bool = True) -> None:
        """Health for ``kizuna node status``; a disk that is full only makes it old."""
        versions = self.keep.versions()
        newest = versions.newest_ms
        found = {
            "running": running, "pid": os.getpid(), "version": __version__, "name": self.config.node.name,
            "context": self.config.node.context, "store": self.config.store.kind, "written": iso(wall_ms()),
            "started": iso(self.health.started_ms),
            "starts": self.session, "now": iso(self.clock.now_ms()), "picture": versions.picture,
            "events": versions.events, "newest": iso(newest) or None,
            "troubles": dict(self.health.troubles), "numbers": self._counters(),
            "sources": [h.as_row() for h in self.health.sources.values()],
            "feeds": {"live": self.config.feeds.live, "delay_s": self.config.feeds.delay_s,
                      "grid_deg": self.config.feeds.grid_deg, "open": sorted(self.streams)},
        }  # fmt: skip
        if self.sharing is not None:
            found["sharing"] = self.sharing.as_row()
        try:
            put_json(self.rooms.status, found, sure=False)
        except KizunaError as exc:
            _LOG.debug("no status: %s", exc)


def certificate_paths(config: Config) -> tuple[Path, Path]:
    """Certificate and key that the node uses."""
    listen, keys = config.listen, Rooms(config.home).keys
    return (config.path(listen.certificate) if listen.certificate else keys / "node.crt",
            config.path(listen.key) if listen.key else keys / "node.key")  # fmt: skip
