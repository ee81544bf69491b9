"""Operators at two keyboards: each command is an action, and counted."""

import contextlib
import json
import os
import queue
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from node.share.standin import MEMO

SENTENCE = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\r\n"
"""A position of MMSI 227006760."""
MMSI = 227006760
OTHER_SENTENCE = b"!AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0*5F\r\n"
"""A position of MMSI 366053209."""
OTHER_MMSI = 366053209
PATIENCE_S = 300
"""A machine that others load may be thirty times as slow as a quiet one; where all is well nothing waits so long."""
KIZUNA = [sys.executable, "-c", "from kizuna.node.cli.main import run; run()"]
RULES = """
version = 1
[[rule]]
id = "positions"
clause = ["memo/1"]
match = {{ context = ["test"], kind = ["track.position"], source = ["tower"] }}
to = ["{to}"]
then = "release"
label = {{ tlp = "{tlp}" }}
"""


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Operator:
    """One party's operator with one node."""

    def __init__(self, tmp: Path, party: str) -> None:
        self.party, self.tmp, self.home = party, tmp, tmp / party
        self.page, self.port, self.udp = free_port(), free_port(), free_port(socket.SOCK_DGRAM)
        self.actions = 0
        self.node: subprocess.Popen[bytes] | None = None
        self.phrase = tmp / f"{party}.phrase"
        self.phrase.write_text("a long passphrase of ours")
        self.phrase.chmod(0o600)

    def fresh(self) -> None:
        """A new node with two officers and a receiver: what stands before any partner."""
        self.quiet("node", "init", self.home, "--name", self.party, "--context", "test", "--port", self.page)
        text = (self.home / "node.toml").read_text()
        text += (
            f'\n[[sources]]\nid = "tower"\nkind = "udp"\naddress = "127.0.0.1:{self.udp}"\npass_on = true\n'
            'pass_on_to = ["all"]\norigin = "own"\n'
        )  # fmt: skip
        text = text.replace("#tls = true", "tls = false").replace("#routine_s = 5.0", "routine_s = 1.0")
        (self.home / "node.toml").write_text(text)
        for name in ("aiko", "ben"):
            file = self.tmp / f"{name}.password"
            file.write_text(f"a very long password of {name}")
            self.quiet("node", "user", "add", self.home, name, "--role", "release_officer", "--password-file", file)

    @property
    def me(self) -> list[Any]:
        """What the first command about partners is told of oneself."""
        return ["--party", self.party, "--listen", f"127.0.0.1:{self.port}", "--address",
                f"https://127.0.0.1:{self.port}", "--passphrase-file", self.phrase]  # fmt: skip

    def by(self, name: str) -> list[Any]:
        """One officer who logs in."""
        return ["--by", name, "--password-file", self.tmp / f"{name}.password"]

    def quiet(self, *words: Any, ok: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            [*KIZUNA, *map(str, words)], capture_output=True, cwd=self.tmp, check=False, timeout=PATIENCE_S
        )
        assert done.returncode in ok, (words, done.returncode, done.stderr.decode(), done.stdout.decode())
        return done.stdout.decode()

    def does(self, *words: Any) -> str:
        self.actions += 1
        return self.quiet(*words)

    def types(self, *words: Any) -> "Talk":
        """A command that shows a code and waits for one."""
        self.actions += 1
        return Talk([*KIZUNA, *map(str, words)], self.tmp)

    def activates(self, rules: str) -> None:
        """Two people put rules in force and sign the memorandum that they rest on, in one act."""
        file, memo = self.tmp / f"{self.party}.rules.toml", self.tmp / "memo.toml"
        file.write_text(rules)
        memo.write_text(MEMO)
        self.does("rules", "activate", self.home, file, "--agreement", memo, "--by", "aiko", "--second", "ben",
                  "--password-file", self.tmp / "aiko.password", "--password-file",
                  self.tmp / "ben.password")  # fmt: skip

    def signs(self) -> None:
        """The memorandum alone, where this side tells nothing."""
        (self.tmp / "memo.toml").write_text(MEMO)
        self.quiet("agreement", "sign", self.home, self.tmp / "memo.toml", *self.by("aiko"))

    def runs(self) -> None:
        self.actions += 1
        with (self.tmp / f"{self.party}.log").open("ab") as log:
            self.node = subprocess.Popen([*KIZUNA, "node", "run", str(self.home)], stderr=log, stdout=log)

    def stops(self, number: int = signal.SIGTERM) -> None:
        if self.node is not None:
            self.node.send_signal(number)
            self.node.wait(PATIENCE_S)
            self.node = None

    def hears(self, sentence: bytes = SENTENCE) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(sentence, ("127.0.0.1", self.udp))

    def ledger(self) -> list[dict[str, Any]]:
        return list(json.loads(self.quiet("ledger", "show", self.home, "--json"))["rows"])

    def received(self) -> int:
        return self._size("in")

    def told(self) -> int:
        return self._size("out")

    def _size(self, side: str) -> int:
        """Entries of all logs of a side, read beside the running node; a command would take a second or more."""
        path = self.home / "share" / "shared-test.db"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT coalesce(sum(size), 0) FROM log WHERE side = ?", (side,)).fetchone()[0])

    def shown(self) -> dict[int, str]:
        """MMSI to source in the picture."""
        from kizuna.stores.keep import open_keep

        with open_keep(self.home / "store" / "test", context="test", read_only=True) as keep:
            _, rows = keep.latest()
            words = rows.codes_of("source_id")
            return {m: words[s] for m, s in zip(rows["mmsi"].tolist(), rows["source_id"].tolist(), strict=True)}


class Talk:
    """A command at a terminal: what it says comes line by line, and somebody types."""

    def __init__(self, words: list[str], at: Path) -> None:
        self._run = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=at
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._run.stdout is not None
        for line in self._run.stdout:
            self._lines.put(line.decode())

    def code(self) -> str:
        """The code that it shows."""
        while True:
            line = self._lines.get(timeout=PATIENCE_S).strip()
            parts = line.split()
            if len(parts) == 5 and all(p.isdecimal() and len(p) == 4 for p in parts):
                return line

    def type(self, words: str) -> int:
        assert self._run.stdin is not None
        self._run.stdin.write(f"{words}\n".encode())
        self._run.stdin.close()
        code = self._run.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        for pipe in (self._run.stdout, self._run.stderr):
            if pipe is not None:
                pipe.close()
        return code


def introduced(tmp: Path, north: Operator, south: Operator) -> None:
    """Four commands: two files there and back, one more, and two people on the telephone."""
    north.does("partner", "introduce", north.home, "-o", tmp / "n1", *north.me)
    south.does("partner", "accept", south.home, tmp / "n1", "-o", tmp / "s1", *south.me)
    here = north.types("partner", "open", north.home, tmp / "s1", "-o", tmp / "n2", *north.by("aiko"))
    read_by_north = here.code()
    there = south.types("partner", "confirm", south.home, north.party, "--file", tmp / "n2", *south.by("aiko"))
    read_by_south = there.code()
    assert here.type(read_by_south) == 0
    assert there.type(read_by_north) == 0


def until(holds: Any, pause_s: float = 0.3) -> Any:
    """Wait for something to become true; what it became."""
    end = time.monotonic() + PATIENCE_S
    found = None
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(pause_s)
    raise AssertionError(f"did not come true within {PATIENCE_S} s: {found!r}")


os.environ.setdefault("PYTHONUNBUFFERED", "1")
