"""Rules in plain words, for the officer who has to answer for them: English, Japanese, Traditional Chinese.

The words follow from the rule as loaded and leave nothing out, so that two rules that read the same are the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kizuna.base.languages import LANGUAGES, language_of
from kizuna.records.label import Label, tlp_word
from kizuna.share import transform
from kizuna.share.rules.rule import GUARDED, Age, Among, Condition, Labelled, Rule, RuleSet

_LIST: Final = {"en": ", ", "ja": "、", "zh-Hant": "、"}
_UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))

_TEXTS: Final[dict[str, tuple[str, str, str]]] = {
    "release": ("Released to {to}.", "{to}に開示する。", "對{to}釋出。"),
    "withhold": ("Withheld from {to}, whatever other rules say.", "ほかの規則にかかわらず、{to}には開示しない。",
                 "不論其他規則如何，均不對{to}釋出。"),
    "everybody": ("everybody", "すべての人", "所有人"),
    "all_hold": ("It applies where all of this holds:", "次のすべてに当てはまるものに適用する：",
                 "適用於符合下列全部條件者："),
    "kind": ("its kind is one of {words}", "種類が {words} のいずれか", "種類為 {words} 之一"),
    "origin": ("it was stated by one of {words}", "発信者が {words} のいずれか", "由 {words} 之一提出"),
    "context": ("its context is one of {words}", "区分が {words} のいずれか", "情境為 {words} 之一"),
    "zone_release": ("all of it lies in one of the zones {words}", "全体が区域 {words} のいずれかの中にある",
                     "全部位於區域 {words} 之一內"),
    "zone_withhold": ("any part of it touches one of the zones {words}", "一部でも区域 {words} のいずれかにかかる",
                      "任何部分觸及區域 {words} 之一"),
    "source_release": ("it rests on no source but {words}", "情報源が {words} だけである", "情報來源僅限 {words}"),
    "source_withhold": ("it rests on one of the sources {words}", "情報源に {words} のいずれかを含む",
                        "情報來源含 {words} 之一"),
    "subject_release": ("it is about nobody but {words}", "対象が {words} だけである", "對象僅限 {words}"),
    "subject_withhold": ("it is about one of {words}", "対象に {words} のいずれかを含む", "對象含 {words} 之一"),
    "tag": ("it is marked with one of {words}", "{words} のいずれかの印がある", "帶有 {words} 之一的標記"),
    "unguarded": ("it is not marked with {words}", "{words} の印がない", "不帶 {words} 標記"),
    "tlp_min": ("its level is {words} or higher", "TLP が {words} 以上", "TLP 等級為 {words} 或更高"),
    "tlp_max": ("its level is {words} or lower", "TLP が {words} 以下", "TLP 等級為 {words} 或更低"),
    "caveats_within": ("it carries no caveat but {words}", "付帯条件が {words} だけである", "附加限制僅限 {words}"),
    "no_caveats": ("it carries no caveat", "付帯条件がない", "沒有附加限制"),
    "purpose": ("it may be used for one of {words}", "利用目的が {words} のいずれかを許す", "可用於 {words} 之一"),
    "personal_yes": ("it tells of a natural person", "個人に関する", "涉及自然人"),
    "personal_no": ("it tells of no natural person", "個人に関しない", "不涉及自然人"),
    "reshare_min": ("it may be passed on: {words} or more", "再提供が {words} 以上許される",
                    "轉送許可為 {words} 或更寬"),
    "age_min": ("it was observed at least {words} ago", "観測から {words} 以上たっている", "觀測後已滿 {words}"),
    "age_max": ("it was observed less than {words} ago", "観測から {words} 未満である", "觀測後未滿 {words}"),
    "before": ("Before it leaves:", "開示の前に：", "釋出之前："),
    "as_is": ("It leaves as it is.", "そのまま開示する。", "原樣釋出。"),
    "label": ("It leaves as TLP:{tlp}; to be passed on: {reshare}.", "TLP:{tlp} として開示する。再提供：{reshare}。",
              "以 TLP:{tlp} 釋出；轉送：{reshare}。"),
    "caveats": ("The receiver must hold {words}.", "受け手は {words} の資格を要する。", "接收者須具備 {words}。"),
    "for": ("It may be used for {words} only.", "利用目的は {words} に限る。", "僅限用於 {words}。"),
    "info": ("It is marked: {words}.", "表示：{words}。", "標示：{words}。"),
    "personal": ("It is marked as personal data.", "個人情報として表示する。", "標示為個人資料。"),
    "retain": ("The receiver erases it {words} d after observation.", "受け手は観測から {words} 日後に消去する。",
               "接收者於觀測後 {words} 日刪除。"),
    "lane": ("It travels in the lane {words}.", "送信順位は {words}。", "傳送通道為 {words}。"),
    "own_grid": (
        "Events and detections leave by this rule alone, even where positions of their vessels are told more coarsely "  # noqa: ISC004
        "or not at all.",
        "事象と探知は、その船の位置がより粗くしか、または全く開示されない場合でも、この規則だけに従って開示する。",
        "事件與偵測僅依本規則釋出，即使其船舶之位置以更粗略方式釋出或不釋出。",
    ),
    "two_persons": (
        "What a person writes leaves only once a second person has approved it.",
        "担当者が書いたものは、別の担当者が承認してから開示する。",
        "人員撰寫之內容須經另一人員核准後始釋出。",
    ),
    "clause": ("By clause {words}.", "根拠条項：{words}。", "依據條款：{words}。"),
    "note": ("Note: {words}", "注記：{words}", "備註：{words}"),
    "none": ("no", "不可", "不可"), "consent": ("with consent", "同意があれば可", "經同意可"),
    "community": ("inside the community", "共同体の中で可", "社群內可"), "free": ("freely", "自由", "自由"),
    "default": (
        "Whatever no rule releases stays here. "  # noqa: ISC004  one text in two lines
        "A rule that withholds wins over every rule that releases; a rule that cannot be evaluated withholds.",
        "どの規則も開示しないものは外に出ない。"  # noqa: ISC004
        "開示しない規則は開示する規則に優先し、判定できない規則は開示しない。",
        "未經任何規則釋出者一律不外流。"  # noqa: ISC004
        "不釋出的規則優先於釋出的規則；無法判定的規則視為不釋出。",
    ),
}  # fmt: skip


def rules_text(rules: RuleSet, language: str) -> str:
    """All rules in plain words, one paragraph each, and what holds where none applies."""
    return "\n\n".join([*(rule_text(r, language) for r in rules.rules), _say("default", language)])


def rule_text(rule: Rule, language: str) -> str:
    """One rule in plain words; ``language`` as ``base.languages`` knows it."""
    everybody = _say("everybody", language)
    to = _LIST[_known(language)].join(everybody if word == "*" else word for word in rule.to)
    lines = [f"[{rule.id}] " + _say(rule.then, language, to=to), _say("all_hold", language)]
    for condition in rule.conditions:
        lines += [f"- {text}" for text in _condition(condition, rule, language)]
    if rule.releases:
        if not any(isinstance(c, Among) and c.field == "tag" for c in rule.conditions):
            lines.append("- " + _words("unguarded", GUARDED, language))
        lines += _leaving(rule, language)
    if rule.clauses:
        lines.append(_words("clause", rule.clauses, language))
    if rule.note:
        lines.append(_say("note", language, words=rule.note))
    return "\n".join(lines)


def _condition(condition: Condition, rule: Rule, language: str) -> list[str]:
    if isinstance(condition, Among):
        key = condition.field
        if key in ("zone", "source", "subject"):
            key = f"{key}_{rule.then}"
        return [_words(key, condition.words, language)]
    if isinstance(condition, Age):
        found = [_say("age_min", language, words=_time(condition.min_ms))] if condition.min_ms else []
        return found + ([_say("age_max", language, words=_time(condition.max_ms))] if condition.max_ms else [])
    return list(_labelled(condition, language))


def _labelled(condition: Labelled, language: str) -> Iterable[str]:
    if condition.tlp_min is not None:
        yield _say("tlp_min", language, words=tlp_word(condition.tlp_min))
    if condition.tlp_max is not None:
        yield _say("tlp_max", language, words=tlp_word(condition.tlp_max))
    if condition.caveats_within is not None:
        key = "caveats_within" if condition.caveats_within else "no_caveats"
        yield _words(key, condition.caveats_within, language)
    if condition.purpose is not None:
        yield _words("purpose", condition.purpose, language)
    if condition.personal is not None:
        yield _say("personal_yes" if condition.personal else "personal_no", language)
    if condition.reshare_min is not None:
        yield _say("reshare_min", language, words=_say(condition.reshare_min.name.lower(), language))


def _leaving(rule: Rule, language: str) -> list[str]:
    steps = transform.plain(rule.transforms, language)
    lines = [_say("before", language), *(f"- {step}" for step in steps)] if steps else [_say("as_is", language)]
    lines += _label(rule.label, language)
    if rule.retain_d is not None:
        lines.append(_say("retain", language, words=str(rule.retain_d)))
    if rule.lane:
        lines.append(_say("lane", language, words=rule.lane))
    if rule.own_grid:
        lines.append(_say("own_grid", language))
    if rule.two_persons:
        lines.append(_say("two_persons", language))
    return lines


def _label(label: Label, language: str) -> list[str]:
    reshare = _say(label.reshare.name.lower(), language)
    lines = [_say("label", language, tlp=tlp_word(label.tlp), reshare=reshare)]
    for key, words in (("caveats", label.caveats), ("for", label.purpose), ("info", label.info)):
        if words:
            lines.append(_words(key, words, language))
    return [*lines, _say("personal", language)] if label.personal else lines


def _time(time_ms: int) -> str:
    """A time in the largest unit that fits it exactly."""
    return next(f"{time_ms // unit_ms} {unit}" for unit_ms, unit in _UNITS if time_ms % unit_ms == 0)


def _words(key: str, words: Iterable[str], language: str) -> str:
    return _say(key, language, words=_LIST[_known(language)].join(sorted(words)))


def _say(key: str, language: str, **values: str) -> str:
    return _TEXTS[key][LANGUAGES.index(_known(language))].format(**values)


def _known(language: str) -> str:
    return language_of(language)
