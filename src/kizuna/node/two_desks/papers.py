"""Papers of the demonstration: its cast, the memorandum and the rules, filled with the names of the cast."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from kizuna.base.errors import ConfigError
from kizuna.base.languages import LANGUAGES, PAGES
from kizuna.exercise.region.parties import Parties, load
from kizuna.exercise.region.play import Region
from kizuna.records.subject import vessel

_HOLE = re.compile(r"@([A-Za-z -]+)@")


def read_cast(path: Path | None) -> Parties:
    """The cast from a file, or the packaged one. Raises ConfigError."""
    try:
        text = _packaged("cast.toml") if path is None else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"cannot be read: {exc}", where=str(path)) from exc
    cast = load(text, str(path or "cast.toml"))
    if len(cast.parties) < 2:  # noqa: PLR2004  two desks
        raise ConfigError("needs two parties or more", where=str(path))
    return cast


def desks(cast: Parties) -> tuple[str, str]:
    """The two that handle the case: the first two of the cast."""
    return cast.parties[0].id, cast.parties[1].id


def onlookers(cast: Parties) -> tuple[str, ...]:
    """All others: they are told what everybody may see."""
    return tuple(p.id for p in cast.parties[2:])


def memorandum(cast: Parties, today: dt.date) -> bytes:
    """The agreement between the two desks, in force since the beginning of the year."""
    first, second = (cast.party(p) for p in desks(cast))
    words = {"first": first.id, "second": second.id, "starts": f"{today.year}-01-01", "ends": f"{today.year + 3}-01-01",
             "review": f"{today.year + 2}-01-01", "takers": _quoted(cast.ids)}  # fmt: skip
    for name, party in (("first", first), ("second", second)):
        words |= {f"{name} {language}": party.title[language].replace('"', "'") for language in LANGUAGES}
    return _filled("memorandum.toml", words)


def rules(cast: Parties, party: str, region: Region) -> bytes:
    """The rules of release of one desk; empty for an onlooker, which tells nothing."""
    if party not in desks(cast):
        return b""
    them = next(p for p in desks(cast) if p != party)
    ships = [region.simulation.vessels[region.ships[s.receiver]].mmsi for s in cast.party(party).ships]
    text = _filled("rules.toml", {"me": party, "them": them})
    if onlookers(cast):
        text += _filled("rules_onlookers.toml", {"onlookers": _quoted(onlookers(cast))})
    if ships:
        text += _filled("rules_patrols.toml", {"patrols": _quoted([vessel(m) for m in ships])})
    return text


def border_geojson(cast: Parties, context: str) -> bytes:
    """A strip of some miles around the border of the rescue regions, as a zone of the exercise."""
    import json  # noqa: PLC0415  used once

    west = [[lon - _STRIP_DEG, lat] for lon, lat in cast.border]
    east = [[lon + _STRIP_DEG, lat] for lon, lat in reversed(cast.border)]
    ring = [*west, *east, west[0]]
    about = {"zone_id": "ex-rescue-border", "name": "Exercise border of rescue regions", "kind": "rescue_border",
             "claimant": "", "basis": "fictional, for exercises only", "context": context}  # fmt: skip
    feature = {"type": "Feature", "properties": about, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


_STRIP_DEG = 0.02


def names_toml(cast: Parties) -> bytes:
    """What each party of the cast is called in the languages of the page, as a file of names."""
    import json  # noqa: PLC0415  a string of JSON is one of TOML

    out = ["# Names of the cast. Any node can have such a file: [places] names in node.toml.", ""]
    for party in (cast.party(each) for each in cast.ids):
        words = ((page, party.title.get(ours)) for ours, page in PAGES.items())
        out += [
            f"[partners.{party.id}]",
            *(f"{page} = {json.dumps(w, ensure_ascii=False)}" for page, w in words if w),
            "",
        ]
    return "\n".join(out).encode()


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f'"{w}"' for w in words)


def _filled(name: str, words: Mapping[str, str]) -> bytes:
    text = _HOLE.sub(lambda m: words.get(m[1], m[0]), _packaged(name))
    return text.encode()


def _packaged(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
