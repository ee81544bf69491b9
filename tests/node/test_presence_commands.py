"""The commands presence, transits and trend as people use them."""

import csv
import io
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from kizuna.node.cli.main import app
from kizuna.node.exercise import write_exercise


def kizuna(*words, code=None):
    done = CliRunner().invoke(app, [str(w) for w in words])
    if code is not None:
        assert done.exit_code == code, done.output
    return done


@pytest.fixture(scope="module")
def exercise(tmp_path_factory):
    return write_exercise(tmp_path_factory.mktemp("exercise"), seed=5, vessels=24, hours=4.0)


@pytest.fixture(scope="module")
def found(exercise, tmp_path_factory):
    out = tmp_path_factory.mktemp("found")
    kizuna("detect", exercise.nmea, "--zones", exercise.zones, "--context", exercise.context, "--out", out, code=0)
    return out


@pytest.fixture
def daily(tmp_path):
    path = tmp_path / "daily.csv"
    rng = np.random.default_rng(2)
    days = np.arange("2025-10-01", "2026-02-01", dtype="M8[D]")
    path.write_text("date,ships\n" + "".join(f"{d},{n}\n" for d, n in zip(days, rng.poisson(20, len(days)))))
    return path


def test_presence_writes_tables_and_a_marked_page(exercise, found, tmp_path):
    out = tmp_path / "p"
    told = json.loads(kizuna("presence", found, "--zones", exercise.zones, "--by", "zone,flag,month", "--grid", "0.5",
                             "--out", out, "--json", code=0).stdout)  # fmt: skip
    assert told["context"] == exercise.context
    rows = list(csv.DictReader(io.StringIO((out / "presence.csv").read_text())))
    assert len(rows) == len(told["rows"]) > 0
    assert {"zone_id", "zone", "month", "flag", "vessels", "vessel_hours", "visits", "fixes"} == set(rows[0])
    assert pq.read_table(out / "presence_grid.parquet").num_rows > 10
    page = (out / "presence.html").read_text()
    assert "EXERCISE" in page
    assert "<script" not in page


def test_vessel_hours_of_all_are_the_sum_over_number_blocks(found):
    everything = json.loads(kizuna("presence", found, "--json", code=0).stdout)["rows"][0]
    blocks = json.loads(kizuna("presence", found, "--by", "flag", "--json", code=0).stdout)["rows"]
    assert sum(r["vessels"] for r in blocks) == everything["vessels"]
    assert sum(r["vessel_hours"] for r in blocks) == pytest.approx(everything["vessel_hours"], abs=0.01)


def test_own_names_of_number_blocks(found, tmp_path):
    names = tmp_path / "names.csv"
    names.write_text("mid,name\n" + "".join(f"{m},One\n" for m in range(200, 800)))
    rows = json.loads(kizuna("presence", found, "--by", "flag", "--flag-names", names, "--json", code=0).stdout)["rows"]
    assert {r["flag"] for r in rows} <= {"One", "unassigned"}


def test_transits_of_a_line_that_the_user_draws(found, tmp_path):
    fixes = pq.read_table(found / "fixes.parquet", columns=["lat", "lon"])
    lon = float(np.nanmedian(fixes["lon"].to_numpy()))
    gate = tmp_path / "gate.geojson"
    gate.write_text(json.dumps({"type": "LineString", "coordinates": [[lon, 10], [lon, 40]]}))
    told = json.loads(kizuna("transits", found, "--gates", gate, "--out", tmp_path / "t", "--json", code=0).stdout)
    assert sum(r["transits"] for r in told["rows"]) == told["transits"] > 0
    kept = pq.read_table(tmp_path / "t" / "transits.parquet").to_pylist()
    assert len(kept) == told["transits"]
    assert all(abs(r["lon"] - lon) < 1e-6 for r in kept)
    assert (tmp_path / "t" / "transits.html").exists()


def test_packaged_straits_have_a_row_each_also_without_transits(found):
    rows = json.loads(kizuna("transits", found, "--json", code=0).stdout)["rows"]
    assert {"yonaguni", "miyako", "bashi", "taiwan-north", "taiwan-south"} <= {r["gate_id"] for r in rows}
    assert "transits,vessels,inferred" in kizuna("transits", found, "--by", "month", "--csv", code=0).stdout


def test_trend_of_a_published_table(daily, tmp_path):
    told = kizuna(
        "trend", daily, "--baseline", "2025-10..2025-12", "--period", "2026-01", "--out", tmp_path / "o", code=0
    )
    assert "31 of 31 days against 92 of 92" in told.stdout
    (facts,) = json.loads((tmp_path / "o" / "trend.json").read_text())
    assert facts["low"] < facts["ratio"] < facts["high"]
    assert "<svg" in (tmp_path / "o" / "trend.html").read_text()


def test_trend_of_a_day_is_refused_with_the_reason_and_beside_it_a_table(found, daily):
    words = ("trend", found, "--series", "vessels", "--baseline", "2025-10..2025-12", "--period", "2026-01")
    assert "no comparison, because" in kizuna(*words, code=1).stdout
    both = json.loads(kizuna(*words, "--beside", f"{daily}:ships", "--json", code=0).stdout)
    assert [bool(f["refused"]) for f in both] == [True, False]


@pytest.mark.parametrize(("words", "code", "says"), [
    (("presence", "nowhere"), 2, "no directory"),
    (("trend", "nowhere.csv", "--baseline", "2025", "--period", "2026"), 2, "no such file"),
    (("transits", "FOUND", "--by", "owner"), 2, "cannot count by owner"),
    (("transits", "FOUND", "--gates", "nowhere.geojson"), 2, "no such file"),
    (("presence", "FOUND", "--by", "zone"), 2, "no zones"),
    (("trend", "FOUND", "--series", "nonsense", "--baseline", "2025", "--period", "2026"), 2, "no series"),
    (("trend", "FOUND", "--series", "transits:x", "--baseline", "2025", "--period", "2026"), 1, "no gate"),
    (("trend", "FOUND", "--zone", "x", "--baseline", "2025", "--period", "2026"), 2, "no zone"),
    (("trend", "FOUND", "--flag", "foo", "--baseline", "2025", "--period", "2026"), 2, "no number block 'foo'"),
    (("trend", "FOUND", "--flag", "japan", "--baseline", "2025", "--period", "2026"), 2, "near it: Japan,"),
    (("trend", "FOUND", "--baseline", "soon", "--period", "2026"), 2, "no span"),
])  # fmt: skip
def test_mistakes_are_told_in_a_line(found, words, code, says):
    done = kizuna(*[found if w == "FOUND" else w for w in words], code=code)
    assert says in done.output
    assert "Traceback" not in done.output
