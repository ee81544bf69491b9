"""TOML from partners and from people, with a bound on its work: what takes the parser minutes is refused before.

`tomllib` takes time with the square of the number of parts of a dotted key (measured: one key of 48 KiB, a minute).
No file of ours has keys of more than three parts.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

PARTS_MOST: Final = 16
_PART: Final = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG: Final = re.compile(rf"(?<![A-Za-z0-9_-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{PARTS_MOST},}}")


def loads(text: str) -> dict[str, Any]:
    """The values of a TOML text. Raises ValueError (``TOMLDecodeError`` is one) or RecursionError."""
    found = _LONG.search(text)
    if found:
        raise ValueError(f"{found[0][:40]}...: a name of more than {PARTS_MOST} parts")
    return tomllib.loads(text)
