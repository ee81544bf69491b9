"""Rival claims as a layer, in the words of a viewpoint. A viewpoint chooses names and order, never lines or areas."""

from __future__ import annotations

import re
import threading
from typing import Any, Final

from kizuna.base.languages import PAGES
from kizuna.node.api.answers import json_bytes
from kizuna.node.api.interfaces import Node

NEUTRAL: Final = "neutral"
LANGUAGES: Final = {page: ours for ours, page in PAGES.items()}
"""Language of the page to that of the table of claims."""
_KEPT_MOST: Final = 12
_BREADTH: Final = re.compile(r"([\d.]+) nm of (.+)")
_MILES: Final = {"en": "{0} nm of {1}", "ja": "{1}から{0}海里", "zh-TW": "{1}起 {0} 浬"}


class ClaimsLayer:
    """GeoJSON by viewpoint and language; a few are kept once made."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], bytes] = {}
        self._land: Any = None

    def views(self) -> list[dict[str, Any]]:
        """Viewpoints that may be chosen: neutral, then the parties that claim something watched, by id."""
        with self._lock:
            table = self._claimed().table
        watched = {g for g, group in table.groups.items() if group.watch}
        parties = {p for f in table.features.values() if f.group in watched for p in table.sovereigns(f)}
        named = [
            {"id": p, "names": {w: table.parties[p].name(t) for w, t in LANGUAGES.items()}} for p in sorted(parties)
        ]
        return [{"id": NEUTRAL, "names": {}}, *named]

    def bytes_of(self, view: str, language: str) -> bytes:
        """The layer; without a view in that of the node. Raises InputError for a viewpoint that is no party's."""
        view = view or self._node.view
        key = NEUTRAL if view.lower() in ("", NEUTRAL) else view.upper(), language
        with self._lock:
            if key not in self._kept:
                made = self._made(*key)
                if len(self._kept) >= _KEPT_MOST:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = made
            return self._kept[key]

    def _claimed(self) -> Any:
        """Land and claims; reading the coast takes a second."""
        if self._land is None:
            from kizuna.places.claims.land import load_land  # noqa: PLC0415

            self._land = self._node.land() if self._node.land is not None else load_land()
        return self._land

    def _made(self, view: str, language: str) -> bytes:
        """Zones of 12 nm around watched features as each claimant measures them, and lines that parties declared."""
        from kizuna.places.claims.export import as_geojson, declared_lines  # noqa: PLC0415
        from kizuna.places.claims.viewpoint import viewpoint  # noqa: PLC0415
        from kizuna.places.claims.zones import Wanted, claim_zones  # noqa: PLC0415

        land = self._claimed()
        eyes = viewpoint(land.table, view, LANGUAGES[language])
        made = as_geojson(claim_zones(land, Wanted(), eyes), declared_lines(land.table, eyes))
        order = eyes.in_order(f["properties"]["claimant"] for f in made["features"])
        for feature in made["features"]:
            said = feature["properties"]
            own = self._node.names.partners.get(said["claimant"], {})
            called = own.get(language) or own.get("en")
            if called:
                said["claimant_name"] = called
            breadth = _BREADTH.fullmatch(said["name"] or "")
            if breadth is not None:
                said["name"] = _MILES[language].format(*breadth.groups())
            said["order"] = order.index(said["claimant"])
        return json_bytes({**made, "view": view})
