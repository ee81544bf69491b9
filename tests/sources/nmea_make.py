"""A tiny writer of AIS sentences: fields to bits, bits to six-bit text, text to sentences with checksum."""

from __future__ import annotations

from collections.abc import Iterable

ARMOUR = "".join(chr(c) for c in [*range(48, 88), *range(96, 120)])
SIX_BIT = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"


def number(value: int, width: int) -> str:
    """Bits of a number; negative ones in two's complement."""
    return format(value & ((1 << width) - 1), f"0{width}b")


def text(value: str, chars: int) -> str:
    return "".join(number(SIX_BIT.index(c), 6) for c in value.ljust(chars, "@")[:chars])


def armour(bits: str) -> tuple[str, int]:
    """Payload and number of fill bits."""
    fill = -len(bits) % 6
    padded = bits + "0" * fill
    return "".join(ARMOUR[int(padded[k : k + 6], 2)] for k in range(0, len(padded), 6)), fill


def checksum(inner: str | bytes) -> str:
    total = 0
    for c in inner if isinstance(inner, bytes) else inner.encode("latin-1"):
        total ^= c
    return f"{total:02X}"


def sentence(payload: str, fill: int = 0, *, total: int = 1, part: int = 1, seq: str = "", channel: str = "A",
             talker: str = "AI", kind: str = "VDM", start: str = "!") -> str:  # fmt: skip
    inner = f"{talker}{kind},{total},{part},{seq},{channel},{payload},{fill}"
    return f"{start}{inner}*{checksum(inner)}"


def tag(inner: str) -> str:
    return f"\\{inner}*{checksum(inner)}\\"


def pghp(time: tuple[int, ...], sums: Iterable[str], *, station: str = "2190067", country: str = "219") -> str:
    """Gatehouse line for the sentences with these checksums; time is year to millisecond."""
    total = 0
    for s in sums:
        total ^= int(s, 16)
    inner = f"PGHP,1,{','.join(map(str, time))},{country},,{station},1,{total:02X}"
    return f"${inner}*{checksum(inner)}"


def sum_of(line: str) -> str:
    """Checksum field of a sentence."""
    return line.rsplit("*", 1)[1][:2]


def position(kind: int = 1, mmsi: int = 412000001, *, repeat: int = 0, status: int = 0, rot: int = -128, sog: int = 103,
             accuracy: int = 1, lon: float = 123.456, lat: float = 25.5, cog: int = 905, heading: int = 91,
             second: int = 30, raim: int = 0, lon_raw: int | None = None, lat_raw: int | None = None) -> str:  # fmt: skip
    """Bits of a type 1, 2 or 3 report."""
    return (
        number(kind, 6) + number(repeat, 2) + number(mmsi, 30) + number(status, 4) + number(rot, 8) + number(sog, 10)
        + number(accuracy, 1) + number(round(lon * 600_000) if lon_raw is None else lon_raw, 28)
        + number(round(lat * 600_000) if lat_raw is None else lat_raw, 27) + number(cog, 12) + number(heading, 9)
        + number(second, 6) + number(0, 2) + number(0, 3) + number(raim, 1) + number(0, 19)
    )  # fmt: skip


def plain(bits: str, **fields: object) -> str:
    """One sentence with these bits."""
    payload, fill = armour(bits)
    return sentence(payload, fill, **fields)  # type: ignore[arg-type]


def parts(bits: str, sizes: tuple[int, ...] = (56,), **fields: object) -> list[str]:
    """Several sentences; all but the last have the given numbers of payload characters."""
    payload, fill = armour(bits)
    cuts = [0]
    for size in sizes:
        cuts.append(cuts[-1] + size)
    pieces = [payload[a:b] for a, b in zip(cuts, [*cuts[1:], None], strict=True)]
    n = len(pieces)
    return [sentence(p, fill if k == n - 1 else 0, total=n, part=k + 1, **fields)  # type: ignore[arg-type]
            for k, p in enumerate(pieces)]  # fmt: skip


def voyage(mmsi: int = 412000001, *, imo: int = 9123456, callsign: str = "BQKL", name: str = "HAI FENG 7",
           ship_type: int = 70, size: tuple[int, int, int, int] = (100, 20, 8, 10), epfd: int = 1,
           eta: tuple[int, int, int, int] = (5, 9, 18, 0), draught: int = 73, destination: str = "KAOHSIUNG",
           dte: int = 0, length: int = 424) -> str:  # fmt: skip
    """Bits of a type 5 message, cut to ``length``."""
    bits = (
        number(5, 6) + number(0, 2) + number(mmsi, 30) + number(0, 2) + number(imo, 30) + text(callsign, 7)
        + text(name, 20) + number(ship_type, 8) + number(size[0], 9) + number(size[1], 9) + number(size[2], 6)
        + number(size[3], 6) + number(epfd, 4) + number(eta[0], 4) + number(eta[1], 5) + number(eta[2], 5)
        + number(eta[3], 6) + number(draught, 8) + text(destination, 20) + number(dte, 1) + number(0, 1)
    )  # fmt: skip
    return bits[:length]


def part_a(mmsi: int = 412000001, name: str = "MIN SHI YU 0388", spare: int = 8) -> str:
    return number(24, 6) + number(0, 2) + number(mmsi, 30) + number(0, 2) + text(name, 20) + "0" * spare


def part_b(mmsi: int = 412000001, *, ship_type: int = 30, vendor: str = "SRT", callsign: str = "BYQ12", last: str = "",
           epfd: int = 1, length: int = 168, part: int = 1) -> str:  # fmt: skip
    """Bits of a type 24 part B; ``last`` replaces the 30 bits of the size."""
    size = last or number(12, 9) + number(6, 9) + number(2, 6) + number(3, 6)
    bits = (
        number(24, 6) + number(0, 2) + number(mmsi, 30) + number(part, 2) + number(ship_type, 8) + text(vendor, 3)
        + number(1, 4) + number(77, 20) + text(callsign, 7) + size + number(epfd, 4) + number(0, 2)
    )  # fmt: skip
    return bits[:length]


def bytes_of(*lines: str, end: str = "\n") -> bytes:
    return "".join(line + end for line in lines).encode("latin-1")
