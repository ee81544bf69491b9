"""Traffic behind the events: lines while few, a picture of density beyond."""

import struct
import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from formats import make
from kizuna.formats.report import chart, traffic

COORD = st.floats(-5, 25)


def slow_density(x, y, new, width, height):
    """A count per pixel of the runs of samples of each line, sample by sample."""
    out = np.zeros((height, width), np.int64)
    last = None
    for i in range(len(x)):
        if new[i]:
            dx = dy = 0.0
            last = None
        else:
            dx, dy = x[i] - x[i - 1], y[i] - y[i - 1]
        n = max(int(np.ceil(max(abs(dx), abs(dy)))), 1)
        for back in range(n - 1, -1, -1):
            px, py = int(np.floor(x[i] - back / n * dx)), int(np.floor(y[i] - back / n * dy))
            inside = 0 <= px < width and 0 <= py < height
            if inside and (px, py) != last:
                out[py, px] += 1
            last = (px, py) if inside else "out"
    return out


@given(st.lists(st.tuples(COORD, COORD, st.booleans()), min_size=1, max_size=40))
def test_density_agrees_with_the_slow_count(points):
    x, y, new = (np.array([p[k] for p in points]) for k in range(3))
    new[0] = True
    np.testing.assert_array_equal(traffic.density(x, y, new, 20, 16), slow_density(x, y, new, 20, 16))


def test_density_is_the_same_in_whatever_portions_it_is_counted(monkeypatch):
    rng = np.random.default_rng(4)
    x, y = np.cumsum(rng.normal(0, 2, 400)) % 60, np.cumsum(rng.normal(0, 2, 400)) % 40
    new = rng.random(400) < 0.1
    new[0] = True
    whole = traffic.density(x, y, new, 60, 40)
    monkeypatch.setattr(traffic, "_MOST_SAMPLES", 37)
    np.testing.assert_array_equal(traffic.density(x, y, new, 60, 40), whole)


def test_a_vessel_that_stays_counts_once():
    x = np.full(1000, 5.3)
    new = np.zeros(1000, bool)
    new[0] = True
    assert traffic.density(x, x, new, 20, 16)[5, 5] == 1


def test_png_holds_the_greys_given():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    raw = traffic.png_grey(grey)
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    at, body, sizes = 8, b"", None
    while at < len(raw):
        length, kind = struct.unpack(">I4s", raw[at : at + 8])
        chunk = raw[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + chunk) == struct.unpack(">I", raw[at + 8 + length : at + 12 + length])[0]
        sizes = struct.unpack(">IIBBBBB", chunk) if kind == b"IHDR" else sizes
        body += chunk if kind == b"IDAT" else b""
        at += 12 + length
    assert sizes == (4, 3, 8, 0, 0, 0, 0)
    rows = np.frombuffer(zlib.decompress(body), np.uint8).reshape(3, 5)
    assert (rows[:, 0] == 0).all()
    np.testing.assert_array_equal(rows[:, 1:], grey)


def test_tone_is_zero_without_traffic_and_never_falls_with_more():
    counts = np.array([[0, 1, 2, 5, 20, 300]])
    grey = traffic.tone(counts)[0].astype(int)
    assert grey[0] == 0 and grey[1] >= 48
    assert (np.diff(grey) >= 0).all() and grey[-1] >= 248
    assert (traffic.tone(np.zeros((2, 2), np.int64)) == 0).all()


def test_few_vessels_are_lines_and_many_a_picture():
    def layer(n):
        tracks = make.east_china_sea(n, 0).tracks()
        view = chart.fitted((121.0, 22.0, 130.0, 29.0), 1200, (0.4, 0.8))
        return traffic.layer(view, 0, tracks.lon_deg, tracks.lat_deg, tracks.time_ms, tracks.segment)

    few, many = layer(10), layer(400)
    assert few.startswith("<path") and few.count("M") >= 10
    assert many.startswith("<mask") and "data:image/png;base64," in many and len(many) < 500_000


def test_lines_are_broken_where_a_vessel_was_silent():
    view = chart.fitted((0.0, 0.0, 10.0, 5.0), 1000, (0.4, 0.8))
    lon, time_ms = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 1, 2 + 3 * 3600, 3 + 3 * 3600]) * 1000
    text = traffic.layer(view, 0, lon, np.full(4, 2.0), time_ms, np.zeros(4, np.int32))
    assert text.count("M") == 2
