"""The commands match and exercise sensors: what they write, say and refuse."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kizuna.node.cli import match_commands
from kizuna.node.cli.main import app


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    home = tmp_path_factory.mktemp("sensors")
    done = CliRunner().invoke(
        app, ["exercise", "sensors", "--out", str(home), "--vessels", "16", "--hours", "1", "--json"]
    )
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_sensors_writes_marked_files_with_their_truth(made):
    truth = json.loads(Path(made["truth"]).read_text())
    assert truth["context"].startswith("exercise:") and truth["marking"].startswith("EXERCISE")
    assert len(truth["contacts"]) == made["counts"]["contacts"] == Path(made["detections"]).read_text().count("\n") - 1
    assert "EXERCISE" in Path(made["nmea"]).read_text()[:400]
    assert all(
        f["properties"]["context"] == truth["context"] for f in json.loads(Path(made["scenes"]).read_text())["features"]
    )


@pytest.mark.parametrize("more", [[], ["--params", "none.toml"]])
def test_match_refuses_what_is_no_result(made, tmp_path, more):
    done = CliRunner().invoke(
        app, ["match", str(tmp_path), "-d", made["detections"], "-o", str(tmp_path / "out"), *more]
    )
    assert done.exit_code == 2 and not (tmp_path / "out").exists()
    assert ("none.toml" if more else "kizuna detect") in done.stderr


def test_match_names_its_settings_file_when_a_key_is_wrong(made, tmp_path):
    (tmp_path / "m.toml").write_text("[dark]\nalone_min = 7\n")
    done = CliRunner().invoke(
        app,
        [
            "match",
            str(tmp_path),
            "-d",
            made["detections"],
            "-o",
            str(tmp_path / "o"),
            "--params",
            str(tmp_path / "m.toml"),
        ],
    )
    assert done.exit_code == 2 and "[dark] alone_min" in done.stderr and "0.5 to 1" in done.stderr


def test_match_says_how_sure_the_contacts_without_a_track_are_and_that_many_are_clutter(capsys, tmp_path):
    counts = {
        "detections": 12, "scenes": 2, "events": 9, "detections: match": 3, "detections: dark": 9, "tracks: not_detected": 1,
        "detections: not_judged": 0, "events: high confidence": 1, "events: moderate confidence": 2, "events: low confidence": 6,
    }  # fmt: skip
    match_commands._tell({"notes": [], "marking": "", "counts": counts}, tmp_path)
    told = capsys.readouterr().out
    assert "9  detected without a matching AIS report\n" in told
    assert "by confidence: 1 high, 2 moderate, 6 low; many, above all low ones, are clutter" in told
    none = {k: 0 for k in counts}
    match_commands._tell({"notes": [], "marking": "", "counts": none}, tmp_path)
    assert "by confidence" not in capsys.readouterr().out
