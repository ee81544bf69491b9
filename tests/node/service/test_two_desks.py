"""``kizuna demo``: three nodes on one sea. Each has its own actors' data, is told what rules let go, and no more."""

import datetime as dt
import json
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from node.service.node_make import free_port, wait_for
from node.service.test_demo import Browser

from kizuna.base.languages import PAGES
from kizuna.exercise.region.play import RegionPlan, simulate_region
from kizuna.node.names import read_names
from kizuna.node.two_desks import papers
from kizuna.node.two_desks.processes import Nursery
from kizuna.records.context import REAL
from kizuna.share.agreement import check
from kizuna.share.agreement import load as load_agreement
from kizuna.share.rules.read import load as load_rules

CODE = "from kizuna.node.cli.main import run; run()"
NOW_MS = 1_795_000_000_000


# ---- papers
@pytest.fixture(scope="module")
def region():
    cast = papers.read_cast(None)
    return simulate_region(RegionPlan(cast, vessels=16, before_h=6.0, ahead_h=0.5), 1)


def test_memorandum_and_rules_of_both_desks_fit_together(region):
    cast = papers.read_cast(None)
    agreement = load_agreement(papers.memorandum(cast, dt.date(2026, 11, 22)))
    assert agreement.signers == set(papers.desks(cast))
    for party in papers.desks(cast):
        rules = load_rules(papers.rules(cast, party, region))
        assert [f for f in check([agreement], rules, NOW_MS) if f.level == "error"] == []
        assert all("exercise:" in str(rule) or not rule.releases for rule in rules.rules)


def test_onlookers_are_told_nothing_but_what_is_clear(region):
    cast = papers.read_cast(None)
    [onlooker] = papers.onlookers(cast)
    for party in papers.desks(cast):
        mine = [r for r in load_rules(papers.rules(cast, party, region)).rules if onlooker in r.to and r.releases]
        assert [r.id for r in mine] == ["open-sea"]
    assert papers.rules(cast, onlooker, region) == b""


def test_rules_keep_where_the_own_patrol_ships_are(region):
    cast = papers.read_cast(None)
    text = papers.rules(cast, "cape", region).decode()
    mmsi = region.simulation.vessels[region.ships["EXP-01"]].mmsi
    assert f'"mmsi:{mmsi}"' in text
    assert "own-patrols-stay-home" in text


def test_every_party_is_called_by_its_name_in_every_language(region, tmp_path):
    cast = papers.read_cast(None)
    file = tmp_path / "names.toml"
    file.write_bytes(papers.names_toml(cast))
    names = read_names([file]).partners
    assert {(party, page): words[page] for party, words in names.items() for page in PAGES.values()} == {
        (party, page): cast.party(party).title[ours] for party in cast.ids for ours, page in PAGES.items()
    }


def test_no_hole_of_a_template_is_left(region):
    cast = papers.read_cast(None)
    for text in (papers.memorandum(cast, dt.date(2026, 1, 1)), papers.rules(cast, "harbour", region)):
        assert not re.search(r"^[^#\n]*@", text.decode(), re.M)


def test_what_was_simulated_in_setting_up_is_found_by_every_later_process():
    code = """
from kizuna.exercise.region.play import RegionPlan
from kizuna.node.two_desks import papers
from kizuna.node.two_desks.processes import Nursery
print(RegionPlan(papers.read_cast(None)))
"""
    names = {
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, check=True,
                       capture_output=True, text=True).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(names) == 1


def test_a_nursery_that_is_told_of_no_node_ends_when_it_is_closed():
    nursery = Nursery()
    nursery.close()
    assert nursery.over.is_set()
    assert nursery.pids == {}


# ---- the whole
class Desk(Browser):
    def __init__(self, told):
        super().__init__(told["url"])
        self.party, self.pid = told["party"], told["pid"]
        self.ask("/api/login", {"user": "chief", "password": told["password"]})
        self.origins = {o["code"]: o["name"] for o in self.get("/api/me")["origins"]}

    def get(self, path):
        return json.loads(self.ask(path))

    def picture(self):
        with pa.ipc.open_stream(self.ask("/api/picture")) as stream:
            return stream.read_all().to_pylist()

    def cards(self, most=400):
        return {row["mmsi"]: self.get(f"/api/vessels/{row['mmsi']}") for row in self.picture()[:most]}

    def partner(self, party):
        return {p["id"]: p for p in self.get("/api/sharing")["partners"]}[party]


@pytest.fixture(scope="module")
def show(tmp_path_factory):
    out = tmp_path_factory.mktemp("show") / "d"
    words = ["demo", "--out", out, "--vessels", 100, "--hours", 4, "--speed", 30, "--port", 0, "--json", "-q"]
    process = subprocess.Popen([sys.executable, "-c", CODE, *map(str, words)], stdout=subprocess.PIPE)
    try:
        text = b""
        while not text.rstrip().endswith(b"}") or text.count(b"{") != text.count(b"}"):
            part = process.stdout.readline()
            assert part, process.wait()
            text += part
        told = json.loads(text)
        yield out, {d["party"]: Desk(d) for d in told["desks"]}, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(90)
        process.stdout.close()


@pytest.mark.slow
@pytest.mark.big
def test_each_node_sees_its_own_actors_and_is_told_the_rest_coarse_and_late(show):
    out, desks, _ = show
    for desk in desks.values():
        me = desk.get("/api/me")
        assert me["node"]["exercise"] is True
        assert me["node"]["context"] == "exercise:two-desks"
        assert me["party"] == desk.party
    for desk, actors in (("cape", {"cape-radar", "cape-uav"}), ("harbour", {"harbour-radar", "harbour-uav"})):

        def seen(desk=desk):
            return {d["source"] for d in desks[desk].get("/api/detections")["detections"]}

        wait_for(lambda s=seen, d=desk: f"{d}-radar" in s(), 90)
        assert seen() <= actors | {"partner:harbour", "partner:cape"}
    assert desks["inlet"].get("/api/detections")["detections"] == []

    for desk, other in (("cape", "harbour"), ("harbour", "cape")):
        wait_for(lambda d=desk, o=other: desks[d].partner(o)["received"] > 0, 90)
        assert desks[desk].partner(other)["link"]["state"] == "up"
        assert desks[desk].partner(other)["agreement"]["state"] == "in_force"
    wait_for(lambda: desks["inlet"].partner("cape")["received"] > 0, 90)


@pytest.mark.slow
@pytest.mark.big
@pytest.mark.parametrize(
    ("party", "source", "late_ms", "rows"),
    [("harbour", "partner:cape", 1_200_000, 398 * 50), ("cape", "partner:harbour", 1_200_000, 398 * 50),
     ("inlet", "partner:cape", 10_800_000, 398 * 10)],
)  # fmt: skip
def test_what_partners_told_is_late_and_on_the_grid_of_the_rule(show, party, source, late_ms, rows):
    _, desks, _ = show
    found = []

    def told():
        fixes = [c["fix"] for c in desks[party].cards().values() if c["fix"]]
        now = max(f["t"] for f in fixes if f["source"] == "receivers")
        found[:] = [(now - f["t"], f["lat"]) for f in fixes if f["source"] == source]
        return found

    wait_for(told, 120)
    assert min(ago for ago, _ in found) >= late_ms - 60_000
    for _, lat in found:
        place = (lat + 90) / 180 * rows
        assert abs(place - int(place) - 0.5) < 0.01


@pytest.mark.slow
@pytest.mark.big
def test_the_call_is_in_one_watch_log_alone(show):
    _, desks, _ = show
    wait_for(lambda: any("MAYDAY" in e["text"] for e in desks["cape"].get("/api/log")["entries"]), 60)
    assert [e for p in ("harbour", "inlet") for e in desks[p].get("/api/log")["entries"]] == []


@pytest.mark.slow
@pytest.mark.big
def test_nothing_of_the_exercise_is_real(show):
    out, _, _ = show
    stores = {p.name for p in out.glob("*/store/*")} | {p.name for p in out.glob("*/share/*.db")}
    assert stores
    assert not [name for name in stores if REAL in name]
    assert stat.S_IMODE((out / "passwords.txt").stat().st_mode) == 0o600


@pytest.mark.slow
@pytest.mark.big
def test_a_cut_line_is_told_and_mended_lines_catch_up(show):
    out, desks, _ = show
    cut, mend = ([sys.executable, "-c", CODE, "demo", act, "--out", str(out)] for act in ("cut", "mend"))
    subprocess.run(cut, check=True, capture_output=True)
    wait_for(lambda: desks["cape"].partner("harbour")["link"]["state"] != "up", 120)
    subprocess.run(mend, check=True, capture_output=True)
    wait_for(lambda: desks["cape"].partner("harbour")["link"]["state"] == "up", 120)


@pytest.mark.slow
@pytest.mark.big
def test_ctrl_c_ends_all_of_it_in_order(show):
    out, desks, process = show
    process.send_signal(signal.SIGINT)
    assert process.wait(90) == 0
    for desk in desks.values():
        assert not Path(f"/proc/{desk.pid}").exists()
    for log in out.glob("*/node.log"):
        last = [json.loads(row) for row in log.read_text().splitlines() if row.startswith("{")][-1]
        assert last["message"].endswith("stopped")
