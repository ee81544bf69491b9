"""Files for programs: what a partner was told, out; what others sent in CISE or CoT, in and no further than quarantine."""

import io
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from lxml import etree
from test_released import indicator, program, tell_stix
from two import SHIP, meet, st
from typer.testing import CliRunner

from kizuna.base.errors import ConfigError, InputError, TrustError
from kizuna.formats import cise
from kizuna.node.api.interfaces import LiveFeeds
from kizuna.node.api.routes import live
from kizuna.node.api.view import Viewer
from kizuna.node.cli.main import app
from kizuna.node.cli.share_open import opened
from kizuna.node.desk import secrets
from kizuna.node.share.arrivals import Arrivals
from kizuna.node.share.exchange import inward, outward, services
from kizuna.node.share.partners import introduced
from kizuna.records.bodies.tracks import Position
from kizuna.records.context import marking as contexts_marking
from kizuna.records.label import Label, Tlp
from kizuna.records.record import Record, body_bytes, decode, encode, record_id
from kizuna.share.decide import Decision

STANDARDS = Path(__file__).parents[4] / "shared" / "data" / "standards"
FORMS = outward.FORMS


@pytest.fixture
def north(sides):
    side = sides[0]
    side.hear()
    side.hear(SHIP + 1, ago=10)
    side.hear(SHIP + 2, source_id="sealed")
    side.tell()
    tell_stix(side, indicator(1))
    return side


def taken(browser, form, partner="south"):
    return browser.get(f"/api/sharing/as/{partner}/export", params={"format": form})


def messages(data):
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        return [box.read(n) for n in box.namelist()]


def test_each_format_holds_the_very_records_and_is_audited(north):
    officer = north.as_("release_officer")
    outbox = {
        e.data
        for s in north.sharing.shared.logs.all("out")
        for e in north.sharing.shared.logs.entries(s.name, 0, most=999, max_bytes=1 << 30)
    }
    ids = {f["id"]: f for f in taken(officer, "geojson").json()["features"]}
    shown = north.as_("analyst").get("/api/sharing/as/south").json()["features"]
    assert set(ids) == {f["id"] for f in shown} and set(ids) <= {record_id(d) for d in outbox}
    events = taken(officer, "cot").content.splitlines()
    assert {etree.fromstring(e).find("detail/kizuna").get("record") for e in events} < set(ids)
    assert all(etree.fromstring(e).get("access") == "TLP:AMBER" for e in events) and len(events) == 2
    [one] = messages(taken(officer, "cise").content)
    assert (
        one.count(b"<MMSI>") == 2
        and b"cell of 1000 m" in one
        and b"<ServiceID>north.vesselservice.push.provider" in one
    )
    assert indicator(1) in taken(officer, "stix").content
    for form in FORMS:
        answer = taken(officer, form)
        assert str(SHIP + 2).encode() not in answer.content
        assert f"north-to-south.{form}"[:18] in answer.headers["content-disposition"]
    assert len(north.audit("release.export")) == 8
    assert "records, sha256" in north.audit("release.export")[0]["outcome"]


def test_only_officers_and_the_partners_own_program_take_it(north):
    own, other = program(north), program(north, partner="elsewhere")
    assert taken(own, "geojson").json()["features"] == taken(north.as_("release_officer"), "geojson").json()["features"]
    assert taken(other, "geojson").status_code == taken(north.as_("analyst"), "cot").status_code == 403
    assert taken(program(north, "taxii"), "stix").status_code == taken(north.as_("viewer"), "cot").status_code == 403
    assert taken(north.as_("release_officer"), "cot", "nobody").status_code == 404
    assert taken(north.as_("release_officer"), "shapefile").status_code in (400, 422)
    officer = north.as_("release_officer")
    officer.post("/api/sharing/recalls", {"subject": f"mmsi:{SHIP}", "reason": "error"})
    assert str(SHIP) not in json.dumps(
        [
            f["properties"]["subject"]
            for f in taken(own, "geojson").json()["features"]
            if f["properties"]["kind"] != "recall"
        ]
    )
    officer.post("/api/sharing/partners/south/pause", {"why": "x"})
    assert taken(own, "geojson").json()["features"] == [] and messages(taken(own, "cise").content) == []
    assert taken(own, "stix").json().keys() == {"type", "id"}


def test_a_word_of_a_list_holds_an_export_back_and_a_program_is_not_told_which(north):
    lists = north.sharing.places.home / "lexicon"
    lists.mkdir()
    (lists / "shoals.txt").write_text(f"# names\n{SHIP} = someone\n")
    for form in ("geojson", "cot", "cise"):
        refused = taken(north.as_("release_officer"), form)
        assert (refused.status_code, refused.json()["rule"]) == (403, "lexicon:shoals") and str(SHIP) in refused.text
        quiet = taken(program(north), form)
        assert quiet.status_code == 403 and "shoals" not in quiet.text and str(SHIP) not in quiet.text
    assert taken(north.as_("release_officer"), "stix").status_code == 200
    assert sum(r["outcome"] == "refused: lexicon:shoals" for r in north.audit("release.export")) == 3
    (lists / "broken.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError):
        outward.export(north.office, outward.Wish("south", "stix", 0, 1 << 50), io.BytesIO())


def test_an_exercise_is_marked_in_every_form(north):
    for context, mark in (("exercise:n1", b'opex="e-n1"'), ("test", b'opex="s"')):
        position = Record(kind="track.position", origin="north", subject=("mmsi:431000009",), geo=(1.0, 2.0), observed_ms=st.T0,
                          body=body_bytes(Position()), context=context, label=Label(tlp=Tlp.GREEN))  # fmt: skip
        data = encode(position)
        row = outward.Told("north/1/south/x/routine", 0, "0" * 64, data, position)
        office = SimpleNamespace(context=context, me="north", now_ms=lambda: st.T0, places=north.sharing.places)
        wish = outward.Wish("south", "cot", 0, 1)
        written = {}
        for form in ("cot", "cise", "geojson"):
            getattr(outward, f"_{form}")(office, wish, outward.Sheaf([row]), out := io.BytesIO())
            written[form] = out.getvalue()
        assert mark in written["cot"]
        [one] = messages(written["cise"])
        assert f"north.{context.replace(':', '-')}.vesselservice.push.provider".encode() in one and b"Simulation" in one
        if STANDARDS.exists():
            assert cise.faults(one, *schemas()) == []
        words = json.loads(written["geojson"])["marking"]
        assert words.startswith(contexts_marking(context)) and "// TLP:" in words and words.endswith("REL TO SOUTH")


def schemas():
    names = ("service-model-xsd/message.xsd", "data-model-xsd-1.5.3-normalised/EntitySchema.xsd")
    return [etree.XMLSchema(etree.parse(str(STANDARDS / "cise" / n))) for n in names]


def test_cise_of_one_node_waits_at_the_other_and_nothing_is_read_before_a_person_lets_it_in(sides, north):
    south = sides[1]
    data = taken(north.as_("release_officer"), "cise").content
    pem = (north.sharing.places.keys / "node.crt").read_bytes()
    south.clock.now = north.clock.now
    sent = inward.Sent(data, "cise", "north", pem)
    found = inward.bring(south.office, sent)
    assert (found.waits, found.candidates) == (1, 2) and found.answers[0]["ack"] == "Success"
    with pytest.raises(InputError, match="brought before"):
        inward.bring(south.office, sent)
    officer = south.as_("release_officer")
    [item] = officer.get("/api/sharing/quarantine").json()["items"]
    assert item["source"] == "import" and "CISE Push" in item["reason"] and item["partner"] == "north"
    assert [(b["code"], b["facts"]["n"], b["exact"]) for b in item["because"]] == [("brought.records", "2", True)]
    batches = []
    keep = SimpleNamespace(append=lambda batch: batches.append(batch.fixes), put_events=None)
    south.sharing.traffic = SimpleNamespace(arrivals=Arrivals(south.sharing, keep, None, lambda *_: None))
    assert not batches
    assert officer.post(f"/api/sharing/quarantine/{item['n']}", {"accept": True}).json()["items"] == []
    [fixes] = batches
    assert sorted(fixes["mmsi"].tolist()) == [SHIP, SHIP + 1]
    assert set(fixes.codes_of("source_id")) == {"partner:north"}
    assert south.audit("quarantine")[0]["outcome"] == "accepted"
    rows = [decode(r.data) for r in south.office.rows.values() if r.what == inward.IMPORTED]
    assert len(rows) == 2 and all(not r.label.rel_to and r.label.tlp == Tlp.AMBER for r in rows)
    meet(*sides)
    assert not [f for f in taken(officer, "geojson", "north").json()["features"] if f["properties"]["subject"]]

    signer = services.signer(north.sharing.places)
    me, to = (
        services.service(p, "VesselService", "real", r) for p, r in (("north", "Provider"), ("south", "Consumer"))
    )
    head = cise.Head("f" * 8, south.clock(), me, to)
    [ref] = {e.removeprefix("cise:") for r in rows for e in r.evidence[:1]}
    back = cise.feedback(head, signer, about=ref, asked=Label(tlp=Tlp.AMBER), reason="wrong ship")
    assert inward.bring(south.office, inward.Sent(back, "cise", "north", pem)).candidates == 1
    names = [r.id for r in south.office.rows.values() if r.what == inward.IMPORTED]
    assert not south.office.shared.tombstones.of(names)
    [item] = officer.get("/api/sharing/quarantine").json()["items"]
    assert "recall 2 records" in item["reason"]
    officer.post(f"/api/sharing/quarantine/{item['n']}", {"accept": True})
    assert set(south.office.shared.tombstones.of(names)) == set(names)
    south.again()
    assert south.as_("release_officer").get("/api/sharing/quarantine").json()["items"] == []


def test_messages_of_strangers_are_refused(sides, north):
    south = sides[1]
    south.clock.now = north.clock.now
    data = taken(north.as_("release_officer"), "cise").content
    pem, wrong = ((s.sharing.places.keys / "node.crt").read_bytes() for s in sides)
    [one] = messages(data)
    for sent in (inward.Sent(one, "cise", "north", wrong), inward.Sent(one.replace(b"<MMSI>431000001", b"<MMSI>431000005"), "cise", "north", pem),
                 inward.Sent(one, "cise", "other", pem)):  # fmt: skip
        with pytest.raises(TrustError):
            inward.bring(south.office, sent)
    with pytest.raises(InputError, match="not signed as agreed"):
        inward.bring(south.office, inward.Sent(data, "cise", "north", wrong))
    for party in ("south", "No Party", ""):
        with pytest.raises(ConfigError):
            inward.bring(south.office, inward.Sent(one, "cise", party, pem))
    with pytest.raises(ConfigError, match="certificate"):
        inward.bring(south.office, inward.Sent(one, "cise", "north"))
    for junk in (b"", b"PK\x03\x04junk", b"<a/>", b"\xff" * 100, b"<event " * 100_000):
        for form in ("cise", "cot"):
            with pytest.raises(InputError):
                inward.bring(south.office, inward.Sent(junk, form, "north", pem))
    assert inward.waiting(south.office) == []


def test_cot_of_others_waits_event_by_event_and_broken_ones_spoil_no_other(sides, north):
    south = sides[1]
    events = taken(north.as_("release_officer"), "cot").content
    broken = b'<event uid="x" type="b-m"><point lat="1" lon="2"/></event>' + events.replace(b'opex="o"', b'opex="e-n1"')
    found = inward.bring(south.office, inward.Sent(b"<events>" + broken + events + b"</events>", "cot", "boats"))
    assert (found.waits, found.candidates) == (1, 2) and len(found.unread) >= 2
    officer = south.as_("release_officer")
    [item] = officer.get("/api/sharing/quarantine").json()["items"]
    assert officer.post(f"/api/sharing/quarantine/{item['n']}", {"accept": False}).json()["items"] == []
    assert not [r for r in south.office.rows.values() if r.what == inward.IMPORTED]


def test_a_stream_takes_what_was_recalled_off_the_maps_and_never_tells_it_again(north):
    viewer = Viewer("token:1", "feed", "", live=True, partner="south")
    north.node.facts = type(north.node.facts)(feeds=LiveFeeds(True))
    cursor, events, _ = live._released(north.node, viewer, None)
    for word in (b'access="TLP:AMBER"', b'ce="', b'opex="o"', b'releasableTo="south"'):
        assert word in events, word
    north.as_("release_officer").post("/api/sharing/recalls", {"subject": f"mmsi:{SHIP}", "reason": "error"})
    north.office.tend()
    cursor, after, _ = live._released(north.node, viewer, cursor)
    assert b"__forcedelete" in after and after.count(b"<event") == 1
    assert live._released(north.node, viewer, cursor) == (cursor, b"", False)
    _, anew, _ = live._released(north.node, viewer, None)
    assert anew.count(b"<event") == 1 and str(SHIP).encode() not in anew
    north.as_("release_officer").post("/api/sharing/partners/south/pause", {"why": "x"})
    assert live._released(north.node, viewer, None)[1] == b""


def run(*words, code=0):
    done = CliRunner().invoke(app, [str(w) for w in words])
    assert done.exit_code == code, (words, done.output, done.stderr, done.exception)
    return done


def test_the_commands_write_bring_and_audit(tmp_path, made, monkeypatch):
    monkeypatch.setattr(secrets, "_N", 2**4)
    secret = tmp_path / "secret"
    secret.write_text("four words of no kin\n")
    homes = {}
    for party in ("upper", "lower"):
        homes[party] = home = tmp_path / party
        run("node", "init", home, "--name", party, "--title", party)
        run("partner", "init", home, "--party", party, "--passphrase-file", secret)
        for name, role in (("olga", "release_officer"), ("vic", "viewer")):
            run("node", "user", "add", home, name, "--role", role, "--password-file", secret)
    home, who = homes["upper"], ("--by", "olga", "--password-file", secret)
    with opened(homes["lower"]) as lower:
        card = lower.identity.card(())
    with opened(home) as upper:
        now = upper.now_ms()
        upper.partners.put(introduced(card, now, "aiko"))
        label = Label(tlp=Tlp.AMBER, rel_to=frozenset({"lower"}))
        record = Record(kind="track.position", origin="upper", subject=(f"mmsi:{SHIP}",), geo=(123.5, 24.5), observed_ms=now - 1000,
                        body=body_bytes(Position(sog_kn=7.0, cog_deg=90.0)), label=label, context=upper.context)  # fmt: skip
        upper.door.pass_on(encode(record), Decision("release", "", ("test",), label=label), "lower")
    for form in FORMS:
        out = tmp_path / f"out.{form}"
        told = json.loads(
            run("release", "export", home, "--as", "lower", "--format", form, "--out", out, *who, "--json").stdout
        )
        assert told["records"] == (0 if form == "stix" else 1) and out.stat().st_mode & 0o77 == 0
    assert str(SHIP).encode() in run("release", "export", home, "--as", "lower", "--format", "cot", *who).stdout_bytes
    run("release", "export", home, "--as", "lower", "--by", "vic", "--password-file", secret, code=4)
    run("release", "export", home, "--as", "lower", "--format", "shp", *who, code=2)
    (home / "lexicon").mkdir()
    (home / "lexicon" / "lower.txt").write_text(f"{SHIP}\n")
    assert "lexicon:lower" in run("release", "export", home, "--as", "lower", *who, code=4).stderr
    crt = home / "keys" / "share" / "node.crt"
    into = ("release", "import", homes["lower"])
    brought = run(*into, tmp_path / "out.cise", "--of", "upper", "--certificate", crt, *who, "--json")
    assert json.loads(brought.stdout)["candidates"] == 1
    run(*into, tmp_path / "out.cise", "--of", "upper", "--certificate", crt, *who, code=1)
    run(*into, tmp_path / "out.cot", "--of", "upper", "--format", "cot", *who)
    run(
        *into,
        tmp_path / "out.cot",
        "--of",
        "upper",
        "--format",
        "cot",
        "--by",
        "vic",
        "--password-file",
        secret,
        code=4,
    )
    run(*into, tmp_path / "none", "--of", "upper", "--format", "cot", *who, code=2)
