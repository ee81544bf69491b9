"""Computes ``src/kizuna/tracks/names/data/readings.tsv.gz`` from Unicode's Unihan database and a table made by hand.

Input: ``Unihan_Readings.txt`` and ``Unihan_Variants.txt`` as Debian's package ``unicode-data`` installs them under
``/usr/share/unicode`` (plain or .bz2), and ``ship_readings.tsv`` beside this file: readings that ships' names use and
Unihan lacks. ``--check`` computes the table again and compares it with what is committed.

    sudo apt install unicode-data
    python -m tools.names.build [--unihan DIR] [--check]
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import io
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "src" / "kizuna" / "tracks" / "names" / "data" / "readings.tsv.gz"
FIRST, LAST = 0x4E00, 0x9FFF


def lines(folder: Path, name: str) -> Iterator[tuple[str, str, str]]:
    """Character, property and value of one Unihan file."""
    plain, packed = folder / name, folder / f"{name}.bz2"
    data = plain.read_bytes() if plain.exists() else bz2.decompress(packed.read_bytes())
    for line in data.decode().splitlines():
        if line.startswith("U+"):
            code, key, value = line.split("\t")
            yield chr(int(code[2:], 16)), key, value


def plain(pinyin: str) -> str:
    """Pinyin without tones, u with two dots as V."""
    text = unicodedata.normalize("NFD", pinyin.replace("ü", "v"))
    letters = unicodedata.normalize("NFC", text).replace("ü", "v")
    return "".join(c for c in unicodedata.normalize("NFD", letters) if c.isascii() and c.isalpha()).upper()


def variants(folder: Path) -> dict[str, str]:
    """One form for each group of forms of a character: the simplified one where there is one."""
    simple: dict[str, str] = {}
    alike: dict[str, list[str]] = defaultdict(list)
    for char, key, value in lines(folder, "Unihan_Variants.txt"):
        forms = [chr(int(part.split("<")[0][2:], 16)) for part in value.split()]
        if key == "kSimplifiedVariant":
            simple[char] = forms[0] if char not in forms else char
        elif key in ("kSemanticVariant", "kSpecializedSemanticVariant", "kZVariant"):
            alike[char] += forms
    out = dict(simple)
    for char, forms in alike.items():
        if char in simple:
            continue
        for form in forms:
            if form in simple:
                out[char] = simple[form]
                break
    return out


def by_hand() -> dict[str, tuple[str, list[str]]]:
    """Character to its further form and readings."""
    out = {}
    for line in (HERE / "ship_readings.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            char, form, readings = line.split("\t")
            out[char] = (form, readings.split())
    return out


def rows(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """Character, form to compare, Japanese readings, Mandarin readings."""
    japanese: dict[str, list[str]] = defaultdict(list)
    mandarin: dict[str, list[str]] = defaultdict(list)
    for char, key, value in lines(folder, "Unihan_Readings.txt"):
        if key in ("kJapaneseOn", "kJapaneseKun"):
            japanese[char] += value.split()
        elif key == "kMandarin":
            mandarin[char] += [plain(v) for v in value.split()]
    forms, hand = variants(folder), by_hand()
    for code in range(FIRST, LAST + 1):
        char = chr(code)
        form, more = hand.get(char, ("", []))
        form = form or forms.get(char, char)
        ja = sorted(set(japanese[char]) | set(more) | set(hand.get(form, ("", []))[1] if form != char else []))
        zh = sorted(set(mandarin[char]))
        if ja or zh or form != char:
            yield char, "" if form == char else form, " ".join(ja), " ".join(zh)


def table(folder: Path) -> bytes:
    """The packed table; the same bytes from the same inputs."""
    text = "".join("\t".join(row) + "\n" for row in rows(folder))
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, compresslevel=9) as file:
        file.write(text.encode())
    return packed.getvalue()


def main() -> int:
    """Write or compare."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--unihan", type=Path, default=Path("/usr/share/unicode"))
    options.add_argument("--check", action="store_true")
    given = options.parse_args()
    try:
        made = table(given.unihan)
    except OSError as exc:
        sys.stderr.write(f"{exc}\nInstall the Unihan files: sudo apt install unicode-data\n")
        return 1
    if given.check:
        same = gzip.decompress(TARGET.read_bytes()) == gzip.decompress(made)
        sys.stdout.write("readings.tsv.gz is what its sources give\n" if same else "readings.tsv.gz differs\n")
        return 0 if same else 3
    TARGET.write_bytes(made)
    sys.stdout.write(f"{TARGET.name}: {len(made):,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
