"""The transforms in plain words for the officer's page: English, Japanese, Chinese as written in Taiwan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from kizuna.base.languages import LANGUAGES, language_of
from kizuna.share.transforms.steps import Step

_SENTENCES: Final[Mapping[str, tuple[str, str, str]]] = {
    "stop": (
        ("Nothing from inside the zones {zones}, nor from near them. The border is cut in cells of {cell} and a vessel "
        "stays hidden for whole periods of {quiet}, so that the gap does not show where the zone lies."),
        ("区域 {zones} の内側とその近くの情報は出しません。境界は {cell} の格子で切り、"
        "船は {quiet} の区切りごとにまとめて隠すので、空白から区域の形は分かりません。"),
        ("區域 {zones} 內及其附近的資料一律不提供。邊界以 {cell} 的網格劃定，"
        "船舶以 {quiet} 為單位整段隱藏，因此無法從空白看出區域的形狀。"),
    ),
    "thin": (
        "At most one position of each vessel in every {step}.",
        "各船の位置は {step} ごとに一つまでです。",
        "每艘船每 {step} 最多提供一個位置。",
    ),
    "coarsen_position": (
        "Places only to a grid cell of {cell}: the middle of the cell is given, without speed and course.",
        "位置は {cell} の格子まで粗くし、格子の中心だけを示します。速力と針路は出しません。",
        "位置僅精確到 {cell} 的網格，只提供網格中心，不含航速與航向。",
    ),
    "coarsen_time": (
        "Times only to the beginning of every {step}.",
        "時刻は {step} の区切りの始まりまで粗くします。",
        "時間僅精確到每 {step} 區間的起點。",
    ),
    "mask_identity": (
        ("Vessels under a code instead of number and name. The code changes every {period}. "
        "Whoever sees the same vessel by other means at the same place and time can tell which it is."),
        ("船は番号や名前でなく符号で示します。符号は {period} ごとに変わります。"
        "同じ時刻と場所で別の手段により同じ船を見た人には、どの船か分かります。"),
        ("船舶以代碼取代編號與船名，代碼每 {period} 更換。"
        "若有人以其他方式在同一時間與地點看到該船，仍可認出。"),
    ),
    "generalise_source": (
        "Sources only as {to}; no receiver, model or site.",
        "情報源は {to} とだけ示し、受信局、機種、場所は出しません。",
        "來源僅標示為{to}，不透露接收站、型號或地點。",
    ),
    "neutralise_names": (
        "Names of places from the lists {lists} give way to neutral grid numbers.",
        "一覧 {lists} にある地名は中立な格子番号に置き換えます。",
        "名單 {lists} 中的地名以中立的網格編號取代。",
    ),
    "drop_fields": (
        "Left out: {fields}.",
        "出さない項目：{fields}。",
        "不提供的項目：{fields}。",
    ),
    "delay": (
        "Told {delay} late at the earliest, and only at the full {bucket}.",
        "早くても {delay} 遅れで、{bucket} の区切りにだけ出します。",
        "最早延後 {delay}，且僅於每 {bucket} 整點提供。",
    ),
}  # fmt: skip
_UNITS: Final = {
    "en": (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)),
    "ja": (("日", 86_400), ("時間", 3_600), ("分", 60), ("秒", 1)),
    "zh-Hant": (("天", 86_400), ("小時", 3_600), ("分鐘", 60), ("秒", 1)),
}
_WORDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "kind": ("the kind of sensor", "センサーの種類", "感測器種類"), "sensor": ("a sensor", "センサー", "感測器"),
    "sog": ("speed", "速力", "航速"), "cog": ("course", "針路", "航向"), "heading": ("heading", "船首方位", "船首向"),
    "rot": ("rate of turn", "回頭率", "轉向率"), "nav_status": ("navigational status", "航行状態", "航行狀態"),
    "accuracy": ("accuracy", "精度", "精度"), "source": ("source", "情報源", "來源"),
    "dimensions": ("dimensions", "寸法", "尺寸"), "draught": ("draught", "喫水", "吃水"),
    "destination": ("destination", "目的地", "目的地"), "name": ("name", "船名", "船名"),
    "callsign": ("call sign", "呼出符号", "呼號"), "imo": ("IMO number", "IMO番号", "IMO編號"),
    "confidence": ("confidence", "確度", "可信度"), "evidence": ("evidence", "根拠", "證據"),
    "duration": ("duration and distances", "継続時間と距離", "持續時間與距離"), "regions": ("zones", "区域", "區域"),
    "text": ("free text", "自由記述", "文字說明"), "end": ("the end", "終わり", "結束"),
    "score": ("score", "評点", "評分"),
}  # fmt: skip
"""Words of parameters; ``sensor`` as a field and as a general source read alike."""
_JOINT: Final = {"en": ", ", "ja": "、", "zh-Hant": "、"}


def said(step: Step, language: str) -> str:
    """One transform as a sentence. Raises InputError for a language that is not in ``LANGUAGES``."""
    language = language_of(language)
    values = {f.name: getattr(step, f.name) for f in fields(step)}
    told = {name.removesuffix("_m").removesuffix("_s"): _value(name, v, language) for name, v in values.items()}
    return _SENTENCES[step.name][LANGUAGES.index(language)].format(**told)


def _value(name: str, value: object, language: str) -> str:
    if name.endswith("_m") and isinstance(value, int):
        return f"{value // 1000} km" if value % 1000 == 0 else f"{value} m"
    if name.endswith("_s") and isinstance(value, int):
        return _duration(value, language)
    if isinstance(value, frozenset):
        return _JOINT[language].join(_word(w, language) for w in sorted(value))
    return _word(str(value), language)


def _word(word: str, language: str) -> str:
    return _WORDS[word][LANGUAGES.index(language)] if word in _WORDS else word


def _duration(seconds: int, language: str) -> str:
    for unit, size in _UNITS[language]:
        if seconds % size == 0 and (seconds or size == 1):
            many = seconds // size
            return f"{many} {unit}{'s' if language == 'en' and many != 1 else ''}"
    raise AssertionError  # every whole number is a multiple of one second
