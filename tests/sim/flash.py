"""How long alerts take while a great heap of bulk is under way over a bad link."""

from __future__ import annotations

import base64
from pathlib import Path

from sim import cargo
from sim.link import Conditions, Link
from sim.partner import pair
from sim.virtual import World

LOG = "birch/1/cedar/test/"


def heap(world: World, megabytes: float, record_bytes: int = 24_000, origin: str = "birch") -> list[bytes]:
    """Records that do not pack: a page of them is as long on the wire as what they hold."""
    out, total = [], 0
    while total < megabytes * 1_000_000:
        text = base64.b64encode(world.chance.randbytes(record_bytes * 3 // 4)).decode()
        out.append(
            b'{"v":1,"kind":"cti.blob","origin":"%s","observed_ms":1,"body":{"d":"%s"},"context":"test"}'
            % (origin.encode(), text.encode())
        )
        total += record_bytes * 3 // 4
    return out


def delays(
    place: Path, seed: int, *, alerts: int, megabytes: float, transport: str = "steady", channels: int = 4,
    rate_bps: float = 64_000, loss: float = 0.3, latency_ms: float = 300, push: bool = False, shared: bool = False,
    both: bool = False,
) -> dict:  # fmt: skip
    """Seconds from the release of each alert to its being kept by the partner; virtual time.

    ``shared``: both directions have one channel between them. ``both``: the partner has a heap for us as well.
    """
    world = World(seed)
    link = Link(
        world, Conditions(rate_bps=rate_bps, latency_ms=latency_ms, loss=loss, transport=transport, shared=shared)
    )
    way = {"pulls": False, "pushes": True}, {"pulls": False}
    a, b = pair(
        world,
        place,
        link,
        a={"channels": channels, "pulls": both, **(way[0] if push else {})},
        b={"channels": channels, **(way[1] if push else {})},
    )
    bulk = heap(world, megabytes)
    for k in range(0, len(bulk), 500):
        a.release("cedar", "bulk", bulk[k : k + 500])
        if both:
            b.release("birch", "bulk", heap(world, megabytes / 5, origin="cedar"))
    world.run(120_000)
    sent = []
    for k in range(alerts):
        sent.append(world.now_ms)
        a.release("cedar", "flash", [cargo.alert(k)])
        world.run(world.now_ms + world.chance.uniform(5_000, 40_000))
    world.run(world.now_ms + 120_000)
    came = {n: when for when, log, first, end in b.arrivals if log == LOG + "flash" for n in range(first, end)}
    took = sorted((came[k] - sent[k]) / 1000 for k in range(alerts))
    left = len(bulk) - b.held_count(LOG + "bulk")
    assert b.held(LOG + "flash") == a.told(LOG + "flash")
    return {
        "seed": seed, "alerts": alerts, "transport": transport, "channels": channels, "push": push, "shared": shared,
        "both": both,
        "flash_s_median": round(took[len(took) // 2], 2), "flash_s_p99": round(took[int(len(took) * 0.99)], 2),
        "flash_s_max": round(took[-1], 2), "virtual_h": round(world.now_ms / 3.6e6, 2),
        "bulk_mb_queued": round(sum(map(len, bulk)) / 1e6, 1), "bulk_records_left": left,
        "bulk_kbit_s": round(b.bytes_in * 8 / world.now_ms, 1), "faults": b.faults[:5], "alarms": a.alarms + b.alarms,
        "took": took,
    }  # fmt: skip
