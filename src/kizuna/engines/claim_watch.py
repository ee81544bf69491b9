"""Computed claim zones for a detect run: which are watched, and how a run says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kizuna.base.errors import ConfigError, InputError, because
from kizuna.base.ids import hash_hex
from kizuna.formats.run_summary import InputFile
from kizuna.places.zone import Zone

if TYPE_CHECKING:
    from kizuna.places.claims.land import ClaimedLand


@dataclass(frozen=True, slots=True)
class ClaimWatch:
    """Limits in nm to watch around the features that the table marks for it; whose names; an own table on top.

    The zones depend on the table and the coast alone, not on the data, so that every way of running has the same.
    """

    limits_nm: Sequence[float] = (12.0,)
    view: str = "neutral"
    language: str = "en"
    table: Path | None = None


def watched(watch: ClaimWatch) -> tuple[list[Zone], InputFile]:
    """Zones to watch and the line about them in the record of the run. Raises ConfigError for a wrong one."""
    from kizuna.places.claims.viewpoint import viewpoint  # noqa: PLC0415  a run without claims loads nothing
    from kizuna.places.claims.zones import Wanted, claim_zones  # noqa: PLC0415

    land = claimed_land(watch.table)
    try:
        zones = claim_zones(land, Wanted(tuple(watch.limits_nm)), viewpoint(land.table, watch.view, watch.language))
    except InputError as exc:
        raise ConfigError(exc.message, where="--claims", hint=exc.hint) from exc
    said = ", ".join(f"{nm:g}" for nm in watch.limits_nm)
    digest = hash_hex("claims", land.coast.digest, *(f"{z.zone_id} {z.outline_digest}" for z in zones))
    return zones, InputFile(f"computed claim zones, {said} nm, view {watch.view}", digest, 0, "claims", len(zones))


def claimed_land(own: Path | None = None) -> ClaimedLand:
    """The packaged table on the packaged coast, with an operator's rows on top. Raises ConfigError for a bad file."""
    from kizuna.places.claims.land import load_land, share_out  # noqa: PLC0415  a run without claims loads nothing
    from kizuna.places.claims.reading import load_claims, with_own  # noqa: PLC0415
    from kizuna.places.coast import load_coast  # noqa: PLC0415

    if own is None:
        return load_land()
    try:
        text = own.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"cannot be read: {because(exc)}", where=str(own)) from exc
    return share_out(with_own(load_claims(), text, str(own)), load_coast())
