"""Every line of the timeline in the reader's language. Free text stands as it was written, in its own language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from kizuna.base.languages import LANGUAGES
from kizuna.records.bodies.incident import (
    Closure,
    Drawing,
    Entry,
    Handover,
    Message,
    Offer,
    OnScene,
    Opened,
    Reading,
    Seen,
    Sitrep,
    Task,
)
from kizuna.share.incident import phrasebook
from kizuna.share.incident.entries import Written

_WORDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "unknown": ("not known", "不明", "不明"),
    "none": ("none", "なし", "無"),
    "missing": ("missing vessel", "行方不明船", "船舶失聯"),
    "collision": ("collision", "衝突", "碰撞"),
    "drifting": ("drifting vessel", "漂流船", "船舶漂流"),
    "cable": ("cable fault", "海底ケーブル障害", "海纜故障"),
    "encounter": ("close encounter", "異常接近", "近距離遭遇"),
    "distress": ("distress", "遭難", "遇險"),
    "other": ("other", "その他", "其他"),
    "assigned": ("assigned", "指定済み", "已指派"),
    "under_way": ("under way", "向かっています", "前往中"),
    "on_scene": ("on scene", "現場到着", "在現場"),
    "left": ("left the scene", "現場離脱", "已離開現場"),
    "saved": ("people saved", "救助", "獲救"),
    "lost": ("people lost", "死亡", "罹難"),
    "not_found": ("not found", "発見に至らず", "未尋獲"),
    "false_alarm": ("false alarm", "誤報", "誤報"),
    "handed_over": ("handed over", "引継ぎ", "已移交"),
    "repaired": ("repaired", "復旧", "已修復"),
    "settled": ("settled", "解決", "已解決"),
    "fix": ("position", "船位", "船位"),
    "track": ("track", "航跡", "航跡"),
    "detection": ("detection", "探知", "偵測"),
    "event": ("event", "事象", "事件"),
    "persons": ("persons", "名", "人"),
}
_LINES: Final[Mapping[str, tuple[str, str, str]]] = {
    "opened": ("Incident opened: {0}", "事案を開始：{0}", "開案：{0}"),
    "offer": ("Offered to {0} ({1})", "{0} に提供（{1}）", "提供給 {0}（{1}）"),
    "rule": ("by rule", "規則による", "依規則"),
    "break_glass": ("break-glass, to be reviewed", "緊急提供、事後審査", "緊急提供，事後審查"),
    "distress_clause": ("distress clause", "遭難条項", "遇險條款"),
    "join": ("Joined", "参加", "加入"),
    "decline": ("Declined {0}", "辞退 {0}", "婉拒 {0}"),
    "seen": ("{1} x {0} released", "{0} {1} 件を提供", "提供{0} {1} 筆"),
    "task_offer": ("Task offered to {0}: {1}", "{0} に任務を依頼：{1}", "向 {0} 提出任務：{1}"),
    "task_accept": ("Task accepted {0}", "任務を受諾 {0}", "接受任務 {0}"),
    "task_refuse": ("Task refused {0}", "任務を辞退 {0}", "婉拒任務 {0}"),
    "task_withdraw": ("Task withdrawn {0}", "任務の依頼を撤回 {0}", "撤回任務 {0}"),
    "task_start": ("Task begun {0}", "任務を開始 {0}", "開始任務 {0}"),
    "task_done": ("Task done {0}", "任務を完了 {0}", "完成任務 {0}"),
    "task_fail": ("Task not possible {0}", "任務は遂行できず {0}", "任務無法完成 {0}"),
    "unit": ("{0}: {1}{2}", "{0}:{1}{2}", "{0}:{1}{2}"),
    "osc": (", on-scene coordinator", "、現場調整者", "，現場協調者"),
    "drawing": ("Drawing {0} {1}", "作図 {0} {1}", "標繪 {0} {1}"),
    "drawing_rm": ("Drawing {0} removed", "作図 {0} を削除", "移除標繪 {0}"),
    "reading": ("Our reading of the place: {0}", "当方の法的見解：{0}", "我方對該地點的法律見解：{0}"),
    "sitrep": ("SITREP {0} sent", "SITREP {0} を送付", "已發送 SITREP {0}"),
    "handover_offer": ("Coordination offered to {0} {1}", "{0} に調整の引継ぎを提案 {1}", "向 {0} 提議移交協調 {1}"),
    "handover_accept": ("Coordination accepted", "調整を引き受け", "接受協調"),
    "handover_refuse": ("Coordination refused {0}", "調整の引継ぎを辞退 {0}", "婉拒協調 {0}"),
    "handover_withdraw": ("Offer of coordination withdrawn", "引継ぎの提案を撤回", "撤回移交提議"),
    "handover_assume": (
        "Coordination assumed, {0} cannot be reached: {1}",
        "{0} と連絡が取れないため調整を引き受け：{1}",
        "因無法聯繫 {0} 而接手協調：{1}",
    ),
    "close_propose": ("Closure proposed: {0}", "終了を提案：{0}", "提議結案：{0}"),
    "close_agree": ("Closure agreed", "終了に同意", "同意結案"),
    "close_refuse": ("Closure refused {0}", "終了に同意せず {0}", "不同意結案 {0}"),
    "close_reopen": ("Opened again {0}", "再開 {0}", "重新開案 {0}"),
}


def _index(language: str) -> int:
    return LANGUAGES.index(language) if language in LANGUAGES else 0


def word(key: str, language: str) -> str:
    """One word of a closed list in ``language``; the key itself where it is not listed."""
    return _WORDS[key][_index(language)] if key in _WORDS else key


def _line(key: str, language: str, *values: object) -> str:
    text = _LINES[key][_index(language)].format(*values) if values else _LINES[key][_index(language)]
    return text.strip()


def task(offer: Task, language: str) -> str:
    """What a task asks for."""
    parts = [phrasebook.say(offer.p, offer.v, language) if offer.p else "", offer.what, offer.unit]
    return " ".join(each for each in parts if each)


def outcome(closing: Written, language: str) -> str:
    """How a case ended."""
    body = closing.body
    assert isinstance(body, Closure)
    counts = (("saved", body.saved), ("lost", body.lost), ("missing", body.missing))
    numbers = [f"{_COUNTS[key][_index(language)]} {value}" for key, value in counts if value is not None]
    return ", ".join(each for each in (word(body.out, language), *numbers, body.why) if each)


_COUNTS: Final = {
    "saved": ("saved", "救助", "獲救"), "lost": ("dead", "死亡", "罹難"), "missing": ("missing", "行方不明", "失蹤"),
}  # fmt: skip


def say(entry: Written, language: str, name: Callable[[str], str] = str) -> str:
    """One entry as a line of text in ``language``; ``name`` says what a party is called there, else its id stands."""
    return _say(entry, entry.body, language, name)


def _say(entry: Written, body: Entry, language: str, name: Callable[[str], str]) -> str:  # noqa: C901, PLR0911, PLR0912  one case per kind of entry
    match body:
        case Opened():
            return _opened(body, language)
        case Offer(op="offer"):
            how = _line("distress_clause" if body.how == "distress" else body.how, language)
            return _line("offer", language, name(body.to), how)
        case Offer():
            return _line(body.op, language, body.why)
        case Message():
            return phrasebook.say(body.p, body.v, language) if body.p else body.t
        case Seen():
            return " ".join((_line("seen", language, word(body.what, language), len(body.ids)), body.t)).strip()
        case Task(op="offer"):
            return _line("task_offer", language, name(body.to), task(body, language))
        case Task():
            return _line(f"task_{body.op}", language, body.why)
        case OnScene():
            return _line("unit", language, body.u, word(body.st, language), _line("osc", language) if body.osc else "")
        case Drawing():
            return _line("drawing_rm" if body.rm else "drawing", language, body.d, body.t)
        case Reading():
            return _line("reading", language, body.t)
        case Sitrep():
            return _line("sitrep", language, body.no)
        case Handover():
            to = name(body.of if body.op == "assume" else body.to) or body.why
            return _line(f"handover_{body.op}", language, to, body.why)
        case Closure(op="propose"):
            return _line("close_propose", language, outcome(entry, language))
        case Closure():
            return _line(f"close_{body.op}", language, body.why)
    return entry.kind


def _opened(body: Opened, language: str) -> str:
    place = phrasebook.position(body.pos[1], body.pos[0]) if body.pos else ""
    persons = "" if body.persons is None else f"{body.persons} {word('persons', language)}"
    parts = (word(body.type, language), body.vessel, place, persons, body.what)
    return _line("opened", language, ", ".join(each for each in parts if each))
