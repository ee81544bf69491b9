"""Which column of a table is what: known archive layouts, and aliases for any other table with a header.

Headers are compared by their letters and digits only, in any case. The order of latitude and longitude is never
guessed: both must be named by the header or by the caller, and two candidates for one of them are refused. Times
without a zone are read as UTC only where the layout is known to be UTC, the header says so, or the caller does.

Layouts: MarineCadastre classic and csv2 (UTC, ISO times; csv2 has longitude before latitude), the Danish Maritime
Authority (UTC, day first), exactEarth-style (``Time`` 20210701_185151 and ``Millisecond``), Spire-like and the
research tables of Global Fishing Watch (epoch seconds), all UTC; everything else by header. Rate of turn is taken from
the Danish layout or a header that names degrees per minute only, since other archives mix raw codes and rates there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kizuna.base.errors import InputError
from kizuna.sources.words import plain

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "mmsi": ("mmsi", "ssvid", "userid", "mmsinumber", "vesselmmsi", "shipmmsi"),
    "time": ("timestamp", "basedatetime", "time", "datetime", "timestamputc", "timeutc", "datetimeutc", "utc",
             "utctime", "utctimestamp", "dttimestamp", "dtposutc", "ts", "epoch", "unixtime", "epochtime", "timems",
             "timestampms", "times", "positiontime", "msgtime", "movementdatetime"),
    "lat": ("lat", "latitude", "latdeg", "latitudedeg", "decimallatitude"),
    "lon": ("lon", "longitude", "long", "lng", "londeg", "longitudedeg", "decimallongitude"),
    "sog": ("sog", "sogkn", "speedoverground", "speed", "speedkn", "speedknots"),
    "cog": ("cog", "cogdeg", "courseoverground", "course"),
    "heading": ("heading", "headingdeg", "trueheading", "hdg"),
    "rot": ("rotdpm",),
    "nav_status": ("navstatus", "navigationalstatus", "navigationstatus", "navstat", "status"),
    "msg_type": ("msgtype", "messagetype", "aismessagetype"),
    "mobile": ("typeofmobile", "transceiverclass", "transcieverclass", "transceiver", "aisclass", "transponderclass"),
    "receiver_type": ("receivertype", "collectiontype"),
    "station": ("stationid", "station", "basestation"),
    "imo": ("imo", "imonumber"),
    "callsign": ("callsign",),
    "shipname": ("shipname", "vesselname", "name"),
    "ship_type": ("shiptype", "vesseltype", "shipandcargotype", "vesseltypecode", "shiptypecode"),
    "cargo": ("cargotype",),
    "length": ("length", "lengthm", "vessellength"),
    "width": ("width", "widthm", "beam", "vesselwidth"),
    "to_bow": ("tobow", "tobowm", "dimensiontobow", "dimbow"),
    "to_stern": ("tostern", "tosternm", "dimensiontostern", "dimstern"),
    "to_port": ("toport", "toportm", "dimensiontoport", "dimport"),
    "to_starboard": ("tostarboard", "tostarboardm", "dimensiontostarboard", "dimstarboard"),
    "draught": ("draught", "draughtm", "draft", "draftm"),
    "destination": ("destination", "dest"),
    "eta": ("eta",),
    "epfd": ("epfd", "epfdtype", "typeofpositionfixingdevice"),
    "millisecond": (), "repeat": (), "accuracy": (), "raim": (),
    "eta_month": (), "eta_day": (), "eta_hour": (), "eta_minute": (),
}  # fmt: skip
"""Aliases of each field, the better ones first; fields without one are read in named layouts or by ``--map`` only."""

KEYS: Final = ("mmsi", "time", "lat", "lon")
STATIC_FIELDS: Final = (
    "imo", "callsign", "shipname", "ship_type", "cargo", "length", "width", "to_bow", "to_stern", "to_port",
    "to_starboard", "draught", "destination", "eta", "eta_month", "eta_day", "eta_hour", "eta_minute", "epfd",
)  # fmt: skip

_FIELD_OF: Final = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
_MARKS: Final[dict[str, set[str]]] = {
    "dma": {"timestamp", "typeofmobile", "mmsi", "latitude", "longitude"},
    "marinecadastre-csv2": {"mmsi", "basedatetime", "longitude", "latitude", "sog", "cog"},
    "marinecadastre": {"mmsi", "basedatetime", "lat", "lon", "sog", "cog"},
    "exactearth": {"mmsi", "messageid", "repeatindicator", "time", "millisecond", "longitude", "latitude"},
    "spire": {"createdat", "timestamp", "mmsi", "msgtype", "latitude", "longitude"},
    "gfw-research": {"mmsi", "longitude", "latitude", "timestamp", "score", "navstat", "hdg", "sog"},
}
"""Headers that together tell a layout."""
_SPECIAL: Final[dict[str, dict[str, str]]] = {
    "dma": {"rot": "rot", "a": "to_bow", "b": "to_stern", "c": "to_port", "d": "to_starboard"},
    "exactearth": {
        "messageid": "msg_type", "repeatindicator": "repeat", "millisecond": "millisecond", "accuracy": "accuracy",
        "raimflag": "raim", "fixingdevice": "epfd", "etamonth": "eta_month", "etaday": "eta_day",
        "etahour": "eta_hour", "etaminute": "eta_minute",
    },
    "spire": {"accuracy": "accuracy"},
}  # fmt: skip
"""Headers that mean something in one layout only."""
_UTC_HEADERS: Final = frozenset(
    {"timestamputc", "timeutc", "datetimeutc", "utc", "utctime", "utctimestamp", "dtposutc"}
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one table is to be read.

    Attributes:
        name: a layout of ``_MARKS``, or ``headers``.
        header: the header as it stands in the table.
        columns: position of each known field.
        unmapped: headers that no field takes; nothing is read from them.
        utc: whether times without a zone are UTC.
        date_order: ``dmy`` or ``mdy`` for dates such as 05/04/2026; empty when unknown.
    """

    name: str
    header: tuple[str, ...]
    columns: Mapping[str, int]
    unmapped: tuple[str, ...] = ()
    utc: bool = False
    date_order: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the caller knows about a table: columns by field, zone and date order."""

    columns: Mapping[str, str] = field(default_factory=dict)
    assume_utc: bool = False
    date_order: str = ""


def recognise(header: Sequence[str], reading: Reading | None = None, *, need_position: bool = True) -> Dialect:
    """The dialect of a table with this header.

    Args:
        header: column names in order.
        reading: what the caller says; it goes before every alias.
        need_position: False where positions come from elsewhere (a geometry column).

    Raises InputError where MMSI, time, latitude or longitude have no column or two; the message names the columns
    seen and how to map them.
    """
    reading = reading or Reading()
    names = tuple(name.strip().strip("\ufeff") for name in header)
    keys = [plain(name) for name in names]
    columns = _mapped(names, keys, reading.columns)
    name = _name(set(keys))
    _fill(columns, keys, names, _SPECIAL.get(name, {}))
    for needed in KEYS:
        if needed not in columns and (need_position or needed not in ("lat", "lon")):
            raise InputError(
                f"no column is known to be {needed}; columns: {_listed(names)}",
                hint=f"say which: --map {needed}=COLUMN",
            )
    taken = set(columns.values())
    unmapped = tuple(n for i, n in enumerate(names) if i not in taken)
    time_key = keys[columns["time"]]
    utc = reading.assume_utc or name != "headers" or time_key in _UTC_HEADERS
    order = reading.date_order or ("dmy" if name == "dma" else "")
    return Dialect(name, names, columns, unmapped, utc, order)


def _name(keys: set[str]) -> str:
    return next((name for name, marks in _MARKS.items() if keys >= marks), "headers")


def _mapped(names: Sequence[str], keys: Sequence[str], wanted: Mapping[str, str]) -> dict[str, int]:
    """Columns that the caller named, exactly or else by letters and digits."""
    out: dict[str, int] = {}
    for field_name, column in wanted.items():
        if field_name not in ALIASES:
            raise InputError(f"{field_name!r} is no field of a table", hint=f"fields: {', '.join(ALIASES)}")
        exact = [i for i, n in enumerate(names) if n == column] or [i for i, k in enumerate(keys) if k == plain(column)]
        if len(exact) != 1:
            fault = "no column" if not exact else f"{len(exact)} columns"
            raise InputError(f"{fault} called {column!r} for {field_name}; columns: {_listed(names)}")
        out[field_name] = exact[0]
    return out


def _fill(columns: dict[str, int], keys: Sequence[str], names: Sequence[str], special: Mapping[str, str]) -> None:
    """Give every other field the column with its best alias; two columns for a key field are refused."""
    given = set(columns)
    taken = set(columns.values())
    candidates: dict[str, list[int]] = {}
    for i, key in enumerate(keys):
        field_name = special.get(key) or _FIELD_OF.get(key)
        if field_name is not None and field_name not in given and i not in taken:
            candidates.setdefault(field_name, []).append(i)
    for field_name, found in candidates.items():
        if len(found) > 1 and field_name in KEYS:
            both = " and ".join(repr(names[i]) for i in found)
            raise InputError(
                f"{both} could both be {field_name}; columns: {_listed(names)}",
                hint=f"say which: --map {field_name}=COLUMN",
            )
        aliases = ALIASES[field_name]
        columns[field_name] = min(found, key=lambda i: aliases.index(keys[i]) if keys[i] in aliases else -1)


def _listed(names: Sequence[str], most: int = 30) -> str:
    shown = ", ".join(repr(n[:40]) for n in names[:most])
    return f"{shown}, ... ({len(names)} in all)" if len(names) > most else shown
