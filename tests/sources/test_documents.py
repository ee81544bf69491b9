import gzip
import json

import plain
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.fixes.table import FLAG_NO_TIME, FLAG_TIME_SUSPECT
from kizuna.sources.batch import join
from kizuna.sources.feeds import documents
from kizuna.sources.feeds.documents import DocumentDecoder, is_document

VESSEL = {"mmsi": 230000001, "name": "ALPPILA  ", "lon": 19.4, "lat": 59.0, "sog": 6.6, "cog": 360.0, "heading": 511, "ship_type": 70,
          "destination": "FI RAU", "eta": "811520"}  # fmt: skip
FEATURE = {"mmsi": 230000001, "type": "Feature", "geometry": {"type": "Point", "coordinates": [19.4, 59.0]},
           "properties": {"mmsi": 230000001, "sog": 6.6, "cog": 214.5, "navStat": 0, "rot": 16, "posAcc": True, "raim": False,
                          "heading": 215, "timestamp": 51, "timestampExternal": 1765486553499}}  # fmt: skip


def decode(document, places=()):
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    decoder = DocumentDecoder("x.json")
    return join([*(decoder.feed(part) for part in plain.cut(data, places)), decoder.finish()])


def snapshot(*vessels, timestamp="2025-12-11T20:55:53.499580+00:00"):
    return {"timestamp": timestamp, "vessel_count": len(vessels), "vessels": list(vessels)}


def test_a_snapshot_has_one_time_which_is_marked_as_assumed():
    out = decode(snapshot(VESSEL), [10, 20])
    (fix,) = plain.rows(out.fixes)
    assert (fix["mmsi"], fix["lat"], fix["lon"], fix["cog_deg"], fix["heading_deg"], fix["msg_type"]) == (
        230000001,
        59.0,
        19.4,
        None,
        None,
        None,
    )
    assert (fix["time_source"], fix["timestamp"].isoformat(timespec="milliseconds")) == (
        "assumed",
        "2025-12-11T20:55:53.499+00:00",
    )
    assert fix["flags"] == FLAG_TIME_SUSPECT
    assert fix["ais_class"] is None
    (static,) = plain.rows(out.statics)
    assert (static["shipname"], static["ship_type"], static["destination"], static["eta"]) == (
        "ALPPILA",
        70,
        "FI RAU",
        "12-12T08:00",
    )


def test_a_snapshot_without_a_time_has_none():
    out = decode(snapshot(VESSEL, timestamp=None))
    assert out.fixes["flags"].tolist() == [FLAG_NO_TIME]


def test_features_have_times_of_their_own():
    out = decode({"type": "FeatureCollection", "dataUpdatedTime": "2025-12-11T20:55:53Z", "features": [FEATURE]})
    (fix,) = plain.rows(out.fixes)
    assert (fix["time_source"], fix["timestamp"].microsecond, fix["second"], fix["accuracy"]) == (
        "table",
        499_000,
        51,
        True,
    )
    assert fix["rot_dpm"] == pytest.approx((16 / 4.733) ** 2, rel=1e-6)
    assert not len(out.statics)


def test_rows_that_are_none_are_told_by_their_number():
    odd = [{**VESSEL, "mmsi": "x"}, 7, {**VESSEL, "sog": {}}, {**VESSEL, "lat": 95}, VESSEL]
    out = decode(snapshot(*odd))
    assert [(r["line_no"], r["reason"]) for r in plain.rows(out.rejects)] == [
        (1, "bad_mmsi"),
        (2, "bad_row"),
        (3, "bad_number"),
    ]
    assert out.counts == {"lines": 5, "messages": 3, "bad_mmsi": 1, "bad_row": 1, "bad_number": 1, "out_of_range": 1}
    features = [
        FEATURE,
        {**FEATURE, "geometry": None},
        {**FEATURE, "properties": {**FEATURE["properties"], "timestampExternal": "x"}},
    ]
    out = decode({"features": features})
    assert [(r["line_no"], r["reason"]) for r in plain.rows(out.rejects)] == [(2, "bad_row"), (3, "bad_time")]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"7", b'{"vessels": 7}', b'{"features": {}}', b'{"vessels": ['])
def test_what_is_no_document_is_refused(data):
    with pytest.raises(InputError):
        decode(data)


def test_documents_have_a_limit(monkeypatch):
    monkeypatch.setattr(documents, "DOCUMENT_LIMIT", 1000)
    with pytest.raises(InputError, match="JSON lines"):
        decode(snapshot(*[VESSEL] * 20))


@given(st.lists(st.integers(0, 2000), max_size=4), st.data())
def test_mutated_documents_raise_input_errors_only(places, data):
    text = bytearray(json.dumps(snapshot(VESSEL, VESSEL)).encode())
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from([b"", b"{", b"]", b'"', b"9" * 40, b"null", b"1e999", b"\xff"])
        )
    try:
        whole = decode(bytes(text))
    except InputError:
        return
    assert plain.batch_rows(whole) == plain.batch_rows(decode(bytes(text), places))
    lost = whole.counts.get("bad_mmsi", 0) + whole.counts.get("bad_row", 0)
    assert whole.counts["lines"] == whole.counts["messages"] + lost


@pytest.mark.parametrize(("day", "vessels"), [("11", 9735), ("12", 7762)])
def test_real_snapshots(shared, day, vessels):
    data = gzip.open(shared / "ais" / f"baltic_snapshot_2025-12-{day}.json.gz").read()
    assert is_document(data[:65536])
    out = decode(data)
    assert len(out.fixes) == len(json.loads(data)["vessels"]) == vessels
    assert not len(out.rejects)
    assert set(out.counts) <= {"lines", "messages", "out_of_range"}
