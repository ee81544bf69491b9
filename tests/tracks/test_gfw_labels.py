"""MMSI 416000000, shared by many ships: the 29 segments of Global Fishing Watch, and why ours differ.

The labels were made by the definition of October 2019. That definition, written out in ``slow_2019``, gives all 29;
so every difference from ours is a difference between the two definitions, and is told here by its cause.
"""

from __future__ import annotations

import collections

import pytest
from tracks import make, slow_2019, slow_segment

from kizuna.tracks.segment import Params, segment

PEER = Params(duplicate_s=0.0)
"""As Global Fishing Watch, which keeps the same report of a ship at rest heard twice."""

SAME = 6
"""Of the 29, those that are exactly ours."""
PARTED = {"dropped": 26, "ambiguity": 14, "silence": 9, "too far": 4}
"""Cuts inside the 29, and fixes of theirs that are noise to us, by cause in our definition."""
JOINED = {"too far": 7, "another track": 11, "ambiguity": 1}
"""Cuts inside ours, by cause in theirs."""


@pytest.fixture(scope="module")
def data():
    rows, labelled = make.gfw("416000000.jsonl.gz"), make.gfw("segmented-416000000.jsonl.gz")
    if rows is None or labelled is None:
        pytest.skip("the files of Global Fishing Watch are not at ../shared/data/ais/gfw_identity")
    waiting = collections.defaultdict(list)
    for r in labelled:
        waiting[r["time_ms"], r["lat"], r["lon"]].append(r["segment"])
    labels = [waiting[r["time_ms"], r["lat"], r["lon"]].pop(0) for r in rows]
    table = make.fixes(
        [
            {"time_ms": r["time_ms"], "lat_deg": r["lat"], "lon_deg": r["lon"], "sog_kn": 0.0, "cog_deg": 0.0}
            for r in rows
        ],
        mmsi=416000000,
    )
    return table, labels


def groups(keys):
    out = collections.defaultdict(set)
    for row, key in enumerate(keys):
        if key is not None:
            out[key].add(row)
    return {frozenset(rows) for rows in out.values()}


def of_rows(tracks, n):
    out = [None] * n
    for k, t in enumerate(tracks):
        for f in t.fixes:
            out[f.key] = k
    return out


def causes(whole, tracks, fixes):
    """Why neighbours in a segment of one definition are parted by the other, counted."""
    at, noise = of_rows(tracks, len(fixes)), {f.key: f.noise for f in fixes}
    ms = {f.key: f.ms for f in fixes}
    found = collections.Counter()
    for members in whole:
        found.update(noise[r] or "single dropped" for r in sorted(members) if at[r] is None)
        kept = [r for r in sorted(members) if at[r] is not None]
        for a, b in zip(kept, kept[1:]):
            if at[a] != at[b]:
                before, after = tracks[at[a]], tracks[at[b]]
                if before.ended_by and before.ended_ms <= ms[b]:
                    found[before.ended_by] += 1
                elif after.fixes[0].key == b:
                    found["too far"] += 1
                else:
                    found["another track"] += 1
    return dict(found)


def test_definition_of_2019_gives_all_29_segments(data):
    table, labels = data
    fixes = slow_segment.read(table)[416000000]
    theirs = slow_2019.segment_one(fixes)
    got = of_rows(theirs, len(labels))
    parts = groups(labels)
    dropped = {frozenset({r}) for r, k in enumerate(got) if k is None}
    assert len(parts) == 29
    assert len(dropped) == 2  # the file lists each alone, as a segment
    assert groups(got) | dropped == parts


def test_published_constants_of_that_day_give_25_of_27(data):
    table, labels = data
    tracks = slow_2019.segment_one(slow_segment.read(table)[416000000], slow_2019.Constants(ambiguity=2.0, short=10.0))
    assert len(groups(of_rows(tracks, len(labels))) & groups(labels)) == 25


def test_every_difference_from_ours_has_its_cause(data):
    table, labels = data
    ours = segment(table, PEER)
    fixes = slow_segment.read(table)[416000000]
    tracks = slow_segment.segment_one(fixes, PEER)
    mine = of_rows(tracks, len(labels))
    assert groups(mine) == {
        frozenset(ours.order[a:b].tolist()) for a, b in zip(ours.seg_start, ours.seg_end, strict=True)
    }
    assert len(tracks) == 36
    identical = groups(labels) & groups(mine)
    assert len(identical) == SAME
    assert causes(groups(labels), tracks, fixes) == PARTED
    theirs = slow_2019.segment_one(slow_segment.read(table)[416000000])
    assert causes(groups(mine), theirs, slow_segment.read(table)[416000000]) == JOINED


def test_reports_of_ships_at_rest_heard_twice_are_the_only_other_difference(data):
    table, _ = data
    ours, peer = segment(table), segment(table, PEER)
    assert len(ours.segments) == len(peer.segments)
    assert ours.segments["seg_key"].equals(peer.segments["seg_key"])
    assert int(((ours.flags & 1) > 0).sum()) == 197
