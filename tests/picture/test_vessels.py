"""Search, history and watch lists over a result directory."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizuna.base.errors import ConfigError, InputError
from kizuna.base.table import empty
from kizuna.engines.run import Request, detect_into
from kizuna.engines.vessels import Holdings
from kizuna.events.table import EVENTS
from kizuna.node.cli.main import app
from kizuna.picture.history import History, as_dict, cautions
from kizuna.picture.search import imo_note, search
from kizuna.picture.watch import matches, read_watch_list
from kizuna.tracks.table import IDENTITIES, SEGMENTS
from typer.testing import CliRunner

HEAD = "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType"
SHIPS = (
    (431_000_001, "DAIHACHI FUKUMARU", "IMO9074729", "JA2222", 24.0),
    (416_000_002, "SHUN XING 39", "", "BR3333", 24.5),
    (431_000_003, "FUKU MARU NO.18", "IMO1234568", "", 25.0),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three ships that steam east for ten hours; the first falls silent for seven."""
    home = tmp_path_factory.mktemp("vessels")
    lines = [HEAD]
    for mmsi, name, imo, call, lat in SHIPS:
        for minute in range(0, 600, 2):
            if mmsi == 431_000_001 and 100 < minute < 540:
                continue
            lon = 122.5 + minute / 360
            time = f"2026-01-01T{minute // 60:02d}:{minute % 60:02d}:00"
            lines.append(f"{mmsi},{time},{lat},{lon:.5f},9.1,90,90,{name},{imo},{call},30")
    (home / "rows.csv").write_text("\n".join(lines) + "\n")
    detect_into(Request([str(home / "rows.csv")]), home / "out")
    return home / "out"


@pytest.fixture(scope="module")
def held(data: Path) -> Holdings:
    return Holdings.at([data])


@pytest.mark.parametrize(
    ("query", "by", "mmsi"),
    [
        ("431000001", "mmsi", 431_000_001), ("IMO 9074729", "imo", 431_000_001), ("BR3333", "callsign", 416_000_002),
        ("第八福丸", "name", 431_000_001), ("順興39", "name", 416_000_002), ("だいはちふくまる", "name", 431_000_001),
        ("shun xing", "name", 416_000_002),
    ],
)  # fmt: skip
def test_a_vessel_is_found_by_number_or_name_in_any_script(held: Holdings, query: str, by: str, mmsi: int) -> None:
    found = search(query, held.identities, held.segments)
    assert [(found[0].by, found[0].mmsi)] == [(by, mmsi)]
    assert len(found) == 1


def test_a_wrong_check_digit_is_told(held: Holdings) -> None:
    assert "check digit" in imo_note("1234568")
    assert not imo_note("9074729")
    assert any("check digit" in sentence for sentence in cautions(held.history(431_000_003)))


def test_an_official_number_of_a_flag_state_has_no_check_digit(held: Holdings) -> None:
    one = held.history(431_000_003)
    identities = one.identities.replace(imo=np.full(len(one.identities), 90_000_300, np.int32))
    assert not any("check digit" in sentence for sentence in cautions(dataclasses.replace(one, identities=identities)))


def test_an_empty_query_is_refused(held: Holdings) -> None:
    for query in ("  ", "x" * 201):
        with pytest.raises(InputError):
            search(query, held.identities, held.segments)


def test_the_history_holds_names_tracks_and_events(held: Holdings) -> None:
    history = held.history(431_000_001)
    assert history.shipnames == ("DAIHACHI FUKUMARU",)
    assert history.vessel_ids == ("imo:9074729",)
    told = as_dict(history)
    assert [e["event_type"] for e in told["events"]] == ["gap"]
    assert told["fixes"] == len(held.fixes_of(431_000_001))
    assert json.loads(json.dumps(told))
    tracks = held.tracks_of(history)
    assert len(tracks) == told["fixes"]
    assert (tracks.seg_end - tracks.seg_start).sum() == history.segments["pos_count"].sum()


def test_the_same_result_twice_counts_once(data: Path, tmp_path: Path, held: Holdings) -> None:
    home = tmp_path / "both"
    home.mkdir()
    for name in ("a", "b"):
        (home / name).symlink_to(data)
    both = Holdings.at([home])
    assert len(both.directories) == 2
    mine, twice = held.history(431_000_001), both.history(431_000_001)
    assert len(twice.events) == len(mine.events)
    assert len(twice.segments) == len(mine.segments)
    assert twice.fixes == mine.fixes


def test_a_directory_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no result"):
        Holdings.at([tmp_path])


LIST = """name,mmsi,imo,reason,until
第八福丸|FUKU MARU NO.8,,,overdue since Monday,2026-12-31
,416000002,,asked for by the harbour office,
,,1234568,wrong number,
,,,nobody,
NEVER HEARD,,,no reason to find it,
FUKU MARU NO.18,,,ended,2025-12-31
SHUN XING 39,,,,
"""


def test_a_watch_list_is_matched_and_its_bad_lines_are_told(held: Holdings) -> None:
    entries, aside = read_watch_list(LIST.encode(), "list.csv")
    assert [line for line, _ in entries] == [2, 3, 6, 7]
    assert [s.split(": ")[0] for s in aside] == ["list.csv line 4", "list.csv line 5", "list.csv line 8"]
    hits = matches(entries, held.identities, held.segments)
    assert [(hit.line, hit.candidate.mmsi, hit.candidate.by) for hit in hits] == [
        (2, 431_000_001, "name"), (3, 416_000_002, "mmsi"),
    ]  # fmt: skip
    assert "proves little" in hits[0].worth


@pytest.mark.parametrize("head", ["name,owner,reason", "reason,note", "name,name,reason"])
def test_a_watch_list_has_no_place_for_persons(head: str) -> None:
    with pytest.raises(InputError, match=r"watch list|which vessel|twice"):
        read_watch_list(f"{head}\nA,B,C\n".encode())


@given(st.binary(max_size=200))
def test_no_bytes_break_a_watch_list(data: bytes) -> None:
    for head in (b"", b"name,reason\n"):
        try:
            entries, aside = read_watch_list(head + data)
        except InputError:
            continue
        assert all(entry.reason for _, entry in entries)
        assert all(isinstance(s, str) for s in aside)


def test_the_commands_answer_people_and_programs(data: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    page = tmp_path / "page.html"
    told = run(app, ["vessel", "第八福丸", "--data", str(data), "--page", str(page)])
    assert told.exit_code == 0
    assert "MMSI 431000001  DAIHACHI FUKUMARU" in told.stdout
    assert "Who it said it was" in page.read_text()
    assert "<script" not in page.read_text()
    asked = json.loads(run(app, ["vessel", "431000001", "--data", str(data), "--json"]).stdout)
    assert asked["vessel"]["mmsi"] == 431_000_001
    assert run(app, ["vessel", "NOBODY AT ALL", "--data", str(data)]).exit_code == 1
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    watched = run(app, ["watch", "--list", str(tmp_path / "list.csv"), "--data", str(data), "--json"])
    assert watched.exit_code == 3
    assert [hit["match"]["mmsi"] for hit in json.loads(watched.stdout)["hits"]] == [431_000_001, 416_000_002]
    assert run(app, ["watch", "--list", "nowhere.csv", "--data", str(data)]).exit_code == 2


def test_reports_heard_by_two_receivers_are_no_doubtful_positions():
    nothing = History(431000001, empty(IDENTITIES), empty(SEGMENTS), empty(EVENTS), fixes=5, repeats=5)
    assert not any("fit no track" in sentence for sentence in cautions(nothing))
    doubtful = dataclasses.replace(nothing, repeats=2)
    assert any(sentence.startswith("3 of its 5 fixes fit no track") for sentence in cautions(doubtful))
