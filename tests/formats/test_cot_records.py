"""Records as CoT events: the public schema, an independent reader, and what strangers send."""

import asyncio
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from kizuna.base.errors import ContextError, InputError
from kizuna.formats import cot_records
from kizuna.formats.bounded_xml import parse
from kizuna.formats.cot_records import CELL_REACH, Feed
from kizuna.records.bodies.events import Event
from kizuna.records.bodies.incident import Opened
from kizuna.records.bodies.tracks import Detection, Position
from kizuna.records.bodies.work import Asset
from kizuna.records.kinds import read_body
from kizuna.records.label import Label, Tlp
from kizuna.records.record import Record, body_bytes, encode
from kizuna.share.transforms.grid import CELL_SIZES_M, grid

STANDARDS = Path(__file__).parents[3] / "shared" / "data" / "standards" / "cot"
T0 = 1_767_225_600_000
LABEL = Label(tlp=Tlp.AMBER, rel_to=frozenset(("cape", "c:watch")), caveats=frozenset(("fisheries",)))
BODIES = [
    ("track.position", Position(sog_kn=10.0, cog_deg=231.5, cell_m=1000.0, bucket_s=600.0)),
    ("track.position", Position()),
    ("detection", Detection(sensor="radar", accuracy_m=50.0)),
    ("event.gap", Event(event_id="d0011", mmsis=(431000001,), summary='silent <for> "9" h & more')),
    ("incident.opened", Opened(n=1, type="missing", what="a boat")),
    ("asset", Asset(asset_id="uav-1", asset_kind="uav")),
]


def record(kind: str = "track.position", body: Any = None, **more: Any) -> bytes:
    body = Position(cell_m=1000.0) if body is None else body
    return encode(Record(kind=kind, origin="harbour", body=body_bytes(body),
                         **{"observed_ms": T0, "geo": (123.5, 24.5), "label": LABEL, "subject": ("mmsi:431000001",), **more}))  # fmt: skip


def feed(**more: Any) -> Feed:
    return Feed(**{"context": "real", "sent_ms": T0 + 5000, **more})


def told(data: bytes, **more: Any) -> bytes:
    found = cot_records.event(data, feed(**more))
    assert found is not None
    return found


def base_schema() -> etree.XMLSchema:
    path = STANDARDS / "mitre" / "CoT Base-Event Schema  (PUBLIC RELEASE).xsd"
    if not path.exists():
        pytest.skip("the CoT base schema is not on this machine")
    return etree.XMLSchema(etree.parse(str(path)))


@pytest.mark.parametrize(("kind", "body"), BODIES)
@pytest.mark.parametrize("context", ["real", "test", "exercise:north-1"])
def test_every_event_is_valid_by_the_public_schema(kind: str, body: Any, context: str) -> None:
    schema = base_schema()
    one = record(kind, body, context=context)
    strict = told(one, tak=False, context=context)
    schema.assertValid(etree.fromstring(strict))
    as_tak = etree.fromstring(told(one, context=context))
    assert as_tak.get("caveat") == "fisheries"
    assert as_tak.get("releasableTo") == "c:watch,cape"
    for name in ("caveat", "releasableTo"):
        del as_tak.attrib[name]
    schema.assertValid(as_tak)
    ended = cot_records.gone(one, feed(context=context))
    assert ended is not None
    schema.assertValid(etree.fromstring(ended))


def test_an_event_says_on_what_terms_where_and_until_when() -> None:
    root = etree.fromstring(told(record(body=Position(cell_m=1000.0, bucket_s=600.0, sog_kn=10.0, cog_deg=90.0))))
    assert root.get("access") == "TLP:AMBER"
    assert root.get("opex") == "o"
    assert root.get("type") == "a-u-S"
    assert root.get("uid") == "KIZUNA.harbour.431000001"
    assert root.get("start") == "2026-01-01T00:00:00.000Z"
    assert root.get("stale") == "2026-01-01T00:20:00.000Z"
    assert float(root.find("point").get("ce")) == CELL_REACH * 1000.0
    assert "cell of 1000 m" in root.find("detail/remarks").text


def test_the_radius_of_the_grid_can_be_handed_in_and_never_passes_the_bound() -> None:
    rng = np.random.default_rng(5)
    lat, lon = rng.uniform(-90, 90, 20_000), rng.uniform(-180, 180, 20_000)
    for cell_m in CELL_SIZES_M:
        g = grid(cell_m)
        assert np.nanmax(g.radius_m(g.cells(lat, lon))) <= CELL_REACH * cell_m + 20

    def radius(cell_m: float, place: tuple[float, float]) -> float:
        g = grid(int(cell_m))
        return float(g.radius_m(g.cells(place[1], place[0]).reshape(1))[0])

    root = etree.fromstring(told(record(), radius_m=radius))
    assert 700 <= float(root.find("point").get("ce")) <= 1200


def test_an_exercise_never_enters_a_real_feed_nor_moves_a_real_thing() -> None:
    one = record(context="exercise:north-1")
    with pytest.raises(ContextError):
        cot_records.event(one, feed())
    with pytest.raises(ContextError):
        cot_records.event(record(), feed(context="exercise:north-1"))
    root = etree.fromstring(told(one, context="exercise:north-1"))
    assert root.get("opex") == "e-north-1"
    assert root.get("uid") != etree.fromstring(told(record())).get("uid")
    assert "EXERCISE north-1" in root.find("detail/remarks").text


def test_what_has_no_place_or_is_no_thing_gives_no_event() -> None:
    assert cot_records.event(record(geo=()), feed()) is None
    assert (
        cot_records.event(encode(Record(kind="new.kind", origin="harbour", observed_ms=T0, geo=(1.0, 2.0))), feed())
        is None
    )


def test_a_box_across_180_degrees_lies_in_its_middle() -> None:
    point = etree.fromstring(told(record(geo=(179.0, 10.0, -179.0, 12.0)))).find("point")
    assert abs(float(point.get("lon"))) == 180.0
    assert float(point.get("ce")) > 150_000


def test_pytak_reads_every_event_from_a_stream() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytak = pytest.importorskip("pytak")
    lines = [told(record(kind, body)) for kind, body in BODIES]

    async def walk() -> list[bytes]:
        reader = asyncio.StreamReader()
        queue: Any = asyncio.Queue()
        worker = pytak.RXWorker(queue, {}, reader)
        reader.feed_data(b"".join(lines))
        reader.feed_eof()
        found = []
        for _ in lines:
            found.append(await worker.readcot())
        return found

    found = asyncio.run(walk())
    assert [bytes(f).strip() for f in found] == [line.strip() for line in lines]


# --- inward ---


def stranger(**more: str) -> bytes:
    said = {"version": "2.0", "uid": "ANDROID-1", "type": "a-f-S", "how": "h-e", "time": "2026-01-01T00:00:00Z",
            "start": "2026-01-01T00:00:00Z", "stale": "2026-01-01T01:00:00Z", **more}  # fmt: skip
    words = " ".join(f'{k}="{v}"' for k, v in said.items())
    return (f'<event {words}><point lat="24.5" lon="123.5" hae="0" ce="25" le="9999999"/>'
            '<detail><track course="90" speed="5.0"/></detail></event>').encode()  # fmt: skip


def test_an_event_of_a_client_becomes_a_report_that_reaches_nobody() -> None:
    found = cot_records.read(stranger(), origin="boat-7", context="real")
    body = read_body(found)
    assert isinstance(body, Detection)
    assert (body.sensor, body.accuracy_m, round(body.speed_kn or 0, 1)) == ("report", 25.0, 9.7)
    assert found.label.rel_to == frozenset()
    assert found.evidence == ("cot:ANDROID-1",)
    assert encode(found)


def test_our_own_event_comes_back_with_place_time_and_vessel() -> None:
    found = cot_records.read(told(record()), origin="boat-7", context="real")
    assert (found.geo, found.observed_ms, found.subject) == ((123.5, 24.5), T0, ("mmsi:431000001",))


@pytest.mark.parametrize(("said", "context", "good"), [
    ("", "real", True), ("o", "real", True), ("o-storm", "real", True), ("e", "real", False), ("e-north-1", "real", False),
    ("s", "real", False), ("o", "exercise:north-1", False), ("", "exercise:north-1", False),
    ("e-north-1", "exercise:north-1", True), ("e-south", "exercise:north-1", False), ("s", "test", True), ("o", "test", False),
])  # fmt: skip
def test_opex_of_others_never_crosses_the_context(said: str, context: str, good: bool) -> None:
    data = stranger(opex=said)
    if good:
        assert cot_records.read(data, origin="boat-7", context=context).context == context
        return
    with pytest.raises(ContextError):
        cot_records.read(data, origin="boat-7", context=context)


def test_examples_of_atak_are_valid_and_read_or_refused_in_words() -> None:
    schema = base_schema()
    files = sorted((STANDARDS / "examples").glob("*.cot"))
    assert len(files) == 8
    for file in files:
        data = file.read_bytes()
        schema.assertValid(parse(data, largest=1 << 20))
        try:
            cot_records.read(data, origin="boat-7", context="real")
        except InputError as exc:
            assert "no thing at a place" in str(exc)  # noqa: PT017


HOSTILE = [
    b'<?xml version="1.0"?><!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]><event uid="&x;"/>',
    b'<!DOCTYPE event SYSTEM "http://192.0.2.1/a.dtd"><event/>',
    b'<!DOCTYPE e [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><event uid="&b;"/>',
    b'<?xml version="1.0" encoding="UTF-16"?><event/>'.decode().encode("utf-16"),
    b'<?xml version="1.0" encoding="UTF-7"?>+ADw-event/>',
    b"<event>" * 400, b"<event>" + b"<a>" * 60 + b"</a>" * 60 + b"</event>", b"<event>" + b"<a/>" * 3000 + b"</event>",
    b"", b"<", b"<event/>", b"<event\x00/>", b"\xff\xfe", b"<other/>", b"<event uid='&lt;'/>", b"<event uid='a&#1;'/>",
    b"<event " + b"x" * 70_000,
]  # fmt: skip


@pytest.mark.parametrize("data", HOSTILE)
def test_hostile_xml_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(InputError):
        cot_records.read(data, origin="boat-7", context="real")


@given(st.integers(0, 400), st.binary(min_size=1, max_size=6), st.integers(0, 4))
def test_broken_events_raise_input_error_and_nothing_else(at: int, junk: bytes, cut: int) -> None:
    data = stranger()
    at %= len(data)
    try:
        found = cot_records.read(data[:at] + junk + data[at + cut :], origin="boat-7", context="real")
    except InputError:
        return
    encode(found)


@given(
    st.text(max_size=40),
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.integers(-62_135_596_800_000, 253_402_300_799_999),
)
def test_any_record_gives_xml_that_reads(words: str, lat: float, lon: float, time_ms: int) -> None:
    one = record("event.gap", Event(event_id="d1", summary=words), geo=(lon, lat), observed_ms=time_ms)
    root = etree.fromstring(told(one))
    assert re.fullmatch(r"-?\d+\.\d{6}", root.find("point").get("lat"))
