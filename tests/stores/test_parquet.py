import resource
import signal
import subprocess
import sys

import numpy as np
import plain
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.version import __version__
from kizuna.base.errors import ConfigError, InputError, UnavailableError
from kizuna.base.table import Kind, Table, empty
from kizuna.fixes.statics import OTHERS, REJECTS, STATICS
from kizuna.fixes.table import FIXES
from kizuna.sources.batch import Batch, nothing
from kizuna.stores import parquet
from kizuna.stores.parquet import BatchWriter, TableWriter, metadata, read_table, write_table
from kizuna.tracks.table import SEGMENTS


def fixes(n, context="real", label="nobody", first=0):
    table = empty(FIXES, n)
    known = {"source_id": ("a", "b"), "station_id": ("s",), "label": (label,), "context": (context,)}
    columns = dict(table.columns) | {
        "msg_id": np.arange(first, first + n), "mmsi": np.arange(first, first + n, dtype=np.int32) % 7 + 1,
        "time_ms": np.arange(first, first + n) * 1000, "lat_deg": np.linspace(-90, 90, n), "flags": np.zeros(n, np.int32),
        "source_id": np.arange(first, first + n, dtype=np.int32) % 2,
    }  # fmt: skip
    for name in ("label", "context"):
        columns[name] = np.zeros(n, np.int32)
    return Table(FIXES, columns, known)


EXTREME = {Kind.I8: (-(2**7), 2**7 - 1), Kind.I16: (-(2**15), 2**15 - 1), Kind.I32: (-(2**31), 2**31 - 1), Kind.I64: (-(2**63), 2**63 - 1),
           Kind.TIME: (-(2**62), 2**62), Kind.FLAG: (-1, 1), Kind.BOOL: (0, 1)}  # fmt: skip


@st.composite
def tables(draw, schema):
    """Any values that a schema can hold."""
    n = draw(st.integers(0, 5))
    columns, words = {}, {}
    for c in schema.columns:
        if c.kind in EXTREME:
            low, high = EXTREME[c.kind]
            columns[c.name] = np.array(draw(st.lists(st.integers(low, high), min_size=n, max_size=n)), c.dtype())
        elif c.kind in (Kind.F32, Kind.F64):
            values = st.floats(width=32 if c.kind is Kind.F32 else 64, allow_nan=True)
            columns[c.name] = np.array(draw(st.lists(values, min_size=n, max_size=n)), c.dtype())
        elif c.kind is Kind.CODE:
            known = c.codes or tuple(draw(st.lists(st.text(max_size=3), min_size=1, max_size=3, unique=True)))
            columns[c.name] = np.array(
                draw(st.lists(st.integers(-1, len(known) - 1), min_size=n, max_size=n)), np.int32
            )
            if c.codes is None:
                words[c.name] = known
        elif c.kind is Kind.TEXT:
            columns[c.name] = pa.array(
                draw(st.lists(st.one_of(st.none(), st.text(max_size=3)), min_size=n, max_size=n)), pa.string()
            )
        else:
            columns[c.name] = pa.array(
                draw(st.lists(st.one_of(st.none(), st.binary(max_size=3)), min_size=n, max_size=n)), c.arrow
            )
    if "context" in words:
        words["context"] = ("real",)
        columns["context"] = np.zeros(n, np.int32)
    return Table(schema, columns, words)


@pytest.mark.parametrize("schema", [FIXES, STATICS, OTHERS, REJECTS], ids=lambda s: s.name)
@settings(max_examples=25)  # each one is a file flushed to the disk
@given(data=st.data())
def test_what_is_written_is_read_back_to_the_bit(tmp_path_factory, schema, data):
    table = data.draw(tables(schema))
    path = tmp_path_factory.getbasetemp() / "round" / f"{schema.name}.parquet"
    write_table(table, path)
    again = read_table(schema, path)
    for c in schema.columns:
        if c.kind is Kind.CODE:
            a, b = ([None if i < 0 else t.codes_of(c.name)[i] for i in t[c.name]] for t in (table, again))
            assert a == b, c.name
        elif c.dtype() is None:
            assert again[c.name].equals(table[c.name]), c.name
        else:
            np.testing.assert_array_equal(again[c.name], table[c.name], c.name)


def test_tables_with_lists_and_structs_are_written_too(tmp_path):
    table = empty(SEGMENTS, 2).replace(context=np.zeros(2, np.int32), label=np.zeros(2, np.int32))
    table = Table(SEGMENTS, table.columns, dict(table.words) | {"context": ("real",), "label": ("nobody",)})
    write_table(table, tmp_path / "segments.parquet")
    assert plain.rows(read_table(SEGMENTS, tmp_path / "segments.parquet")) == plain.rows(table)


def test_row_groups_do_not_depend_on_the_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "ROW_GROUP", 100)
    whole = fixes(1050)
    contents = set()
    for i, step in enumerate((1050, 99, 100, 7, 333)):
        with TableWriter(FIXES, tmp_path / f"{i}.parquet") as writer:
            for start in range(0, 1050, step):
                writer.write(whole.slice(start, min(start + step, 1050)))
        contents.add((tmp_path / f"{i}.parquet").read_bytes())
        assert writer.rows == 1050
    assert len(contents) == 1
    file = pq.ParquetFile(tmp_path / "0.parquet")
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [100] * 10 + [50]
    assert len(read_table(FIXES, tmp_path / "0.parquet")) == 1050


def test_file_names_its_version_context_and_marking(tmp_path):
    write_table(fixes(3, context="exercise:blue-1", label="navy"), tmp_path / "a.parquet")
    assert metadata(tmp_path / "a.parquet") == {
        "table": "fixes", "version": __version__, "context": "exercise:blue-1", "marking": "EXERCISE blue-1", "label": "navy",
    }  # fmt: skip
    write_table(empty(FIXES), tmp_path / "b.parquet", context="test", label="us")
    assert (metadata(tmp_path / "b.parquet")["context"], metadata(tmp_path / "b.parquet")["marking"]) == (
        "test",
        "TEST",
    )
    with TableWriter(FIXES, tmp_path / "c.parquet") as writer:
        writer.write(fixes(2, label="x"))
        writer.write(fixes(2, label="y"))
    assert metadata(tmp_path / "c.parquet")["label"] == "RED;policy=unreadable"  # neither is a label, so nobody is told


def test_two_contexts_never_share_a_file(tmp_path):
    with pytest.raises(InputError, match="exercise:a and real"), TableWriter(FIXES, tmp_path / "a.parquet") as writer:
        writer.write(fixes(2))
        writer.write(fixes(2, context="exercise:a"))
    assert list(tmp_path.iterdir()) == []


def test_nothing_half_written_has_the_name_of_a_whole(tmp_path):
    path = tmp_path / "a.parquet"
    write_table(fixes(5), path)
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError), TableWriter(FIXES, path) as writer:
        writer.write(fixes(10))
        assert path.read_bytes() == before
        raise ZeroDivisionError
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]


def test_a_left_over_part_of_a_killed_run_is_overwritten(tmp_path):
    (tmp_path / "a.parquet.part").write_bytes(b"rubbish" * 1000)
    write_table(fixes(5), tmp_path / "a.parquet")
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]


def test_four_files_appear_together_or_not_at_all(tmp_path):
    batch = Batch(fixes(4), nothing().statics, nothing().others, nothing().rejects)
    with pytest.raises(ZeroDivisionError), BatchWriter(tmp_path / "out") as writer:
        writer.write(batch)
        raise ZeroDivisionError
    assert list((tmp_path / "out").iterdir()) == []
    with BatchWriter(tmp_path / "out") as writer:
        writer.write(batch)
        assert writer.counts() == {"fixes": 4, "statics": 0, "others": 0, "rejects": 0}
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "fixes.parquet",
        "others.parquet",
        "rejects.parquet",
        "statics.parquet",
    ]


FULL = """
import resource, signal, sys
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[2])
from test_parquet import fixes
from kizuna.base.errors import UnavailableError
from kizuna.sources.batch import Batch, nothing
from kizuna.stores.parquet import BatchWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
none = nothing()
try:
    with BatchWriter(Path(sys.argv[1])) as writer:
        for i in range(20):
            writer.write(Batch(fixes(50_000, first=i * 50_000), none.statics, none.others, none.rejects))
except UnavailableError as exc:
    print(exc)
    sys.exit(7)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="needs limits on file sizes")
def test_a_full_disk_is_a_clear_error_and_leaves_earlier_results(tmp_path):
    """A limit on the size of files stands for the full disk: the same failing write."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)
    with BatchWriter(tmp_path) as writer:
        writer.write(Batch(fixes(4), nothing().statics, nothing().others, nothing().rejects))
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path), str(__file__).rsplit("/", 1)[0]],
                          capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path), "KIZUNA_JIT": "0"})  # fmt: skip
    assert done.returncode == 7, done.stderr
    assert "disk is full" in done.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "fixes.parquet",
        "others.parquet",
        "rejects.parquet",
        "statics.parquet",
    ]
    assert len(read_table(FIXES, tmp_path / "fixes.parquet")) == 4


def test_a_place_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="--out"):
        write_table(fixes(1), tmp_path / "file" / "a.parquet")


def test_failures_of_the_disk_are_told_apart(tmp_path):
    for number, kind in ((28, UnavailableError), (122, UnavailableError), (13, ConfigError), (5, UnavailableError)):
        assert type(parquet.cannot_write(OSError(number, "x"), tmp_path)) is kind


def test_reading_what_is_not_there_or_something_else(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        read_table(FIXES, tmp_path / "a.parquet")
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="cannot be read"):
        read_table(FIXES, tmp_path / "a.parquet")
    with pytest.raises(InputError, match="cannot be read"):
        metadata(tmp_path / "a.parquet")
    write_table(fixes(1), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="holds fixes, not statics"):
        read_table(STATICS, tmp_path / "a.parquet")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "b.parquet")
    with pytest.raises(InputError, match="somebody else"):
        read_table(FIXES, tmp_path / "b.parquet")
    assert metadata(tmp_path / "b.parquet") == {}
