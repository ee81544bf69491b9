"""Everything of sharing in one node: who it is, whom it knows, what its rules are, what it told and was told.

    with open_sharing(config) as sharing:       a command: looks, and writes papers and partners
    sharing.start(tables)                       the node: the door's loops, the listener, the lines to partners

Officers change rules and partners by commands and through the API, in this process or another; both are asked anew
whenever something is decided. A paused or revoked partner is reached by nothing from that moment on.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from kizuna.base.errors import ConfigError, InputError, KizunaError
from kizuna.base.table import Table
from kizuna.node.service.clocks import wall_ms
from kizuna.node.service.settings import Config
from kizuna.node.share.door import Door, House
from kizuna.node.share.exchange.lexicons import Lexicons
from kizuna.node.share.files import Places, put
from kizuna.node.share.identity import Identity, Marks, load
from kizuna.node.share.partners import ACTIVE, Partners
from kizuna.node.share.rulebook import RuleBook
from kizuna.node.share.trust.membership import PREFIX, Membership
from kizuna.records.label import EVERYBODY
from kizuna.records.partner import Community, Directory, directory
from kizuna.records.record import Record, decode
from kizuna.share.agreement import Book, enforce
from kizuna.share.columns import Terms
from kizuna.share.decide import Decision
from kizuna.share.publish import SourcesOf
from kizuna.share.rules.rule import RuleSet
from kizuna.share.verify import Trusted
from kizuna.stores.shared import Shared, open_shared

if TYPE_CHECKING:
    from kizuna.node.share.lines.traffic import Traffic
    from kizuna.node.share.onward import Onward
    from kizuna.places.zone import Zone

SECRET_BYTES: Final = 32


class Received(NamedTuple):
    """One record as it came, judged and kept. ``number`` goes up with the coming; ``signer``: page key, hex.

    ``proved``: the third party whose own proof came with it, where ``partner`` only carried it; else empty.
    """

    number: int
    partner: str
    log: str
    n: int
    id: str
    data: bytes
    record: Record
    signer: str = ""
    proved: str = ""

    @property
    def stated_by(self) -> str:
        """The party that is proved to state it."""
        return self.proved or self.partner


Handler = Callable[[Received], None]
"""Called on the thread of arrivals, in order, for each record at least once: after a crash the last may come again."""


class Sharing:
    """Sharing of one node in one context."""

    def __init__(
        self, config: Config, *, zones: Sequence[Zone] = (), now_ms: Callable[[], int] = wall_ms,
        sources_of: SourcesOf | None = None,
    ) -> None:  # fmt: skip
        """Open everything. Raises ConfigError where the node shares nothing or its keys are not in order."""
        s = config.sharing
        if not s.party:
            raise ConfigError("this node shares nothing", where="node.toml [sharing] party", hint="kizuna partner init")
        self.config = config
        self.party: str = s.party
        self.context: str = config.node.context
        self.places = Places(config.home)
        self.identity: Identity = load(self.places, s.party, s.title or config.node.title, self.context)
        self.shared: Shared = open_shared(self.places.shared, context=self.context)
        self.partners = Partners(self.places)
        self.book = RuleBook(self.shared)
        self.membership = Membership(s.founder_of(), s.party, self.context, self.shared.papers)
        self.communities: Callable[[], Sequence[Community]] = self.membership.all
        """Lists of members that count now."""
        self.now_ms = now_ms
        self.bound: Callable[[RuleSet], RuleSet] = _nothing_agreed
        """Which of the rules hold now: the desk leaves those whose agreement is known, signed and in force."""
        self.doubted: Callable[[Iterable[str]], object] = lambda _ids: None
        """Told of records that a revoked key has made doubtful, before they are hidden; the desk clears the picture."""
        self.handlers: list[tuple[str, Handler]] = [(PREFIX, self.membership.received)]
        self.onward: Onward | None = None
        """Judges what partners bring of others, and passes on what may go; the desk puts itself here."""
        self.traffic: Traffic | None = None
        """Threads and lines, while the node runs."""
        self._lock = threading.Lock()
        self._who: tuple[Any, Directory] | None = None
        self._from_ms: tuple[Any, dict[str, int]] | None = None
        self._trusted: dict[str, tuple[Any, Trusted]] = {}
        terms = {r.id: Terms(r.pass_on, frozenset(r.pass_on_to), r.pass_on_days) for r in config.sources}
        self.door = Door(House(
            self.identity, self.shared, Marks(self.places.marks(self.context)), self.who, self.rules, terms,
            tuple(zones), secret_of(self.places), os.urandom, now_ms, s.unit, sources_of, self._told_from_ms,
            lexicons=Lexicons(config.home / "lexicon"),
        ))  # fmt: skip

    # ---- who and by which rules -------------------------------------------------------------------------------------
    def who(self) -> Directory:
        """Partners and communities as they are now; files are read again only where one changed."""
        with self._lock:
            state = (self.partners.stamp(), tuple(self.communities()))
            if self._who is None or self._who[0] != state:
                known = [k.partner for k in self.partners.all() if k.id != self.party]
                self._who = state, directory(self.party, known, state[1])
            return self._who[1]

    def rules(self) -> RuleSet | None:
        """The rules in force, without those whose agreement does not hold now; None: nothing leaves."""
        active = self.book.active()
        return None if active is None else self.bound(active)

    def _told_from_ms(self, audience: str) -> int:
        """What came due for an audience before this is not made up for."""
        stamp = self.partners.stamp()
        with self._lock:
            if self._from_ms is None or self._from_ms[0] != stamp:
                self._from_ms = stamp, {k.id: k.told_from_ms for k in self.partners.all()}
            return self._from_ms[1].get(audience, 0)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where partners reach this node."""
        return self.config.sharing.addresses

    def audiences(self, partner: str) -> frozenset[str]:
        """Every audience whose logs a partner may read now: itself, its communities, and what is for everybody."""
        found = self.who().audiences_of(partner)
        return found | {EVERYBODY} if partner in self.who().members(partner) else frozenset()

    def trusted(self, partner: str) -> Trusted:
        """An active partner, as pages and receipts of it are judged. Raises InputError for one that is none."""
        communities = tuple(self.communities())
        stamp = (self.partners.stamp(), communities)
        with self._lock:
            held = self._trusted.get(partner)
            if held is None or held[0] != stamp:
                known = self.partners.get(partner)
                if known.state != ACTIVE:
                    raise InputError(f"{partner} is {known.state}", hint="kizuna partner list")
                mine = frozenset(c.id for c in communities if self.party in c.members)
                held = stamp, Trusted(self.party, known.ring, self.context, mine)
                self._trusted[partner] = held
            return held[1]

    # ---- saying and hearing ----------------------------------------------------------------------------------------
    def say(self, data: bytes, to: str, *, lane: str = "", tag: frozenset[str] = frozenset()) -> Decision:
        """Tell an audience a record that a person of this node wrote, if the rules in force let it go.

        ``data``: bytes of a record of ours (``records.record.encode``); ``tag``: further words that rules match, such
        as ``distress`` or ``incident:<id>``. The decision is kept whatever it is; a refusal is returned, not raised.
        Raises InputError where the record is not ours or of another context.
        """
        return self.door.say(data, self.door.facts(decode(data), tag), to, lane=lane)

    def on(self, kind_prefix: str, handler: Handler) -> None:
        """Have a handler called for each received record whose kind begins so. To be called before ``start``."""
        self.handlers.append((kind_prefix, handler))

    def take(self, fixes: Table) -> None:
        """Fixes that this node's own sources gave, just stored: the door looks at them when it is their time."""
        if self.traffic is not None:
            self.traffic.loops.take(fixes)

    # ---- running ----------------------------------------------------------------------------------------------------
    def start(self, tables: Any, trouble: Callable[[str, str], object] = lambda _name, _words: None) -> None:
        """Begin: the door's loops over ``tables`` (``loops.Tables``), the lines to partners, the arrivals."""
        from kizuna.node.share.lines.traffic import Traffic  # noqa: PLC0415  a command needs no lines

        self.traffic = Traffic(self, tables, trouble)
        self.traffic.start()

    def stop(self) -> None:
        """End in good order; what was told and taken is on the disk already."""
        if self.traffic is not None:
            self.traffic.stop()
            self.traffic = None

    def close(self) -> None:
        """Stop and let go of the store."""
        self.stop()
        self.shared.close()

    def __enter__(self) -> Self:
        """Close with the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # ---- health -----------------------------------------------------------------------------------------------------
    def health(self) -> list[dict[str, Any]]:
        """One row for each partner: state of the link, what was told and received, how far either side is behind."""
        from kizuna.node.share.lines.health import rows  # noqa: PLC0415

        return rows(self)

    def _rows(self) -> list[dict[str, Any]]:
        """Health for upkeep, which must go on also where a partner's file is damaged; the officers' pages say so."""
        try:
            return self.health()
        except KizunaError:
            return []

    def as_row(self) -> dict[str, Any]:
        """For the status file: partners and the newest alarms."""
        alarms = list(self.traffic.alarms[-20:]) if self.traffic is not None else []
        return {"party": self.party, "rules": self.book.version_of(self.book.status().active),
                "partners": self._rows(),
                "alarms": [{"at_ms": t, "partner": p, "log": g, "words": w} for t, p, g, w in alarms]}  # fmt: skip

    def numbers(self) -> dict[str, float]:
        """Numbers for monitoring."""
        rows = self._rows()
        out = {
            "share_partners": float(len(rows)),
            "share_told": float(sum(r["told"] for r in rows)),
            "share_received": float(sum(r["received"] for r in rows)),
            "share_behind": float(sum(r["link"]["behind"] for r in rows)),
            "share_to_come": float(sum(r["link"]["to_come"] for r in rows)),
            "share_links_up": float(sum(r["link"]["state"] in ("up", "behind") for r in rows)),
            "share_logs_halted": float(sum(bool(s.halted) for s in self.shared.logs.all())),
        }
        if self.traffic is not None:
            found = self.traffic
            out |= {"share_alarms": float(len(found.alarms)), "share_arrivals": float(found.arrivals.taken)}
            out |= {f"share_passed_over_{k.replace(' ', '_').lower()}": float(n)
                    for k, n in found.arrivals.passed_over.items()}  # fmt: skip
        return out

    @property
    def version(self) -> int:
        """Counts up with whatever is told, received or decided by officers, within one start."""
        return self.traffic.version if self.traffic is not None else 0


def _nothing_agreed(rules: RuleSet) -> RuleSet:
    """What holds before the desk has read the agreements: no rule that releases."""
    return enforce(rules, Book(), 0)[0]


def secret_of(places: Places) -> bytes:
    """The node's secret for salts and pseudonyms; made once. It never leaves, and backups with keys hold it."""
    path = places.keys / "salt.key"
    if not path.exists():
        put(path, os.urandom(SECRET_BYTES), new=True)
    found = path.read_bytes()
    if len(found) != SECRET_BYTES:
        raise ConfigError("is not a secret of 32 bytes", where=str(path), hint="restore it from a backup with keys")
    return found


def open_sharing(
    config: Config, *, zones: Sequence[Zone] = (), now_ms: Callable[[], int] = wall_ms,
    sources_of: SourcesOf | None = None,
) -> Sharing:  # fmt: skip
    """Sharing of a node from its settings; see ``Sharing``. ``sources_of``: sources behind the tracks of vessels."""
    return Sharing(config, zones=zones, now_ms=now_ms, sources_of=sources_of)
