"""Gates: what is read, what is refused, what comes with the package."""

import json

import numpy as np
import pytest

from kizuna.base.errors import InputError
from kizuna.places.coast import load_coast
from kizuna.places.gates import gates_from_geojson, make_gate, packaged_gates


def feature(coordinates, kind="LineString", **properties):
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def test_names_of_directions_come_from_the_properties():
    (gate,) = gates_from_geojson(
        json.dumps(feature([[0, 0], [1, 1]], Name="N", LEFT_TO_RIGHT="in", right_to_left="out"))
    )
    assert (gate.gate_id, gate.name, gate.directions) == ("N", "N", ("in", "out"))


def test_a_bare_line_gets_an_id_and_plain_directions():
    a, b = (gates_from_geojson('{"type": "LineString", "coordinates": [[0, 0], [1, %d]]}' % k)[0] for k in (1, 2))
    assert a.gate_id.startswith("gate-")
    assert a.gate_id != b.gate_id
    assert a.directions == ("left to right", "right to left")


def test_lines_run_on_over_180_degrees():
    gate = make_gate([[(179, 0), (-179, 1)], [(-178, 2), (-177, 3)]])
    assert [line[:, 0].tolist() for line in gate.lines] == [[179, 181], [182, 183]]


@pytest.mark.parametrize("document", [
    "", "[]", "{}", '{"type": "FeatureCollection", "features": []}', json.dumps(feature([[0, 0]])),
    json.dumps(feature([[0, 0], [0, 0]])), json.dumps(feature([[0, 0], [1, 91]])), json.dumps(feature([[0, 0], ["a", 1]])),
    json.dumps(feature([[0, 0], [89, 0], [178, 0]])), json.dumps(feature([[[0, 0], [1, 0], [1, 1], [0, 0]]], "Polygon")),
    json.dumps(feature([[0, 0], [1, 1]], left_to_right="x", right_to_left="x")),
    json.dumps({"type": "FeatureCollection", "features": [feature([[0, 0], [1, 1]], id="a")] * 2}),
    '{"type": "LineString", "coordinates": [[0, 0], [1, NaN]]}',
])  # fmt: skip
def test_what_is_no_gate_is_refused(document):
    with pytest.raises(InputError):
        gates_from_geojson(document)


def test_packaged_gates_end_on_land_and_say_how_they_were_chosen():
    coast = load_coast()
    gates = packaged_gates()
    assert {"yonaguni", "miyako", "bashi", "taiwan-north", "taiwan-south"} <= {g.gate_id for g in gates}
    for gate in gates:
        assert gate.basis.endswith("."), gate.gate_id
        for line in gate.lines:
            ends = np.array([line[0], line[-1]])
            away = coast.distance_to_shore_m(ends[:, 1].copy(), ends[:, 0].copy())
            assert away.max() < 200, gate.gate_id
            k = int(np.hypot(*np.diff(line, axis=0).T).argmax())  # the longest edge
            middle = np.linspace(line[k], line[k + 1], 99)[40:60]
            assert coast.distance_to_shore_m(middle[:, 1].copy(), middle[:, 0].copy()).min() > 1_000, gate.gate_id


def test_reversing_twice_is_the_same_gate():
    gate = make_gate([[(0, 0), (1, 1), (2, 0)]], {"gate_id": "g"})
    assert gate.reversed().reversed() == gate
    assert gate.reversed().reversed().digest == gate.digest
