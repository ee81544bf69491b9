"""Publishing: what is told, when, once; the same however the runs are cut; records that anybody can read."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest
from leak_surfaces import _runs, offers
from leak_worlds import AUDIENCES, STRANGER, T0, detection, detections_table, events_table, fixes_table, index_of, world

from kizuna.base.errors import InputError
from kizuna.records.kinds import check_body
from kizuna.records.label import join_words, label_of
from kizuna.records.record import decode, encode, record_id
from kizuna.share import decide, publish, rules, transform
from kizuna.share.publish.run import REMEMBERED_MS

MINUTE = 60_000


def streams(runs):
    """Every log from beginning to end."""
    out = {}
    for _, batches in runs:
        for b in batches:
            out.setdefault((b.audience, b.lane), []).extend(b.records)
    return out


def test_where_the_runs_are_cut_makes_no_difference():
    base = random.SystemRandom().randrange(10**9)
    print(f"[seed {base}]")
    some = 0
    for seed in range(base, base + 12):
        w = world(seed)
        w = replace(w, events=())  # of an event only the version of the hour is told
        chance = random.Random(seed)
        often = replace(w, runs_ms=tuple(sorted({chance.randrange(T0, w.end_ms) for _ in range(12)})) + (w.end_ms,))
        once = replace(w, runs_ms=(w.end_ms,))
        assert streams(_runs(often)) == streams(_runs(once)), seed
        some += sum(map(len, streams(_runs(once)).values()))
    assert some > 500


def test_asking_again_gives_nothing_and_no_record_comes_twice():
    for seed in range(300, 310):
        w = world(seed)
        again = replace(w, runs_ms=w.runs_ms + (w.end_ms, w.end_ms + 1))
        got = list(_runs(again))
        assert not got[-2][1]
        for found in streams(got).values():
            assert len({record_id(r) for r in found}) == len(found)


def test_every_record_is_one_that_the_receiver_takes():
    kinds = set()
    for seed in range(400, 415):
        for found in streams(_runs(world(seed))).values():
            for data in found:
                record = decode(data)
                assert encode(record) == data
                assert check_body(record.kind, record.body) is not None
                kinds.add(record.kind)
    assert {"track.position", "detection"} < kinds
    assert any(k.startswith("event.") for k in kinds)


def test_nothing_is_told_before_its_time():
    for seed in range(500, 510):
        w = world(seed)
        sets = {r.to[0]: r.transforms for r in w.rules.rules if r.releases}
        for now, batches in _runs(w):
            for b in batches:
                delay = sets[b.audience].get(transform.Delay)
                for data in b.records:
                    assert json.loads(data)["observed_ms"] + (delay.delay_s * 1000 if delay else 0) <= now


def one(texts, fixes, now, zones=(), memory=None):
    """One run over fixes for one audience."""
    made = rules.load(
        'version = 1\n[[rule]]\nid = "a"\nclause = ["m/1"]\nto = ["cape"]\nthen = "release"\n'
        f'match = {{ kind = ["track.position"] }}\ntransform = {texts!r}'
    )
    w = replace(world(1), rules=made, fixes=tuple(fixes), events=(), detections=(), zones=tuple(zones))
    shop = publish.Workshop(publish.Author("harbour", "", "real", w.key), transform.Tools(w.key), w.zones)
    found = publish.of_fixes(fixes_table(fixes), "harbour", index_of(w.zones))
    offer = publish.Offer(found, {"cape": decide.batch(made, found.columns, "cape", w.setting(now))})
    return publish.publish([offer], memory or publish.Memory(), now, shop, made)


def fix(t, **more):
    return {
        "msg_id": t, "mmsi": 431_000_001, "time_ms": T0 + t * 1000, "received_ms": T0 + t * 1000, "lat_deg": 24.123456,
        "lon_deg": 123.456789, "sog_kn": 12.34, "cog_deg": 231.55, "heading_deg": 230.0, "nav_status": 0, "flags": 0,
        "source_id": "tower-1", "label": "nobody", "context": "real", "seg_id": 1,
    } | more  # fmt: skip


def test_a_position_as_it_is_and_coarse():
    (batch,) = one([], [fix(0)], T0 + 5_000).batches
    plain = json.loads(batch.records[0])
    assert plain["geo"] == [123.45679, 24.12346]
    assert plain["body"] == {"s": 12.3, "c": 231.5, "h": 230.0, "n": 0} | {"c": plain["body"]["c"]}
    assert "derived_from" not in plain
    (batch,) = one(["coarsen_position cell_m=10000"], [fix(0), fix(10), fix(20)], T0 + 2 * 3_600_000).batches
    (coarse,) = map(json.loads, batch.records)
    assert coarse["body"] == {"g": 10_000.0, "b": 1_800.0}
    assert coarse["observed_ms"] == T0
    assert len(coarse["derived_from"][0]) == 16


def test_the_derived_name_is_found_again_by_the_node_alone():
    told = one(["coarsen_position cell_m=1000"], [fix(7)], T0 + 3_600_000)
    (found,) = json.loads(told.batches[0].records[0])["derived_from"]
    what = transform.parse(["coarsen_position cell_m=1000"])
    assert publish.derived_name(publish.salt_of(world(1).key, what), "track.position", 7) == found
    assert publish.derived_name(publish.salt_of(bytes(32), what), "track.position", 7) != found


def test_partners_with_one_set_get_the_same_but_for_the_label():
    texts = ["coarsen_position cell_m=5000", "mask_identity"]
    made = rules.load("version = 1\n" + "\n".join(
        f'[[rule]]\nid = "{to}"\nclause = ["m/1"]\nto = ["{to}"]\nthen = "release"\nmatch = {{ kind = ["track.position"] }}\ntransform = {texts!r}'
        for to in ("cape", "strait")))  # fmt: skip
    w = replace(world(42), rules=made, events=(), detections=())
    got = streams(_runs(w))
    cut = [[json.dumps(json.loads(r) | {"label": 0}) for r in got[to, "routine"]] for to in ("cape", "strait")]
    assert cut[0] == cut[1]
    assert len(cut[0]) > 10


def test_what_this_node_learns_late_follows_at_the_next_boundary_and_too_late_not_at_all():
    hour = 3_600_000
    rows = [fix(0), fix(4_000)]
    first = one(["thin step_s=600"], rows, T0 + 2 * hour)
    assert first.counts["cape"].told == 2
    late = fix(8_000, msg_id=9, received_ms=T0 + 5 * hour)
    same_bucket = fix(60, msg_id=10, received_ms=T0 + 5 * hour)
    old = fix(1_300, msg_id=11, received_ms=T0 + REMEMBERED_MS + 4 * hour)
    then = one(["thin step_s=600"], [*rows, late, same_bucket], T0 + 6 * hour, memory=first.memory)
    assert (then.counts["cape"].told, then.counts["cape"].thinned) == (1, 1)
    end = one(["thin step_s=600"], [old], T0 + REMEMBERED_MS + 5 * hour, memory=then.memory)
    assert (end.counts["cape"].told, end.counts["cape"].too_late) == (0, 1)


def test_a_rule_that_withholds_the_young_lets_them_go_later():
    made = rules.load(
        'version = 1\n[[rule]]\nid = "a"\nclause = ["m/1"]\nto = ["cape"]\nthen = "release"\nmatch = { kind = ["track.position"] }\n'
        '[[rule]]\nid = "b"\nto = ["cape"]\nthen = "withhold"\nmatch = { age = { max_h = 2 } }'
    )
    w = replace(world(1), rules=made, fixes=(fix(0), fix(3_600)), events=(), detections=(), zones=())
    w = replace(w, runs_ms=tuple(T0 + k * 30 * MINUTE + 1_000 for k in range(1, 9)))
    times = [(now - T0) // MINUTE for now, batches in _runs(w) for b in batches for _ in b.records]
    assert times == [120, 180]
    (whole,) = streams(_runs(replace(w, runs_ms=w.runs_ms[-1:]))).values()
    assert whole == [r for _, batches in _runs(w) for b in batches for r in b.records]


def test_an_event_takes_the_labels_of_the_tracks_that_it_rests_on():
    rows = [fix(0, seg_id=5), fix(60, seg_id=5, label=STRANGER), fix(9_000, seg_id=5, label="GREEN;rel=cape")]
    event = {
        "event_id": "e1", "version": 1, "status": "closed", "event_type": "gap", "mmsis": [431_000_001], "seg_ids": [5],
        "start_ms": T0, "end_ms": T0 + 100_000, "start_lat_deg": 24.0, "start_lon_deg": 123.0, "end_lat_deg": 24.0,
        "end_lon_deg": 123.0, "lat_mean_deg": 24.0, "lon_mean_deg": 123.0, "label": "nobody", "context": "real",
    }  # fmt: skip
    found = publish.of_events(events_table([event]), "harbour", known_ms=T0 + 10**6, fixes=fixes_table(rows))
    assert found.columns.label.word(0) == label_of(join_words(["nobody", STRANGER]))
    assert found.columns.source.word(0) == frozenset(("tower-1",))


def test_what_rests_on_a_track_rests_on_its_sources_in_the_time_of_what_is_told():
    """A gap of last week is that of the sources of last week, and a contact that a sealed track explains is sealed."""
    asked = []

    def sources(mmsi, start_ms, end_ms):
        asked.append((mmsi, start_ms - T0, end_ms - T0))
        return {431_000_001: frozenset(("tower-1",)), 431_000_002: frozenset(("sealed",))}.get(mmsi, frozenset())

    event = {
        "event_id": "e1", "version": 1, "status": "open", "event_type": "gap", "mmsis": [431_000_001], "seg_ids": [5],
        "start_ms": T0 + 5, "end_ms": None, "start_lat_deg": 24.0, "start_lon_deg": 123.0, "end_lat_deg": np.nan,
        "end_lon_deg": np.nan, "lat_mean_deg": 24.0, "lon_mean_deg": 123.0, "label": "nobody", "context": "real",
    }  # fmt: skip
    both = [event, event | {"event_id": "e2", "end_ms": T0 + 9, "mmsis": [431_000_001, 431_000_003]}]
    found = publish.of_events(events_table(both), "harbour", known_ms=T0 + 10**6, sources=sources)
    assert found.columns.source.word(0) == {"tower-1"}
    assert found.columns.source.codes.tolist()[1] == -1  # of one of its vessels nobody knows
    assert asked == [(431_000_001, 5, 5), (431_000_001, 5, 9), (431_000_003, 5, 9)]
    rng = np.random.default_rng(1)
    seen = [
        detection(rng, 24.0, 123.0) | {"mmsi": m, "source_id": "tower-2"} for m in (-1, 431_000_001, 431_000_002, 7)
    ]
    found = publish.of_detections(detections_table(seen), "harbour", known_ms=T0, sources=sources)
    words = [found.columns.source.word(k) if found.columns.source.codes[k] >= 0 else None for k in range(4)]
    assert words == [{"tower-2"}, {"tower-1", "tower-2"}, {"sealed", "tower-2"}, None]


def test_an_event_that_is_gone_is_told_only_to_whom_it_was_told():
    for seed in range(600, 640):
        w = world(seed)
        rows = [e | {"label": "nobody", "known_ms": T0 + 1} for e in w.events if e["label"] != STRANGER]
        if not rows or not any(r.releases for r in w.rules.rules):
            continue
        gone = [e | {"status": "retracted", "version": 9} for e in rows]
        w = replace(w, events=tuple(gone), fixes=(), detections=())
        assert not streams(_runs(w))


def test_memory_survives_its_bytes_and_bad_bytes_are_refused():
    w = world(3)
    shop = publish.Workshop(publish.Author("harbour", "", "real", w.key), transform.Tools(w.key), w.zones)
    told = publish.publish(offers(w, index_of(w.zones), w.end_ms), publish.Memory(), w.end_ms, shop, w.rules)
    data = told.memory.pack()
    again = publish.unpack(data)
    assert again.pack() == data
    assert again.tracks.keys() == told.memory.tracks.keys()
    for bad in (b"", b"\x00", data[:-3], b"\x93\x01\x90"):
        with pytest.raises(InputError):
            publish.unpack(bad)


def test_what_was_counted_adds_up():
    w = world(11)
    zones, shop = (
        index_of(w.zones),
        publish.Workshop(publish.Author("harbour", "", "real", w.key), transform.Tools(w.key), w.zones),
    )
    found = offers(w, zones, w.end_ms)[:1]
    told = publish.publish(found, publish.Memory(), w.end_ms, shop, w.rules)
    for to in AUDIENCES:
        c = told.counts[to]
        assert c.told + c.withheld + c.not_due + c.hidden + c.thinned + c.too_late == len(found[0].candidates)
    assert np.all([c.told >= 0 for c in told.counts.values()])
