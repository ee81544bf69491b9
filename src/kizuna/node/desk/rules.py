"""Who may do what: one table, nothing else decides.

Default deny: an action that is not in the table, or a role that is not in its row, is refused. A ``release_officer``
decides what partners are told, and handles no alerts; analysts handle incidents, and pass a distress on alone; viewers
read. Two persons put rules in force whatever their roles. A token is no person: each kind may do the few things of its
row, and never what a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

VIEWER: Final = "viewer"
ANALYST: Final = "analyst"
ADMINISTRATOR: Final = "administrator"
RELEASE_OFFICER: Final = "release_officer"
ROLES: Final = (VIEWER, ANALYST, ADMINISTRATOR, RELEASE_OFFICER)
"""Roles of people."""
FEED: Final = "feed"
METRICS: Final = "metrics"
TAXII: Final = "taxii"
RECEIVED: Final = "received"
TOKEN_KINDS: Final = (FEED, METRICS, TAXII, RECEIVED)
"""Kinds of token: programs that read layers and exports, the monitoring, TAXII clients of a partner, and TAXII clients
of our own, which read what partners told us."""

_ALL: Final = frozenset(ROLES)
_WATCH: Final = frozenset({ANALYST, ADMINISTRATOR})
_OFFICE: Final = frozenset({ADMINISTRATOR})
_RELEASE: Final = frozenset({RELEASE_OFFICER, ADMINISTRATOR})
_DESK: Final = frozenset({ANALYST, RELEASE_OFFICER, ADMINISTRATOR})

RULES: Final[Mapping[str, frozenset[str]]] = {
    "picture.see": _ALL,
    "vessel.see": _ALL,
    "event.see": _ALL,
    "detection.see": _ALL,
    "layer.see": _ALL,
    "history.see": _ALL,
    "log.see": _ALL,
    "source.see": _ALL,
    "session.end": _ALL,
    "password.change": _ALL,
    "alert.decide": _WATCH,
    "log.write": _WATCH,
    "handover.see": _WATCH,
    "handover.sign": _WATCH,
    "watchlist.see": _WATCH,
    "watchlist.edit": _WATCH,
    "export.take": _WATCH | {FEED},
    "ogc.read": _ALL | {FEED},
    "feed.follow": frozenset({FEED}),
    "metrics.read": frozenset({METRICS, ADMINISTRATOR}),
    "user.edit": _OFFICE,
    "token.edit": _OFFICE,
    "audit.see": _OFFICE,
    "sharing.see": _ALL,
    "release.who": _DESK,
    "release.see": _RELEASE,
    "release.act": _RELEASE,
    "release.export": _RELEASE | {FEED},
    "release.review": _DESK,
    "partner.act": _RELEASE,
    "incident.see": _ALL,
    "incident.handle": _WATCH,
    "taxii.use": _DESK | {TAXII, RECEIVED},
}
"""Action to the roles and kinds of token that may do it."""


def may(role: str, action: str) -> bool:
    """Whether somebody of that role, or a token of that kind, may do it; False for whatever is not in the table."""
    return role in RULES.get(action, frozenset())
