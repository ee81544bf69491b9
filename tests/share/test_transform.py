"""Sets of transforms: a lattice free of order, the laws of coarseness, the attack by averages."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.share import transform
from kizuna.share.transforms import moment, steps
from kizuna.share.transforms.grid import CELL_SIZES_M, grid
from kizuna.share.transforms.rows import Rows, objects
from kizuna.share.transforms.steps import BY_NAME, FIELDS, STEPS, STEPS_S
from kizuna.share.transforms.words import LANGUAGES

KEY = bytes(range(32))
TOOLS = transform.Tools(KEY, lambda lists: lambda text: text.replace("Almarel", "g1"))
T0 = 1_767_225_600_000

STEP = st.sampled_from(STEPS_S)
ONE = st.one_of(
    st.builds(steps.Stop, st.frozensets(st.sampled_from("abc"), min_size=1), st.sampled_from(CELL_SIZES_M), STEP),
    st.builds(steps.Thin, STEP),
    st.builds(steps.CoarsenPosition, st.sampled_from(CELL_SIZES_M)),
    st.builds(steps.CoarsenTime, STEP),
    st.builds(steps.MaskIdentity, st.sampled_from(steps.PERIODS_S)),
    st.builds(steps.GeneraliseSource, st.sampled_from(steps.GENERAL)),
    st.builds(steps.NeutraliseNames, st.frozensets(st.sampled_from("xyz"), min_size=1)),
    st.builds(steps.DropFields, st.frozensets(st.sampled_from(FIELDS), min_size=1)),
    st.builds(steps.Delay, st.integers(0, steps.DELAY_MOST_S), STEP),
)
SETS = st.lists(ONE, max_size=6).map(transform.normal)


def rows_of(n=20, seed=1, **columns):
    rng = np.random.default_rng(seed)
    base = {
        "who": np.full(n, 431_000_001, np.int64), "number": np.arange(n), "time_ms": T0 + np.sort(rng.integers(0, 86_400_000, n)),
        "lat_deg": rng.uniform(-89, 89, n), "lon_deg": rng.uniform(-180, 180, n), "sog_kn": rng.uniform(0, 20, n),
        "heading_deg": rng.uniform(0, 360, n), "name": objects(["HAI FENG"] * n), "text": objects(["near Almarel"] * n),
        "source": objects(["tower-3"] * n), "via": objects(["radar"] * n), "cell_m": np.zeros(n, np.int64),
        "subject": objects([("mmsi:431000001",)] * n),
    }  # fmt: skip
    base["known_ms"] = base["time_ms"]
    return Rows("track.position", base | columns, identity=("name",), motion=("sog_kn", "heading_deg"),
                texts=("text",), sources=("source", "via"))  # fmt: skip


def same(a, b):
    assert a.columns.keys() == b.columns.keys()
    for name in a.columns:
        if a[name].dtype == np.object_:
            assert a[name].tolist() == b[name].tolist(), name
        else:
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)


@given(SETS, SETS, SETS)
def test_sets_form_a_lattice(a, b, c):
    j = transform.join
    assert j((a, b)) == j((b, a))
    assert j((a, j((b, c)))) == j((j((a, b)), c))
    assert j((a, a)) == a == j((a, transform.NOTHING))
    assert transform.stricter(j((a, b)), a)


@given(SETS)
def test_the_canonical_words_say_the_whole_set(a):
    again = transform.parse(a.words)
    assert again == a
    assert again.hash == a.hash


@given(st.lists(ONE, max_size=5), st.randoms(use_true_random=False))
def test_the_order_in_which_a_rule_names_transforms_is_irrelevant(items, random):
    other = list(items)
    random.shuffle(other)
    assert transform.normal(items) == transform.normal(other + items)


@given(SETS)
@settings(max_examples=60)
def test_applying_twice_is_applying_once(a):
    once = transform.apply(rows_of(), a, TOOLS)
    same(transform.apply(once, a, TOOLS), once)


@given(SETS, SETS)
@settings(max_examples=60)
def test_the_coarser_form_follows_from_the_finer_one(a, b):
    """Whoever holds what ``a`` gives could compute what a set stricter than ``a`` gives: it holds nothing more."""
    if any(s.get(steps.MaskIdentity) for s in (a, b)):  # pseudonyms of different sets are unlike on purpose
        return
    both = transform.join((a, b))
    same(transform.apply(transform.apply(rows_of(), a, TOOLS), both, TOOLS), transform.apply(rows_of(), both, TOOLS))


@given(st.sampled_from(CELL_SIZES_M), st.floats(-89.9, 89.9), st.floats(-180, 179.99), st.integers(0, 2**32))
@settings(max_examples=80)
def test_a_thousand_coarsened_fixes_gain_nothing_inside_the_cell(size, lat, lon, seed):
    """The attacker averages, takes medians, fits; the best estimate stays the middle, wherever in the cell she lies."""
    cells, rng = grid(size), np.random.default_rng(seed)
    cell = cells.cells(np.array([lat]), np.array([lon]))
    south, west, north, east = (float(v[0]) for v in cells.edges(cell))
    shrink = rng.uniform(0.05, 0.9)  # a vessel at anchor somewhere in the cell, with the scatter of its receiver
    lats = np.clip(rng.normal(rng.uniform(south, north), (north - south) * shrink, 1_000), south + 1e-6, north - 2e-6)
    lons = np.clip(rng.normal(rng.uniform(west, east), (east - west) * shrink, 1_000), west + 1e-6, east - 2e-6)
    found = transform.apply(
        rows_of(1_000, lat_deg=lats, lon_deg=lons), transform.parse([f"coarsen_position cell_m={size}"]), TOOLS
    )
    middle = cells.middles(cell)
    assert set(found["lat_deg"].tolist()) == {float(middle[0][0])}
    assert set(found["lon_deg"].tolist()) == {float(middle[1][0])}
    assert np.isnan(found["sog_kn"]).all()
    assert math.fsum(found["lat_deg"].tolist()) / 1_000 == pytest.approx(float(middle[0][0]), abs=1e-9)


def test_jitter_would_have_been_averaged_out():
    """The same attack on a random shift of the same size finds the ship: the attack works."""
    rng = np.random.default_rng(3)
    true = 24.51234
    shifted = true + rng.uniform(-0.045, 0.045, 1_000)
    assert abs(shifted.mean() - true) * 111_000 < 400  # of 5,000 m


@given(
    st.lists(st.integers(T0, T0 + 10**9), min_size=1, max_size=50), st.integers(0, 10**6), STEP, st.integers(0, 10**9)
)
def test_delay_releases_only_at_boundaries_and_whole_buckets_together(times, delay_s, bucket_s, late_ms):
    delay = steps.Delay(delay_s, bucket_s)
    observed = np.array(times, np.int64)
    ticks = moment.tick_ms(observed, observed, delay)
    assert (ticks % (bucket_s * 1000) == 0).all()
    assert (ticks > observed + delay_s * 1000).all()
    assert (ticks <= observed + (delay_s + 2 * bucket_s) * 1000).all()
    for bucket in set((observed // (bucket_s * 1000)).tolist()):
        assert len(set(ticks[observed // (bucket_s * 1000) == bucket].tolist())) == 1
    late = moment.tick_ms(observed, observed + late_ms, delay)
    assert (late >= ticks).all()
    assert (late >= observed + late_ms).all()
    assert moment.last_tick_ms(int(late[0]), delay) == late[0]


def test_a_pseudonym_is_stable_for_its_period_and_differs_between_sets():
    day = 86_400_000
    rows = rows_of(3, time_ms=np.array([T0, T0 + day - 1, T0 + day]))
    masked = transform.parse(["mask_identity"])
    found = [s[0] for s in transform.apply(rows, masked, TOOLS)["subject"]]
    assert found[0] == found[1] != found[2]
    assert all(f.startswith("x:") and "431" not in f for f in found)
    other = [
        s[0] for s in transform.apply(rows, transform.parse(["mask_identity", "delay delay_s=60"]), TOOLS)["subject"]
    ]
    assert not set(found) & set(other)
    third = [s[0] for s in transform.apply(rows, masked, transform.Tools(bytes(32)))["subject"]]
    assert not set(found) & set(third)
    assert transform.apply(rows, masked, TOOLS)["name"].tolist() == [None] * 3


def test_names_give_way_and_sources_become_general():
    rows = transform.apply(
        rows_of(2), transform.parse(["neutralise_names lists=x", "generalise_source to=sensor"]), TOOLS
    )
    assert rows["text"].tolist() == ["near g1"] * 2
    assert rows["source"].tolist() == [None] * 2
    assert rows["via"].tolist() == ["sensor"] * 2
    rows = transform.apply(rows_of(2), transform.parse(["generalise_source"]), TOOLS)
    assert rows["via"].tolist() == ["radar"] * 2


def test_what_a_transform_needs_stands_beside_it():
    assert transform.parse(["coarsen_position cell_m=10000"]).words == (
        "thin step_s=1800", "coarsen_position cell_m=10000", "coarsen_time step_s=1800", "delay delay_s=0 bucket_s=1800",
    )  # fmt: skip


@pytest.mark.parametrize("bad", [
    "", "jitter metres=100", "thin", "thin step_s=7", "delay delay_s=-1", "delay delay_s=1.5", "stop zones=",
    "thin step_s=60 extra=1", "drop_fields fields=everything", "coarsen_position cell_m=3000", "mask_identity period_s=5",
])  # fmt: skip
def test_a_transform_that_is_not_in_the_list_is_refused_with_the_reason(bad):
    with pytest.raises(InputError) as caught:
        transform.parse([bad])
    assert caught.value.hint or "whole number" in caught.value.message


def test_a_key_that_could_be_guessed_is_refused():
    with pytest.raises(InputError):
        transform.Tools(b"short")


@given(SETS)
@settings(max_examples=40)
def test_every_set_is_told_in_three_languages(a):
    for language in LANGUAGES:
        told = transform.plain(a, language)
        assert len(told) == len(a.steps)
        assert all(t and "{" not in t for t in told)


def test_the_list_is_closed_and_in_order():
    assert [s.name for s in STEPS] == [
        "stop", "thin", "coarsen_position", "coarsen_time", "mask_identity", "generalise_source", "neutralise_names",
        "drop_fields", "delay",
    ]  # fmt: skip
    assert set(BY_NAME) == {s.name for s in STEPS}
