"""The Python interface: same events as the command, whatever the table came from; tables of other libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from kizuna.base.errors import ConfigError, ContextError, InputError
from kizuna.engines.run import Request, detect_into

import kizuna


def _rows(ships: int = 2, minutes: int = 600, silent: tuple[int, int] = (120, 540)) -> dict[str, list[Any]]:
    """Ships that steam north side by side, one report a minute; the first falls silent for some hours."""
    rows: dict[str, list[Any]] = {"mmsi": [], "timestamp": [], "lat": [], "lon": [], "sog": [], "cog": []}
    for ship in range(ships):
        for minute in range(minutes):
            if ship == 0 and silent[0] < minute < silent[1]:
                continue
            rows["mmsi"].append(200_000_001 + ship)
            rows["timestamp"].append(f"2026-01-01T{minute // 60:02d}:{minute % 60:02d}:00Z")
            rows["lat"].append(24.0 + minute / 360)
            rows["lon"].append(125.0 + ship * 0.2)
            rows["sog"].append(10.0)
            rows["cog"].append(0.0)
    return rows


@pytest.fixture(scope="module")
def found() -> kizuna.Result:
    return kizuna.detect(pa.table(_rows()), source="two ships")


def test_a_table_gives_the_events_of_the_same_rows_in_a_file(found: kizuna.Result, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    rows = _rows()
    lines = [",".join(rows)] + [",".join(str(v) for v in row) for row in zip(*rows.values(), strict=True)]
    path.write_text("\n".join(lines) + "\n")
    detect_into(Request([str(path)]), tmp_path / "out")
    told = kizuna.load(tmp_path / "out")
    assert found.events.num_rows > 0
    assert told.events["event_id"].to_pylist() == found.events["event_id"].to_pylist()
    assert told.events["summary"].to_pylist() == found.events["summary"].to_pylist()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_of_other_libraries_give_the_same_events(found: kizuna.Result, library: str) -> None:
    frame = pytest.importorskip(library).DataFrame(_rows())
    assert kizuna.detect(frame, source="two ships").events.equals(found.events)


def test_the_same_rows_are_cited_by_the_same_digest(found: kizuna.Result) -> None:
    again = kizuna.detect(pa.table(_rows()), source="two ships")
    other = kizuna.detect(pa.table(_rows(silent=(121, 540))), source="two ships")
    assert again.digest == found.digest != other.digest


def test_a_gap_is_explained_and_cited(found: kizuna.Result) -> None:
    gap = next(found.each_event("gap"))
    assert gap.mmsis == [200_000_001]
    assert "silence: 7 > 6 h  (held)" in gap.explain()
    cited = gap.cite()
    assert gap.event_id in cited
    assert found.digest in cited
    assert found.record["run"]["inputs"][0]["sha256"] in cited
    assert gap.proof.num_rows > 1
    assert found.event(gap.event_id[:12]).event_id == gap.event_id
    with pytest.raises(AttributeError):
        gap.nonsense  # noqa: B018


def test_what_is_written_reads_back_the_same(found: kizuna.Result, tmp_path: Path) -> None:
    again = kizuna.load(found.save(tmp_path / "kept"))
    assert again.digest == found.digest
    for name in ("fixes", "segments", "events"):
        assert again.arrow(name).num_rows == found.arrow(name).num_rows
        assert again.arrow(name).column_names == found.arrow(name).column_names
    assert next(again.each_event()).cite() == next(found.each_event()).cite()
    with pytest.raises(ConfigError, match="on disk already"):
        again.save(tmp_path / "twice")


def test_settings_may_be_given_as_values(found: kizuna.Result) -> None:
    shorter = kizuna.detect(pa.table(_rows()), params={"gaps": {"threshold_h": 8}})
    assert len(list(found.each_event("gap"))) == 1
    assert not list(shorter.each_event("gap"))
    with pytest.raises(ConfigError, match="threshold"):
        kizuna.detect(pa.table(_rows()), params={"gaps": {"threshold": 8}})


def test_decoded_rows_go_on_to_detect(found: kizuna.Result) -> None:
    heard = kizuna.decode(pa.table(_rows()), source="two ships")
    assert heard.fixes.num_rows == len(_rows()["mmsi"])
    assert kizuna.detect(heard).events["event_id"].to_pylist() == found.events["event_id"].to_pylist()


def test_another_context_than_that_of_decoded_rows_is_refused() -> None:
    decoded = kizuna.decode(pa.table(_rows(minutes=9)), context="test")
    assert kizuna.detect(decoded).record["run"]["context"] == "test"
    for data in (decoded, decoded.fixes):
        with pytest.raises(ContextError, match="never mix"):
            kizuna.detect(data, context="real")


def test_tables_answer_sql_and_reach_no_file(found: kizuna.Result) -> None:
    assert found.sql("SELECT count(*) AS n FROM fixes").to_pylist() == [{"n": found.fixes.num_rows}]
    with pytest.raises(InputError):
        found.sql("SELECT * FROM read_csv('/etc/hostname')")
    with pytest.raises(InputError):
        found.sql("DROP VIEW fixes")


def test_our_own_tables_are_read_back_with_their_ids(found: kizuna.Result) -> None:
    assert kizuna.detect(found.fixes).fixes["msg_id"].equals(found.fixes["msg_id"])


def test_trajectories_suit_movingpandas(found: kizuna.Result) -> None:
    geopandas = pytest.importorskip("geopandas")
    frame = found.trajectories()
    assert isinstance(frame, geopandas.GeoDataFrame)
    assert frame.index.name == "timestamp"
    assert frame["traj_id"].nunique() == found.segments.num_rows
    again = kizuna.detect(frame, assume_utc=True)
    assert again.segments.num_rows == found.segments.num_rows


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(InputError, match="is no table"):
        kizuna.detect(42)
    with pytest.raises(InputError, match="no column is known to be mmsi"):
        kizuna.detect(pa.table({"x": [1.0], "y": [2.0]}))
    with pytest.raises(ConfigError, match="no whole result"):
        kizuna.load("nowhere")
    with pytest.raises(AttributeError):
        kizuna.nonsense  # noqa: B018


def test_an_empty_table_has_no_events() -> None:
    empty = kizuna.detect(pa.table(_rows()).slice(0, 0))
    assert empty.events.num_rows == 0
    assert repr(empty) == "<kizuna.Result empty: no message was found>"
    assert repr(kizuna.decode(pa.table(_rows()).slice(0, 0))) == "<kizuna.Decoded empty: no message was found>"


def test_errors_speak_of_arguments_and_have_names_to_catch(tmp_path: Path) -> None:
    rows = pa.table(_rows(minutes=3))
    local = rows.set_column(1, "timestamp", pa.array(["2026-01-01 00:00:00"] * len(rows)))
    doubtful = rows.set_column(1, "timestamp", pa.array(["05/04/2026 00:00:00"] * len(rows)))
    log = tmp_path / "a.nmea"
    log.write_text(
        "$AITXT,01,01,07,EXERCISE demo SIMULATED NOT REAL*5A\n!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\n"
    )
    for data, more, word in (
        (local, {}, "assume_utc=True"),
        (doubtful, {"assume_utc": True}, "date_order='dmy', or date_order='mdy'"),
        (rows.drop_columns(["lat"]), {}, "columns={'lat': 'COLUMN'}"),
        (log, {}, "context='exercise:demo'"),
        (log, {"context": "exercise:demo"}, "start='2020-01-01T00:00:00Z'"),
    ):
        with pytest.raises(kizuna.KizunaError) as told:
            kizuna.detect(data, **more)
        assert word in str(told.value)
        assert "--" not in str(told.value)
        assert told.value.args == (str(told.value),)
    assert issubclass(kizuna.InputError, kizuna.KizunaError)
    assert issubclass(kizuna.ConfigError, kizuna.KizunaError)
    assert {"KizunaError", "detect"} <= set(dir(kizuna))
