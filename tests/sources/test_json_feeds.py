import gzip
import json

import numpy as np
import plain
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.fixes.table import FLAG_NO_POSITION
from kizuna.sources.batch import join
from kizuna.sources.dialects import Reading
from kizuna.sources.json_feeds import JsonLinesDecoder

UTC = Reading(assume_utc=True)


def decode(data, places=()):
    decoder = JsonLinesDecoder("x.jsonl", reading=UTC)
    batches = [decoder.feed(part) for part in plain.cut(data, places)]
    return join([*batches, decoder.finish()])


def test_flat_objects_are_rows():
    data = b'{"ssvid": 416000000, "lat": 22.5, "lon": 120.25, "timestamp": "2014-01-01 01:14:25.000000", "course": 0, "speed": 1.5}\n'
    bad = b"not json\n[1]\n"
    out = decode(data + bad + b"\n" + data)
    one, two = plain.rows(out.fixes)
    assert (one["mmsi"], one["lat"], one["lon"], one["sog_kn"], one["cog_deg"]) == (416000000, 22.5, 120.25, 1.5, 0.0)
    assert one["timestamp"].isoformat() == "2014-01-01T01:14:25+00:00"
    assert (one["time_source"], one["byte_offset"], two["byte_offset"]) == ("table", 0, len(data + bad) + 1)
    assert [(r["line_no"], r["reason"]) for r in plain.rows(out.rejects)] == [(2, "bad_row"), (3, "bad_row")]
    assert (out.counts["lines"], out.counts["messages"], out.counts["bad_row"]) == (4, 2, 2)


def test_objects_that_name_no_position_are_refused():
    with pytest.raises(InputError, match="--map lat=COLUMN"):
        decode(b'{"mmsi": 1, "time": 1388534400, "pos": [1, 2]}\n')


VALUES = st.one_of(st.none(), st.booleans(), st.integers(-5, 2**70), st.floats(), st.text(max_size=4), st.just([1]))


@given(st.lists(st.dictionaries(st.sampled_from(["mmsi", "time", "lat", "lon", "sog", "name", "z"]), VALUES, max_size=7), max_size=8),
       st.lists(st.integers(0, 400), max_size=4))  # fmt: skip
def test_any_values_and_any_cutting(objects, places):
    first = {"mmsi": 1, "time": 1388534400, "lat": 1, "lon": 2, "sog": 1, "name": "x"}
    data = "".join(json.dumps(o) + "\n" for o in [first, *objects]).encode()
    whole = decode(data)
    assert plain.batch_rows(whole) == plain.batch_rows(decode(data, places))
    assert whole.counts["lines"] == 1 + len(objects)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_input_error(data):
    try:
        decode(data)
    except InputError:
        pass


def test_global_fishing_watch_samples(shared):
    data = gzip.open(shared / "ais" / "gfw_identity" / "416000000.jsonl.gz").read()
    out = decode(data, [5000])
    assert (len(out.fixes), len(out.rejects)) == (1668, 0)
    assert not np.isnan(out.fixes["lat_deg"]).any()
    out = decode(gzip.open(shared / "ais" / "gfw_identity" / "263576000.jsonl.gz").read())
    assert len(out.fixes) == 948
    assert np.count_nonzero(out.fixes["flags"] & FLAG_NO_POSITION) == 20  # 2.1 % at latitude 91, longitude 181
