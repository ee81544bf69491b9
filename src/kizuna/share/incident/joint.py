"""The joint record of a closed case, in neutral names, for a third forum: an inquiry, an insurer, another organisation.

Both desks make it from the same timeline, byte for byte alike, and both put their signature under its hash. Desks,
units and vessels are numbered in the order in which they appear; places are coordinates and cells of 0.01 degree,
never names; free text and each side's legal reading are counted but not quoted, since they are one side's words.
Phrases stand in three languages. The key that says which number was whom stays with the two desks.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from kizuna.base.errors import InputError
from kizuna.base.languages import LANGUAGES
from kizuna.base.utc import iso_s
from kizuna.records.bodies.incident import (
    Closure,
    Drawing,
    Entry,
    Handover,
    Joint,
    Message,
    Offer,
    OnScene,
    Opened,
    Reading,
    Seen,
    Sitrep,
    Task,
)  # fmt: skip
from kizuna.records.label import Label
from kizuna.records.record import Record, body_bytes, encode
from kizuna.share.incident import phrasebook, wording
from kizuna.share.incident.case import Case
from kizuna.share.incident.reasons import SAID

FORMAT: Final = "kizuna-joint-1"
TEXT_MAX_BYTES: Final = 48 * 1024
"""A longer joint record travels as a file; its record then holds the hash alone."""
_CELLS_PER_DEG: Final = 100


class Neutral(NamedTuple):
    """The joint record as JSON bytes, and the key to its numbers, which stays at home."""

    text: bytes
    sha256: str
    key: Mapping[str, str]


class _Names:
    """Numbers for names, in order of appearance."""

    def __init__(self) -> None:
        self.key: dict[str, str] = {}
        self._count: dict[str, int] = {}

    def of(self, kind: str, name: str) -> str:
        if not name:
            return ""
        known = f"{kind}:{name}"
        if known not in self.key:
            self._count[kind] = self._count.get(kind, 0) + 1
            self.key[known] = f"{kind} {self._count[kind]}"
        return self.key[known]


def cell(lat_deg: float, lon_deg: float) -> str:
    """The cell of 0.01 degree that holds a place, as disputed features are named: degrees cut off, ``f2574n12347e``."""
    lat, lon = math.floor(abs(lat_deg) * _CELLS_PER_DEG), math.floor(abs(lon_deg) * _CELLS_PER_DEG)
    return f"f{lat:04d}{'n' if lat_deg >= 0 else 's'}{lon:05d}{'e' if lon_deg >= 0 else 'w'}"


def neutral(case: Case) -> Neutral:
    """The joint record of a closed case. Raises InputError while it is open."""
    if case.closed_by is None or not isinstance(case.closed_by.body, Closure):
        raise InputError(SAID("case.not_closed"))
    names = _Names()
    lines = [
        {
            "no": number,
            "desk": names.of("Desk", row.entry.author),
            "stated_utc": iso_s(row.entry.observed_ms),
            "kind": row.entry.kind,
            "text": _texts(row.entry._replace(body=_mask(row.entry.body, names))),
            **({"counted": False} if row.entry.id in case.overtaken else {}),
        }
        for number, row in enumerate(case.timeline.rows, 1)
    ]
    end, place = case.closed_by.body, case.place
    document = {
        "format": FORMAT, "incident": case.incident, "context": case.context, "type": case.opened.type,
        "position": list(place) if place else None, "cell": cell(place[1], place[0]) if place else None,
        "persons": case.persons, "outcome": end.out, "saved": end.saved, "lost": end.lost,
        "missing": end.missing, "desks": [names.of("Desk", desk) for desk in case.joined],
        "coordinators": _runs([names.of("Desk", each) for each in case.coordinators]), "lines": lines,
    }  # fmt: skip
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return Neutral(text, hashlib.sha256(text).hexdigest(), dict(names.key))


def record(case: Case, me: str, label: Label, now_ms: int) -> bytes:
    """This desk's signature under the joint record: a record with its hash, and its text where that is small enough."""
    made = neutral(case)
    text = made.text.decode() if len(made.text) <= TEXT_MAX_BYTES else ""
    body = Joint(i=case.incident, sha256=made.sha256, text=text)
    return encode(
        Record(
            kind="incident.joint", origin=me, observed_ms=now_ms, body=body_bytes(body), label=label,
            context=case.context,
        )
    )  # fmt: skip


def plain(made: Neutral, language: str) -> str:
    """The joint record as lines of text for people, with what its numbers and brackets mean. Lines end with LF."""
    document = json.loads(made.text)
    words = _HEAD[language if language in _HEAD else "en"]
    called = dict(zip(("Desk", "Unit", "Vessel", "Drawing"), words["called"].split(), strict=True))

    def neutral_in(text: str) -> str:
        return _NUMBERED.sub(lambda found: f"{called[found[1]]} {found[2]}", text)

    place = document["position"]
    counts = [
        f"{words[key]} {document[key]}" for key in ("persons", "saved", "lost", "missing") if document[key] is not None
    ]
    facts = [
        wording.word(document["type"], language),
        f"{phrasebook.position(place[1], place[0])} ({document['cell']})" if place else "",
        f"{words['outcome']} {wording.word(document['outcome'], language)}",
        *counts,
    ]
    head = [
        words["title"],
        *([words["exercise"]] if document["context"].startswith("exercise") else []),
        f"{words['case']} {document['incident']} · {document['context']} · {FORMAT}",
        " · ".join(each for each in facts if each),
        f"{words['coordinated']} {neutral_in(', '.join(document['coordinators']))}",
        f"SHA-256 {made.sha256}",
        words["means"],
        "",
    ]
    rows = [
        f"{each['no']:4d} {each['stated_utc']} {neutral_in(each['desk'])}: {neutral_in(each['text'][language])}"
        for each in document["lines"]
    ]
    return "\n".join([*head, *rows]) + "\n"


_NUMBERED: Final = re.compile(r"\b(Desk|Unit|Vessel|Drawing) (\d+)\b")
_HEAD: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "title": "JOINT RECORD OF A CLOSED CASE, IN NEUTRAL NAMES", "exercise": "EXERCISE: nothing here is real",
        "case": "Case", "outcome": "outcome:", "persons": "persons", "saved": "saved", "lost": "dead",
        "missing": "missing", "coordinated": "Coordinated by", "called": "Desk Unit Vessel Drawing",
        "means": "[n] stands for n characters of free text, which is not quoted. Which number is whom, the desks know.",
    },
    "ja": {
        "title": "終了した事案の共同記録（中立名）", "exercise": "演習：実際の状況ではありません",
        "case": "事案", "outcome": "結果：", "persons": "人数", "saved": "救助", "lost": "死亡", "missing": "行方不明",
        "coordinated": "調整：", "called": "部署 船艇・航空機 船舶 作図",
        "means": "[n] は引用しない自由文 n 文字を表します。番号が誰を指すかは両部署が保管します。",
    },
    "zh-Hant": {
        "title": "已結案件之共同紀錄（中立名稱）", "exercise": "演習：非真實狀況",
        "case": "案件", "outcome": "結果：", "persons": "人數", "saved": "獲救", "lost": "罹難", "missing": "失蹤",
        "coordinated": "協調：", "called": "單位 艦艇航空器 船舶 標繪",
        "means": "[n] 代表未引用之自由文字 n 字。編號對應何者由雙方單位保管。",
    },
}  # fmt: skip


def _texts(entry: Any) -> dict[str, str]:
    return {language: wording.say(entry, language) for language in LANGUAGES}


def _runs(names: list[str]) -> list[str]:
    return [name for k, name in enumerate(names) if k == 0 or names[k - 1] != name]


def _free(text: str) -> str:
    return f"[{len(text)}]" if text else ""


def _values(values: Mapping[str, Any], names: _Names) -> dict[str, Any]:
    masked = dict(values)
    for name, kind in (("unit", "Unit"), ("vessel", "Vessel"), ("area", "Drawing")):
        if isinstance(masked.get(name), str):
            masked[name] = names.of(kind, masked[name])
    for name in ("what", "place", "ch"):
        if isinstance(masked.get(name), str):
            masked[name] = _free(masked[name])
    return masked


def _mask(body: Entry, names: _Names) -> Entry:  # noqa: C901, PLR0911  one case per kind of entry
    change = msgspec.structs.replace
    match body:
        case Opened():
            return change(body, vessel=names.of("Vessel", body.vessel), what=_free(body.what), by="", clause="")
        case Message():
            return change(body, v=_values(body.v, names), t=_free(body.t), by="")
        case Task():
            return change(
                body, to=names.of("Desk", body.to), v=_values(body.v, names), what=_free(body.what),
                unit=names.of("Unit", body.unit), why=_free(body.why), by="",
            )  # fmt: skip
        case OnScene():
            return change(body, u=names.of("Unit", body.u), by="")
        case Drawing():
            return change(body, d=names.of("Drawing", body.d), t=_free(body.t), by="")
        case Handover():
            return change(body, to=names.of("Desk", body.to), of=names.of("Desk", body.of), why=_free(body.why), by="")
        case Offer():
            return change(body, to=names.of("Desk", body.to), clause="", why=_free(body.why), by="")
        case Closure():
            return change(body, why=_free(body.why), by="")
        case Reading() | Seen():
            return change(body, t=_free(body.t), by="")
        case Sitrep():
            return change(body, f={}, to=(), by="")
    raise InputError(f"{type(body).__name__} has no neutral form")
