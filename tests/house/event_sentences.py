"""Every sentence that the detectors can write: each of their forms with each of its parts, from the functions that write them.

``python tests/house/event_sentences.py`` writes them to ``web/test/event_sentences.json``, where the page's own test reads
and translates each.
"""

import json
from itertools import product
from pathlib import Path
from types import SimpleNamespace as Facts

import numpy as np

from kizuna.events import alerts, dark, encounters, gaps, loitering, port_visits, zone_visits
from kizuna.fixes.detections import SENSORS

FILE = Path(__file__).resolve().parents[2] / "web" / "test" / "event_sentences.json"
T0 = 1_790_000_000_000
ONE, TWO = 431_000_001, 431_000_002


def _columns(*values):
    """All combinations, as one array for each place."""
    return [np.array(column) for column in zip(*product(*values), strict=True)]


def _of_gaps():
    closed, others = _columns((True, False), ((np.nan, np.nan), (0.0, 0.0), (43.0, 50.0)))
    heard, expected = np.array(others).T
    n = len(closed)
    facts = Facts(hours=np.full(n, 13.6), run_m=np.full(n, 57_800.0), closed=closed,
                  others=Facts(heard=heard, expected=expected))  # fmt: skip
    return gaps._summaries(np.full(n, ONE), np.full(n, T0), np.full(n, T0 + 48_960_000), facts)


def _of_encounters():
    port_m, shore_m = _columns((np.nan, 40_000.0), (0.0, 1e6))
    n = len(port_m)
    facts = Facts(
        hours=np.full(n, 2.1), apart_m=np.full(n, 120.0), speed_kn=np.full(n, 0.9), port_m=port_m, shore_m=shore_m
    )
    return encounters._summaries(np.full(n, ONE), np.full(n, TWO), np.full(n, T0), facts, encounters.Params())


def _of_loitering():
    shore_m, met = _columns((np.nan, 46_300.0), (0, 1, 3))
    n = len(met)
    facts = Facts(hours=np.full(n, 4.0), implied_kn=np.full(n, 0.6), shore_m=shore_m, encounters=met)
    return loitering._summaries(np.full(n, ONE), np.full(n, T0), facts)


def _of_ports():
    named, entered, left, still = _columns((0, 1, 2), (True, False), (True, False), (True, False))
    n = len(named)
    ports = Facts(names=[Facts(label="Keelung, TW"), Facts(label=""), Facts(label="")], port=np.array([-1, 0, -1]),
                  ports=[Facts(name="Naha (north)")], point_id=lambda k: f"25.1{k}N 121.74E")  # fmt: skip
    facts = Facts(level=np.full(n, 3), hours=np.full(n, 6.2), stopped_h=np.full(n, 5.1), entered=entered, left=left)
    return port_visits._summaries(np.full(n, ONE), np.full(n, T0), ports, Facts(main=named), facts, still)


def _zones():
    """Water of nobody, of one party, and of one by a line that was computed here."""
    rows = (("Strait (north)", "", ""), ("Water", "P1", "treaty"), ("", "P2", "computed from a coast"))
    return Facts(zones=[Facts(name=name, zone_id=f"zone-{k}", claimant=whose, basis=basis)
                        for k, (name, whose, basis) in enumerate(rows)])  # fmt: skip


def _of_zones():
    zone, kind, entered, left, still = _columns((0, 1, 2), range(4), (True, False), (True, False), (True, False))
    n = len(zone)
    facts = Facts(hours=np.full(n, 1.4), entry_m=np.full(n, 185.2), deepest_m=np.full(n, 11_482.4), kind=kind,
                  entered=entered, left=left)  # fmt: skip
    return zone_visits._summaries(np.full(n, ONE), np.full(n, T0), _zones(), zone, facts, still)


def _of_dark():
    sensor, length_m, nearest, still = _columns(range(len(SENSORS)), (np.nan, 31.0), (-1.0, 9_400.0), (True, False))
    n = len(sensor)
    seen = {"sensor": sensor, "time_ms": np.full(n, T0)}
    facts = Facts(length_m=length_m, nearest_m=nearest, alone=np.full(n, 0.97),
                  near=Facts(repeats=still.astype(float), fixed_m=np.full(n, np.nan)))  # fmt: skip
    return dark._summaries(seen, facts, dark.Params())


def _of_rivals():
    """What an alert tells where several parties claim one water."""
    own = {0: " (line of P1)", 1: " (computed line of P2)", 2: " (computed line of P3)"}
    text = "MMSI 431000001 was inside Water (line of P1) for 1.4 h from 2026-09-21T14:13:20Z, up to 6.20 nm from the line, 0.10 nm at the first report; consistent with a stop."
    words = [alerts._together({0: own[0], 1: " (line of P2)"}, [0, 1]), alerts._together({1: own[1], 2: own[2]}, [1, 2]),
             alerts._beside(own, 0, [0, 1, 2])]  # fmt: skip
    return [text.replace(own[0], w, 1) for w in words]


def written():
    """All of them, by detector."""
    made = {"gap": _of_gaps(), "encounter": _of_encounters(), "loitering": _of_loitering(), "port_visit": _of_ports(),
            "zone_visit": _of_zones(), "dark_detection": _of_dark(), "rivals": _of_rivals()}  # fmt: skip
    return {kind: sorted({str(s) for s in sentences}) for kind, sentences in made.items()}


if __name__ == "__main__":
    FILE.write_text(json.dumps(written(), indent=1, ensure_ascii=False) + "\n")
