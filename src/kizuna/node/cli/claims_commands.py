"""Commands about rival claims: zones to a file, the table, and who claims one place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from kizuna.places.claims.answer import Answer, Entry
    from kizuna.places.claims.land import ClaimedLand
    from kizuna.places.claims.table import ClaimTable
    from kizuna.places.claims.viewpoint import Viewpoint

claims_app = typer.Typer(
    help="Rival maritime claims, side by side: computed zones, the table of claims, who claims a place.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

View = Annotated[str, typer.Option("--view", help="Whose names: neutral, or a party's id such as JP or TW.")]
Lang = Annotated[str, typer.Option("--lang", help="Language of names: en, ja or zh-Hant.")]
Own = Annotated[
    Path | None, typer.Option("--table", help="TOML with your own parties, names, claims and stances on top.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document on stdout.")]


@claims_app.callback()
def zones(
    context: typer.Context,
    limit: Annotated[str, typer.Option("--limit", help="Limits in nm, joined by commas: 12, 24, 200.")] = "12",
    claimant: Annotated[
        list[str] | None, typer.Option("--claimant", help="Only this party's zones. May be repeated.")
    ] = None,
    bbox: Annotated[
        str,
        typer.Option("--bbox", help="Only zones near WEST,SOUTH,EAST,NORTH in degrees; west above east crosses 180."),
    ] = "",
    every: Annotated[
        bool, typer.Option("--all-land", help="Zones of all land that is claimed, not only of the watched features.")
    ] = False,
    lines: Annotated[bool, typer.Option("--lines", help="Also declared baselines and air-defence lines.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="GeoJSON to write; - or nothing is stdout.")] = None,
    view: View = "neutral",
    lang: Lang = "en",
    table: Own = None,
) -> None:
    """Compute claim zones from the coast and write them as GeoJSON; every rival claim has its own."""
    if context.invoked_subcommand is not None:
        return
    from kizuna.node.cli import output  # noqa: PLC0415

    with output.plain_errors():
        from kizuna.places.claims.export import as_geojson, declared_lines  # noqa: PLC0415
        from kizuna.places.claims.viewpoint import viewpoint  # noqa: PLC0415
        from kizuna.places.claims.zones import Wanted, claim_zones  # noqa: PLC0415

        land = _land(table)
        with output.options():
            eyes = viewpoint(land.table, view, lang)
        parties = tuple(c.upper() for c in claimant or ())
        wanted = Wanted(limits(limit), parties, not every and not parties, box(bbox))
        with output.progress_bar(quiet=False) as progress:
            progress("Zones", 0, 0)
            with output.options():
                found = claim_zones(land, wanted, eyes)
            made = as_geojson(found, declared_lines(land.table, eyes) if lines else ())
        if out is None or str(out) == "-":
            output.emit(made)
        else:
            import json  # noqa: PLC0415

            from kizuna.engines.results import put  # noqa: PLC0415

            put(out, json.dumps(made, ensure_ascii=False).encode())
            output.say(f"wrote {len(made['features'])} zones and lines to {out}")


@claims_app.command("list")
def list_(view: View = "neutral", lang: Lang = "en", table: Own = None, as_json: AsJson = False) -> None:
    """List every claim of the table with its basis, source and who recognises it or objects."""
    from kizuna.node.cli import output  # noqa: PLC0415

    with output.plain_errors():
        from kizuna.places.claims.viewpoint import viewpoint  # noqa: PLC0415
        from kizuna.places.claims.words import said  # noqa: PLC0415

        held = _table(table)
        with output.options():
            eyes = viewpoint(held, view, lang)
        rows = [_row(held, eyes, g) for g in held.groups]
        if as_json:
            output.emit(rows)
        else:
            for row in rows:
                disputed = f"  {said('disputed', lang)}" if row["disputed"] else ""
                typer.echo(f"{row['name']}  [{row['group']}]{disputed}")
                for c in row["claims"]:
                    typer.echo(f"  {c['claimant']:<4} {said(c['right'], lang)}: {_cited(c, lang)}")
                    for s in c["stances"]:
                        typer.echo(f"       {s['party']} {said(s['stance'], lang)}: {_cited(s, lang)}")
            checked = sum(r.checked == "text" for r in held.rows())
            output.say(f"{len(held.claims)} claims, {len(held.stances)} stances; {checked} checked against a text")


@claims_app.command("at", context_settings={"ignore_unknown_options": True})
def at(
    lat: Annotated[float, typer.Argument(metavar="LAT", help="Latitude in degrees, north positive.")],
    lon: Annotated[float, typer.Argument(metavar="LON", help="Longitude in degrees, east positive.")],
    view: View = "neutral",
    lang: Lang = "en",
    table: Own = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also the wider zones of a claimant with a narrower one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say who claims a place, on what basis, and who recognises or objects; claims are listed, not weighed."""
    from kizuna.node.cli import output  # noqa: PLC0415

    with output.plain_errors():
        from kizuna.places.claims.answer import as_dict, claims_at  # noqa: PLC0415
        from kizuna.places.claims.viewpoint import viewpoint  # noqa: PLC0415

        land = _land(table)
        with output.options():
            answer = claims_at(land, lat, lon, viewpoint(land.table, view, lang))
        if as_json:
            output.emit(as_dict(answer, land.table))
        else:
            _tell(answer, land.table, every=every)


def limits(text: str) -> tuple[float, ...]:
    """Limits from a text such as ``12,24``. Raises ConfigError."""
    from kizuna.base.errors import ConfigError  # noqa: PLC0415

    try:
        found = tuple(float(t) for t in text.split(",") if t.strip())
    except ValueError as exc:
        raise ConfigError(f"{text!r} is no list of nautical miles", where="limits", hint="such as 12 or 12,24") from exc
    if not found:
        raise ConfigError("no limit is given", where="limits", hint="such as 12 or 12,24")
    return found


def box(text: str) -> tuple[float, float, float, float] | None:
    """A box from ``WEST,SOUTH,EAST,NORTH``; None for nothing. Raises ConfigError."""
    from kizuna.base.errors import ConfigError  # noqa: PLC0415

    if not text:
        return None
    try:
        west, south, east, north = (float(t) for t in text.split(","))
    except ValueError as exc:
        raise ConfigError(f"{text!r} is no box", where="--bbox", hint="WEST,SOUTH,EAST,NORTH in degrees") from exc
    if not (-90 <= south < north <= 90 and -180 <= west <= 360 and -180 <= east <= 360):  # noqa: PLR2004  the globe
        raise ConfigError(f"{text!r} is no box", where="--bbox", hint="WEST,SOUTH,EAST,NORTH in degrees")
    return west, south, east, north


def _table(own: Path | None) -> ClaimTable:
    from kizuna.base.errors import ConfigError, because  # noqa: PLC0415
    from kizuna.places.claims.reading import load_claims, with_own  # noqa: PLC0415

    if own is None:
        return load_claims()
    try:
        return with_own(load_claims(), own.read_text(encoding="utf-8"), str(own))
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"cannot be read: {because(exc)}", where=str(own)) from exc


def _land(own: Path | None) -> ClaimedLand:
    from kizuna.engines.claim_watch import claimed_land  # noqa: PLC0415

    return claimed_land(own)


def _row(table: ClaimTable, eyes: Viewpoint, group: str) -> dict[str, Any]:
    subjects = {group, *(f.feature for f in table.members(group))}
    rows = sorted(
        (c for c in table.claims if c.subject in subjects), key=lambda c: (c.claimant != eyes.party, c.claimant)
    )
    return {
        "group": group, "name": eyes.name_of(table, group), "disputed": table.disputed(group),
        "watch": table.groups[group].watch, "note": table.groups[group].note,
        "claims": [
            {"claimant": c.claimant, "subject": c.subject, "subject_name": eyes.name_of(table, c.subject),
             "right": c.right, "limit_nm": None if c.limit_nm != c.limit_nm else c.limit_nm,
             "basis": c.basis, "instrument": c.instrument, "date": c.date, "source": c.source, "checked": c.checked,
             "note": c.note,
             "stances": [{"party": s.party, "stance": s.stance, "ground": s.ground, "instrument": s.instrument,
                          "date": s.date, "source": s.source, "checked": s.checked} for s in table.stances_on(c)]}
            for c in rows
        ],
    }  # fmt: skip


def _cited(row: dict[str, Any], language: str) -> str:
    from kizuna.places.claims.words import said  # noqa: PLC0415

    basis = said(row.get("basis") or row.get("ground") or "", language)
    cited = "; ".join(t for t in (basis, row["instrument"], row["date"]) if t)
    return f"{cited} [{row['source']}{'' if row['checked'] == 'text' else '; ' + said('not checked', language)}]"


def _tell(answer: Answer, table: ClaimTable, *, every: bool) -> None:
    from kizuna.places.claims.table import grid_name  # noqa: PLC0415
    from kizuna.places.claims.words import said  # noqa: PLC0415

    eyes, lang = answer.view, answer.view.language
    shown = [e for e in answer.entries if every or e.main]
    where = f"{answer.lat_deg:.5f}, {answer.lon_deg:.5f} (cell {grid_name(answer.lat_deg, answer.lon_deg)})"
    typer.echo(where + (said(", on land by this coast", lang) if answer.on_land else ""))
    if not shown:
        typer.echo(
            said("No claim of the table speaks of this place. The table does not hold every party of the world.", lang)
        )
    for e in shown:
        typer.echo(f"{e.claim.claimant} ({eyes.party_name(table, e.claim.claimant)}): {_where(e, table, eyes)}")
        typer.echo(f"    {_cited(_plain(e.claim), lang)}")
        if e.claim.note:
            typer.echo(f"    {said('note', lang)}: {e.claim.note}")
        for s in e.stances:
            typer.echo(f"    {s.party} {said(s.stance, lang)}: {_cited(_plain(s), lang)}")
    if shown:
        typer.echo(
            said("Computed from a coast and a table; no official limit. Claims are listed, none is weighed.", lang)
        )


def _plain(row: Any) -> dict[str, Any]:
    return {k: getattr(row, k, "") for k in ("basis", "ground", "instrument", "date", "source", "checked")}


def _where(e: Entry, table: ClaimTable, eyes: Viewpoint) -> str:
    from kizuna.base.units import NM_M  # noqa: PLC0415
    from kizuna.places.claims.words import said  # noqa: PLC0415

    place, right = eyes.name_of(table, e.feature), said(e.claim.right, eyes.language)
    if e.claim.right == "sovereignty":
        return said("claims the land, {place}", eyes.language).format(place=place)
    if e.claim.limit_nm > 0:
        if e.claim.shape:
            place = said("coast or declared baseline of {place}", eyes.language).format(place=place)
        form = "{right} {limit:g} nm: {far:.2f} nm from {place}, {inside:.2f} nm inside the computed line"
        far, inside = e.distance_m / NM_M, e.inside_m / NM_M
        return said(form, eyes.language).format(
            right=right, limit=e.claim.limit_nm, far=far, place=place, inside=inside
        )  # fmt: skip
    return f"{right}, {place}"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(claims_app, name="claims")
