"""Rules of release over HTTP: shown, checked, previewed, put in force by two persons."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Body
from pydantic import Field
from starlette.responses import Response

from kizuna.base.errors import ConfigError
from kizuna.base.table import Table
from kizuna.base.units import DAY_MS
from kizuna.node.api.answers import Problem, answer
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.routes.entry import Strict
from kizuna.node.api.routes.incidents import _refusals, office_of
from kizuna.node.api.view import Reader
from kizuna.node.origin import own_rows
from kizuna.node.share.desk.reasons import reasons
from kizuna.node.share.preview import Period
from kizuna.node.share.preview.history import settled
from kizuna.node.share.views import rulings
from kizuna.node.share.views.choices import choices
from kizuna.node.share.views.dry_run import dry_run

TEXT_MOST: Final = 256 * 1024
_T = TypeVar("_T")


class Text(Strict):
    """A text of rules (TOML)."""

    text: str = Field(max_length=TEXT_MOST)


class Look(Text):
    """What a text would change over the last days, for everybody or one partner or community."""

    days: float = Field(default=1.0, gt=0, le=14, allow_inf_nan=False)
    to: str = Field(default="", max_length=64)


class Version(Strict):
    """A version that was proposed."""

    version: int = Field(ge=1, le=1_000_000)


def fit(work: Callable[[], _T]) -> _T:
    """A text that does not read is the asker's fault, not the node's."""
    try:
        return work()
    except ConfigError as exc:
        raise Problem(400, str(exc), code="text", facts={"where": exc.where, "hint": exc.hint},
                      reasons=reasons([exc.message])) from exc  # fmt: skip


def add_to(router: APIRouter, books: Books) -> None:
    """Add the routes."""
    audit = books.node.desk.audit
    _add_preview(router, books)

    @router.get("/api/sharing/rules", **needs("release.see"))
    def rules(viewer: Looks) -> Response:
        """The rules in force with their plain words, what is proposed, and every step that somebody took."""
        office = office_of(books)
        audit.saw(viewer.name, "rules.see", "", viewer.address)
        return answer(rulings.shown(office))

    @router.get("/api/sharing/rules/choices", **needs("release.see"))
    def may_name() -> Response:
        """What a rule may name here: kinds, audiences, zones, clauses, and the closed lists of its other words."""
        return answer(choices(office_of(books)))

    @router.post("/api/sharing/rules/check", **needs("release.see"))
    def check(body: Annotated[Text, Body()]) -> Response:
        """Whether a text reads, its rules in plain words, and findings with line and key."""
        return answer(rulings.check(office_of(books), body.text))

    @router.post("/api/sharing/rules/propose", **needs("release.act"))
    def propose(viewer: Looks, body: Annotated[Text, Body()]) -> Response:
        """First person: keep a text and propose it. Refused while a rule in it cannot do what it says."""
        office = office_of(books)
        with _refusals(books, viewer, "rules.propose", ""):
            found = fit(lambda: rulings.propose(office, body.text, viewer.name))
        audit.did(viewer.name, "rules.propose", _proposed(found), "done", viewer.address)
        return answer(found, 201)

    @router.post("/api/sharing/rules/approve", **needs("release.act"))
    def approve(viewer: Looks, body: Annotated[Version, Body()]) -> Response:
        """Second person: approve, and thereby put in force."""
        office = office_of(books)
        with _refusals(books, viewer, "rules.approve", str(body.version)):
            found = rulings.approve(office, body.version, viewer.name)
        audit.did(viewer.name, "rules.approve", str(body.version), "in force", viewer.address)
        return answer(found)

    @router.post("/api/sharing/rules/withdraw", **needs("release.act"))
    def withdraw(viewer: Looks, body: Annotated[Version, Body()]) -> Response:
        """Take a proposal back."""
        office = office_of(books)
        with _refusals(books, viewer, "rules.withdraw", str(body.version)):
            found = rulings.withdraw(office, body.version, viewer.name)
        audit.did(viewer.name, "rules.withdraw", str(body.version), "done", viewer.address)
        return answer(found)

    @router.post("/api/sharing/rules/rollback", **needs("release.act"))
    def roll_back(viewer: Looks) -> Response:
        """Back to the rules before; one person, within a day of activation."""
        office = office_of(books)
        with _refusals(books, viewer, "rules.rollback", ""):
            found = rulings.roll_back(office, viewer.name)
        audit.did(viewer.name, "rules.rollback", str(found["version"]), "in force", viewer.address)
        return answer(found)

    @router.post("/api/sharing/rules/stop", **needs("release.act"))
    def stop(viewer: Looks) -> Response:
        """Nothing leaves from now on; one person may do that at once."""
        office = office_of(books)
        with _refusals(books, viewer, "rules.stop", ""):
            found = rulings.stop(office, viewer.name)
        audit.did(viewer.name, "rules.stop", "", "nothing leaves", viewer.address)
        return answer(found)


def _add_preview(router: APIRouter, books: Books) -> None:
    audit = books.node.desk.audit
    turn, reached = threading.Lock(), dict[str, float]()
    persons = _Persons()

    @router.post("/api/sharing/rules/preview", **needs("release.see"))
    def preview(viewer: Looks, body: Annotated[Look, Body()]) -> Response:
        """The exact difference for each partner: the publishing code run over the last days under both rule sets.

        One at a time: those of others wait, a second of one person is refused with 429. A period that holds too much
        is cut at its beginning, and ``short`` says so.
        """
        office = office_of(books)
        now_ms = books.node.now_ms()
        period, history = Period(now_ms - round(body.days * DAY_MS), now_ms), _Heard(Reader(books.node, viewer))

        def done(share: float) -> None:
            reached[viewer.name] = share

        with persons.one(viewer.name):
            audit.did(viewer.name, "rules.preview", body.to, f"{body.days:g} days", viewer.address)
            try:
                with turn:
                    return answer(fit(lambda: dry_run(office, body.text, history, period, body.to, done)))
            finally:
                reached.pop(viewer.name, None)

    @router.get("/api/sharing/rules/preview/progress", **needs("release.see"))
    def preview_progress(viewer: Looks) -> Response:
        """How far one's own dry run is, 0 to 1; null while none goes on, or while it waits for another's."""
        return answer({"done": reached.get(viewer.name)})


class _Persons:
    """Who has a dry run under way. Each, running or waiting, holds a thread of the node; one person has one."""

    def __init__(self) -> None:
        self._door, self._names = threading.Lock(), set[str]()

    @contextmanager
    def one(self, name: str) -> Iterator[None]:
        """Around a person's dry run. Raises Problem 429 for a second."""
        with self._door:
            if name in self._names:
                raise Problem(429, "a dry run of yours still goes on; try again when it has ended", code="dry_run",
                              Retry_After="5")  # fmt: skip
            self._names.add(name)
        try:
            yield
        finally:
            self._names.discard(name)


def _proposed(found: object) -> str:
    waits = found.get("proposed") if isinstance(found, dict) else None
    return str(waits["version"]) if waits else ""


class _Heard:
    """Own rows of the store, as the viewer may see them; see ``preview.History``."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def fixes(self, start_ms: int, end_ms: int) -> Table:
        return own_rows(self._reader.box((-180.0, -90.0, 180.0, 90.0), start_ms, end_ms))

    def blocks(self, start_ms: int, end_ms: int) -> tuple[list[int], list[int]]:
        return self._reader.history(start_ms, end_ms)

    def events(self, start_ms: int) -> Table:
        return own_rows(self._reader.event_versions(start_ms))

    def detections(self, start_ms: int, end_ms: int) -> Table:
        return settled(*self._reader.detections(start_ms, end_ms))
