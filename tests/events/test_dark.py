"""Dark detections: confidence, caps and the facts that move them."""

import numpy as np
import pyarrow as pa
import pytest

from kizuna.base.table import Table, empty, from_arrow
from kizuna.events import dark
from kizuna.events.surroundings import Surroundings
from kizuna.events.table import EVENTS
from kizuna.fixes.detections import DETECTIONS, SENSORS, VERDICTS

T0 = 1_772_337_600_000
FAR = Surroundings(shore_m=lambda lat, _lon: np.full(len(lat), 50_000.0))


def detections(n=1, **columns):
    base = empty(DETECTIONS, n)
    zeros = np.zeros(n, np.int32)
    done = dict(base.columns) | {
        "det_id": np.arange(n, dtype=np.int64) + 1, "time_ms": np.full(n, T0), "lat_deg": np.full(n, 25.0),
        "lon_deg": np.full(n, 123.0), "sensor": np.full(n, SENSORS.index("sar"), np.int32), "source_id": zeros,
        "label": zeros, "context": zeros, "verdict": np.full(n, VERDICTS.index("dark"), np.int32),
        "ais_probability": np.full(n, 0.01, np.float32), "length_m": np.full(n, 80, np.float32),
        "score": np.full(n, 0.95, np.float32), "distance_m": np.full(n, 9_000, np.float32),
    }  # fmt: skip
    for name, values in columns.items():
        kind = DETECTIONS[name].dtype()
        done[name] = pa.array(values, pa.string()) if kind is None else np.asarray(values, kind)
    return Table(DETECTIONS, done, {"source_id": ("a",), "label": ("nobody",), "context": ("real",)})


def around(n=1, heard=30.0, share=1.0, repeats=0.0, fixed=np.nan):
    return dark.Around(np.full(n, heard), np.full(n, share), np.full(n, repeats), np.full(n, fixed))


def confidence(known=None, surroundings=FAR, **columns):
    return float(dark.detect(detections(**columns), known or around(), None, surroundings)["confidence"][0])


def test_a_plain_case_is_high_and_never_certain():
    assert 0.8 <= confidence() <= 0.95


@pytest.mark.parametrize(
    "known", [around(heard=2.0), around(share=0.2), around(repeats=1.0), around(fixed=150.0), around(heard=0.0)]
)
def test_a_better_explanation_keeps_it_low(known):
    assert confidence(known) <= 0.401  # float32
    e = dark.detect(detections(), known, None, FAR).to_arrow().to_pylist()[0]
    assert len(e["alternatives"]) == 4 and e["confidence_word"] == "low"


def test_a_likely_track_keeps_it_low():
    assert confidence(ais_probability=[0.4]) <= 0.401  # float32


def test_less_known_is_never_surer():
    whole = confidence()
    for columns in ({"length_m": [np.nan]}, {"score": [np.nan]}, {"length_m": [8]}):
        assert confidence(**columns) < whole
    assert confidence(surroundings=Surroundings()) < whole


def test_only_dark_ones_become_events_and_survive_a_file():
    d = detections(3, verdict=[VERDICTS.index(w) for w in ("match", "dark", "not_judged")])
    events = dark.detect(d, around(3), None, FAR)
    assert len(events) == 1 and from_arrow(EVENTS, events.to_arrow()).to_arrow().equals(events.to_arrow())
    assert '"det_id": 2' in events["event_info"][0].as_py()
    assert len(dark.detect(detections(0), around(0))) == 0


def test_same_place_counts_other_scenes_far_enough_apart_in_time():
    lat = [25.0, 25.001, 25.0, 25.0, 25.1]  # 1: 110 m away
    d = detections(5, lat_deg=lat)
    hours = np.array([0, 12, 12, 1], np.int64) * 3_600_000 + T0
    scene = np.array([0, 1, 2, 3, 1])
    assert dark.same_place(d, scene, hours, dark.Params()).tolist() == [2, 2, 2, 2, 0]
    assert dark.same_place(d, scene, hours, dark.Params(fixed_m=50)).tolist() == [1, 0, 2, 1, 0]
    assert dark.same_place(detections(1), np.zeros(1, int), hours, dark.Params()).tolist() == [0]


def test_distance_to_known_objects():
    d = detections(2, lon_deg=[123.0, -179.9999])
    away = dark.nearest_m(d, np.array([25.0, 25.0]), np.array([123.01, 179.9999]))
    assert away == pytest.approx([1008, 20], rel=0.02)
    assert np.isnan(dark.nearest_m(d, np.empty(0), np.empty(0))).all()


def test_words_never_accuse():
    e = dark.detect(detections(), around(repeats=2.0), None, FAR).to_arrow().to_pylist()[0]
    text = " ".join([e["summary"], *e["alternatives"], *e["would_settle"]]).lower()
    assert "without a matching ais report" in text and not any(
        w in text for w in ("hiding", "illegal", "suspicious", "went dark")
    )
