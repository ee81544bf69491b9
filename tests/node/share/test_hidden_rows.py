"""What was recalled is seen by nobody, also when its bytes are gone and after a restart."""

from pathlib import Path

from kizuna.node.share.desk.hidden_rows import Hidden
from kizuna.node.share.received import positions
from kizuna.records.kinds import read_body
from kizuna.records.record import Record, body_bytes, decode, encode, record_id
from kizuna.stores.shared import open_shared

T0 = 1_790_000_000_000


def told(k: int) -> bytes:
    return encode(Record(kind="track.position", origin="south", subject=(f"mmsi:{431_000_001 + k}",),
                         observed_ms=T0 + 1000 * k, geo=(123.5, 24.5), body=body_bytes({})))  # fmt: skip


def test_rows_of_recalled_records_never_pass_the_view(tmp_path: Path) -> None:
    data = [told(k) for k in range(3)]
    rows = positions([("south", record_id(d), decode(d), read_body(decode(d))) for d in data], T0)
    with open_shared(tmp_path, context="real", durable=False) as shared:
        shared.records.put(data)
        hidden = Hidden(shared)
        assert len(hidden.seen(rows)) == 3
        hidden.add([record_id(data[1])])
        assert hidden.seen(rows)["mmsi"].tolist() == [431_000_001, 431_000_003]
        shared.records.erase([record_id(data[1])], T0, "recalled")
        hidden.add([record_id(data[1])])
        again = Hidden(shared)
        assert again.seen(rows)["mmsi"].tolist() == [431_000_001, 431_000_003]
        assert again.version == hidden.version == 1
