"""Two worlds that differ only in withheld records look the same, byte by byte, on every surface."""

import random
from dataclasses import replace

import pytest
from leak_surfaces import SURFACES, differences, told
from leak_worlds import twin, withheld_fix, world

from kizuna.share.decide import columnar
from kizuna.share.publish import run as publishing
from kizuna.share.transforms import place


def test_no_surface_tells_the_twin_from_the_world():
    seed = random.SystemRandom().randrange(10**9)
    print(f"[seed {seed}]")
    items = 0
    for k in range(20):  # the soak run takes 1,000
        w = world(seed + k)
        found = differences(w, twin(w, k))
        assert not found, f"world {seed + k}, twin {k}: {found[:5]}"
        items += sum(len(v) for v in told(w).values())
    assert items > 20_000


@pytest.mark.parametrize("name", SURFACES)
def test_the_oracle_sees_a_released_row_that_changed(name):
    for seed in range(1, 30):
        w = world(seed)
        rows = [k for k, f in enumerate(w.fixes) if not withheld_fix(f)]
        fewer = tuple(f for k, f in enumerate(w.fixes) if k not in rows[::2])
        without = replace(w, fixes=fewer, notes=w.notes[::2])
        if told(w) and differences(w, without, (name,)):
            return
    pytest.fail("blind")


def test_the_oracle_finds_a_leak_that_is_put_in(monkeypatch):
    """A transform that gives a place a little finer than it says is found at once."""
    true = place.coarsen_position

    def leaky(rows, step):
        done = true(rows, step)
        return (
            done.put(lat_deg=done["lat_deg"] + 1e-2 * (rows["lat_deg"] - done["lat_deg"]))
            if "lat_deg" in rows.columns
            else done
        )

    monkeypatch.setattr(place, "coarsen_position", leaky)
    assert any(differences(w, twin(w, k), ("told",)) for k in range(40) for w in (world(1000 + k),))


def test_the_oracle_finds_an_order_that_follows_the_tables(monkeypatch):
    """Records in the order in which the node's tables hold them tell where withheld rows lie between."""
    monkeypatch.setattr(publishing, "sorted", lambda found, key=None: list(found), raising=False)
    assert any(differences(w, twin(w, k), ("told",)) for k in range(40) for w in (world(2000 + k),))


def test_the_oracle_finds_events_that_are_finer_than_their_tracks(monkeypatch):
    monkeypatch.setattr(columnar, "loose", lambda _decision, _rules: True)
    assert any(differences(w, twin(w, k), ("told",)) for k in range(60) for w in (world(3000 + k),))
