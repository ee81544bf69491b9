"""A slow, plain twin of port visits: written from Global Fishing Watch's published rules, one fix at a time.

It makes the port events of a vessel (entry, stop, gap, exit) and visits of them, as pipe-anchorages documents; distances
come from pyproj. Where our definition differs on purpose the twin says so at the line.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pyproj import Geod

GEOD = Geod(ellps="WGS84")
HOUR_MS = 3_600_000
NM_M = 1852.0


@dataclass
class Visit:
    """What was seen of one visit; times in milliseconds."""

    start_ms: int
    end_ms: int | None = None
    last_ms: int = 0
    entry: bool = False
    exit: bool = False
    stops: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)
    open_gap: bool = False

    @property
    def level(self) -> int:
        """Confidence as the product documentation defines it."""
        rested = self.stops or self.gaps or self.open_gap
        if rested and self.entry and self.exit:
            return 4
        if rested and (self.entry or self.exit):
            return 3
        if rested:
            return 2
        return 1 if self.entry or self.exit else 0


def away_m(fix, points) -> float:
    """Distance from a fix (time, lat, lon, speed) to the nearest point."""
    return min((GEOD.inv(fix[2], fix[1], lon, lat)[2] for lat, lon in points), default=float("inf"))


def visits(
    fixes, points, end_ms, *, enter_m=3000.0, leave_m=4000.0, begin_kn=0.2, end_kn=0.5, gap_h=4.0, jump_nm=60.0
) -> list[Visit]:
    """Visits of one vessel's fixes in order of time."""
    out: list[Visit] = []
    now: Visit | None = None
    stopped = False
    before = None
    for fix in fixes:
        t, lat, lon, speed = fix
        d = away_m(fix, points)
        here = d <= enter_m or (d < leave_m and now is not None)
        if now is not None:
            if t - before[0] >= gap_h * HOUR_MS:
                now.gaps.append((before[0], t))
            jumped = GEOD.inv(before[2], before[1], lon, lat)[2] > jump_nm * NM_M
            if here and jumped:  # GFW: between segments only, and by the places of the ports
                now.end_ms = before[0]
                now, stopped = None, False
                here = d <= enter_m
                if here:
                    now = Visit(t)
                    out.append(now)
            elif not here:
                now.end_ms, now.exit = t, True
                now, stopped = None, False
        elif here:
            now = Visit(t, entry=before is not None)  # GFW: a vessel first heard inside has no event yet
            out.append(now)
        if now is not None:
            now.last_ms = t
            if not stopped and speed <= begin_kn:
                stopped = True
                now.stops += 1
            elif stopped and speed >= end_kn:
                stopped = False
        before = fix
    if now is not None and end_ms - now.last_ms >= gap_h * HOUR_MS:
        now.open_gap = True
    return [v for v in out if v.level]
