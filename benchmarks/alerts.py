"""How many alerts a watch of eight hours gets, and what each rule that makes them fewer costs in recall.

    python benchmarks/alerts.py [--keep DIR]     # --keep saves simulated days for the next run

Counts: the day of US waters in ../shared/data/ais (9,110 MMSIs), default settings, three watches from midnight UTC.
Recall: six simulated days of 600 ships (seeds 601 to 606, never used to choose a setting) with many plants: of the
planted rows that were observable, those with an alert of their own that overlaps by at least 0.3. Also the reliability of
confidence on these days. Writes benchmarks/results/alerts.json.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

import harness

harness.one_thread()

import numpy as np  # noqa: E402
import simulated  # noqa: E402
import tracks as day_of_tracks  # noqa: E402

from kizuna.engines.surround import around  # noqa: E402
from kizuna.events import alerts  # noqa: E402
from kizuna.events.detect import detect_all  # noqa: E402
from kizuna.events.params import Settings  # noqa: E402
from kizuna.events.table import EVENT_TYPES, LEVEL_WORDS  # noqa: E402
from kizuna.exercise import world  # noqa: E402
from kizuna.exercise.score import score, wilson  # noqa: E402
from kizuna.exercise.simulate import Scenario  # noqa: E402
from kizuna.places.geojson import zones_from_geojson  # noqa: E402
from kizuna.tracks import stops  # noqa: E402
from kizuna.tracks.segment import segment  # noqa: E402

SEEDS = range(601, 607)
SCENARIO = Scenario(exercise_id="alerts", vessels=600, gaps=40, encounters=24, loiterings=18, neighbours=6, outages=4)
KINDS = ("gap", "encounter", "loitering", "zone_visit")
ALL = alerts.Params(level="low", gap_confidence_min=0.0, gap_shore_min_nm=0.0, repeat_h=0.0)
"""Every event but port visits."""
OLD_ENCOUNTERS = {"still_kn": 0.0, "rest_share_min": 1.0, "alongside_m": 1000.0}
"""Settings under which the rules for ships that lie fast or at anchor change nothing."""


@dataclasses.dataclass
class Found:
    name: str
    tracks: object
    surroundings: object
    truth: object = None

    def events(self, reception=True, encounters=None):
        settings = Settings()
        if encounters:
            settings = dataclasses.replace(settings, encounters=dataclasses.replace(settings.encounters, **encounters))
        less = {} if reception else {"reception": None}
        return detect_all(self.tracks, settings, dataclasses.replace(self.surroundings, **less))


def found_in(name, fixes, zones=(), truth=None):
    tracks = segment(fixes)
    return Found(name, tracks, around(tracks, stops.find(tracks), Settings().anchorages, (), zones).surroundings, truth)


def steps(day):
    """The rules one after the other: name, events, which of them are alerts."""
    old = day.events(encounters=OLD_ENCOUNTERS)
    new = day.events()
    one = dataclasses.replace
    moderate = one(ALL, level="moderate", gap_confidence_min=0.5)
    away = one(moderate, gap_shore_min_nm=alerts.Params().gap_shore_min_nm)
    return [
        ("every event but port visits", old, ALL),
        ("moderate confidence or better", old, moderate),
        ("encounters: not lying fast, not neighbours at anchor", new, moderate),
        ("gaps: not begun within 1 nm of the coast", new, away),
        ("one case told once in 24 h (default settings)", new, alerts.Params()),
        ("instead: gaps from 0.41 (just above the cap)", new, alerts.Params(gap_confidence_min=0.41)),
        ("instead: gaps from 0.7", new, alerts.Params(gap_confidence_min=0.7)),
        ("instead: high confidence only", new, alerts.Params(level="high", gap_confidence_min=0.8)),
    ]


def counts(day, events, params):
    """Alerts by type, and by watch."""
    got = alerts.select(events, params)
    t = day.tracks.time_ms
    table = alerts.per_watch(got, events, int(t.min()), int(t.max()), params)
    by_type = dict(zip(EVENT_TYPES, table.sum(axis=0).tolist()))
    return {"by_type": {k: by_type[k] for k in KINDS}, "by_watch": table.sum(axis=1).tolist(), "all": len(got.row)}


def reliability(rows):
    """Share of events that truth confirms (required or allowed rows), by confidence."""
    out = []
    edges = np.array([0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    value, true = (np.array(v) for v in zip(*rows))
    bins = np.digitize(value, edges) - 1
    for k in range(len(edges) - 1):
        mine = bins == k
        if mine.any():
            share = wilson(int(true[mine].sum()), int(mine.sum()))
            out.append({"from": edges[k], "to": edges[k + 1], "n": int(mine.sum()),
                        "mean_confidence": float(value[mine].mean()), "true": share._asdict()})  # fmt: skip
    return out


def confirmed(events, truth, kind):
    """Confidence of each event of a kind, and whether it is what truth has as deliberate (gaps) or as such at all."""
    grades = truth.codes_of("grade")
    intents = truth.codes_of("intent")
    kinds = truth.codes_of("kind")
    rows = [
        (set(m), int(b), int(e))
        for m, b, e, k, g, i in zip(truth["mmsis"].to_pylist(), truth["start_ms"], truth["end_ms"], truth["kind"],
                                    truth["grade"], truth["intent"])
        if kinds[k] == kind and grades[g] != "forbidden" and (kind != "gap" or intents[i] == "deliberate")
    ]  # fmt: skip
    out = []
    last = int(events["end_ms"].max())
    for m, b, e, k, c in zip(events["mmsis"].to_pylist(), events["start_ms"].tolist(), events["end_ms"].tolist(),
                             events["event_type"].tolist(), events["confidence"].tolist()):  # fmt: skip
        if EVENT_TYPES[k] == kind:
            e = last if e < b else e
            overlaps = [
                max(0, min(e, y) - max(b, x)) / max(max(e, y) - min(b, x), 1) for n, x, y in rows if n == set(m)
            ]
            out.append((c, max(overlaps, default=0.0) >= 0.3))
    return out


def main(keep):
    real = found_in("real", day_of_tracks.fixes())
    result = {"real_day": {}, "simulated": {}, "reliability": {}}
    for name, events, params in steps(real):
        result["real_day"][name] = counts(real, events, params)
    unjudged = real.events(reception=False, encounters=OLD_ENCOUNTERS)
    result["real_day_gaps_by_word"] = {
        how: [int(((e["event_type"] == 0) & (e["confidence_word"] == k)).sum()) for k in range(3)]
        for how, e in (("with reception", real.events()), ("without counts of reception", unjudged))
    }
    sums = {}
    judged = {k: [] for k in KINDS}
    zones = zones_from_geojson(world.zones_geojson())
    for seed in SEEDS:
        made = simulated.day(SCENARIO, seed, keep)
        one = found_in(str(seed), made.fixes, zones, made.truth)
        for name, events, params in steps(one):
            told = events.take(alerts.select(events, params).row)
            scored = score(told, made.truth)
            for k in KINDS:
                s, at = scored[k], sums.setdefault(name, {}).setdefault(k, [0, 0, 0, 0])
                for i, v in enumerate((s.truth, s.hits, s.left_out, s.false_alarms)):
                    at[i] += v
        last = one.events()
        for k in KINDS:
            judged[k] += confirmed(last, made.truth, k)
        print(f"seed {seed} done", flush=True)
    for name, by_kind in sums.items():
        result["simulated"][name] = {
            k: {"truth": t, "hits": h, "recall": wilson(h, t)._asdict(), "allowed_by_truth": a, "false": f,
                "alerts_per_watch": (h + a + f) / (3 * len(SEEDS))}
            for k, (t, h, a, f) in by_kind.items()
        }  # fmt: skip
    result["reliability"] = {k: reliability(v) for k, v in judged.items() if v}
    harness.RESULTS.joinpath("alerts.json").write_text(json.dumps(result, indent=1) + "\n")
    show(result)


def show(result):
    print("\nreal day                                              gap  enc. loit.  all   per watch")
    for name, c in result["real_day"].items():
        t = c["by_type"]
        watches = "/".join(map(str, c["by_watch"]))
        print(f"  {name:52} {t['gap']:4d} {t['encounter']:4d} {t['loitering']:4d} {c['all']:5d}   {watches}")
    print("gaps by word", dict(zip(("words", *result["real_day_gaps_by_word"]),
                                   (LEVEL_WORDS, *result["real_day_gaps_by_word"].values()))))  # fmt: skip
    print("\nsimulated days, recall of what was planted and observable")
    for name, by_kind in result["simulated"].items():
        print(f"  {name}")
        for k, v in by_kind.items():
            r = v["recall"]
            print(f"    {k:11} {v['hits']:4d} of {v['truth']:4d}  {r['share']:.3f} [{r['low']:.3f}-{r['high']:.3f}]   "
                  f"allowed {v['allowed_by_truth']:4d}  false {v['false']:4d}  a watch {v['alerts_per_watch']:.1f}")  # fmt: skip
    for k, rows in result["reliability"].items():
        print(f"\n{k}: confidence against truth on simulated days")
        for r in rows:
            t = r["true"]
            print(f"  {r['from']:.1f}-{r['to']:.1f}  n {r['n']:5d}  mean {r['mean_confidence']:.2f}  true {t['share']:.3f}"
                  f" [{t['low']:.3f}-{t['high']:.3f}]")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path)
    main(parser.parse_args().keep)
