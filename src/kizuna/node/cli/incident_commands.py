"""Commands about incidents: one case handled by two desks, from a terminal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kizuna.base.languages import PAGES
from kizuna.node.cli.choices import Language, choice, near
from kizuna.node.cli.persons import Secret, person
from kizuna.node.cli.share_open import AsJson, Home

if TYPE_CHECKING:
    from collections.abc import Callable

    from kizuna.node.share.desk.office import Office

_LIKE_ID = re.compile(r"[a-z]+\.[a-z-]+")
incident_app = typer.Typer(help="One incident, two desks.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", help="Analyst or administrator who acts; asked to log in.")]
Incident = Annotated[str, typer.Argument(metavar="INCIDENT", help="Its id, eight digits at least.")]
Why = Annotated[str, typer.Option("--why", help="The reason.")]
KINDS = ("missing", "collision", "drifting", "cable", "encounter", "distress", "other")
HANDOVERS = ("offer", "accept", "refuse", "withdraw", "assume")
CLOSURES = ("propose", "agree", "refuse", "reopen")
OUTCOMES = ("saved", "lost", "not_found", "false_alarm", "handed_over", "repaired", "settled", "other")
Kind = Annotated[str, choice("--kind", "What it is", KINDS)]
Lat = Annotated[float | None, typer.Option("--lat", min=-90, max=90, help="Latitude, degrees.")]
Lon = Annotated[float | None, typer.Option("--lon", min=-180, max=180, help="Longitude, degrees.")]
Title = Annotated[str, typer.Option("--title", help="One line.")]
Vessel = Annotated[str, typer.Option("--vessel", help="Name or number.")]
Persons = Annotated[int | None, typer.Option("--persons", min=0, help="Persons at risk.")]
Clause = Annotated[str, typer.Option("--clause", help="AGREEMENT/CLAUSE; the first distress clause that fits.")]
Params = Annotated[list[str] | None, typer.Option("--param", help="NAME=VALUE of a phrase; pos=LON,LAT. Repeatable.")]


def _act(home: Path, by: str, secret: Path | None, work: Callable[[Office, str], str], language: str, *,
         as_json: bool) -> None:  # fmt: skip
    from kizuna.node.cli import desk_run  # noqa: PLC0415

    name = person(home, by, secret, "incident.handle")
    desk_run.incident(home, lambda office: work(office, name), as_json=as_json, language=language)


def _in(home: Path, by: str, secret: Path | None, short: str, work: Callable[[Office, str, str], Any], language: str, *,
        as_json: bool) -> None:  # fmt: skip
    from kizuna.node.cli import desk_run  # noqa: PLC0415

    def done(office: Office, name: str) -> str:
        incident = desk_run.named(office, short)
        work(office, incident, name)
        return incident

    _act(home, by, secret, done, language, as_json=as_json)


@incident_app.command("open", context_settings={"ignore_unknown_options": True})
def open_(
    home: Home, by: By, kind: Kind, title: Title = "", lat: Lat = None, lon: Lon = None,
    vessel: Vessel = "", persons: Persons = None, clause: Clause = "",
    offer: Annotated[str, typer.Option("--offer", help="Bring this partner in, under a rule of release.")] = "",
    password_file: Secret = None, language: Language = "en", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Open an incident at this desk."""

    def work(office: Office, name: str) -> str:
        from kizuna.node.share.incidents import acts  # noqa: PLC0415

        found = acts.begin(office, acts.Opening(kind, lat, lon, office.now_ms(), vessel, persons, title, clause), name)
        if offer:
            office.cases.offer(found, offer, name)
        return found

    _act(home, by, password_file, work, language, as_json=as_json)


@incident_app.command("break-glass", context_settings={"ignore_unknown_options": True})
def break_glass(
    home: Home, to: Annotated[str, typer.Argument(metavar="PARTNER", help="Who must know at once.")], by: By,
    kind: Kind = "distress", title: Title = "", lat: Lat = None, lon: Lon = None, vessel: Vessel = "",
    persons: Persons = None, clause: Clause = "",
    incident: Annotated[str, typer.Option("--incident", help="Pass on this incident, which is open already.")] = "",
    password_file: Secret = None, language: Language = "en", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Pass a distress position to a partner at once, alone, under a distress clause; reviewed afterwards."""

    def work(office: Office, name: str) -> str:
        from kizuna.node.cli import desk_run  # noqa: PLC0415
        from kizuna.node.share.incidents import acts  # noqa: PLC0415

        if incident:
            found = desk_run.named(office, incident)
            office.cases.pass_on(found, to, clause, name)
            return found
        opening = acts.Opening(kind, lat, lon, office.now_ms(), vessel, persons, title, clause)
        return acts.begin(office, opening, name, to)

    _act(home, by, password_file, work, language, as_json=as_json)


@incident_app.command("list")
def list_(home: Home, as_json: AsJson = False) -> None:
    """Every incident, newest first."""
    from kizuna.node.cli import desk_run  # noqa: PLC0415

    desk_run.incident_list(home, as_json=as_json)


@incident_app.command("show")
def show(home: Home, incident: Incident, language: Language = "en", as_json: AsJson = False) -> None:
    """One incident with its timeline, in a language."""
    from kizuna.node.cli import desk_run  # noqa: PLC0415

    desk_run.incident(home, lambda office: desk_run.named(office, incident), as_json=as_json, language=language)


@incident_app.command("join")
def join(
    home: Home, incident: Incident, by: By,
    decline: Annotated[bool, typer.Option("--decline", help="Say no instead.")] = False, why: Why = "",
    password_file: Secret = None, language: Language = "en", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Come into an incident that was offered to this desk."""

    def work(office: Office, found: str, name: str) -> None:
        from kizuna.node.share.incidents import acts  # noqa: PLC0415

        acts.join(office, found, "decline" if decline else "join", why, name)

    _in(home, by, password_file, incident, work, language, as_json=as_json)


@incident_app.command("say")
def say(
    home: Home, incident: Incident, words: Annotated[str, typer.Argument(metavar="TEXT|PHRASE", help="Free text, or "
    "the id of a phrase such as as.unit.")], by: By, param: Params = None, password_file: Secret = None,
    language: Language = "en", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Say something: a phrase of agreed wording, which each desk reads in its language, or free text."""
    phrase = _is_phrase(words, param)

    def work(office: Office, found: str, name: str) -> None:
        from kizuna.node.share.incidents import acts  # noqa: PLC0415

        if phrase:
            entry = acts.Entry("phrase", {"phrase": words, "params": _params(param or [])})
        else:
            entry = acts.Entry("text", {"text": words, "lang": PAGES[language]})
        acts.write(office, found, entry, name)

    _in(home, by, password_file, incident, work, language, as_json=as_json)


@incident_app.command("task")
def task(
    home: Home, incident: Incident, to: Annotated[str, typer.Option("--to", help="Desk that is asked.")],
    words: Annotated[str, typer.Argument(metavar="TEXT|PHRASE", help="What is asked.")], by: By, param: Params = None,
    unit: Annotated[str, typer.Option("--unit", help="Unit that is meant.")] = "", password_file: Secret = None,
    language: Language = "en", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Offer a task to another desk."""
    phrase = _is_phrase(words, param)

    def work(office: Office, found: str, name: str) -> None:
        from kizuna.node.share.incidents import acts  # noqa: PLC0415

        what = {"phrase": words, "params": _params(param or [])} if phrase else {"what": words}
        acts.write(office, found, acts.Entry("task", {"to": to, "unit": unit, **what}), name)

    _in(home, by, password_file, incident, work, language, as_json=as_json)


def _on_task(
    home: Path, incident: str, which: str, act: str, by: str, secret: Path | None, why: str, language: str, *,
    as_json: bool,
) -> None:  # fmt: skip
    def work(office: Office, found: str, name: str) -> None:
        from kizuna.node.cli.output import USAGE, fail  # noqa: PLC0415
        from kizuna.node.share.incidents import acts  # noqa: PLC0415

        case = office.cases.get(found).case()
        tasks = [t for t in (case.tasks if case else ()) if t.startswith(which)]
        if len(tasks) != 1:
            fail(f"{which!r} names {len(tasks)} tasks of this incident", USAGE)
        acts.task(office, found, tasks[0], act, why, name)

    _in(home, by, secret, incident, work, language, as_json=as_json)


Task = Annotated[str, typer.Argument(metavar="TASK", help="Id of the task, as shown; its first digits.")]


@incident_app.command("accept")
def accept(
    home: Home, incident: Incident, task: Task, by: By, password_file: Secret = None, language: Language = "en",
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Accept a task that was offered to this desk."""
    _on_task(home, incident, task, "accept", by, password_file, "", language, as_json=as_json)


@incident_app.command("refuse")
def refuse(
    home: Home, incident: Incident, task: Task, by: By, why: Why = "", password_file: Secret = None,
    language: Language = "en", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Refuse a task that was offered to this desk."""
    _on_task(home, incident, task, "refuse", by, password_file, why, language, as_json=as_json)


@incident_app.command("done")
def done(
    home: Home, incident: Incident, task: Task, by: By, password_file: Secret = None, language: Language = "en",
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Say that a task is done."""
    _on_task(home, incident, task, "done", by, password_file, "", language, as_json=as_json)


@incident_app.command("handover")
def handover(
    home: Home, incident: Incident, by: By,
    act: Annotated[str, choice("--act", "What is done", HANDOVERS)] = "offer",
    to: Annotated[str, typer.Option("--to", help="Desk that is to coordinate.")] = "", why: Why = "",
    password_file: Secret = None, language: Language = "en", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Offer coordination, accept or refuse it, or assume it from a desk that cannot be reached."""

    def work(office: Office, found: str, name: str) -> None:
        from kizuna.node.share.incidents import acts  # noqa: PLC0415

        acts.hand_over(office, found, act, to, why, name)

    _in(home, by, password_file, incident, work, language, as_json=as_json)


@incident_app.command("close")
def close(
    home: Home, incident: Incident, by: By,
    act: Annotated[str, choice("--act", "What is done", CLOSURES)] = "propose",
    outcome: Annotated[str, choice("--outcome", "How it ended", OUTCOMES)] = "",
    saved: Annotated[int | None, typer.Option("--saved", min=0, help="Persons saved.")] = None,
    lost: Annotated[int | None, typer.Option("--lost", min=0, help="Persons lost.")] = None,
    missing: Annotated[int | None, typer.Option("--missing", min=0, help="Persons still missing.")] = None,
    why: Why = "", password_file: Secret = None, language: Language = "en", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Propose closure, agree, refuse, or open again. Every desk that joined must agree."""

    def work(office: Office, found: str, name: str) -> None:
        from kizuna.node.share.incidents import acts  # noqa: PLC0415

        acts.close(office, found, acts.Closing(act, "", outcome, saved, lost, missing, why), name)

    _in(home, by, password_file, incident, work, language, as_json=as_json)


@incident_app.command("sitrep")
def sitrep(
    home: Home, incident: Incident,
    form: Annotated[str, choice("--form", "Form of IAMSAR, lines A to F or A to N", ("short", "full"))] = "full",
    language: Language = "en", as_json: AsJson = False,
) -> None:  # fmt: skip
    """A situation report as it would be now, for sending by other ways."""
    from kizuna.node.cli import desk_run  # noqa: PLC0415

    desk_run.sitrep(home, incident, form, language, as_json=as_json)


def _is_phrase(words: str, param: list[str] | None) -> bool:
    """Whether words are the id of a phrase. What has the form of one, or parameters, and is none ends the command."""
    from kizuna.node.cli.output import USAGE, fail  # noqa: PLC0415
    from kizuna.share.incident.phrasebook import PHRASES  # noqa: PLC0415

    if words not in PHRASES and (param or _LIKE_ID.fullmatch(words)):
        found = near(words, PHRASES)
        fail(f"no phrase {words[:40]!r}; near it: {found or 'none'} (free text takes no --param)", USAGE)
    return words in PHRASES


def _params(pairs: list[str]) -> dict[str, Any]:
    """NAME=VALUE: numbers as numbers, ``pos`` as LON,LAT, times as ISO 8601 or ms."""
    from kizuna.base import utc  # noqa: PLC0415
    from kizuna.node.cli.output import USAGE, fail  # noqa: PLC0415

    out: dict[str, Any] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            fail(f"{pair!r} is no NAME=VALUE", USAGE)
        try:
            if name == "pos":
                out[name] = [float(v) for v in value.split(",")]
            elif name in ("time", "until"):
                out[name] = int(value) if value.isdigit() else utc.parse(value)
            elif name in ("n", "h", "min", "nm", "kn", "m", "brg"):
                out[name] = int(value) if value.isdigit() else float(value)
            else:
                out[name] = value
        except ValueError:
            fail(f"{pair!r}: the value does not fit", USAGE)
    return out


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the program."""
    from kizuna.node.cli import scene_commands  # noqa: PLC0415  which uses what stands here

    scene_commands.add_to(incident_app)
    app.add_typer(incident_app, name="incident")
