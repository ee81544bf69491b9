"""How coarse a partner's place is follows the inbox; what others say of its vessels, or of nobody, changes nothing."""

from types import SimpleNamespace

import pyarrow as pa

from kizuna.fixes.table import COARSE_MASK, FLAGS
from kizuna.node.api.picture_book import encoded_block
from kizuna.node.share.cell_sizes import Cells
from kizuna.node.share.received import positions
from kizuna.records.kinds import read_body
from kizuna.records.record import Record, body_bytes, decode, encode, record_id
from kizuna.stores.shared import Arrival
from kizuna.stores.shared.logs import Entry

T0 = 1_790_000_000_000
MMSI = 431_000_001


def told(time_ms: int, body: dict, *, origin: str = "south", kind: str = "track.position") -> bytes:
    return encode(Record(kind=kind, origin=origin, subject=(f"mmsi:{MMSI}",), observed_ms=time_ms, geo=(123.5, 24.5),
                         body=body_bytes(body)))  # fmt: skip


class Inbox:
    """A shared store of which only the inbox is looked at."""

    def __init__(self, *data: bytes) -> None:
        self.rows = [Arrival(n, "south/1/north/real/routine", Entry(n, "0" * 64, d, b"", None))
                     for n, d in enumerate(data, 1)]  # fmt: skip
        self.inbox = self
        self.notes = SimpleNamespace(get=lambda _: None)

    def arrived(self, after: int, most: int) -> list[Arrival]:
        return [r for r in self.rows if r.number > after][:most]


def test_the_newest_place_says_how_coarse_it_is() -> None:
    store = Inbox(told(T0, {"g": 1000}), told(T0 + 5000, {"g": 5000}), told(T0 - 9000, {}))
    cells = Cells(store)  # type: ignore[arg-type]
    assert cells.follow() == 2  # the last is older than what is known
    assert cells.of(MMSI, T0 + 5400) == 5000  # rows of the picture have whole seconds
    assert cells.of(MMSI, T0) == 0  # of another place nothing is known
    assert cells.of(MMSI + 1, T0 + 5000) == 0


def test_an_exact_place_takes_the_cell_away() -> None:
    store = Inbox(told(T0, {"g": 1000}), told(T0 + 1000, {"s": 4.0}))
    cells = Cells(store)  # type: ignore[arg-type]
    cells.follow()
    assert cells.of(MMSI, T0 + 1000) == 0


def test_only_the_originator_says_how_coarse_its_places_are() -> None:
    store = Inbox(told(T0, {"g": 1000}), told(T0 + 1000, {"g": 50_000}, origin="east"), b'{"track.position": 1')
    cells = Cells(store)  # type: ignore[arg-type]
    cells.follow()
    assert cells.of(MMSI, T0) == 1000
    assert cells.follow() == cells.version == 1


def test_rows_of_the_picture_keep_the_cell_for_replay() -> None:
    """What is stored of a coarse place says so, and a block of the past gives it on; an exact place gives none."""
    sides = (None, 500, 1000, 700, 5000, 50_000, 99_999)
    data = [told(T0 + n * 1000, {} if side is None else {"g": side}) for n, side in enumerate(sides)]
    rows = positions([("south", record_id(d), decode(d), read_body(decode(d))) for d in data], T0)
    block = pa.ipc.open_stream(encoded_block(rows)).read_all()
    assert block["cell"].to_pylist() == [0, 1, 2, 2, 3, 5, 5]
    assert block["t_s"].to_pylist() == [T0 // 1000 + n for n in range(len(sides))]
    assert not (rows["flags"] & ~COARSE_MASK).any() and not any(bit & COARSE_MASK for bit in FLAGS.values())
