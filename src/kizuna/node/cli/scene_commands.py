"""Commands about the scene of an incident and its end: positions, units, drawings, the joint record, reviews."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kizuna.node.cli.choices import Language, choice
from kizuna.node.cli.incident_commands import By, Incident, Lat, Lon, _in
from kizuna.node.cli.persons import Secret, person
from kizuna.node.cli.share_open import AsJson, Home

if TYPE_CHECKING:
    from collections.abc import Callable

    from kizuna.node.share.desk.office import Office

STATES = ("assigned", "under_way", "on_scene", "left")
SHAPES = ("point", "line", "area", "pattern")
PATTERNS = ("square", "sector", "parallel", "creeping", "track")
VERDICTS = ("right", "wrong", "right_but_improve")
_PAIR = 2


def fix(
    home: Home, incident: Incident, by: By,
    mmsi: Annotated[int | None, typer.Option("--mmsi", min=1, max=999_999_999, help="Vessel; newest position.")] = None,
    detection: Annotated[str, typer.Option("--detection", help="Number of a detection instead.")] = "",
    text: Annotated[str, typer.Option("--text", help="Words beside it.")] = "", password_file: Secret = None,
    language: Language = "en", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Release a position of our own into the case, to each desk as its rule says. The node must run: it signs."""
    from kizuna.node.cli import desk_run, output  # noqa: PLC0415

    if (mmsi is None) == (not detection):
        output.fail("a position is that of one --mmsi or one --detection", output.USAGE)
    with output.plain_errors():
        from kizuna.node.cli.at_node import AtNode  # noqa: PLC0415
        from kizuna.node.cli.persons import secret  # noqa: PLC0415

        with desk_run.desk(home) as office:
            found = desk_run.named(office, incident)
        with AtNode(home, by, secret(f"Password of {by}", password_file)) as node:
            what = {"mmsi": mmsi} if mmsi is not None else {"detection": detection}
            node.post(f"/api/incidents/{found}/entries", {"position": {**what, "text": text}})
    desk_run.incident(home, lambda _office: found, as_json=as_json, language=language)


def unit(
    home: Home, incident: Incident, name: Annotated[str, typer.Argument(metavar="UNIT", help="Unit of this desk.")],
    by: By, state: Annotated[str, choice("--state", "Where it is in the case", STATES)], lat: Lat = None,
    lon: Lon = None, osc: Annotated[bool, typer.Option("--osc", help="It coordinates on scene.")] = False,
    password_file: Secret = None, language: Language = "en", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Say where a unit of this desk is: assigned, under way, on scene, left."""

    def work(office: Office, found: str, who: str) -> None:
        from kizuna.node.share.incidents import acts  # noqa: PLC0415

        said = {"unit": name, "state": state, "lat": lat, "lon": lon, "osc": osc, "at_ms": office.now_ms()}
        acts.write(office, found, acts.Entry("on_scene", said), who)

    _in(home, by, password_file, incident, work, language, as_json=as_json)


def draw(
    home: Home, incident: Incident, label: Annotated[str, typer.Argument(metavar="LABEL", help="Its name; the same "
    "again replaces it.")], by: By, shape: Annotated[str, choice("--shape", "What is drawn", SHAPES)] = "point",
    at: Annotated[list[str] | None, typer.Option("--at", help="A point, LAT,LON in degrees. Repeatable.")] = None,
    pattern: Annotated[str, choice("--pattern", "Search pattern of IAMSAR", PATTERNS)] = "",
    nm: Annotated[float | None, typer.Option("--nm", min=0.01, max=60, help="Pattern: track spacing, nm.")] = None,
    brg: Annotated[float | None, typer.Option("--brg", min=0, max=360, help="Pattern: first leg, degrees.")] = None,
    legs: Annotated[int | None, typer.Option("--legs", min=1, max=60, help="Pattern: how many legs.")] = None,
    text: Annotated[str, typer.Option("--text", help="Words beside it.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take it away.")] = False, password_file: Secret = None,
    language: Language = "en", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Draw on the shared chart: a point, a line, an area, or a search pattern."""
    points = [_point(each) for each in at or ()]

    def work(office: Office, found: str, who: str) -> None:
        from kizuna.node.share.incidents import acts  # noqa: PLC0415

        said = {"label": label, "shape": shape, "points": points, "pattern": pattern, "nm": nm, "brg": brg,
                "legs": legs, "text": text, "remove": remove}  # fmt: skip
        acts.write(office, found, acts.Entry("drawing", said), who)

    _in(home, by, password_file, incident, work, language, as_json=as_json)


def _point(given: str) -> tuple[float, float]:
    """LAT,LON as longitude and latitude."""
    from kizuna.node.cli.output import USAGE, fail  # noqa: PLC0415

    parts = given.split(",")
    try:
        lat, lon = (float(p) for p in parts) if len(parts) == _PAIR else fail(f"{given!r} is no LAT,LON", USAGE)
    except ValueError:
        fail(f"{given!r} is no LAT,LON", USAGE)
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # noqa: PLR2004  the globe
        fail(f"{given!r} is no LAT,LON in degrees", USAGE)
    return lon, lat


def joint(
    home: Home, incident: Incident,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="JSON to write, for a third forum.")] = None,
    sign: Annotated[bool, typer.Option("--sign", help="Sign it, and pass the signature to the other desks.")] = False,
    by: Annotated[str, typer.Option("--by", help="Analyst or administrator who signs; asked to log in.")] = "",
    password_file: Secret = None, language: Language = "en", as_json: AsJson = False,
) -> None:  # fmt: skip
    """The joint record of a closed case in neutral names: shown, written, signed."""
    from kizuna.node.cli import desk_run, output  # noqa: PLC0415

    if sign and not by:
        output.fail("who signs says so with --by", output.USAGE)
    name = person(home, by, password_file, "incident.handle") if sign else ""
    with output.plain_errors(), desk_run.desk(home) as office:
        from kizuna.node.share.files import put  # noqa: PLC0415
        from kizuna.node.share.incidents import acts  # noqa: PLC0415

        found = desk_run.named(office, incident)
        made = acts.joint_of(office.cases.get(found))
        if sign:
            acts.sign_joint(office, found, name)
        if out is not None:
            put(out, made.text)
        signed = office.cases.get(found).joint
        result = {"sha256": made.sha256, "document": json.loads(made.text), "key": dict(made.key),
                  "signed": {d: h == made.sha256 for d, h in sorted(signed.items())}}  # fmt: skip
        said = ", ".join(f"{d}{'' if same else ' (another text)'}" for d, same in result["signed"].items()) or "nobody"
        output.mark(office.context) if not as_json else None
        text = acts.joint_text(made, language)
        desk_run.tell(result, f"{text}\nSHA-256 {made.sha256}\nsigned by {said}", as_json=as_json)


def review(
    home: Home, act: Annotated[str, typer.Argument(metavar="[ACT]", help="Id of the act; without one they are listed."
    )] = "", verdict: Annotated[str, choice("--verdict", "How it was", VERDICTS)] = "",
    text: Annotated[str, typer.Option("--text", help="What is to be said of it.")] = "",
    by: Annotated[str, typer.Option("--by", help="Another person than the one who acted; asked to log in.")] = "",
    password_file: Secret = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Acts of lone officers, such as break-glass: list those that wait, or review one as a second person."""
    from kizuna.node.cli import desk_run, output  # noqa: PLC0415

    if act and not (verdict and by):
        output.fail("a review has a --verdict and is given by somebody: --by", output.USAGE)
    name = person(home, by, password_file, "release.review") if act else ""
    with output.plain_errors(), desk_run.desk(home) as office:
        from kizuna.node.share.views import overview  # noqa: PLC0415
        from kizuna.node.share.views.naming import namer  # noqa: PLC0415

        if act:
            waiting = overview.reviews(office)["waiting"]
            office.cases.review(desk_run.whole(act, (w["id"] for w in waiting)), name, verdict, text)
        found = overview.reviews(office)
        desk_run.tell(
            found,
            "\n".join(_reviews(found, namer(office, "en"))) or "nothing waits, and nothing was reviewed",
            as_json=as_json,
        )


def _reviews(found: dict[str, Any], called: Callable[[str], str]) -> list[str]:
    from kizuna.node.cli.share_open import when  # noqa: PLC0415

    lines = [f"{w['id'][:16]}  {w['kind']} to {called(w['to'])} by {w['officer']} {when(w['at_ms'])}, under "
             f"{w['clause']}; due {when(w['due_ms'])}{'  OVERDUE' if w['overdue'] else ''}"
             for w in found["waiting"]]  # fmt: skip
    lines += [f"{d['id'][:16]}  {d['verdict']} by {d['reviewer']} (acted: {d['officer']})  {d['text']}"
              for d in found["done"]]  # fmt: skip
    return lines


def add_to(app: typer.Typer) -> None:
    """Hang the commands beside those of the case."""
    for work in (fix, unit, draw):
        app.command(work.__name__, context_settings={"ignore_unknown_options": True})(work)
    app.command("joint")(joint)
    app.command("review")(review)
