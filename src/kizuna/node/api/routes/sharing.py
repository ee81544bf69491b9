"""What partners are told: the pages of the release officer, and who sees what for everybody at the desk.

Rules and steps in ``sharing_rules``, what is asked of others in ``sharing_acts``; here partners, ledger, the view as a
partner, agreements, and the end of a partner.
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Iterator
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import APIRouter, Body, Path, Query
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from kizuna.base.errors import InputError
from kizuna.base.units import DAY_MS
from kizuna.node.api.answers import GEOJSON, Problem, answer, json_bytes
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.ogc.query import read_box
from kizuna.node.api.routes import sharing_acts, sharing_rules
from kizuna.node.api.routes.entry import Strict
from kizuna.node.api.routes.incidents import _refusals, office_of
from kizuna.node.api.times import Moment, period
from kizuna.node.api.view import Reader, Seen, Viewer
from kizuna.node.desk.rules import may
from kizuna.node.origin import newest_by_origin, own_rows
from kizuna.node.share import introduction
from kizuna.node.share.desk import agreements, offboarding
from kizuna.node.share.door import Rows
from kizuna.node.share.exchange import outward
from kizuna.node.share.views import overview, told, who_sees, words
from kizuna.records.subject import vessel

Party = Annotated[str, Path(pattern="^[a-z0-9][a-z0-9-]{0,31}$")]
Record = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
Agreement = Annotated[str, Path(pattern="^[a-z0-9][a-z0-9-]{0,31}$")]
_SPAN_MS = 31 * DAY_MS
EXPORT_SPAN_MS = 366 * DAY_MS
"""Longest time of one export."""


class Ending(Strict):
    """The end of a partner; ``confirm`` repeats its id. With ``recall`` our records are asked back as well."""

    confirm: str = Field(max_length=32)
    why: str = Field(default="", max_length=1000)
    recall: bool = False


class Pause(Strict):
    """Why a partner is paused."""

    why: str = Field(default="", max_length=1000)


class Resume(Strict):
    """Whether what came due during the pause is made up for; else the partner is told from now on."""

    make_up: bool = True


_MAKE_UP = Resume()


class File(Strict):
    """A file of an introduction, in base64."""

    file: str = Field(max_length=200_000)


class Code(Strict):
    """What the other side's voice read."""

    party: str = Field(pattern="^[a-z0-9][a-z0-9-]{0,31}$")
    code: str = Field(min_length=1, max_length=100)


class Memorandum(Strict):
    """The text of a memorandum."""

    text: str = Field(min_length=1, max_length=60_000)


class Signing(Strict):
    """Which version is signed; the newest without a hash."""

    sha256: str = Field(default="", pattern="^([0-9a-f]{64})?$")


def add_to(router: APIRouter, books: Books) -> None:
    """Add the routes."""
    _add_looking(router, books)
    _add_ledger(router, books)
    _add_agreements(router, books)
    _add_partners(router, books)
    _add_introduction(router, books)
    sharing_rules.add_to(router, books)
    sharing_acts.add_to(router, books)


def _add_looking(router: APIRouter, books: Books) -> None:
    node = books.node

    @router.get("/api/sharing", **needs("sharing.see"))
    def sharing(viewer: Looks) -> Response:
        """Partners and how their links are; for officers also numbers and what waits for a person."""
        if node.office is None:
            return answer({"enabled": False, "party": None, "context": node.facts.context, "rules": None,
                           "partners": [], "waiting": None})  # fmt: skip
        node.desk.audit.saw(viewer.name, "sharing.see", "", viewer.address)
        return answer(overview.overview(node.office, numbers=may(viewer.role, "release.see")))

    @router.get("/api/sharing/who", **needs("release.who"))
    def who(viewer: Looks, mmsi: Annotated[int | None, Query(ge=1, le=999_999_999)] = None,
            event: Annotated[str, Query(max_length=64)] = "", detection: Annotated[str, Query(max_length=20)] = "",
            record: Annotated[str, Query(pattern="^([0-9a-f]{64})?$")] = "") -> Response:  # fmt: skip
        """Who sees what: for one vessel, event, detection or record, what each partner may have, why, and has."""
        office = office_of(books)
        given = [x for x in (mmsi, event, detection, record) if x]
        if len(given) != 1:
            raise Problem(400, "name one of mmsi, event, detection, record", code="one_thing")
        thing = str(given[0])
        node.desk.audit.saw(viewer.name, "release.who", thing, viewer.address)
        if record:
            return answer({"of": {"record": record}, "partners": who_sees.of_record(office, record)})
        of, rows, subject = _selected(books, viewer, mmsi, event, detection)
        of["corrections"] = office.corrections.shown(of.get("records", ()), subject if mmsi is not None else "")
        return answer({"of": of, "partners": who_sees.of_rows(office, rows, subject)})

    @router.get("/api/sharing/as/{partner}", **needs("release.who"))
    def as_partner(viewer: Looks, partner: Party, start: Annotated[Moment, Query(alias="from")] = None,
                   end: Annotated[Moment, Query(alias="to")] = None,
                   kind: Annotated[str, Query(max_length=64)] = "",
                   bbox: Annotated[str | None, Query(max_length=200)] = None,
                   most: Annotated[int, Query(ge=1, le=20_000)] = told.FEATURES_MOST) -> Response:  # fmt: skip
        """View as a partner: GeoJSON of the very records that stand in the logs to it, with the names of the logs."""
        office = office_of(books)
        start_ms, end_ms = period(start, end, node, DAY_MS, _SPAN_MS)
        node.desk.audit.saw(viewer.name, "release.as", partner, viewer.address)
        look = told.Look(start_ms, end_ms, kind, None if bbox is None else read_box(bbox), most)
        found = _there(lambda: told.as_partner(office, partner, look))
        return Response(json_bytes({**found, "marking": node.facts.marking}), media_type=GEOJSON)

    @router.get("/api/sharing/as/{partner}/export", **needs("release.export"))
    def export(viewer: Looks, partner: Party, form: Annotated[outward.Form, Query(alias="format")],
               start: Annotated[Moment, Query(alias="from")] = None,
               end: Annotated[Moment, Query(alias="to")] = None,
               kind: Annotated[str, Query(max_length=64)] = "") -> Response:  # fmt: skip
        """The same as a file for its programs: GeoJSON, CoT, a ZIP of signed CISE messages, or a STIX bundle."""
        office = office_of(books)
        if viewer.is_token and viewer.partner != partner:
            raise Problem(403, "this token does not read as this partner", code="role")
        start_ms, end_ms = period(start, end, node, DAY_MS, EXPORT_SPAN_MS)
        out = tempfile.TemporaryFile()  # noqa: SIM115  closed when it was sent
        try:
            with _refusals(books, viewer, "release.export", f"{partner} {form}"):
                wish = outward.Wish(partner, form, start_ms, end_ms, (kind,) if kind else (), quiet=viewer.is_token)
                made = _there(lambda: outward.export(office, wish, out))
        except BaseException:
            out.close()
            raise
        node.desk.audit.did(viewer.name, "release.export", f"{partner} {form}", made.said, viewer.address)
        headers = {"Content-Disposition": f'attachment; filename="{made.name}"', "Content-Length": str(made.size),
                   "X-Kizuna-Not-Said": str(made.not_said), "X-Kizuna-Records": str(made.records)}  # fmt: skip
        return StreamingResponse(_pieces(out), media_type=made.media, headers=headers)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(1 << 20):
            yield piece


def _selected(
    books: Books, viewer: Viewer, mmsi: int | None, event: str, detection: str
) -> tuple[dict[str, Any], Rows, str]:
    """The row that somebody selected on the map."""
    node, reader = books.node, Reader(books.node, viewer)
    now_ms = node.now_ms()
    if mmsi is not None:
        heard = reader.track(mmsi, now_ms - round(node.facts.gone_h * 3_600_000), now_ms + 1)
        said = newest_by_origin(heard, node.office.me if node.office is not None else "")
        fixes = own_rows(heard)
        fixes = Seen(fixes.slice(max(0, len(fixes) - 1), len(fixes)))
        place = {} if not len(fixes) else {"lat": float(fixes["lat_deg"][0]), "lon": float(fixes["lon_deg"][0]),
                                           "at_ms": int(fixes["time_ms"][0])}  # fmt: skip
        return {"mmsi": mmsi, **place, "statements": said}, Rows(fixes), vessel(mmsi)
    if event:
        rows = reader.events(event_id=event)
        if not len(rows):
            raise Problem(404, "there is no such event", code="no_event")
        who = (rows["mmsis"][0].as_py() or [0])[0]
        names = [json.loads(info or "{}").get("record", "") for info in rows["event_info"].to_pylist()]
        return {"event": event, "mmsi": who or None, "records": names}, Rows(events=own_rows(rows)), vessel(who)
    number = int(detection) if detection.isdigit() and len(detection) < 19 else -1  # noqa: PLR2004  63 bits
    at_ms = node.contacts.time_of(number) if node.contacts is not None and number >= 0 else None
    if at_ms is None:
        raise Problem(404, "there is no such detection", code="no_detection")
    seen, _ = reader.detections(at_ms, at_ms + 1)
    one = seen.take(seen["det_id"] == number)
    of = {"detection": detection, "at_ms": at_ms, "records": one["ref"].to_pylist()}
    return of, Rows(detections=own_rows(one)), "detection"


def _there(work: Any) -> Any:
    """What is not known is 404."""
    try:
        return work()
    except InputError as exc:
        if exc.code.startswith("no_") or "was not introduced" in exc.message:
            raise Problem(404, exc.message, code=exc.code or "no_partner") from exc
        raise


def _add_ledger(router: APIRouter, books: Books) -> None:
    audit = books.node.desk.audit

    @router.get("/api/sharing/ledger", **needs("release.see"))
    def ledger(viewer: Looks, partner: Annotated[str, Query(pattern="^([a-z0-9][a-z0-9-]{0,31})?$")] = "",
               kind: Annotated[str, Query(max_length=64)] = "", verdict: Literal["release", "withhold"] = "release",
               after: Annotated[int, Query(ge=0, le=1 << 60)] = 0) -> Response:  # fmt: skip
        """What was told (or withheld), newest first, by which rule and clause; ``after`` goes on from ``next``."""
        office = office_of(books)
        audit.saw(viewer.name, "ledger.see", partner, viewer.address)
        return answer(_there(lambda: told.ledger(office, partner=partner, kind=kind, verdict=verdict, after=after)))

    @router.get("/api/sharing/ledger/{record}", **needs("release.see"))
    def story(viewer: Looks, record: Record) -> Response:
        """The whole story of one record: decisions, rules, clauses, logs, receipts, recall."""
        office = office_of(books)
        audit.saw(viewer.name, "ledger.see", record, viewer.address)
        return answer(_there(lambda: told.story(office, record)))

    @router.get("/api/sharing/ledger/{record}/proof", **needs("release.see"))
    def proof(viewer: Looks, record: Record, log: Annotated[str, Query(max_length=200)]) -> Response:
        """A C2SP tlog-proof that the record is in one of our logs, to show to a third party."""
        office = office_of(books)
        data = _there(lambda: told.proof(office, record, log))
        audit.did(viewer.name, "ledger.proof", record, log, viewer.address)
        name = f'attachment; filename="{record[:16]}.tlog-proof"'
        return Response(data, media_type="text/plain; charset=utf-8", headers={"Content-Disposition": name})


def _add_agreements(router: APIRouter, books: Books) -> None:
    audit = books.node.desk.audit

    @router.get("/api/sharing/agreements", **needs("release.see"))
    def listed(viewer: Looks) -> Response:
        """Agreements with their clauses in three languages, who signed, what does not fit the rules."""
        office = office_of(books)
        audit.saw(viewer.name, "agreement.see", "", viewer.address)
        warnings = list(office.agreements.warnings(office.now_ms()))
        return answer({"agreements": agreements.listed(office), "warnings": warnings})

    @router.post("/api/sharing/agreements", **needs("release.act"))
    def propose(viewer: Looks, body: Annotated[Memorandum, Body()]) -> Response:
        """Put a memorandum forward, with our signature; every party's node gets it."""
        office = office_of(books)
        with _refusals(books, viewer, "agreement.propose", ""):
            one = sharing_rules.fit(lambda: agreements.propose(office, body.text, viewer.name))
        audit.did(viewer.name, "agreement.propose", one.id, one.sha256[:16], viewer.address)
        return answer({"agreements": agreements.listed(office)}, 201)

    @router.post("/api/sharing/agreements/{agreement}/sign", **needs("release.act"))
    def sign(viewer: Looks, agreement: Agreement, body: Annotated[Signing, Body()]) -> Response:
        """Sign what another party put forward."""
        office = office_of(books)
        with _refusals(books, viewer, "agreement.sign", agreement):
            one = _there(lambda: agreements.sign(office, agreement, viewer.name, body.sha256))
        audit.did(viewer.name, "agreement.sign", one.id, one.sha256[:16], viewer.address)
        return answer({"agreements": agreements.listed(office)})

    @router.post("/api/sharing/agreements/{agreement}/{act}", **needs("release.act"))
    def change(viewer: Looks, agreement: Agreement, act: Literal["suspend", "notice"]) -> Response:
        """Take our signature back until we sign again, or give notice. Nothing more is released under it."""
        office = office_of(books)
        with _refusals(books, viewer, f"agreement.{act}", agreement):
            _there(lambda: agreements.change(office, agreement, act, viewer.name))
        audit.did(viewer.name, f"agreement.{act}", agreement, "done", viewer.address)
        return answer({"agreements": agreements.listed(office)})

    @router.get("/api/sharing/agreements/{agreement}/report", **needs("release.see"))
    def report(viewer: Looks, agreement: Agreement, year: Annotated[int, Query(ge=2000, le=2200)],
               lang: Literal["en", "ja", "zh-TW"] = "en",
               form: Literal["html", "json"] = "html") -> Response:  # fmt: skip
        """The yearly account of what was shared under an agreement."""
        office = office_of(books)
        made = _there(lambda: agreements.report(office, agreement, year, words.ours(lang)))
        audit.did(viewer.name, "agreement.report", agreement, str(year), viewer.address)
        if form == "json":
            return Response(made.json, media_type="application/json")
        name = f'attachment; filename="{agreement}-{year}.html"'
        return Response(made.html, media_type="text/html; charset=utf-8", headers={"Content-Disposition": name})


def _add_partners(router: APIRouter, books: Books) -> None:
    audit = books.node.desk.audit

    @router.get("/api/sharing/exposure/{partner}", **needs("release.see"))
    def exposure(viewer: Looks, partner: Party) -> Response:
        """What a partner holds, through whom, and what would end."""
        office = office_of(books)
        audit.saw(viewer.name, "exposure.see", partner, viewer.address)
        return answer(_there(lambda: offboarding.shown(office, partner)))

    @router.post("/api/sharing/partners/{partner}/end", **needs("partner.act"))
    def end(viewer: Looks, partner: Party, body: Annotated[Ending, Body()]) -> Response:
        """End every tie to a partner, for good."""
        office = office_of(books)
        with _refusals(books, viewer, "partner.end", partner):
            done = _there(
                lambda: offboarding.finish(office, partner, body.confirm, body.why, viewer.name, recall=body.recall)
            )
        audit.did(viewer.name, "partner.end", partner, body.why or "done", viewer.address)
        return answer(done)

    @router.post("/api/sharing/partners/{partner}/pause", **needs("partner.act"))
    def pause(viewer: Looks, partner: Party, body: Annotated[Pause, Body()]) -> Response:
        """Nothing goes out or is asked from now on; nothing is forgotten."""
        office = office_of(books)
        _there(lambda: offboarding.pause(office, partner, body.why))
        audit.did(viewer.name, "partner.pause", partner, body.why or "done", viewer.address)
        return answer(overview.overview(office, numbers=True))

    @router.post("/api/sharing/partners/{partner}/resume", **needs("partner.act"))
    def resume(viewer: Looks, partner: Party, body: Annotated[Resume, Body()] = _MAKE_UP) -> Response:
        """Go on with a paused partner; what came due meanwhile is made up for, or left out for good."""
        office = office_of(books)
        _there(lambda: offboarding.resume(office, partner, viewer.name, make_up=body.make_up))
        outcome = "done" if body.make_up else "done, from now on"
        audit.did(viewer.name, "partner.resume", partner, outcome, viewer.address)
        return answer(overview.overview(office, numbers=True))


def _add_introduction(router: APIRouter, books: Books) -> None:
    audit = books.node.desk.audit

    @router.get("/api/sharing/introductions", **needs("release.see"))
    def waiting() -> Response:
        """Parties whose introduction is under way."""
        return answer({"introductions": introduction.waiting(office_of(books).places)})

    @router.post("/api/sharing/introduce", **needs("partner.act"))
    def introduce(viewer: Looks) -> Response:
        """First step: the file to hand to the other side."""
        office = office_of(books)
        data = introduction.begin(office.places, office.sharing.identity, office.addresses(), office.random)
        audit.did(viewer.name, "partner.introduce", "", "begun", viewer.address)
        return answer({"file": base64.b64encode(data).decode(), "name": f"{office.me}.intro.json"}, 201)

    @router.post("/api/sharing/accept", **needs("partner.act"))
    def accept(viewer: Looks, body: Annotated[File, Body()]) -> Response:
        """Second step, the other side: the file to hand back."""
        office = office_of(books)
        party, data = introduction.accept(office.places, office.sharing.identity, office.addresses(), _bytes(body),
                                          office.random)  # fmt: skip
        audit.did(viewer.name, "partner.accept", party, "begun", viewer.address)
        return answer({"party": party, "file": base64.b64encode(data).decode(), "name": f"{office.me}.intro.json"}, 201)

    @router.post("/api/sharing/open", **needs("partner.act"))
    def open_up(viewer: Looks, body: Annotated[File, Body()]) -> Response:
        """Third step: who it is, the code to read aloud, and the file that lets the other side see it too."""
        office = office_of(books)
        found = introduction.open_up(office.places, _bytes(body))
        audit.did(viewer.name, "partner.open", found.party, "begun", viewer.address)
        file = base64.b64encode(found.file).decode()
        return answer({"party": found.party, "code": found.code, "file": file, "name": f"{office.me}.open.json"})

    @router.post("/api/sharing/see", **needs("partner.act"))
    def see(viewer: Looks, party: Annotated[str, Query(pattern="^[a-z0-9][a-z0-9-]{0,31}$")],
            body: Annotated[File, Body()]) -> Response:  # fmt: skip
        """Fourth step, the side that accepted: the code, once the third file has come."""
        code = introduction.see(office_of(books).places, party, _bytes(body))
        audit.did(viewer.name, "partner.see", party, "begun", viewer.address)
        return answer({"party": party, "code": code})

    @router.post("/api/sharing/confirm", **needs("partner.act"))
    def confirm(viewer: Looks, body: Annotated[Code, Body()]) -> Response:
        """Last step, each side: what the other side's voice read."""
        office = office_of(books)
        known = introduction.confirm(office.places, office.sharing.partners, body.party, body.code,
                                     at_ms=office.now_ms(), by=viewer.name,
                                     mine=office.addresses())  # fmt: skip
        audit.did(viewer.name, "partner.confirm", known.id, "introduced", viewer.address)
        office.look()
        return answer({"party": known.id, "title": known.title}, 201)


def _bytes(body: File) -> bytes:
    try:
        return base64.b64decode(body.file, validate=True)
    except ValueError as exc:
        raise Problem(400, "the file is not in base64", code="base64") from exc
