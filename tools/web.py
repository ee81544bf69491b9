"""Builds the operator's picture into ``src/kizuna/_web`` for a working tree: ``make web``.

Uses this machine's Node where it is new enough, else fetches the Node wheel into ``.cache/node`` (some 60 MB, once,
pinned and hashed in ``requirements/node.txt``). Does nothing when what is there is current.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import hatch_build  # noqa: E402

CACHE = ROOT / ".cache" / "node"


def main() -> int:
    if hatch_build.is_current():
        return 0
    start = time.monotonic()
    found = hatch_build.system_node() or hatch_build.wheel_node(CACHE)
    if found is None:
        print("This machine has no Node 20.19 or later: fetching one from the package index (60 MB, once) ...")
        lock = ROOT / "requirements" / "node.txt"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes",
                   "--no-deps", "--upgrade", "--target", str(CACHE), "-r", str(lock)]  # fmt: skip
        if subprocess.run(command, check=False).returncode:
            return fail("Node could not be fetched")
        found = hatch_build.wheel_node(CACHE)
        if found is None:
            return fail("the fetched wheel holds no Node")
    print("Building the picture (web/) ...", flush=True)
    try:
        hatch_build.build(*found)
    except hatch_build.BuildError as exc:
        return fail(str(exc))
    print(f"Built the picture in {time.monotonic() - start:.0f} s.")
    return 0


def fail(reason: str) -> int:
    print(f"{reason}\nWithout its picture Kizuna still answers its commands and its HTTP interface.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
