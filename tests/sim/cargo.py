"""Records to be carried: positions as the product writes them, alerts, and large ones."""

from __future__ import annotations

from kizuna.records.label import Label
from kizuna.records.record import Record, body_bytes, encode

T0_MS = 1_800_000_000_000


def position(k: int, chance, origin: str = "birch", to: str = "cedar") -> bytes:
    """One of 500 ships somewhere off a coast, as AIS tells it."""
    ship = k % 500
    geo = (round(123 + ship % 25 / 10 + chance.random() / 50, 5), round(24 + ship / 250 + chance.random() / 50, 5))
    body = {"c": round(chance.random() * 360, 1), "s": round(chance.random() * 20, 1)}
    return encode(
        Record(
            kind="track.position", origin=origin, subject=(f"mmsi:{431000000 + ship}",), context="test", geo=geo,
            observed_ms=T0_MS + k * 1000, body=body_bytes(body), label=Label(tlp=2, rel_to=frozenset({to})),
        )
    )  # fmt: skip


def alert(k: int, origin: str = "birch") -> bytes:
    return encode(
        Record(
            kind="event.sighting", origin=origin, context="test", observed_ms=T0_MS + k, geo=(123.5, 24.5),
            body=body_bytes({"text": f"person in the water, report {k}"}), label=Label(tlp=2, rel_to=frozenset({"cedar"})),
        )
    )  # fmt: skip


def large(k: int, chance, size: int = 24_000, origin: str = "birch") -> bytes:
    """A record that does not pack: a picture, for instance."""
    return encode(
        Record(
            kind="cti.blob", origin=origin, context="test", observed_ms=T0_MS + k,
            body=body_bytes({"data": chance.randbytes(size // 2).hex()}),
        )
    )  # fmt: skip
