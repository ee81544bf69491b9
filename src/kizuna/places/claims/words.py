"""Fixed words of the answers about claims, in the languages of names.

Written without a native speaker and **in want of review**: whoever knows the terms of the law of the sea in Japanese or
in traditional Chinese corrects them here, in one place. A word that is missing is said in English. Texts of the table
(bases, instruments, notes, sources) stay as they were written; they are citations.
"""

# ruff: noqa: RUF001  full-width signs belong to these languages

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    # English: (Japanese, traditional Chinese)
    "sovereignty": ("領有権", "主權"),
    "territorial sea": ("領海", "領海"),
    "contiguous zone": ("接続水域", "鄰接區"),
    "eez": ("排他的経済水域", "專屬經濟區"),
    "baseline": ("基線", "基線"),
    "air defence": ("防空識別圏", "防空識別區"),
    "jurisdiction": ("管轄権", "管轄權"),
    "other": ("その他", "其他"),
    "recognises": ("承認", "承認"),
    "objects": ("異議", "反對"),
    "no position": ("立場を示さず", "不持立場"),
    "disputed": ("係争", "有爭議"),
    "not checked": ("原文未確認", "未核對原文"),
    "computed": ("計算値", "計算值"),
    "note": ("注", "註"),
    "law": ("法律", "法律"),
    "claims": ("主張", "主張"),
    "practice": ("慣行", "慣例"),
    "decree": ("政令", "命令"),
    "territory": ("領土", "領土"),
    ", on land by this coast": ("、この海岸線では陸上", "，依此海岸線位於陸上"),
    "claims the land, {place}": ("{place}の領有を主張", "主張擁有{place}"),
    "{right} {limit:g} nm: {far:.2f} nm from {place}, {inside:.2f} nm inside the computed line": (
        "{right} {limit:g} 海里：{place}から {far:.2f} 海里、計算した線の内側 {inside:.2f} 海里",
        "{right} {limit:g} 浬：距{place} {far:.2f} 浬，在計算線內 {inside:.2f} 浬",
    ),
    "coast or declared baseline of {place}": ("{place}の海岸または宣言された基線", "{place}的海岸或已宣告的基線"),
    "No claim of the table speaks of this place. The table does not hold every party of the world.": (
        "この地点に関する主張は表にありません。表は世界のすべての当事者を含むものではありません。",
        "表中沒有關於此地點的主張。此表並未包含世界上所有的當事方。",
    ),
    "Computed from a coast and a table; no official limit. Claims are listed, none is weighed.": (
        "海岸線と表から計算したもので、公式の限界ではありません。主張は列挙するだけで、優劣は付けません。",
        "依海岸線與表計算而得，並非官方界線。各項主張僅予列出，不評斷優劣。",
    ),
}  # fmt: skip
_AT: Final = {"ja": 0, "zh-Hant": 1}


def said(word: str, language: str) -> str:
    """A fixed word of ours in a language; the English one where there is no other. ``_`` counts as a blank."""
    word = word.replace("_", " ")
    return WORDS[word][_AT[language]] if language in _AT and word in WORDS else word
