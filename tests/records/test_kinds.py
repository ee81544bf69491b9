import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.records import kinds
from kizuna.records.bodies.kind import LANES, Body
from kizuna.records.record import body_bytes

NAMED = (
    "track.position", "track.segment", "event.gap", "event.encounter", "event.loitering", "event.zone_visit",
    "event.port_visit", "event.dark_detection", "detection", "identity.claim", "zone.claim", "cti.stix", "patrol.plan",
    "asset", "facility.offer", "need", "pledge", "delivery", "alert.cap", "agreement", "incident.opened",
    "recall", "correction", "grant", "consent.request", "request", "answer", "key.manifest", "ack",
)  # fmt: skip


def test_the_named_kinds_are_known():
    assert set(NAMED) <= set(kinds.KINDS)
    assert all(kinds.known(k) and kinds.lane_of(k) in LANES for k in NAMED)


def test_no_kind_is_claimed_twice():
    assert len(kinds.KINDS) == sum(len(topic.KINDS) for topic in kinds._TOPICS)


def test_every_event_of_the_table_has_its_kind():
    from kizuna.events.table import EVENT_TYPES, EVENTS
    from kizuna.records.bodies.events import EVENT_KINDS, Event

    assert EVENT_KINDS == EVENT_TYPES
    stays = {"proof", "params", "seg_ids", "event_info", "label", "context", "mask", "vessel_ids", "event_type", "start_ms",
             "end_ms", "lat_mean_deg", "lon_mean_deg", "lat_min_deg", "lat_max_deg", "lon_min_deg", "lon_max_deg", "evidence"}  # fmt: skip
    assert set(EVENTS.names) - stays == set(Event.__struct_fields__) - {"tests", "cell_m", "bucket_s"}


def test_an_unknown_kind_is_not_interpreted():
    assert kinds.check_body("not.known", b'{"anything":[1,2]}') is None
    assert kinds.lane_of("not.known") == "routine"


@pytest.mark.parametrize("kind", [k for k in kinds.KINDS if kinds.KINDS[k].body is not None])
@pytest.mark.parametrize("body", [b"3", b"[]", b"null", b'"a"', b'{"no such name":1}'])
def test_a_body_that_is_not_of_its_kind_is_refused(kind, body):
    with pytest.raises(InputError, match="body"):
        kinds.check_body(kind, body)


def test_every_body_is_closed_frozen_and_leaves_out_its_defaults():
    for kind in kinds.KINDS.values():
        if kind.body is None:
            continue
        config = kind.body.__struct_config__
        assert issubclass(kind.body, Body)
        assert config.frozen
        assert config.omit_defaults
        assert config.forbid_unknown_fields or kind.name == "cti.stix"


def test_stix_is_passed_byte_for_byte():
    odd = b'{ "type":"indicator",  "id":"indicator--1f1ae3ad-0000-4000-8000-000000000001","x_own" : [1.0e0] }'
    from kizuna.records.record import Record, decode, encode

    data = encode(Record(kind="cti.stix", origin="bay", observed_ms=1, body=msgspec.Raw(odd)))
    assert odd in data
    assert bytes(decode(data).body) == odd
    found = kinds.read_body(decode(data))
    assert found.type == "indicator"


def test_stix_whose_id_is_of_another_type_is_refused():
    with pytest.raises(InputError, match="id"):
        kinds.check_body("cti.stix", b'{"type":"malware","id":"indicator--1"}')


def test_every_stix_example_is_taken(shared):
    n = 0
    for path in sorted((shared / "standards/stix/examples").rglob("*.json")):
        for thing in json.loads(path.read_text()).get("objects", []):
            assert kinds.check_body("cti.stix", msgspec.json.encode(thing)).id == thing["id"]
            n += 1
    assert n > 10


@pytest.mark.parametrize(
    "body",
    [
        {"t_ds": [0, 1], "lon_deg": [1.0], "lat_deg": [1.0, 2.0]},
        {"t_ds": [2, 1], "lon_deg": [1.0, 1.0], "lat_deg": [1.0, 2.0]},
        {"t_ds": [0], "lon_deg": [181.0], "lat_deg": [1.0]},
        {"t_ds": [0], "lon_deg": [1.0], "lat_deg": [1.0], "sog_kn": [1.0, 2.0]},
    ],
)
def test_a_segment_with_uneven_columns_is_refused(body):
    with pytest.raises(InputError):
        kinds.check_body("track.segment", body_bytes(body))


def test_recall_names_ids_and_one_of_its_actions():
    good = {"records": ["a" * 64], "reason": "error"}
    assert kinds.check_body("recall", body_bytes(good)).action == "hide"
    for bad in ({"records": ["x"], "reason": "error"}, {**good, "action": "burn"}, {"records": []}):
        with pytest.raises(InputError):
            kinds.check_body("recall", body_bytes(bad))


def test_plain_body_is_for_any_kind():
    assert kinds.plain_body(msgspec.Raw(b'{"a":1}')) == {"a": 1}
    with pytest.raises(InputError):
        kinds.plain_body(b"{")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("kind", [k for k in kinds.KINDS if kinds.KINDS[k].body is not None])
def test_any_values_under_the_names_of_a_body_are_a_body_or_an_input_error(kind):
    names = [f.encode_name for f in msgspec.structs.fields(kinds.KINDS[kind].body)]

    @settings(max_examples=15)
    @given(st.dictionaries(st.sampled_from(names), json_values))
    def attempt(body):
        try:
            kinds.check_body(kind, json.dumps(body).encode())
        except InputError:
            pass

    attempt()
