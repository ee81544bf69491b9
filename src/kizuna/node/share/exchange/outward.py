"""What a partner was told, as a file in a format that its programs read: GeoJSON, CoT, CISE or STIX.

Made of the very bytes that stand under the signed heads of the logs to the partner, each record once; what was recalled
is left out. Nothing is decided here and nothing is read from the tables of the node, so an export cannot hold more than
the partner has. It goes through the word lists of the node, and in an exercise every form says so in its own way.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, get_args

from kizuna.base.errors import InputError
from kizuna.base.units import SECOND_MS
from kizuna.formats import cise, cot_records, stix
from kizuna.formats.geojson import feature_bytes
from kizuna.node.share.desk.told import audiences_of, described
from kizuna.node.share.desk.words import geometry
from kizuna.node.share.exchange import lists, services
from kizuna.records import context as contexts
from kizuna.records.record import Record, decode, record_id
from kizuna.share.ledger.name import parse_name
from kizuna.share.sync.cutting import not_for

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

Form = Literal["geojson", "cot", "cise", "stix"]
FORMS: Final[tuple[str, ...]] = get_args(Form)
RECORDS_MOST: Final = 20_000
STIX: Final = "cti.stix"
_MEDIA: Final = {"geojson": "application/geo+json", "cot": "application/xml", "cise": "application/zip",
                 "stix": "application/stix+json;version=2.1"}  # fmt: skip
_ENDS: Final = {"geojson": "geojson", "cot": "cot.xml", "cise": "cise.zip", "stix": "stix.json"}
_OBSERVED: Final = re.compile(rb'"observed_ms":(-?[0-9]+)')


class Told(NamedTuple):
    """One record that stands in a log to a partner."""

    log: str
    n: int
    id: str
    data: bytes
    record: Record


@dataclass(frozen=True, slots=True)
class Export:
    """A file.

    Attributes:
        data: its bytes.
        media: media type.
        name: a name for it, with the context where it is not real.
        records: how many records are in it.
        not_said: records of the time that this format has no word for.
        left_out: records beyond the most that one file holds: narrow the time.
    """

    data: bytes
    media: str
    name: str
    records: int
    not_said: int
    left_out: int

    @property
    def said(self) -> str:
        """For the audit."""
        more = f", {self.left_out} left out" if self.left_out else ""
        return f"{self.records} records{more}, sha256 {hashlib.sha256(self.data).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: observed in [start, end); ``quiet`` for a partner's own program; key and certificate for CISE."""

    partner: str
    form: Form
    start_ms: int
    end_ms: int
    quiet: bool = False
    key: Path | None = None
    certificate: Path | None = None


def export(office: Office, wish: Wish) -> Export:
    """The file. Raises Refusal where a word list forbids it, InputError for a partner that is not known."""
    rows, left_out = _chosen(office, wish)
    write = {"geojson": _geojson, "cot": _cot, "cise": _cise, "stix": _stix}[wish.form]
    data, count = write(office, wish, rows)
    known = office.sharing.who().partners
    lists.refuse_words(data, lists.lists_for(office.places.home / "lexicon", wish.partner, known), quiet=wish.quiet)
    where = "" if contexts.is_real(office.context) else f"-{office.context.replace(':', '-')}"
    name = f"{office.me}-to-{wish.partner}{where}.{_ENDS[wish.form]}"
    return Export(data, _MEDIA[wish.form], name, count, len(rows) - count, left_out)


def _chosen(office: Office, wish: Wish) -> tuple[list[Told], int]:
    audiences = audiences_of(office, wish.partner)
    if wish.quiet and not office.reaches(wish.partner):
        return [], 0
    rows = {row.id: row for row in _between(office, audiences, wish)}
    stones = office.shared.tombstones.of(list(rows))
    kept = [row for name, row in rows.items() if name not in stones or stones[name].action == "annotate"]
    kept.sort(key=lambda row: (row.record.observed_ms, row.id))
    return kept[-RECORDS_MOST:], max(0, len(kept) - RECORDS_MOST)


def _between(office: Office, audiences: frozenset[str], wish: Wish) -> Iterator[Told]:
    """Records under signed heads that were observed in the time; the first look is at the bytes, which is quick."""
    signed = {s.name: s.head_size for s in office.shared.logs.all("out")}
    hides = not_for(wish.partner, office.sharing.who(), office.now_ms())
    for log, n, data in office.holdings.entries(audiences):
        found = _OBSERVED.search(data)
        if n >= signed.get(log, 0) or (found and not wish.start_ms <= int(found[1]) < wish.end_ms):
            continue
        if parse_name(log).audience != wish.partner and hides(data):  # a log of several readers
            continue
        record = decode(data)
        if wish.start_ms <= record.observed_ms < wish.end_ms:
            yield Told(log, n, record_id(data), data, record)


def _geojson(office: Office, wish: Wish, rows: Sequence[Told]) -> tuple[bytes, int]:
    features = [
        {"type": "Feature", "id": row.id, "geometry": geometry(row.record.geo),
         "properties": {"log": row.log, "n": row.n,
                        **{k: v for k, v in described(row.record).items() if k != "geometry"}}}
        for row in rows
    ]  # fmt: skip
    whole: dict[str, Any] = {
        "type": "FeatureCollection", "partner": wish.partner, "from": wish.start_ms, "to": wish.end_ms,
        "context": office.context, "marking": contexts.marking(office.context), "features": features,
    }  # fmt: skip
    return feature_bytes(whole), len(rows)


def _cot(office: Office, wish: Wish, rows: Sequence[Told]) -> tuple[bytes, int]:  # noqa: ARG001
    """One event a line, as the stream writes them."""
    feed = cot_records.Feed(office.context, office.now_ms() // SECOND_MS * SECOND_MS)
    made = [event for row in rows if (event := _or_none(cot_records.event, row.data, feed)) is not None]
    return b"".join(made), len(made)


def _stix(office: Office, wish: Wish, rows: Sequence[Told]) -> tuple[bytes, int]:  # noqa: ARG001
    """A bundle of the objects, each in the bytes of its producer."""
    objects = [bytes(row.record.body) for row in rows if row.record.kind == STIX]
    return stix.bundle(objects), len(objects)


def _cise(office: Office, wish: Wish, rows: Sequence[Told]) -> tuple[bytes, int]:
    """A ZIP of signed messages, one for each service and handling."""
    signer, now_ms = services.signer(office.places, wish.key, wish.certificate), office.now_ms()
    able = [row.data for row in rows if _or_none(cise.runs, [row.data])]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for n, (kind, some) in enumerate(cise.runs(able), 1):
            me = services.service(office.me, kind, office.context)
            to = services.service(wish.partner, kind, office.context, "Consumer")
            name = cise.message_id(me.service_id, to.service_id, *some)
            head = cise.Head(name, now_ms // SECOND_MS * SECOND_MS, me, to)
            part = zipfile.ZipInfo(f"{n:04d}-{kind}.xml", (1980, 1, 1, 0, 0, 0))
            part.compress_type = zipfile.ZIP_DEFLATED
            box.writestr(part, cise.push(head, some, signer))
    return out.getvalue(), len(able)


def _or_none(write: Any, *given: Any) -> Any:
    """None for a record that this format cannot say."""
    try:
        return write(*given)
    except InputError:
        return None
