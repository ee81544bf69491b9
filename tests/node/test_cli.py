"""The command line as people use it: answers, errors, exit codes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from kizuna.node.cli.main import app
from kizuna.node.exercise import write_exercise
from kizuna.stores.parquet import metadata

SENTENCE = "!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\r\n"


@pytest.fixture(scope="session")
def exercise(tmp_path_factory):
    """A small exercise on disk."""
    return write_exercise(tmp_path_factory.mktemp("exercise"), seed=3, vessels=24, hours=4.0)


@pytest.fixture(scope="session")
def found(exercise, tmp_path_factory):
    """The result directory of a detect run over it."""
    out = tmp_path_factory.mktemp("found")
    done = kizuna("detect", exercise.nmea, "--zones", exercise.zones, "--context", exercise.context, "--out", out)
    assert done.exit_code == 0, done.output
    return out


def kizuna(*words, code=None):
    done = CliRunner().invoke(app, [str(w) for w in words])
    if code is not None:
        assert done.exit_code == code, done.output
    return done


def test_help_names_every_command():
    text = kizuna("--help", code=0).output
    for command in ("decode", "detect", "info", "query", "params", "doctor", "warm", "demo", "exercise"):
        assert command in text


def test_version():
    assert re.fullmatch(r"kizuna \d+\.\d+\.\d+\n", kizuna("--version", code=0).output)


def test_decode_writes_four_tables_and_says_what_it_read(tmp_path):
    log = tmp_path / "a.nmea"
    log.write_text(SENTENCE + SENTENCE.replace("*23", "*24") + "nonsense\n")
    told = json.loads(kizuna("decode", log, "--out", tmp_path / "o", "--json", code=0).stdout)
    assert told["counts"] == {"fixes": 1, "statics": 0, "others": 0, "rejects": 2}
    assert told["inputs"][0]["rejects"] == {"bad_checksum": 1, "no_sentence": 1}
    for name in ("fixes", "statics", "others", "rejects"):
        assert (tmp_path / "o" / f"{name}.parquet").exists()
    row = pq.read_table(tmp_path / "o" / "fixes.parquet").to_pylist()[0]
    assert (row["mmsi"], row["label"], row["context"], row["timestamp"]) == (227006760, "nobody", "real", None)


def test_detect_leaves_every_file_and_the_record_of_the_run(found):
    from kizuna.engines.results import FILES

    assert sorted(p.name for p in found.iterdir()) == sorted(FILES)
    run = json.loads((found / "run.json").read_text())["run"]
    assert run["marking"] == "EXERCISE kizuna-demo"
    assert run["counts"]["fixes"] == pq.read_metadata(found / "fixes.parquet").num_rows
    assert len(run["inputs"][0]["sha256"]) == 64


def test_everything_of_an_exercise_is_marked(found):
    for name in ("fixes", "segments", "events", "statics"):
        assert set(pq.read_table(found / f"{name}.parquet", columns=["context"])["context"].to_pylist()) <= {
            "exercise:kizuna-demo"
        }
    assert "EXERCISE kizuna-demo" in (found / "report.html").read_text()
    for feature in json.loads((found / "events.geojson").read_text())["features"]:
        assert "EXERCISE" in json.dumps(feature)


def test_fixes_stand_by_vessel_and_time_and_none_is_lost(found, exercise, tmp_path):
    kizuna("decode", exercise.nmea, "--out", tmp_path / "d", "--context", exercise.context, code=0)
    plain = pq.read_table(tmp_path / "d" / "fixes.parquet", columns=["msg_id"])["msg_id"].to_pylist()
    table = pq.read_table(found / "fixes.parquet", columns=["msg_id", "mmsi", "timestamp", "seg_id"]).to_pylist()
    assert sorted(plain) == sorted(r["msg_id"] for r in table)
    assert [r["mmsi"] for r in table] == sorted(r["mmsi"] for r in table)
    previous = None
    for row in table:
        if previous and row["seg_id"] is not None and previous["seg_id"] == row["seg_id"]:
            assert previous["timestamp"] <= row["timestamp"]
        previous = row
    segments = pq.read_table(found / "segments.parquet", columns=["seg_id", "pos_count"]).to_pylist()
    counted = {}
    for row in table:
        counted[row["seg_id"]] = counted.get(row["seg_id"], 0) + 1
    assert all(counted[s["seg_id"]] == s["pos_count"] for s in segments)


def test_the_same_run_twice_gives_the_same_digest_and_tables(exercise, found, tmp_path):
    kizuna(
        "detect",
        exercise.nmea,
        "--zones",
        exercise.zones,
        "--context",
        exercise.context,
        "--out",
        tmp_path / "b",
        code=0,
    )
    a, b = (json.loads((d / "run.json").read_text())["digest"] for d in (found, tmp_path / "b"))
    assert a == b
    for name in ("fixes", "segments", "events"):
        assert pq.read_table(found / f"{name}.parquet").equals(pq.read_table(tmp_path / "b" / f"{name}.parquet"))


def test_detect_goes_on_from_a_decoded_directory(exercise, found, tmp_path):
    kizuna("decode", exercise.nmea, "--out", tmp_path / "d", "--context", exercise.context, code=0)
    kizuna("detect", tmp_path / "d", "--zones", exercise.zones, "--out", tmp_path / "e", code=0)
    ids = [
        pq.read_table(d / "events.parquet", columns=["event_id"])["event_id"].to_pylist()
        for d in (found, tmp_path / "e")
    ]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("words", [("decode",), ("detect", "-q"), ("detect", "-q", "--partitions", 2), ("live",)])
@pytest.mark.parametrize("context", ["real", "exercise:other"])
def test_a_context_other_than_that_of_our_own_tables_is_refused(found, tmp_path, words, context):
    for given in (found, found / "fixes.parquet"):
        said = kizuna(*words, given, "--context", context, "--out", tmp_path / "o", code=4).output
        assert "holds 'exercise:kizuna-demo', not" in said
    assert not [p for p in (tmp_path / "o").rglob("*") if p.is_file()]


def test_our_own_tables_are_read_as_what_they_say_or_as_what_is_asked_for(found, tmp_path):
    for k, more in enumerate(((), ("--context", "exercise:kizuna-demo"))):
        kizuna("decode", found / "fixes.parquet", *more, "--out", tmp_path / str(k), code=0)
        assert metadata(tmp_path / str(k) / "fixes.parquet")["context"] == "exercise:kizuna-demo"


def test_a_recording_without_times_asks_for_start_and_marks_what_it_made(tmp_path):
    log = tmp_path / "a.nmea"
    log.write_text(SENTENCE)
    done = kizuna("detect", log, "--out", tmp_path / "o", code=2)
    assert "--start" in done.output
    assert not (tmp_path / "o").exists()
    kizuna("detect", log, "--start", "2020-01-01T00:00:00Z", "--out", tmp_path / "o", code=0)
    row = pq.read_table(tmp_path / "o" / "fixes.parquet").to_pylist()[0]
    assert row["time_source"] == "assumed"
    assert row["timestamp"].year == 2020 or row["timestamp"].isoformat().startswith("2019-12-31T23:59")
    assert "assumed" in (tmp_path / "o" / "report.html").read_text()


@pytest.mark.parametrize("start", ["yesterday", "2020-01-01T00:00:00", "2020-13-01T00:00:00Z"])
def test_a_start_that_is_no_utc_time_is_refused(tmp_path, start):
    log = tmp_path / "a.nmea"
    log.write_text(SENTENCE)
    assert "--start" in kizuna("detect", log, "--start", start, "--out", tmp_path / "o", code=2).output


@pytest.mark.parametrize(
    ("name", "content"), [("empty.nmea", ""), ("only.nmea", "\r\n\r\n"), ("head.csv", "mmsi,timestamp,lat,lon\n")]
)
def test_empty_inputs_give_empty_results_not_errors(tmp_path, name, content):
    log = tmp_path / name
    log.write_text(content)
    said = kizuna("detect", log, "--assume-utc", "--out", tmp_path / "o", code=0).output
    assert "is empty" in said or "no message was found in it" in said
    assert "no message was found, so there are no tracks" in said
    assert "0 fixes" not in said
    assert "no times" not in said
    assert pq.read_metadata(tmp_path / "o" / "events.parquet").num_rows == 0
    assert (tmp_path / "o" / "report.html").exists()


def test_tables_of_ours_that_are_empty_are_no_news_and_only_what_is_looked_for_is_listed(tmp_path):
    log = tmp_path / "a.csv"
    log.write_text("mmsi,timestamp,lat,lon\n431000001,2026-01-01T00:00:00Z,26,127\n")
    kizuna("decode", log, "--out", tmp_path / "d", code=0)
    for words in (("decode",), ("detect", "-q")):
        said = kizuna(*words, tmp_path / "d", "--out", tmp_path / "e", code=0).output
        assert "no message" not in said
    assert "1 fixes of 1 MMSIs" in said
    assert "encounter" in said
    assert "dark_detection" not in said


def test_a_missing_file_and_a_wrong_context_are_usage_errors(tmp_path):
    assert "no such file" in kizuna("decode", tmp_path / "absent", "--out", tmp_path / "o", code=2).output
    log = tmp_path / "a.nmea"
    log.write_text(SENTENCE)
    assert "context" in kizuna("decode", log, "--context", "Real", "--out", tmp_path / "o", code=2).output


@pytest.mark.parametrize("words", [("decode",), ("detect", "-q"), ("detect", "-q", "--partitions", 2), ("live",)])
@pytest.mark.parametrize("context", ["real", "test", "exercise:other"])
def test_a_log_that_says_it_is_an_exercise_is_read_as_nothing_else(tmp_path, words, context):
    log = tmp_path / "a.nmea"
    log.write_text(SENTENCE + "$AITXT,01,01,07,EXERCISE demo SIMULATED NOT REAL*5A\n" + SENTENCE)
    out = tmp_path / "o"
    said = kizuna(*words, log, "--context", context, "--out", out, code=4).output
    assert "the exercise demo" in said
    assert "--context exercise:demo" in said
    assert not [p for p in out.rglob("*") if p.is_file()]


def test_a_log_of_an_exercise_is_read_as_what_it_is(tmp_path):
    log = tmp_path / "a.nmea"
    log.write_text("$AITXT,01,01,07,EXERCISE demo SIMULATED NOT REAL*5A\n" + SENTENCE)
    kizuna("decode", log, "--context", "exercise:demo", "--out", tmp_path / "p", code=0)
    assert pq.read_table(tmp_path / "p" / "fixes.parquet")["context"].unique().to_pylist() == ["exercise:demo"]
    assert json.loads(kizuna("info", log, "--json", code=0).stdout)[0]["marking"] == "EXERCISE demo"


def test_a_directory_that_cannot_be_made_is_told_in_a_line(tmp_path):
    (tmp_path / "file").write_text("")
    for words in (
        ("params",),
        ("exercise", "generate", "--vessels", 16, "--hours", 0.5),
        ("claims", "--bbox", "0,0,1,1"),
    ):
        said = kizuna(*words, "--out", tmp_path / "file" / "o", code=2).output
        assert "cannot be written" in said


@pytest.mark.parametrize("more", [(), ("--partitions", 2)])
def test_detect_says_before_the_work_that_it_cannot_write(tmp_path, more, monkeypatch):
    log = tmp_path / "a.csv"
    log.write_text("mmsi,timestamp,lat,lon\n431000001,2026-01-01T00:00:00Z,26,127\n")
    monkeypatch.setattr("kizuna.engines.reading.read", lambda *_: pytest.fail("reads before it knows where to write"))
    for engine in ("decode", "partition.route"):
        monkeypatch.setattr(f"kizuna.engines.{engine}.read", lambda *_: pytest.fail("reads too early"))
    (tmp_path / "file").write_text("")
    said = kizuna("detect", log, *more, "-q", "--out", tmp_path / "file" / "o", code=2).output
    assert "cannot be written" in said
    monkeypatch.setattr("os.access", lambda _, mode: not mode & os.W_OK)
    (tmp_path / "closed").mkdir()
    said = kizuna("detect", log, *more, "-q", "--out", tmp_path / "closed", code=2).output
    assert "cannot be written" in said


def test_a_run_that_fails_takes_away_only_what_it_made(tmp_path):
    log = tmp_path / "a.nmea"
    log.write_text(SENTENCE)
    (tmp_path / "kept").mkdir()
    for out in ("kept", "kept/a/b", "c/d"):
        kizuna("detect", log, "-q", "--out", tmp_path / out, code=2)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.nmea", "kept"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("detect", "a.csv", "--anchorages", "nofile", "--out", "o"), "nofile: no such file"),
        (("detect", "a.csv", "--anchorages", "nofile.csv", "--out", "o"), "nofile.csv: no such file"),
        (
            ("decode", "ftp://x/y?key=1", "--out", "o"),
            "ftp://x/y: is no kind of feed that is known (tcp://, tcp-listen:",
        ),
        (("decode", "nofile", "--out", "o"), "nofile: no such file"),
        (
            ("detect", "a.csv", "--params", "nofile", "--out", "o"),
            "nofile: cannot be read: No such file or directory\n",
        ),
        (("presence", "d", "--flag-names", "nofile"), "nofile: cannot be read: No such file or directory\n"),
        (("claims", "--table", "nofile", "--bbox", "0,0,1,1"), "nofile: cannot be read: No such file or directory\n"),
        (("live", "nofile", "--out", "o"), "nofile: no such file"),
        (("vessel", "", "--data", "d"), "nothing to look for"),
    ],
)
def test_what_is_not_there_is_told_first_and_in_one_line(tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("kizuna.base.jit.is_warm", lambda _: False)  # nothing is compiled for nothing
    Path("a.csv").write_text("mmsi,timestamp,lat,lon\n431000001,2026-01-01T00:00:00Z,26,127\n")
    if "d" in words:
        kizuna("detect", "a.csv", "-q", "--out", "d", code=0)
    said = kizuna(*words, code=2).output
    assert says in said
    if words[0] in ("live", "decode"):
        assert "Compiling" not in said
    assert not Path("o").exists()


def test_settings_are_printed_read_and_checked(tmp_path):
    mine = tmp_path / "mine.toml"
    kizuna("params", "--out", mine, code=0)
    text = mine.read_text()
    for section in ("segment", "gaps", "encounters", "loitering", "zone_visits", "anchorages"):
        assert f"[{section}]" in text
    assert "exists" in kizuna("params", "--out", mine, code=2).output
    log = tmp_path / "a.nmea"
    log.write_text(SENTENCE)
    start = ("--start", "2020-01-01T00:00:00Z")
    kizuna("detect", log, *start, "--params", mine, "--out", tmp_path / "o", code=0)
    mine.write_text("[gaps]\nthreshold_hours = 3\n")
    told = kizuna("detect", log, *start, "--params", mine, "--out", tmp_path / "o", code=2).output
    assert "threshold_hours" in told
    assert "threshold_h" in told


def test_every_setting_can_be_taken_from_the_printed_file(tmp_path):
    """The file people edit must be read again with every line switched on, and change nothing."""
    from kizuna.events.params import SECTIONS, Settings, read
    from kizuna.node.settings import as_toml, meanings

    text = "\n".join(
        line.removeprefix("#") if re.match(r"#\w+ = ", line) else line for line in as_toml(dict(SECTIONS)).splitlines()
    )
    assert read(text) == Settings()
    for section, kind in SECTIONS.items():
        assert all(meanings(kind).values()), section


def test_query_answers_in_three_forms(found):
    sql = "SELECT count(*) AS n FROM fixes"
    n = pq.read_metadata(found / "fixes.parquet").num_rows
    assert json.loads(kizuna("query", found, sql, "--json", code=0).stdout) == [{"n": n}]
    assert kizuna("query", found, sql, "--csv", code=0).stdout.split() == ["n", str(n)]
    assert str(n) in kizuna("query", found, sql, code=0).stdout
    assert "tables here" in kizuna("query", found, "SELECT * FROM nothing", code=1).output


def test_csv_output_defuses_formulas(tmp_path):
    import pyarrow as pa

    pq.write_table(pa.table({"name": ["=1+1", "@x", "plain", "-5"]}), tmp_path / "t.parquet")
    lines = kizuna("query", tmp_path, "SELECT * FROM t", "--csv", code=0).stdout.splitlines()
    assert lines == ["name", "'=1+1", "'@x", "plain", "'-5"]


def test_info_describes_files_and_directories(found, exercise):
    told = json.loads(
        kizuna("info", found, exercise.nmea, found / "fixes.parquet", exercise.zones, "--json", code=0).stdout
    )
    assert told[0]["marking"] == "EXERCISE kizuna-demo"
    assert told[1]["format"] == "nmea"
    assert told[1]["rows"]["fixes"] == told[2]["rows"]
    assert told[3]["format"] == "zones"


def test_control_characters_never_reach_the_terminal(found):
    text = kizuna("query", found, "SELECT chr(27) || '[2J' AS evil", code=0).stdout
    assert "\x1b" not in text


def test_doctor_finds_nothing_on_a_sound_installation():
    findings = json.loads(kizuna("doctor", "--json").stdout)
    assert {f["check"] for f in findings if not f["ok"]} <= {"kernels", "disk", "memory"}
    assert len(findings) == 7


def test_results_go_to_stdout_and_messages_to_stderr(tmp_path):
    log = tmp_path / "a.nmea"
    log.write_text(SENTENCE)
    done = subprocess.run(
        [sys.executable, "-c", "from kizuna.node.cli.main import run; run()", "decode", str(log), "--out", str(tmp_path / "o"), "--json"],
        capture_output=True, text=True, check=True, cwd=Path(tmp_path),
    )  # fmt: skip
    json.loads(done.stdout)
