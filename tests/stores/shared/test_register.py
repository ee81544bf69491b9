"""The register against a plain search through the logs, whatever was erased, recalled or not yet drawn."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stores.shared.shared_rows import SEED, T0_MS, rid_of

from kizuna.records.label import Label
from kizuna.records.record import Record, body_bytes, decode, encode
from kizuna.share.ledger import merkle
from kizuna.share.ledger.leaf import leaves_of
from kizuna.share.ledger.name import parse_name
from kizuna.share.ledger.salts import Salts
from kizuna.stores.shared import Decided, Told, open_shared
from kizuna.stores.shared.books import Tombstone
from kizuna.stores.shared.register import sheets
from kizuna.stores.shared.register.wishes import Reach, Want

LOGS = ("birch/1/cedar/test/routine", "birch/1/c:sea/test/bulk")
KINDS = ("track.position", "event.gap", "detection")
MINUTE = 60_000


def made(k, log, chance):
    subject = tuple(f"mmsi:{431_000_000 + chance.randrange(9)}" for _ in range(chance.choice((0, 1, 1, 1, 2))))
    if chance.random() < 0.1:
        subject = (*subject, f"stix:indicator-{chance.randrange(3)}")
    west, south = round(chance.uniform(-180, 180), 5), round(chance.uniform(-80, 80), 5)
    geo = chance.choice(((), (west, south), (west, south), (179.0, south, -179.5, south + 1)))
    until = None if chance.random() < 0.7 else T0_MS + chance.randrange(40) * MINUTE
    return encode(Record(
        kind=chance.choice(KINDS), origin="birch", context="test", subject=tuple(dict.fromkeys(subject)), geo=geo,
        observed_ms=T0_MS + chance.randrange(600) * MINUTE // 10, body=body_bytes({"n": k, "log": log}),
        label=Label(tlp=2, rel_to=frozenset({chance.choice(("cedar", "maple"))}), retain_until_ms=until),
    ))  # fmt: skip


def fill(store, count, seed):
    chance, out = random.Random(seed), {}
    for log in LOGS:
        data = [made(k, log, chance) for k in range(count)]
        salts = Salts.of_log(SEED)
        _, nodes = merkle.append(merkle.EMPTY, leaves_of(log, data, salts.read(0, count)))
        said = [Decided(log.split("/")[2], "release", [rid_of(d) for d in data[at : at + 7]], at=(log, at))
                for at in range(0, count, 7)]  # fmt: skip
        store.outbox.append([Told(parse_name(log), 0, data, nodes, salts)], T0_MS, said)
        out[log] = data
    return out


@pytest.fixture(scope="module", params=[False, True], ids=["as read", "drawn"])
def full(tmp_path_factory, request):
    """3,000 entries of each log, some erased, some recalled; with and without sheets."""
    with open_shared(tmp_path_factory.mktemp("full"), context="test", durable=False) as store:
        held = fill(store, 3_000, 7)
        chance = random.Random(8)
        if request.param:
            assert store.register.follow(1) == 1  # sheets may be drawn before or after what changes them
        everything = [d for log in LOGS for d in held[log]]
        gone = chance.sample(everything, 60)
        store.records.erase([rid_of(d) for d in gone], T0_MS, "its time is over")
        hidden = chance.sample([d for d in everything if d not in gone], 50)
        actions = {rid_of(d): chance.choice(("hide", "delete", "annotate")) for d in hidden}
        store.tombstones.put([Tombstone(name, action, "error", "0" * 64, T0_MS) for name, action in actions.items()])
        if request.param:
            assert store.register.follow(1 << 20) == 3 and store.register.follow(1) == 0
        store.gone, store.actions, store.held = {rid_of(d) for d in gone}, actions, held
        yield store


def reaches(store, end=3_000):
    states = [store.logs.state(log) for log in LOGS]
    sees = lambda label: "cedar" in json.loads(label)["rel_to"]  # noqa: E731
    return [Reach(states[0], end), Reach(states[1], end, sees, T0_MS + 20 * MINUTE)]


def plainly(store, want, end):
    """The same by looking at every record."""
    out = []
    for place, log in enumerate(LOGS):
        for n, data in enumerate(store.held[log][:end]):
            record, name = decode(data), rid_of(data)
            recalled = store.actions.get(name, "annotate") != "annotate"
            if name in store.gone or n < want.after or (recalled and not want.recalled):
                continue
            until = record.label.retain_until_ms
            if place and ("cedar" not in record.label.rel_to or (until is not None and until <= T0_MS + 20 * MINUTE)):
                continue
            if want.start_ms is not None and not want.start_ms <= record.observed_ms < want.end_ms:
                continue
            if want.kinds and not record.kind.startswith(want.kinds):
                continue
            if (want.subject and want.subject not in record.subject) or (want.box and not inside(record.geo, want.box)):
                continue
            out.append((place, n))
    return out


def inside(geo, box):
    if not geo:
        return False
    west, south, east, north = geo if len(geo) == 4 else (*geo, *geo)
    spans = [(a, b) for a, b in ([(west, east)] if west <= east else [(west, 180), (-180, east)])]
    want = [(box[0], box[2])] if box[0] <= box[2] else [(box[0], 180), (-180, box[2])]
    return south <= box[3] and north >= box[1] and any(a <= d and b >= c for a, b in spans for c, d in want)


TIMES = st.one_of(st.none(), st.tuples(st.integers(-5, 65), st.integers(0, 40)))
BOXES = st.one_of(
    st.none(), st.tuples(st.floats(-180, 180), st.floats(-80, 80), st.floats(-180, 180), st.floats(0, 60))
)


@settings(max_examples=60, deadline=None)
@given(TIMES, BOXES, st.sampled_from([(), ("event",), ("track.position", "det"), ("nothing",)]),
       st.sampled_from(["", "mmsi:431000003", "stix:indicator-1", "mmsi:999"]), st.booleans(),
       st.sampled_from([0, 5, 1_024, 2_050]), st.sampled_from([3_000, 2_999, 1_500, 2_048, 0]))  # fmt: skip
def test_a_search_finds_what_looking_at_every_record_finds(full, times, box, kinds, subject, recalled, after, end):
    start, stop = (None, None) if times is None else (T0_MS + times[0] * MINUTE, T0_MS + sum(times) * MINUTE)
    box = None if box is None else (box[0], box[1], box[2], min(90.0, box[1] + box[3]))
    want = Want(start, stop, kinds, subject, box, recalled, after)
    logs = reaches(full, end)
    found = full.register.find(logs, want)
    exact = [(r.reach, r.n) for r in full.register.read(found)
             if (not subject or subject in decode(r.data).subject) and (box is None or inside(decode(r.data).geo, box))]  # fmt: skip
    assert exact == plainly(full, want, end)


@pytest.mark.parametrize("after", [0, 1_500])
def test_a_survey_counts_and_has_the_newest_of_each_subject_that_is_named_first(full, after):
    for place, reach in enumerate(reaches(full, 2_900)):
        seen = [n for p, n in plainly(full, Want(after=after), 2_900) if p == place]
        said = {n: decode(full.held[LOGS[place]][n]) for n in seen}
        newest = {}
        for n, record in said.items():
            kept = newest.get(record.subject[:1])
            if record.kind.startswith("track.") and (kept is None or record.observed_ms >= said[kept].observed_ms):
                newest[record.subject[:1]] = n
        newest.pop((), None)
        survey = full.register.survey(reach, Want(after=after), ("track.",))
        assert (survey.entries, survey.numbers) == (len(seen), sum(seen))
        assert (survey.first_ms, survey.last_ms) == (min(r.observed_ms for r in said.values()),
                                                     max(r.observed_ms for r in said.values()))  # fmt: skip
        assert survey.newest.n.tolist() == sorted(newest.values(), key=lambda n: (said[n].observed_ms, n))
        assert [r.data for r in full.register.read(survey.newest)] == [
            full.held[LOGS[place]][n] for n in survey.newest.n
        ]


def test_counts_are_those_of_the_records(full):
    for place, reach in enumerate(reaches(full)):
        told = full.register.tally(reach, labels=True)
        seen = [decode(full.held[LOGS[place]][n]) for p, n in plainly(full, Want(recalled=True), 3_000) if p == place]
        assert told.held == sum(told.kinds.values()) == sum(told.labels.values()) == len(seen)
        assert told.kinds == {k: sum(r.kind == k for r in seen) for k in KINDS}
        assert (told.first_ms, told.last_ms) == (min(r.observed_ms for r in seen), max(r.observed_ms for r in seen))
    assert full.register.tally(reaches(full)[0]).erased == sum(rid_of(d) in full.gone for d in full.held[LOGS[0]])


def test_newest_entries_come_in_the_order_of_their_coming(full):
    logs = [r._replace(sees=None) for r in reaches(full)]
    order = [(log, n) for log in LOGS for n in range(3_000)][::-1]
    cursor, seen = None, []
    while part := full.register.newest(logs, Want(recalled=True), before=cursor, most=700):
        seen += [(e.log.name, e.n) for e in part]
        cursor = part[-1].number
    assert seen == order
    some = full.register.newest(logs, Want(kinds=("event",), recalled=True), before=None, most=25)
    wanted = [
        k
        for k in order
        if (d := full.held[k[0]][k[1]]) and rid_of(d) not in full.gone and decode(d).kind == "event.gap"
    ]
    assert [(e.log.name, e.n) for e in some] == wanted[:25]


def test_the_last_about_a_subject_and_the_decision_behind_it(full):
    logs = reaches(full)
    one = full.register.last(logs, "mmsi:431000003")
    wanted = plainly(full, Want(subject="mmsi:431000003"), 3_000)[-1]
    assert (one.reach, one.n) == wanted
    line = full.decisions.behind(logs[one.reach].log.number, one.n, one.id)
    assert one.id in line.decided.ids and [li.n for li in full.decisions.about(one.id)] == [line.n]
    assert full.register.last(logs, "mmsi:1") is None


def test_what_was_erased_says_nothing_any_more(full):
    rows = full.database.rows("SELECT sheet, kinds, labels, also, columns FROM sheet")
    for number, *texts in rows:
        sheet = sheets.unpack(number * sheets.SHEET, *texts)
        gone = sheet.rows["state"] == sheets.ERASED
        assert not sheet.rows["about"][gone].any() and not sheet.rows["time_ms"][gone].any()
    assert len(rows) in (0, 4)
    about = {a for (a,) in full.database.rows("SELECT DISTINCT about FROM mention")}
    assert about <= {sheets.about(s) for log in LOGS for d in full.held[log] for s in decode(d).subject}


def test_erasing_the_last_of_a_subject_takes_its_mention(tmp_path):
    with open_shared(tmp_path, context="test", durable=False) as store:
        held = fill(store, 1_024, 3)
        store.register.follow(9)
        mine = [rid_of(d) for log in LOGS for d in held[log] if "mmsi:431000003" in decode(d).subject]
        before = store.register.changes
        store.records.erase(mine, T0_MS, "asked")
        assert store.database.rows("SELECT 1 FROM mention WHERE about = 431000003") == []
        assert store.register.changes == before + 1


def test_records_whose_time_is_over_are_named_by_either_side_of_the_sheets(full):
    now = T0_MS + 12 * MINUTE
    mine = {rid_of(d) for log in LOGS for d in full.held[log]} - full.gone
    record = {rid_of(d): decode(d) for log in LOGS for d in full.held[log]}
    over = {n for n in mine if (u := record[n].label.retain_until_ms) is not None and u <= now}
    assert set(full.register.ended("out", now, None, 10_000)) == over
    old = {n for n in mine if record[n].observed_ms < T0_MS + MINUTE}
    assert set(full.register.ended("out", now, T0_MS + MINUTE, 10_000)) == over | old
    assert len(full.register.ended("out", now, None, 10)) == 10 and full.register.ended("in", now, now, 9) == []


def test_a_store_without_a_register_gets_one(tmp_path):
    import contextlib
    import sqlite3

    with open_shared(tmp_path, context="test", durable=False) as store:
        held = fill(store, 40, 5)
        store.decisions.add([Decided("cedar", "withhold", [rid_of(b"another")])], T0_MS)
        names = {rid_of(d) for log in LOGS for d in held[log]} | {rid_of(b"another")}
        before = {name: [line.n for line in store.decisions.about(name)] for name in names}
        dockets = [line.n for line in store.decisions.docket("release", ["cedar", "c:sea"], 1 << 40, 99)]
    with contextlib.closing(sqlite3.connect(tmp_path / "shared-test.db")) as db:
        for table in ("sheet", "mention", "ruled", "named", "docket"):
            db.execute(f"DROP TABLE {table}")
        db.execute("PRAGMA user_version = 2")
        db.commit()
    with open_shared(tmp_path, context="test", durable=False) as store:
        assert {name: [line.n for line in store.decisions.about(name)] for name in names} == before
        assert [line.n for line in store.decisions.docket("release", ["cedar", "c:sea"], 1 << 40, 99)] == dockets
        assert store.decisions.audiences("release") == ["c:sea", "cedar"]
        assert len(store.register.find([Reach(store.logs.state(LOGS[0]), 40)], Want())) == 40
