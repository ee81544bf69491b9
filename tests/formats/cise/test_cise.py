"""CISE messages: the model's own schemas, signatures, contexts, and what strangers send."""

import json
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from msgspec import structs

from kizuna.base.errors import ConfigError, ContextError, InputError, KizunaError, TrustError
from kizuna.formats import cise
from kizuna.formats.bounded_xml import parse
from kizuna.formats.cise import entities, words
from kizuna.formats.cise.messages import _signed
from kizuna.formats.cise.reading import HANDLING, _message
from kizuna.records.bodies.claims import Identity
from kizuna.records.bodies.events import Event
from kizuna.records.bodies.incident import Opened
from kizuna.records.bodies.tracks import Detection, Position
from kizuna.records.bodies.trust import Recall, Request
from kizuna.records.bodies.work import Asset
from kizuna.records.kinds import read_body
from kizuna.records.label import Label, Tlp
from kizuna.records.record import Record, body_bytes, decode, encode, record_id

STANDARDS = Path(__file__).parents[4] / "shared" / "data" / "standards" / "cise"
T0 = 1_767_225_600_000
LABEL = Label(tlp=Tlp.AMBER, rel_to=frozenset(("cape",)), caveats=frozenset(("fisheries",)), purpose=frozenset(("SAR", "Safety")),
              retain_until_ms=T0 + 86_400_000)  # fmt: skip
EVENT = Event(event_id="d0011", mmsis=(431000001, 431000002), start_lat_deg=24.5, start_lon_deg=123.5, end_lat_deg=24.6,
              end_lon_deg=123.6, confidence=0.8, summary='9 h <silent> & "more"', cell_m=1000.0, bucket_s=600.0)  # fmt: skip
BODIES: list[tuple[str, Any, str]] = [
    ("track.position", Position(sog_kn=10.0, cog_deg=231.5, heading_deg=230.0, nav_status=7, cell_m=1000.0), "Vessel"),
    ("track.position", Position(nav_status=12), "Vessel"),
    ("identity.claim", Identity(mmsi=431000001, imo=9074729, name="AN EXAMPLE", names={"ja": "例"}, callsign="JABC", flag="JP",
                                beam_m=11.6, draught_m=3.5, length_m=70.0), "Vessel"),
    *(("detection", Detection(sensor=s, accuracy_m=50.0, length_m=30.5, speed_kn=4.0, course_deg=10.0), "Vessel") for s in words.SENSORS),
    ("event.gap", EVENT, "Anomaly"), ("event.encounter", EVENT, "Anomaly"), ("event.loitering", EVENT, "Anomaly"),
    ("event.dark_detection", EVENT, "Anomaly"), ("event.port_visit", EVENT, "Movement"), ("event.zone_visit", EVENT, "Movement"),
    ("incident.opened", Opened(n=1, type="missing", pos=(123.5, 24.5), ms=T0, vessel="No. 3", persons=4, what="a boat"),
     "MaritimeSafetyIncident"),
    ("incident.opened", Opened(n=1, type="collision"), "MaritimeSafetyIncident"),
    ("incident.opened", Opened(n=1, type="cable"), "Incident"),
    ("asset", Asset(asset_id="uav-1", asset_kind="uav", callsign="EYE", speed_kn=60.0, ready_h=0.5, names={"en": "Eye"}), "OperationalAsset"),
    ("asset", Asset(asset_id="t-1", asset_kind="team"), "OperationalAsset"),
]  # fmt: skip


def record(kind: str, body: Any, **more: Any) -> bytes:
    return encode(Record(kind=kind, origin="harbour", body=body_bytes(body),
                         **{"observed_ms": T0, "geo": (123.5, 24.5), "label": LABEL, "subject": ("mmsi:431000001",),
                            "valid_from_ms": T0 - 3_600_000, "valid_to_ms": T0 + 3_600_000, **more}))  # fmt: skip


@lru_cache(maxsize=8)
def signer(method: Any = "RSA", days: int = 10) -> cise.Signer:
    key: Any = rsa.generate_private_key(65537, 2048) if method == "RSA" else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "harbour node")])
    start = datetime.fromtimestamp(T0 / 1000, UTC) - timedelta(days=1)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
            .not_valid_before(start).not_valid_after(start + timedelta(days=days)).sign(key, hashes.SHA256()))  # fmt: skip
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return cise.Signer(pem, made.public_bytes(serialization.Encoding.PEM), method)


def service(kind: str = "VesselService", context: str = "real", **more: Any) -> cise.Service:
    mark = "" if context == "real" else "." + context.replace(":", "-")
    return cise.Service(
        f"xx.harbour{mark}",
        **{"service_type": kind, "operation": "Push", "role": "Provider", "context": context, **more},
    )


def head(kind: str = "VesselService", context: str = "real", **more: Any) -> cise.Head:
    to = replace(service(kind, context), service_id=door(context).me.service_id, role="Consumer")
    return cise.Head(
        **{
            "message_id": cise.message_id("a"),
            "created_ms": T0,
            "sender": service(kind, context),
            "recipient": to,
            **more,
        }
    )


def door(context: str = "real", by: cise.Signer | None = None) -> cise.Expected:
    mark = "" if context == "real" else "." + context.replace(":", "-")
    me = cise.Service("yy.cape" + mark, "VesselService", "Push", "Consumer", context)
    return cise.Expected(me, frozenset(("xx.harbour" + mark,)), (by or signer()).certificate_pem)


def everything() -> list[bytes]:
    """One of each message that this node writes."""
    made, rows = [], [record(k, b) for k, b, _ in BODIES]
    for kind, some in cise.runs(rows):
        made += [cise.push(head(kind), some, signer()), cise.pull_response(head(kind), some, signer()),
                 cise.push(head(kind, recipient=None), some, signer("ECDSA")),
                 cise.feedback(head(kind), signer(), about="m-1", recalled=some, reason="error")]  # fmt: skip
    ask = Label(tlp=Tlp.GREEN, purpose=frozenset(("SAR",)))
    return [*made, cise.pull_response(head(), [], signer(), result="Unauthorized", detail="no"),
            cise.pull_request(head(), signer(), asked=ask, mmsi=431000001, imo=9074729), cise.pull_request(head(), signer(), asked=ask),
            cise.subscribe(head(), signer(), asked=ask, until_ms=T0, refresh_s=60), cise.subscribe(head(), signer(), asked=ask, end=True),
            cise.feedback(head(), signer(), about="m-1", delete=False, reason="see x"),
            cise.acknowledgement(head(), signer()), cise.acknowledgement(head(), signer(), code="TimestampError", detail="late")]  # fmt: skip


@lru_cache(maxsize=1)
def schemas() -> tuple[etree.XMLSchema, etree.XMLSchema]:
    if not STANDARDS.exists():
        pytest.skip("the CISE schemas are not on this machine")
    names = ("service-model-xsd/message.xsd", "data-model-xsd-1.5.3-normalised/EntitySchema.xsd")
    first, second = (etree.XMLSchema(etree.parse(str(STANDARDS / n))) for n in names)
    return first, second


# --- against the model ---


def test_everything_written_keeps_to_both_schemas() -> None:
    messages = everything()
    assert len(messages) > 30
    for data in messages:
        assert cise.faults(data, *schemas()) == []


@pytest.mark.parametrize("context", ["test", "exercise:north-1"])
def test_exercises_keep_to_both_schemas_and_say_simulated(context: str) -> None:
    for kind, rows in cise.runs([record(k, b, context=context) for k, b, _ in BODIES]):
        data = cise.push(head(kind, context), rows, signer())
        assert cise.faults(data, *schemas()) == []
        if kind != "OperationalAssetService":
            assert b"Simulat" in data


def test_the_samples_get_their_published_verdicts() -> None:
    first, second = schemas()
    index = json.loads((STANDARDS / "messages" / "INDEX.json").read_text())
    verdicts = {}
    entity_count = 0
    for name, said in index.items():
        data = (STANDARDS / "messages" / name).read_bytes()
        verdicts[name] = (not cise.faults(data, first, second)) == said["valid"]
        payload = parse(data, largest=1 << 20).find("Payload")
        found = [] if payload is None else [e for e in payload if etree.QName(e).localname not in HANDLING]
        assert len(found) == said["payload_entities"]
        entity_count += len(found)
    assert (len(verdicts), entity_count) == (18, 15)
    assert all(verdicts.values()), [n for n, good in verdicts.items() if not good]


@pytest.mark.parametrize(("kind", "body", "tag"), BODIES)
def test_each_kind_becomes_its_entity(kind: str, body: Any, tag: str) -> None:
    found = entities.entity(record(kind, body))
    assert found is not None
    assert found.tag == tag
    assert tag in words.SERVICES


def test_kinds_without_an_entity_are_left_out_of_runs_and_refused_alone() -> None:
    note = encode(
        Record(kind="zone.claim", origin="harbour", observed_ms=T0, label=LABEL, body=body_bytes({"zone_id": "a"}))
    )
    assert cise.runs([note]) == []
    with pytest.raises(InputError):
        cise.push(head(), [note], signer())


# --- terms ---


@pytest.mark.parametrize("tlp", list(Tlp))
def test_no_level_becomes_wider_on_the_way_out_or_in(tlp: Tlp) -> None:
    handled = words.handling([Label(tlp=tlp)])
    back = words.label_of(handled, "harbour")
    assert back.tlp >= tlp
    assert back.rel_to == frozenset()


@given(
    st.sets(st.sampled_from(sorted(words.PURPOSES)), max_size=4),
    st.sets(st.sampled_from(sorted(words.PURPOSES)), max_size=4),
)
def test_the_purpose_named_is_one_of_those_allowed(a: set[str], b: set[str]) -> None:
    labels = [Label(purpose=frozenset(a)), Label(purpose=frozenset(b))]
    if a and b and not a & b:
        with pytest.raises(InputError):
            words.handling(labels)
        return
    named = words.handling(labels).purpose
    assert named in ((a & b) or a or b or {words.NOT_GIVEN})


def test_terms_that_the_model_has_no_field_for_stand_in_words() -> None:
    data = cise.push(head(), [record(*BODIES[0][:2])], signer())
    root = etree.fromstring(data)
    assert root.findtext("Payload/InformationSensitivity") == "Amber"
    assert root.findtext("Payload/RetentionPeriod") == "2026-01-02T00:00:00.000Z"
    assert root.findtext("Payload/Purpose") == "SAR"
    said = root.findtext("Payload/Vessel/Metadata/Comments")
    assert "caveats: fisheries" in said
    assert "releasable to: cape" in said
    assert "cell of 1000 m" in said


def test_records_of_different_terms_go_in_different_messages() -> None:
    red = replace_label(record(*BODIES[1][:2]), Label(tlp=Tlp.RED, rel_to=frozenset(("cape",))))
    assert len(cise.runs([record(*BODIES[1][:2]), red])) == 2
    assert len(cise.runs([record(*BODIES[1][:2])] * 250)) == 2


def replace_label(data: bytes, label: Label) -> bytes:
    return encode(structs.replace(decode(data), label=label))


# --- there and back ---


def there_and_back(data: bytes, kind: str = "VesselService", context: str = "real") -> cise.Candidates:
    message = cise.read(cise.push(head(kind, context), [data], signer()), door(context), T0)
    return cise.candidates(message, "harbour")


def test_a_position_comes_back_as_a_candidate_that_reaches_nobody() -> None:
    found = there_and_back(record(*BODIES[0][:2]))
    assert found.unread == {}
    one = decode(found.records[0])
    body = read_body(one)
    assert isinstance(body, Position)
    assert (one.geo, one.observed_ms, one.subject) == ((123.5, 24.5), T0, ("mmsi:431000001",))
    assert (body.sog_kn, body.cog_deg, body.nav_status) == (10.0, 231.5, 7)
    assert one.label.rel_to == frozenset()
    assert (one.label.tlp, one.label.retain_until_ms, one.label.originator) == (Tlp.AMBER, T0 + 86_400_000, "harbour")


@pytest.mark.parametrize(("kind", "body", "tag"), BODIES)
def test_what_comes_back_is_never_more_than_what_went_out(kind: str, body: Any, tag: str) -> None:
    found = there_and_back(record(kind, body), words.SERVICES[tag])
    if tag == "Movement":
        assert found.unread == {"entity Movement": 1}
        return
    assert found.records
    for each in map(decode, found.records):
        assert each.geo in ((123.5, 24.5), ())
        assert each.context == "real"
        assert each.origin == "harbour"


def test_a_gap_and_a_collision_come_back_as_such() -> None:
    gap = decode(there_and_back(record("event.gap", EVENT), "AnomalyService").records[0])
    body = read_body(gap)
    assert isinstance(body, Event)
    assert gap.kind == "event.gap"
    assert body.mmsis == (431000001, 431000002)
    assert (gap.valid_from_ms, gap.valid_to_ms) == (T0 - 3_600_000, T0 + 3_600_000)
    case = read_body(
        decode(
            there_and_back(
                record("incident.opened", Opened(n=1, type="collision")), "MaritimeSafetyIncidentService"
            ).records[0]
        )
    )
    assert isinstance(case, Opened)
    assert case.type == "collision"


def test_feedback_that_deletes_is_a_recall_of_what_came_with_that_message_only() -> None:
    data = cise.feedback(head(), signer(), about="m-9", recalled=[record(*BODIES[0][:2])], reason="wrong ship")
    assert b"Latitude" not in data
    assert b"431000001" not in data
    message = cise.read(data, door(), T0)
    held = record_id(b"x")
    made = cise.recall(message, "harbour", [held])
    assert made is not None
    body = read_body(decode(made))
    assert isinstance(body, Recall)
    assert (body.records, body.action, body.text) == ((held,), "hide", "wrong ship")
    assert message.word("RefMessageID") == "m-9"
    assert cise.recall(message, "harbour", []) is None
    info = cise.read(cise.feedback(head(), signer(), about="m-9", delete=False), door(), T0)
    assert cise.recall(info, "harbour", [held]) is None


def test_a_request_becomes_a_request_and_a_subscription_does_not() -> None:
    ask = Label(tlp=Tlp.GREEN, purpose=frozenset(("SAR",)))
    made = cise.request(
        cise.read(cise.pull_request(head(), signer(), asked=ask, mmsi=431000001), door(), T0), "harbour"
    )
    assert made is not None
    body = read_body(decode(made))
    assert isinstance(body, Request)
    assert (body.purpose, decode(made).subject) == (("SAR",), ("mmsi:431000001",))
    told = cise.read(cise.subscribe(head(), signer(), asked=ask), door(), T0)
    assert told.word("PullType") == "Subscribe"
    assert cise.request(told, "harbour") is None


# --- contexts ---


def test_an_exercise_has_its_own_service_and_is_refused_by_every_other() -> None:
    game = record(*BODIES[0][:2], context="exercise:north-1")
    with pytest.raises(ContextError):
        cise.push(head(), [game], signer())
    with pytest.raises(ContextError):
        cise.push(head(context="exercise:north-1"), [record(*BODIES[0][:2])], signer())
    with pytest.raises(ContextError):
        cise.push(replace(head(), recipient=service(context="test")), [record(*BODIES[0][:2])], signer())
    sent = cise.push(head(context="exercise:north-1"), [game], signer())
    assert cise.read(sent, door("exercise:north-1"), T0).context == "exercise:north-1"
    for other in ("real", "test", "exercise:south"):
        with pytest.raises((ContextError, TrustError)):
            cise.read(sent, door(other), T0)


def test_what_says_it_is_simulated_is_refused_even_from_a_real_service() -> None:
    game = cise.push(
        head(context="exercise:north-1", recipient=None), [record(*BODIES[0][:2], context="exercise:north-1")], signer()
    )
    real = replace(door(), senders=frozenset(("xx.harbour.exercise-north-1",)))
    with pytest.raises(ContextError, match="simulated"):
        cise.read(game, real, T0)


def test_a_service_of_no_known_type_is_refused() -> None:
    with pytest.raises(ConfigError):
        service("WeatherService")


# --- signatures ---


@pytest.mark.parametrize("method", ["RSA", "ECDSA"])
def test_a_signed_message_is_read_and_a_changed_one_is_not(method: str) -> None:
    by = signer(method)
    data = cise.push(head(), [record(*BODIES[0][:2])], by)
    assert cise.read(data, door(by=by), T0).message_id == head().message_id
    for old, new in (
        (b"24.5", b"24.6"),
        (b"Amber", b"White"),
        (b"xx.harbour", b"xx.harbor2"),
        (b"431000001", b"431000002"),
    ):
        assert old in data
        with pytest.raises(TrustError):
            cise.read(data.replace(old, new), door(by=by), T0)


def test_the_certificate_in_the_message_is_not_believed() -> None:
    stranger = signer("RSA", 11)
    with pytest.raises(TrustError):
        cise.read(cise.push(head(), [record(*BODIES[0][:2])], stranger), door(), T0)
    with pytest.raises(TrustError):
        cise.read(cise.push(head(), [record(*BODIES[0][:2])], signer()), door(), T0 + 20 * 86_400_000)


def test_an_unsigned_message_is_refused() -> None:
    root = etree.fromstring(cise.push(head(), [record(*BODIES[0][:2])], signer()))
    root.remove(root.find(f"{{{words.DSIG}}}Signature"))
    with pytest.raises(TrustError):
        cise.read(etree.tostring(root), door(), T0)


def test_a_signed_message_wrapped_in_another_changes_nothing() -> None:
    """Signature wrapping: the true message hidden inside a forged one."""
    true = etree.fromstring(cise.push(head(), [record(*BODIES[0][:2])], signer()))
    forged = etree.fromstring(cise.push(head(), [record(*BODIES[1][:2], geo=(1.0, 2.0))], signer("RSA", 11)))
    sign = f"{{{words.DSIG}}}Signature"
    mine = true.find(sign)
    forged.replace(forged.find(sign), mine)
    forged.append(true)
    with pytest.raises(TrustError):
        cise.read(etree.tostring(forged), door(), T0)


def test_old_early_and_foreign_messages_are_refused_with_their_code() -> None:
    data = cise.push(head(), [record(*BODIES[0][:2])], signer())
    cases = [(T0 + 2 * 86_400_000, door(), "TimestampError"), (T0 - 3_600_000, door(), "TimestampError"),
             (T0, replace(door(), senders=frozenset(("zz.other",))), "Unauthorized"),
             (T0, replace(door(), me=replace(door().me, service_id="zz.me")), "EndPointNotFound")]  # fmt: skip
    for now_ms, expected, code in cases:
        with pytest.raises(KizunaError) as caught:
            cise.read(data, expected, now_ms)
        assert cise.ack_code(caught.value) == code
    assert cise.ack_code(None) == "Success"
    assert cise.ack_code(RuntimeError()) == "ServerError"


def test_classified_and_encrypted_payloads_are_refused() -> None:
    for old, new in (("NonClassified", "EUSecret"), ("EnsureEncryption>false", "EnsureEncryption>true")):
        root = etree.fromstring(cise.push(head(), [record(*BODIES[0][:2])], signer()))
        sign = root.find(f"{{{words.DSIG}}}Signature")
        root.remove(sign)
        changed = etree.fromstring(etree.tostring(root).decode().replace(old, new))
        with pytest.raises(InputError):
            cise.read(_signed(changed, signer()), door(), T0)


# --- strangers ---


HOSTILE = {
    "xxe": b'<?xml version="1.0"?><!DOCTYPE e [<!ENTITY x SYSTEM "http://127.0.0.1:%d/x">]><e>&x;</e>',
    "dtd": b'<!DOCTYPE e SYSTEM "http://127.0.0.1:%d/x.dtd"><e/>',
    "parameter": b'<!DOCTYPE e [<!ENTITY %% p SYSTEM "http://127.0.0.1:%d/p">%%p;]><e/>',
    "xinclude": b'<e xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="http://127.0.0.1:%d/x"/></e>',
    "schema": b'<e xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a http://127.0.0.1:%d/x"/>',
    "stylesheet": b'<?xml-stylesheet href="http://127.0.0.1:%d/x"?><e/>',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_is_fetched_whatever_the_xml_names(name: str) -> None:
    door_ = socket.create_server(("127.0.0.1", 0))
    door_.settimeout(0.2)
    port = door_.getsockname()[1]
    with pytest.raises(KizunaError):
        cise.read(HOSTILE[name] % port, door(), T0)
    with pytest.raises(TimeoutError):
        door_.accept()
    door_.close()


def test_a_billion_laughs_and_deep_nests_are_refused_in_words() -> None:
    laughs = b'<!DOCTYPE l [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "&%c;&%c;&%c;&%c;&%c;">' % (98 + k, *(97 + k,) * 5) for k in range(12)) + b"]><l>&m;</l>"  # fmt: skip
    wide = laughs.decode().encode("utf-16")
    deep = b"<a>" * 5000 + b"</a>" * 5000
    some = b"<a>" * 100 + b"</a>" * 100
    many = b"<a>" + b"<b/>" * 60_000 + b"</a>"
    long = b"<a>" + b"x" * (5 << 20) + b"</a>"
    for data in (laughs, wide, deep, some, many, long, b"", b"<", b"\x00", b"<Push/>"):
        with pytest.raises(InputError):
            cise.read(data, door(), T0)
    assert parse(b"<a/>", largest=10).tag == "a"


@lru_cache(maxsize=1)
def one_push() -> bytes:
    return cise.push(head(), [record(*BODIES[0][:2])], signer())


@given(st.integers(0, 10_000), st.binary(max_size=6), st.integers(0, 6))
def test_no_mutation_gets_through(at: int, junk: bytes, cut: int) -> None:
    data = one_push()
    at %= len(data)
    broken = data[:at] + junk + data[at + cut :]
    try:
        message = cise.read(broken, door(), T0)
    except KizunaError:
        return
    whole = cise.read(data, door(), T0)  # only what does not count was changed: the same is read
    assert replace(message, entities=()) == replace(whole, entities=())
    assert list(map(etree.tostring, message.entities)) == list(map(etree.tostring, whole.entities))


def test_samples_of_others_give_candidates_or_reasons() -> None:
    schemas()
    seen: dict[str, int] = {}
    for name in sorted(p.name for p in (STANDARDS / "messages").glob("valid_*.xml")):
        root = parse((STANDARDS / "messages" / name).read_bytes(), largest=1 << 20)
        if root.tag.rpartition("}")[2] not in ("Push", "PullResponse"):
            continue
        sender = root.findtext("Sender/ServiceID") or ""
        to = root.findtext("Recipient/ServiceID") or "yy.cape"
        expected = cise.Expected(replace(door().me, service_id=to), frozenset((sender,)), b"", oldest_s=10**9)
        found = cise.candidates(_message(root, root.tag.rpartition("}")[2], expected, T0), "harbour")
        for each in map(decode, found.records):
            seen[each.kind] = seen.get(each.kind, 0) + 1
    assert seen["track.position"] >= 3
    assert seen["identity.claim"] >= 3
