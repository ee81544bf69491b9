"""The picture in a real browser: at the stand-in node, and at a real node with simulated traffic (EXERCISE).

The tests of the browser are written in TypeScript (``web/e2e``); here they are started, the second with a node of the
demonstration behind it. Without chromium, Node or the page's tools they are skipped, and say why.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
CHROMIUM = [
    os.environ.get("KIZUNA_CHROMIUM", ""),
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
]


def missing():
    if not any(p and Path(p).exists() for p in CHROMIUM):
        return "no chromium on this machine; KIZUNA_CHROMIUM may name one"
    if shutil.which("node") is None:
        return "no Node on this machine"
    if not (WEB / "node_modules" / "vitest").exists():
        return "the tools of web/ are not installed: npm ci --prefix web"
    return ""


pytestmark = [pytest.mark.slow, pytest.mark.big, pytest.mark.skipif(bool(missing()), reason=missing())]


def browser_tests(name, **more):
    command = [
        shutil.which("node"),
        "node_modules/vitest/vitest.mjs",
        "run",
        "--config",
        "e2e/vitest.config.ts",
        "--retry=2",
        name,
    ]
    done = subprocess.run(command, cwd=WEB, env={**os.environ, **more, "NO_COLOR": "1"}, capture_output=True, text=True,
                          timeout=2700, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "passed" in done.stdout, done.stdout[-2000:]


def test_watch_at_stand_in_node():
    if not (WEB / "dist" / "index.html").exists():
        pytest.skip("the page is not built: npm run build --prefix web")
    browser_tests("watch")


def test_watch_at_real_node(tmp_path):
    if not (ROOT / "src" / "kizuna" / "_web" / "index.html").exists():
        pytest.skip("the page is not built into the package: make web")
    kizuna = Path(sys.executable).parent / "kizuna"
    command = [
        kizuna,
        "demo",
        "--one",
        "--out",
        str(tmp_path / "demo"),
        "--vessels",
        "80",
        "--port",
        "0",
        "--json",
        "--quiet",
    ]
    with (
        (tmp_path / "said").open("w") as said,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True) as node,
    ):
        try:
            text = ""
            for line in node.stdout:
                text += line
                if line.startswith("}"):
                    break
            assert text, (tmp_path / "said").read_text()[-2000:]
            told = json.loads(text)
            browser_tests("node", KIZUNA_E2E_URL=told["url"], KIZUNA_E2E_USER=told["users"][0],
                          KIZUNA_E2E_PASSWORD=told["password"])  # fmt: skip
        finally:
            node.terminate()
            node.wait(180)  # a busy machine
