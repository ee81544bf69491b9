"""Questions over many days: which days count, what is missing, files that do not hold what they should."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kizuna.base.errors import ConfigError, InputError
from kizuna.engines.over_time import stream
from kizuna.engines.over_time.own_series import Asked, own_series
from kizuna.engines.over_time.presence import Question, presence_of
from kizuna.engines.over_time.transits import counted, transits_of
from kizuna.picture.presence import Params
from kizuna.places.gates import make_gate
from kizuna.places.zone import make_zone

DAY = 86_400
GATE = make_gate(
    [[(-1.0, 0.5), (1.0, 0.5)]], {"gate_id": "g", "left_to_right": "southbound", "right_to_left": "northbound"}
)
ZONE = make_zone([[[(-1, 0.5), (1, 0.5), (1, 2), (-1, 2), (-1, 0.5)]]], zone_id="north")


def results(path, ships, noise=()):
    """A result directory: ``ships`` are (mmsi, days, latitudes); each is heard every ten minutes of those days."""
    rows = {name: [] for name in ("mmsi", "seg_id", "timestamp", "msg_id", "lat", "lon")}
    segments = {"seg_id": [], "noise": []}
    for k, (mmsi, days, lat) in enumerate(ships):
        for d in days:
            seg = len(segments["seg_id"])
            n = 145
            rows["mmsi"] += [mmsi] * n
            rows["seg_id"] += [seg] * n
            rows["timestamp"] += (d * DAY + np.arange(n) * 600 - (np.arange(n) == n - 1)).tolist()
            rows["msg_id"] += (np.arange(n) + 1000 * len(segments["seg_id"])).tolist()
            rows["lat"] += np.linspace(*lat, n).tolist()
            rows["lon"] += [0.0] * n
            segments["seg_id"].append(seg)
            segments["noise"].append("stationary_gear" if k in noise else "good")
    path.mkdir(exist_ok=True)
    times = pa.array(np.array(rows["timestamp"]) * 1000).cast(pa.timestamp("ms", "UTC"))
    table = pa.table({
        "mmsi": pa.array(rows["mmsi"], pa.int32()), "seg_id": pa.array(rows["seg_id"], pa.int64()), "timestamp": times,
        "msg_id": pa.array(rows["msg_id"], pa.int64()), "lat": rows["lat"], "lon": rows["lon"],
    })  # fmt: skip
    pq.write_table(table, path / "fixes.parquet", row_group_size=1000)
    pq.write_table(pa.table(segments), path / "segments.parquet")
    return path


@pytest.fixture
def month(tmp_path):
    """Thirty days without the tenth; one ship always north, one goes south across the gate on every second day."""
    days = [d for d in range(30) if d != 10]
    return results(tmp_path / "r", [(431_000_001, days, (1.0, 1.0)), (416_000_001, days[::2], (1.0, 0.0))])


def test_days_on_which_nothing_was_heard_are_missing_and_days_without_a_ship_are_zero(month):
    vessels, south, north = own_series(
        month, Asked(("vessels", "transits:g:southbound", "transits:g:northbound"), gates=[GATE])
    )
    assert 10 not in vessels.day.tolist()
    assert len(vessels.day) == 29
    assert set(vessels.value.tolist()) == {1.0, 2.0}
    assert south.value.tolist() == (vessels.value - 1).tolist()
    assert north.value.tolist() == [0.0] * 29
    assert south.heard.tolist() == vessels.value.tolist()


def test_zone_flag_and_measure_narrow_the_count(month):
    asked = Asked(("vessels", "vessel_hours", "visits"), zone=ZONE, flag="Taiwan")
    vessels, hours, visits = own_series(month, asked)
    assert set(vessels.value.tolist()) == {0.0, 1.0}
    assert hours.value.max() == pytest.approx(12, abs=0.2)
    assert visits.value.tolist() == vessels.value.tolist()
    assert vessels.name == "vessels, north, Taiwan"


def test_a_day_that_the_data_cover_in_part_is_left_out_and_told(tmp_path):
    d = results(tmp_path / "r", [(431_000_001, [0, 1, 2], (1.0, 1.0))])
    t = pq.read_table(d / "fixes.parquet")
    cut = t.filter(pa.compute.less(t["timestamp"].cast(pa.int64()), int(2.5 * DAY * 1000)))
    pq.write_table(cut, d / "fixes.parquet")
    (vessels,) = own_series(d, Asked(("vessels",)))
    assert vessels.day.tolist() == [0, 1]
    assert "1 days that the data cover only in part" in vessels.notes[0]


def test_what_is_no_vessel_does_not_count(tmp_path):
    ships = [(2_111_111, [0], (1.0, 1.0)), (431_000_001, [0], (1.0, 1.0)), (431_000_002, [0], (1.0, 1.0)),
             (992_111_111, [0], (1.0, 1.0))]  # fmt: skip
    d = results(tmp_path / "r", ships, noise=(2,))
    (table,) = presence_of(d, [Question(Params())])
    assert table.to_pylist() == [{"vessels": 1, "vessel_hours": pytest.approx(24, abs=0.01), "fixes": 145}]


def test_row_groups_and_batches_change_nothing(month, monkeypatch):
    q = [Question(Params(by=("day", "flag"))), Question(Params(by=("cell",)))]
    whole, crossed = presence_of(month, q), transits_of(month, [GATE]).to_arrow()
    monkeypatch.setattr(stream, "ROWS", 37)
    assert presence_of(month, q) == whole
    assert transits_of(month, [GATE]).to_arrow() == crossed


def test_transits_are_counted_by_flag_and_month_too(month):
    found = transits_of(month, [GATE])
    none = np.empty(0, np.int32), np.empty(0, np.int8)
    rows = counted(found, [GATE], ("gate", "flag", "type", "month"), none).to_pylist()
    assert rows == [{"gate_id": "g", "gate": "g", "flag": "Taiwan", "type": "unknown", "month": "1970-01",
                     "transits": 15, "vessels": 1, "inferred": 0}]  # fmt: skip


def test_rows_of_a_vessel_that_do_not_stand_together_are_refused(tmp_path):
    d = results(tmp_path / "r", [(431_000_001, [0], (1, 1)), (431_000_002, [0], (1, 1)), (431_000_001, [1], (1, 1))])
    with pytest.raises(InputError, match="do not stand together"):
        presence_of(d, [Question(Params())])


def test_a_directory_of_another_kind_and_a_damaged_file_are_told(tmp_path, month):
    with pytest.raises(ConfigError, match=r"holds no fixes\.parquet"):
        presence_of(tmp_path, [Question(Params())])
    (month / "fixes.parquet").write_bytes((month / "fixes.parquet").read_bytes()[:-200])
    with pytest.raises(InputError, match="cannot be read"):
        transits_of(month, [GATE])


def test_results_without_any_fix_are_an_empty_answer(tmp_path):
    d = results(tmp_path / "r", [(992_111_111, [0], (1.0, 1.0))])
    assert presence_of(d, [Question(Params(by=("flag",)))])[0].num_rows == 0
    assert len(transits_of(d, [GATE])) == 0
    (series,) = own_series(d, Asked(("vessels",)))
    assert len(series.day) == 0
