"""The commands about rival claims, and claim zones in a detect run."""

import json

import pytest
from typer.testing import CliRunner

from kizuna.node.cli.main import app

RUN = CliRunner()


def ask(*args):
    return RUN.invoke(app, ["claims", *args])


@pytest.mark.big
def test_who_claims_a_place():
    told = ask("at", "25.90", "123.474")
    assert told.exit_code == 0
    lines = [line for line in told.stdout.splitlines() if "territorial sea 12 nm" in line]
    assert [line[:2] for line in lines] == ["CN", "JP", "TW"] and all("25.7" in line for line in lines)
    assert "none is weighed" in told.stdout and "objects" in told.stdout
    data = json.loads(ask("at", "25.90", "123.474", "--view", "tw", "--lang", "zh-Hant", "--json").stdout)
    assert data["claims"][0]["claimant"] == "TW" and data["claims"][0]["group_name"] == "釣魚臺列嶼"
    assert data["label"] == "computed"


@pytest.mark.big
def test_place_with_negative_degrees_that_nobody_claims():
    told = ask("at", "-20", "-150")
    assert told.exit_code == 0 and "No claim of the table" in told.stdout


@pytest.mark.parametrize(
    "args",
    [
        ("at", "95", "10"), ("at", "20", "10", "--view", "ZZ"), ("at", "20", "10", "--lang", "tlh"),
        ("--limit", "13"), ("--limit", "twelve"), ("--limit", ","), ("--bbox", "1,2,3"), ("--bbox", "1,9,3,2"),
        ("--claimant", "ZZ"), ("list", "--view", "ZZ"), ("list", "--table", "no-such-file.toml"),
    ],
)  # fmt: skip
@pytest.mark.big
def test_wrong_use_is_told_and_not_a_crash(args):
    told = ask(*args)
    assert told.exit_code in (1, 2) and "kizuna:" in told.stderr


def test_list_tells_every_claim_with_its_source(tmp_path):
    told = json.loads(ask("list", "--json").stdout)
    assert sum(len(g["claims"]) for g in told) > 60 and all(c["source"] for g in told for c in g["claims"])
    text = ask("list").stdout.lower()
    for word in ("senkaku", "diaoyu", "okinotori", "takeshima", "dokdo", "scarborough", "huangyan", "kuril", "nansha"):
        assert word not in text
    own = tmp_path / "own.toml"
    own.write_text('[parties.JP]\nen = "Nippon"\n', encoding="utf-8")
    assert ask("list", "--table", str(own)).exit_code == 0
    own.write_text("[nations]\n", encoding="utf-8")
    assert ask("list", "--table", str(own)).exit_code == 2


@pytest.mark.big
def test_zones_are_written_as_geojson(tmp_path):
    out = tmp_path / "zones.geojson"
    assert ask("--bbox", "123,25,124,26", "--limit", "12,24", "--lines", "--out", str(out)).exit_code == 0
    made = json.loads(out.read_text(encoding="utf-8"))
    kinds = [f["properties"]["label"] for f in made["features"]]
    assert kinds.count("computed") == 6 and kinds.count("declared") >= 4
    told = json.loads(ask("--bbox", "135,20,137,21", "--claimant", "jp").stdout)
    assert {f["properties"]["claimant"] for f in told["features"]} == {"JP"}


@pytest.mark.big
def test_detect_watches_claims_when_asked_and_only_then(tmp_path):
    track = tmp_path / "track.csv"
    rows = [
        f"431000001,2026-05-01T{k // 12:02d}:{k % 12 * 5:02d}:00Z,25.90,{122.9 + k / 54:.5f},12.0" for k in range(60)
    ]
    track.write_text("mmsi,timestamp,lat,lon,sog\n" + "\n".join(rows) + "\n", encoding="utf-8")

    def visits(name, *more):
        told = RUN.invoke(app, ["detect", str(track), "--out", str(tmp_path / name), "--quiet", *more])
        assert told.exit_code == 0, told.output
        found = RUN.invoke(
            app, ["query", str(tmp_path / name), "SELECT event_id, summary, regions FROM events", "--json"]
        )
        return json.loads(found.stdout)

    assert visits("plain") == []
    neutral, japan = visits("neutral", "--claims", "12"), visits("japan", "--claims", "12", "--view", "JP")
    assert sorted(e["regions"][0]["claimant"] for e in neutral) == ["CN", "JP", "TW"]
    assert {r["view"] for e in neutral for r in e["regions"]} == {"neutral"}
    assert {r["view"] for e in japan for r in e["regions"]} == {"JP"}
    assert {e["event_id"] for e in neutral} == {e["event_id"] for e in japan}
    assert all("25.74N 123.47E" in e["summary"] and "Senkaku" not in e["summary"] for e in neutral)
    assert all("Senkaku Islands" in e["summary"] for e in japan)
    run = json.loads((tmp_path / "neutral" / "run.json").read_text(encoding="utf-8"))
    assert "computed claim zones" in json.dumps(run)
    wrong = RUN.invoke(app, ["detect", str(track), "--out", str(tmp_path / "x"), "--claims", "13"])
    assert wrong.exit_code == 2 and "no claim has a limit" in wrong.stderr
