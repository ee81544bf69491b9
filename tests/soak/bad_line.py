"""Two desks and an onlooker as real processes over a bad line: entries of a case, a cut of minutes, and what is left then.

    python tests/soak/bad_line.py --link 64k:30 --minutes 12 --cut-s 180

Starts ``kizuna demo`` with that line between its nodes, opens a case by break-glass, lets both desks write into it at
random moments, cuts the line in the middle while they go on writing, mends it and waits. Measured is wall time from the
answer to who wrote until the words stand at the other desk (looked for twice a second), so a busy machine counts in.
Results: ``benchmarks/results/bad_line.json``. Ends with 1 where anything is lost, doubled or told wrongly.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.error import HTTPError

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from node.service.test_two_desks import Desk  # noqa: E402

from kizuna.node.two_desks.show import CUT, UP, switch  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "bad_line.json"
KIZUNA = [sys.executable, "-c", "from kizuna.node.cli.main import run; run()"]
LOOK_S = 0.5
CONFLICT = 409


class Show:
    """A demonstration that runs."""

    def __init__(self, out: Path, link: str, vessels: int, speed: float) -> None:
        self.out = out
        words = ["demo", "--out", out, "--link", link, "--vessels", vessels, "--hours", 4, "--speed", speed,
                 "--port", 0, "--json", "-q"]  # fmt: skip
        self.process = subprocess.Popen([*KIZUNA, *map(str, words)], stdout=subprocess.PIPE)
        text = b""
        while not text.rstrip().endswith(b"}") or text.count(b"{") != text.count(b"}"):
            part = self.process.stdout.readline()
            if not part:
                raise SystemExit(f"the demonstration ended with {self.process.wait()}")
            text += part
        told = json.loads(text)
        self.ready_s = told["seconds"]
        self.desks = {d["party"]: Desk(d) for d in told["desks"]}

    def line(self, state: str) -> None:
        """``CUT`` or ``UP``, as ``kizuna demo cut`` and ``mend`` do."""
        switch(self.out, state)

    def status(self, party: str) -> dict:
        """``kizuna sync status`` of one desk, by partner."""
        words = ["sync", "status", str(self.out / party), "--json"]
        done = subprocess.run([*KIZUNA, *words], check=False, capture_output=True)
        return {row["id"]: row for row in json.loads(done.stdout)["partners"]}

    def verified(self, party: str) -> bool:
        """Whether every log and receipt of a desk verifies."""
        done = subprocess.run([*KIZUNA, "ledger", "verify", str(self.out / party)], check=False, capture_output=True)
        return done.returncode == 0

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(120)
        self.process.stdout.close()
        return code


class Case:
    """One case at two desks: who wrote what when, and when it stood at the other."""

    def __init__(self, show: Show, one: str, two: str) -> None:
        self.show, self.desks = show, {one: show.desks[one], two: show.desks[two]}
        self.parties = (one, two)
        self.wrote: dict[str, tuple[str, float]] = {}  # words -> party, monotonic time
        self.stood: dict[tuple[str, str], float] = {}  # party, words -> when
        self.counts: dict[str, dict[str, int]] = {one: {}, two: {}}
        self.over = threading.Event()
        self.wrong: list[str] = []
        self._lock = threading.Lock()
        opened = self._post(one, "/api/incidents", {
            "kind": "distress", "title": "EXERCISE bad line", "lat": 24.03, "lon": 122.87, "persons": 3,
            "text": "engine failed", "break_glass": two,
        })  # fmt: skip
        self.begun_s = time.monotonic()
        self.id = opened["id"]
        self.threads = [threading.Thread(target=self._watch, args=(p,), daemon=True) for p in self.parties]
        for thread in self.threads:
            thread.start()

    def _post(self, party: str, path: str, body: dict) -> dict:
        return json.loads(self.desks[party].ask(path, body))

    def timeline(self, party: str) -> list[dict]:
        found = {i["id"] for i in self.desks[party].get("/api/incidents")["incidents"]}
        return self.desks[party].get(f"/api/incidents/{self.id}")["timeline"] if self.id in found else []

    def _watch(self, party: str) -> None:
        while not self.over.wait(LOOK_S):
            try:
                rows = self.timeline(party)
            except OSError as exc:
                self.wrong.append(f"{party}: {exc}")
                continue
            now, counts = time.monotonic(), {}
            for row in rows:
                words = row.get("text") or ""
                counts[words] = counts.get(words, 0) + 1
            with self._lock:
                self.counts[party] = counts
                for words in counts:
                    self.stood.setdefault((party, words), now)

    def join(self, party: str) -> bool:
        """Whether it is in: the offer is a record of its own and may come after the case."""
        try:
            self._post(party, f"/api/incidents/{self.id}/join", {"act": "join"})
        except HTTPError as exc:
            return exc.code != CONFLICT
        return True

    def write(self, party: str, words: str) -> None:
        self._post(party, f"/api/incidents/{self.id}/entries", {"text": words, "lang": "en"})
        with self._lock:
            self.wrote[words] = party, time.monotonic()

    def other(self, party: str) -> str:
        return self.parties[1 - self.parties.index(party)]

    def missing(self) -> list[str]:
        with self._lock:
            return [w for w, (p, _) in self.wrote.items() if (self.other(p), w) not in self.stood]

    def took(self) -> dict[str, float]:
        with self._lock:
            return {w: self.stood[self.other(p), w] - at for w, (p, at) in self.wrote.items()
                    if (self.other(p), w) in self.stood}  # fmt: skip

    def twice(self) -> list[str]:
        with self._lock:
            return [
                f"{p}: {w}"
                for p, counts in self.counts.items()
                for w, n in counts.items()
                if w in self.wrote and n != 1
            ]


def wait_for(says, within_s: float) -> float | None:
    """Seconds until it says so; None where it does not in time."""
    begun = time.monotonic()
    while time.monotonic() - begun < within_s:
        if says():
            return round(time.monotonic() - begun, 1)
        time.sleep(LOOK_S)
    return None


def quantiles(values: list[float]) -> dict:
    found = sorted(values)
    if not found:
        return {"n": 0}
    at = lambda q: round(found[min(len(found) - 1, int(len(found) * q))], 2)  # noqa: E731
    return {"n": len(found), "median": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": at(1.0),
            "over_10_s": sum(v > 10 for v in found)}  # fmt: skip


def chatter(case: Case, until_s: float, chance: random.Random, mean_s: float, phase: str) -> list[str]:
    """Both desks write at random moments; the words."""
    words = []
    while time.monotonic() < until_s:
        party = chance.choice(case.parties)
        words.append(f"{phase} {len(words)} {chance.getrandbits(32):08x}")
        case.write(party, words[-1])
        time.sleep(min(chance.expovariate(1 / mean_s), 4 * mean_s))
    return words


def link_of(show: Show, party: str, other: str) -> dict:
    return show.desks[party].partner(other)["link"]


def run(show: Show, *, minutes: float, cut_s: float, mean_s: float, seed: int) -> dict:
    chance = random.Random(seed)
    one, two = "cape", "harbour"
    found: dict = {"ready_s": round(show.ready_s, 1)}
    case = Case(show, one, two)
    found["offer_stood_s"] = wait_for(lambda: bool(case.timeline(two)), 120)
    found["joined_s"] = wait_for(lambda: case.join(two), 120)
    half_s = minutes * 30
    before = chatter(case, time.monotonic() + half_s, chance, mean_s, "before")
    found["up_before"] = {p: link_of(show, p, case.other(p)) for p in case.parties}

    show.line(CUT)
    cut_at = time.monotonic()
    told = {p: None for p in case.parties}
    during: list[str] = []
    while time.monotonic() - cut_at < cut_s:
        during += chatter(case, min(time.monotonic() + 10, cut_at + cut_s), chance, mean_s, f"during {len(during)}")
        for p in case.parties:
            link = link_of(show, p, case.other(p))
            if told[p] is None and link["state"] != "up":
                told[p] = round(time.monotonic() - cut_at, 1)
    found["cut_told_after_s"] = told
    found["status_while_cut"] = {p: link_of(show, p, case.other(p)) for p in case.parties}
    found["arrived_through_a_cut_line"] = sum(
        1 for w in during if (p := case.wrote[w][0]) and (case.other(p), w) in case.stood and case.stood[case.other(p), w] < cut_at + cut_s
    )  # fmt: skip
    mended = time.monotonic()
    show.line(UP)
    found["caught_up_after_s"] = wait_for(lambda: not case.missing(), 300)
    found["up_after_s"] = wait_for(
        lambda: all(link_of(show, p, case.other(p))["state"] in ("up", "behind") for p in case.parties), 120
    )
    after = chatter(case, mended + half_s, chance, mean_s, "after")
    found["settled_after_s"] = wait_for(lambda: not case.missing(), 300)
    found["flash_acked_after_s"] = wait_for(
        lambda: all(link_of(show, p, case.other(p))["lanes"]["flash"] == 0 for p in case.parties), 120
    )
    time.sleep(3 * LOOK_S)
    found["status_at_end"] = {p: show.status(p)[case.other(p)]["link"] for p in case.parties}
    found["onlooker"] = {o: show.desks["inlet"].partner(o)["received"] for o in case.parties}
    same = [sorted(row["record"] for row in case.timeline(p)) for p in case.parties]
    case.over.set()
    for thread in case.threads:
        thread.join(30)
    took = case.took()
    found |= {
        "seed": seed, "entries": len(case.wrote), "lost": case.missing(), "twice": case.twice(),
        "timelines_equal": same[0] == same[1], "timeline_rows": len(same[0]), "wrong": case.wrong[:10],
        "before_s": quantiles([took[w] for w in before if w in took]),
        "after_s": quantiles([took[w] for w in after if w in took]),
        "cut_from_mending_s": quantiles([case.stood[case.other(case.wrote[w][0]), w] - mended for w in during if w in took]),
        "verified": {p: show.verified(p) for p in case.parties},
        "load_at_end": [round(x, 1) for x in os.getloadavg()],
    }  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--link", default="64k:30")
    parser.add_argument("--minutes", type=float, default=12, help="of writing, half before the cut and half after it")
    parser.add_argument("--cut-s", type=float, default=180)
    parser.add_argument("--mean-s", type=float, default=6, help="between two entries")
    parser.add_argument("--vessels", type=int, default=60)
    parser.add_argument("--speed", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10**9))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kizuna-line-") as name:
        show = Show(Path(name) / "d", given.link, given.vessels, given.speed)
        try:
            found = run(show, minutes=given.minutes, cut_s=given.cut_s, mean_s=given.mean_s, seed=given.seed)
        finally:
            code = show.end()
    found = {
        "link": given.link,
        "vessels": given.vessels,
        "speed": given.speed,
        "cut_s": given.cut_s,
        **found,
        "ended": code,
    }
    print(json.dumps(found, indent=1))
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    whole = found["timelines_equal"] and not found["lost"] and not found["twice"] and all(found["verified"].values())
    sys.exit(not (whole and code == 0 and None not in (found["caught_up_after_s"], found["settled_after_s"])))


if __name__ == "__main__":
    main()
