"""What a partner was told, as a file in a format that its programs read: GeoJSON, CoT, CISE or STIX.

Made of the very bytes that stand under the signed heads of the logs to the partner, each record once; what was recalled
or erased is left out. Nothing is decided here and nothing is read from the tables of the node, so an export cannot hold
more than the partner has. It goes through the word lists of the node, and in an exercise every form says so in its own
way. A file is written piece by piece, oldest first, however long the time is: what is held meanwhile is the list of
what was found, 32 bytes a record, and one piece.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, get_args

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.units import SECOND_MS
from kizuna.formats import cise, cot_records, stix
from kizuna.formats.geojson import feature_bytes
from kizuna.node.share.exchange import lists, services
from kizuna.node.share.views import reading
from kizuna.node.share.views.reading import Told
from kizuna.node.share.views.told import described
from kizuna.node.share.views.words import geometry
from kizuna.records import context as contexts
from kizuna.records.label import Label
from kizuna.records.marking import marking_of
from kizuna.share.lexicon import Lexicon
from kizuna.stores.shared.register.wishes import Found, Reach, Want

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

Form = Literal["geojson", "cot", "cise", "stix"]
FORMS: Final[tuple[str, ...]] = get_args(Form)
STIX: Final = "cti.stix"
PIECE: Final = 2_000
"""Records that are written, and looked through for words, at a time; also the most behind one CISE signature."""
_MEDIA: Final = {"geojson": "application/geo+json", "cot": "application/xml", "cise": "application/zip",
                 "stix": "application/stix+json;version=2.1"}  # fmt: skip
_ENDS: Final = {"geojson": "geojson", "cot": "cot.xml", "cise": "cise.zip", "stix": "stix.json"}
Report = Callable[[int, int], object]
"""Called with how many records were written, and how many there are."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file that was written.

    Attributes:
        size: its bytes.
        sha256: their hash, hex.
        media: media type.
        name: a name for it, with the context where it is not real.
        records: how many records are in it.
        not_said: records of the time that this format has no word for.
    """

    size: int
    sha256: str
    media: str
    name: str
    records: int
    not_said: int

    @property
    def said(self) -> str:
        """For the audit."""
        return f"{self.records} records, sha256 {self.sha256[:16]}"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: observed in [start, end), of kinds that begin so (all without).

    ``quiet``: for a partner's own program. ``key`` and ``certificate`` sign CISE.
    """

    partner: str
    form: Form
    start_ms: int
    end_ms: int
    kinds: tuple[str, ...] = ()
    quiet: bool = False
    key: Path | None = None
    certificate: Path | None = None


@dataclass(slots=True)
class Sheaf:
    """Records on their way into a file, in the order of their times, and what became of them."""

    rows: Iterable[Told]
    words: Sequence[Lexicon] = ()
    quiet: bool = False
    report: Callable[[int], object] = lambda _done: None
    done: int = field(default=0, init=False)
    said: int = field(default=0, init=False)

    def pieces(self) -> Iterator[list[Told]]:
        """The records, so many at a time."""
        rows = iter(self.rows)
        while piece := list(islice(rows, PIECE)):
            yield piece
            self.done += len(piece)
            self.report(self.done)

    def looked(self, data: bytes) -> bytes:
        """Bytes that are about to be written, as they are. Raises Refusal where they hold a word of a list."""
        lists.refuse_words(data, self.words, quiet=self.quiet)
        return data


def export(office: Office, wish: Wish, out: BinaryIO, report: Report = lambda _done, _all: None) -> Export:
    """Write the file into ``out``, which is empty and can be read and sought.

    Raises Refusal where a word list forbids it, InputError for a partner that is not known; what was written by then
    is to be thrown away.
    """
    want = Want(wish.start_ms, wish.end_ms, wish.kinds)
    logs, found = _chosen(office, wish, want)
    known = office.sharing.who().partners
    words = lists.lists_for(office.places.home / "lexicon", wish.partner, known)
    rows = reading.records(office, logs, found, want)
    sheaf = Sheaf(rows, words, wish.quiet, lambda done: report(done, len(found)))
    {"geojson": _geojson, "cot": _cot, "cise": _cise, "stix": _stix}[wish.form](office, wish, sheaf, out)
    where = "" if contexts.is_real(office.context) else f"-{office.context.replace(':', '-')}"
    name = f"{office.me}-to-{wish.partner}{where}.{_ENDS[wish.form]}"
    size = out.seek(0, 2)
    out.seek(0)
    digest = hashlib.sha256()
    while part := out.read(1 << 20):
        digest.update(part)
    out.seek(0)
    return Export(size, digest.hexdigest(), _MEDIA[wish.form], name, sheaf.said, sheaf.done - sheaf.said)


def _chosen(office: Office, wish: Wish, want: Want) -> tuple[list[Reach], Found]:
    """Each record once, oldest first."""
    logs = reading.reach(office, wish.partner)
    if wish.quiet and not office.reaches(wish.partner):
        logs = []
    found = office.shared.register.find(logs, want)
    found = found.take(np.lexsort((found.n, found.reach, found.time_ms)))
    _, first = np.unique(found.rec, return_index=True)
    return logs, found.take(np.sort(first))


def _geojson(office: Office, wish: Wish, sheaf: Sheaf, out: BinaryIO) -> None:
    whole: dict[str, Any] = {
        "type": "FeatureCollection", "partner": wish.partner, "from": wish.start_ms, "to": wish.end_ms,
        "context": office.context, "features": [],
    }  # fmt: skip
    labels: set[Label] = set()
    before, _, _ = feature_bytes(whole).rpartition(b"[]")
    out.write(before + b"[")
    for piece in sheaf.pieces():
        features = [
            {"type": "Feature", "id": row.id, "geometry": geometry(row.record.geo),
             "properties": {"log": row.log, "n": row.n,
                            **{k: v for k, v in described(row.record).items() if k != "geometry"}}}
            for row in piece
        ]  # fmt: skip
        labels.update(row.record.label for row in piece)
        inside = sheaf.looked(b"[" + b",".join(map(feature_bytes, features)) + b"]")[1:-1]
        out.write((b"," if sheaf.said else b"") + inside)
        sheaf.said += len(features)
    level = marking_of(labels, wish.partner).words if labels else ""
    said = " // ".join(w for w in (contexts.marking(office.context), level) if w)
    out.write(b'],"marking":' + feature_bytes(said) + b"}")


def _cot(office: Office, wish: Wish, sheaf: Sheaf, out: BinaryIO) -> None:  # noqa: ARG001
    """One event a line, as the stream writes them."""
    feed = cot_records.Feed(office.context, office.now_ms() // SECOND_MS * SECOND_MS)
    for piece in sheaf.pieces():
        made = [event for row in piece if (event := _or_none(cot_records.event, row.data, feed)) is not None]
        out.write(sheaf.looked(b"".join(made)))
        sheaf.said += len(made)


def _stix(office: Office, wish: Wish, sheaf: Sheaf, out: BinaryIO) -> None:  # noqa: ARG001
    """A bundle of the objects, each in the bytes of its producer."""

    def objects() -> Iterator[bytes]:
        for piece in sheaf.pieces():
            found = [bytes(row.record.body) for row in piece if row.record.kind == STIX]
            sheaf.looked(b"[" + b",".join(found) + b"]")
            sheaf.said += len(found)
            yield from found

    stix.write_bundle(objects(), out)


def _cise(office: Office, wish: Wish, sheaf: Sheaf, out: BinaryIO) -> None:
    """A ZIP of signed messages, one for each service and handling among so many records."""
    signer, now_ms = services.signer(office.places, wish.key, wish.certificate), office.now_ms()
    n = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for piece in sheaf.pieces():
            able = [row.data for row in piece if _or_none(cise.runs, [row.data])]
            for kind, some in cise.runs(able):
                n += 1
                me = services.service(office.me, kind, office.context)
                to = services.service(wish.partner, kind, office.context, "Consumer")
                name = cise.message_id(me.service_id, to.service_id, *some)
                head = cise.Head(name, now_ms // SECOND_MS * SECOND_MS, me, to)
                part = zipfile.ZipInfo(f"{n:04d}-{kind}.xml", (1980, 1, 1, 0, 0, 0))
                part.compress_type = zipfile.ZIP_DEFLATED
                box.writestr(part, sheaf.looked(cise.push(head, some, signer)))
            sheaf.said += len(able)


def _or_none(write: Any, *given: Any) -> Any:
    """None for a record that this format cannot say."""
    try:
        return write(*given)
    except InputError:
        return None
