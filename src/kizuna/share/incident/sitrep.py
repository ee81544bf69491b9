"""Situation reports (SITREP) in the form that rescue centres exchange: a header and lettered fields.

The form is that of IAMSAR volume III appendix D and of the circulars before it: A to F make the short form, for
urgent details or the first notice; G to N (there is no I) are added in the full form. ``compose`` fills the fields
from the case as far as it knows them, in one language; the officer changes any of them before it is sent. ``formats``
writes a sent one as a message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from kizuna.base.languages import LANGUAGES
from kizuna.base.utc import iso_s
from kizuna.records.bodies.incident import Drawing, Message, OnScene, Opened, Sitrep
from kizuna.share.incident import phrasebook, wording
from kizuna.share.incident.case import Case

Form = Literal["short", "full"]
SHORT_FORM: Final = "ABCDEF"
FULL_FORM: Final = "ABCDEFGHJKLMN"
FIELDS: Final = {
    "A": ("Identity of casualty", "遭難船舶の要目", "遇險船舶識別"),
    "B": ("Position", "位置", "位置"),
    "C": ("Situation", "状況", "狀況"),
    "D": ("Number of persons at risk", "危険にさらされている人数", "遇險人數"),
    "E": ("Assistance required", "必要な援助", "所需協助"),
    "F": ("Coordinating RCC", "調整中の救助調整本部", "負責協調之搜救中心"),
    "G": ("Description of casualty", "遭難船舶の詳細", "遇險船舶說明"),
    "H": ("Weather on scene", "現場の気象", "現場天候"),
    "J": ("Initial actions taken", "初動措置", "已採取之初步行動"),
    "K": ("Search area", "捜索区域", "搜索區域"),
    "L": ("Coordinating instructions", "調整に関する指示", "協調指示"),
    "M": ("Future plans", "今後の予定", "後續計畫"),
    "N": ("Additional information, conclusion", "追加情報・結果", "其他資訊及結論"),
}
"""Name of each field in English, Japanese and Traditional Chinese."""
_WEATHER: Final = "we."
_MOST: Final = 2000


def name_of(letter: str, language: str) -> str:
    """Name of a field."""
    return FIELDS[letter][LANGUAGES.index(language) if language in LANGUAGES else 0]


def compose(
    case: Case, form: Form, language: str = "en", *, to: tuple[str, ...] = (), priority: str = "", number: int = 0,
    changes: Mapping[str, str] | None = None, name: Callable[[str], str] = str,
) -> Sitrep:  # fmt: skip
    """A situation report from the case; empty fields of the full form are left out.

    ``number`` 0 takes the next one of the case; ``priority`` empty takes routine once the case is closed, safety for a
    cable, distress otherwise.
    ``changes`` are the officer's words, which stand before everything that was found here; ``name`` says what a party
    is called, else its id stands.
    """
    found = _fields(case, language, name)
    words = {**found, **(changes or {})}
    letters = SHORT_FORM if form == "short" else FULL_FORM
    kept = {each: words[each][:_MOST] for each in letters if words.get(each) or each in SHORT_FORM}
    numbers = [entry.body.no for entry in case.sitreps if isinstance(entry.body, Sitrep)]
    urgent = "routine" if case.closed else "distress" if case.opened.type != "cable" else "safety"
    return Sitrep(n=1, no=number or max(numbers, default=0) + 1, prio=priority or urgent, to=to, f=kept)  # type: ignore[arg-type]


def _fields(case: Case, language: str, name: Callable[[str], str]) -> dict[str, str]:
    opened = case.opened
    areas = [(who, d) for (who, _), d in sorted(case.drawings.items()) if d.g in ("area", "pattern")]
    units = [_unit(name(who), unit, language) for (who, _), unit in sorted(case.units.items()) if unit.st != "left"]
    asked = [
        wording.task(each.offer, language) for each in case.tasks.values() if each.state in ("offered", "accepted")
    ]
    osc = case.on_scene_coordinator
    return {
        "A": opened.vessel or wording.word("unknown", language),
        "B": phrasebook.position(case.place[1], case.place[0]) if case.place else wording.word("unknown", language),
        "C": _situation(opened, language),
        "D": wording.word("unknown", language) if case.persons is None else str(case.persons),
        "E": "; ".join(asked) or wording.word("none", language),
        "F": name(case.coordinator),
        "H": " ".join(_said(case, _WEATHER, language)),
        "J": "; ".join(units),
        "K": "; ".join(f"{name(who)} {d.d}: {_outline(d)}" for who, d in areas),
        "L": f"OSC {osc[1]} ({name(osc[0])})" if osc else "",
        "N": wording.outcome(case.closed_by, language) if case.closed_by else "",
    }


def _situation(opened: Opened, language: str) -> str:
    when = iso_s(opened.ms)[:16].replace("T", " ") + " UTC" if opened.ms is not None else ""
    return ", ".join(each for each in (wording.word(opened.type, language), when, opened.what) if each)


def _unit(who: str, unit: OnScene, language: str) -> str:
    return f"{unit.u} ({who}) {wording.word(unit.st, language)}"


def _outline(drawing: Drawing) -> str:
    places = " ".join(phrasebook.position(lat, lon) for lon, lat in drawing.c)
    extra = f" {drawing.pt} {drawing.brg:03.0f} {drawing.nm:g} nm x{drawing.legs}" if drawing.nm and drawing.brg else ""
    return places + extra


def _said(case: Case, group: str, language: str) -> list[str]:
    """The latest of each phrase of a group."""
    latest: dict[str, str] = {}
    for entry in case.messages:
        if isinstance(entry.body, Message) and entry.body.p.startswith(group):
            latest[entry.body.p] = phrasebook.say(entry.body.p, entry.body.v, language)
    return list(latest.values())
