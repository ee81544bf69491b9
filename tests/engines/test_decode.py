import gzip
import hashlib
import io
import os
import signal
import socket
import threading
import time

import numpy as np
import plain
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kizuna.base.errors import ConfigError, ContextError, InputError, UnavailableError
from kizuna.base.units import MISSING_TIME_MS
from kizuna.engines.decode import Options, decode, load
from kizuna.engines.inputs import named
from kizuna.fixes.table import FIXES
from kizuna.stores.parquet import metadata, read_table

CSV = b"mmsi,timestamp,lat,lon,sog,name\n431000001,2020-01-01T00:00:00Z,35.5,139.5,10.1,ALPHA\n431000002,oops,35.5,139.5,1,BETA\n"
NMEA = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\r\n"


def tagged(seconds):
    body = f"s:base1,c:{seconds}".encode()
    check = 0
    for byte in body:
        check ^= byte
    return b"\\" + body + b"*%02X\\" % check + NMEA


@pytest.fixture
def csv_file(tmp_path):
    path = tmp_path / "ships.csv"
    path.write_bytes(CSV)
    return path


def test_decode_writes_four_tables_and_says_what_it_read(tmp_path, csv_file):
    run = decode([str(csv_file)], tmp_path / "out", options=Options(context="exercise:x", label="navy"))
    assert dict(run.counts) == {"fixes": 2, "statics": 2, "others": 0, "rejects": 1}
    (source,) = run.inputs
    assert (source.name, source.kind, source.rows, source.size_bytes) == ("ships.csv", "csv headers", 4, len(CSV))
    assert source.sha256 == hashlib.sha256(CSV).hexdigest()
    assert source.rejects == {"bad_time": 1}
    assert run.details["ships.csv"]["messages"] == 2
    assert (run.start_ms, run.end_ms, run.contexts) == (1577836800000, 1577836800000, ("exercise:x",))
    assert run.time_sources == {"csv": 1, "none": 1}
    assert run.warnings == ("1 fixes have no time",)
    assert [t.stage for t in run.timings] == ["decode"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "fixes.parquet",
        "others.parquet",
        "rejects.parquet",
        "statics.parquet",
    ]
    assert metadata(tmp_path / "out" / "rejects.parquet")["marking"] == "EXERCISE x"


def test_in_memory_and_on_disk_are_the_same(tmp_path, csv_file):
    log = tmp_path / "log.nmea.gz"
    log.write_bytes(gzip.compress(b"".join(tagged(1600000000 + i) for i in range(500))))
    inputs = [str(csv_file), str(log)]
    run = decode(inputs, tmp_path / "out")
    loaded = load(inputs)
    again = load([str(tmp_path / "out")])
    for other in (loaded, again):
        assert plain.batch_rows(other.batch) == plain.batch_rows(loaded.batch)
        assert other.run.counts == run.counts
    assert plain.rows(read_table(FIXES, tmp_path / "out" / "fixes.parquet")) == plain.rows(loaded.batch.fixes)
    assert loaded.run.inputs == run.inputs
    assert set(loaded.batch.fixes.codes_of("source_id")) == {"ships.csv", "log.nmea.gz"}
    assert [i.kind for i in again.run.inputs] == ["kizuna fixes", "kizuna statics", "kizuna others", "kizuna rejects"]


def test_a_log_without_times_gives_null_times(tmp_path):
    (tmp_path / "log").write_bytes(NMEA * 3)
    run = decode([str(tmp_path / "log")], tmp_path / "out")
    assert (run.time_sources, run.start_ms, run.end_ms) == ({"none": 3}, MISSING_TIME_MS, MISSING_TIME_MS)
    assert run.warnings == ("3 fixes have no time",)


def test_every_kind_of_file_goes_through_one_door(tmp_path, csv_file):
    loaded = load([str(csv_file)])
    table = pa.table({"mmsi": [1], "time": [1577836800], "lat": [1.0], "lon": [2.0]})
    pq.write_table(table, tmp_path / "a.parquet")
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    (tmp_path / "a.jsonl").write_bytes(b'{"mmsi": 1, "time": 1577836800, "lat": 1, "lon": 2}\n')
    (tmp_path / "a.nothing").write_bytes(b"")
    kinds = {}
    for name in ("a.parquet", "a.arrow", "a.jsonl", "a.nothing"):
        run = load([str(tmp_path / name)]).run
        kinds[name] = (run.inputs[0].kind, run.counts["fixes"])
        assert run.inputs[0].sha256 == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    assert kinds == {
        "a.parquet": ("table headers", 1),
        "a.arrow": ("table headers", 1),
        "a.jsonl": ("jsonl", 1),
        "a.nothing": ("empty", 0),
    }
    assert run.warnings == ("a.nothing: is empty",)
    assert len(loaded.batch.fixes) == 2


def test_parquet_cannot_come_packed_or_through_a_pipe(tmp_path):
    pq.write_table(pa.table({"mmsi": [1]}), tmp_path / "a.parquet")
    (tmp_path / "a.parquet.gz").write_bytes(gzip.compress((tmp_path / "a.parquet").read_bytes()))
    with pytest.raises(InputError, match="must be a plain file"):
        load([str(tmp_path / "a.parquet.gz")])
    (tmp_path / "b.parquet").write_bytes(b"PAR1" + bytes(20))
    with pytest.raises(InputError, match="damaged parquet"):
        load([str(tmp_path / "b.parquet")])


def test_columns_and_zone_come_from_the_caller(tmp_path):
    (tmp_path / "odd.csv").write_bytes(b"mmsi,t,x,y\n1,05/04/2020 00:00,2,1\n")
    options = Options(columns={"lat": "y", "lon": "x", "time": "t"}, assume_utc=True, date_order="dmy")
    fix = plain.rows(load([str(tmp_path / "odd.csv")], options=options).batch.fixes)[0]
    assert (fix["lat"], fix["lon"], fix["timestamp"].month) == (1.0, 2.0, 4)
    with pytest.raises(InputError, match="--map"):
        load([str(tmp_path / "odd.csv")])
    with pytest.raises(ConfigError, match="dmy or mdy"):
        load([str(tmp_path / "odd.csv")], options=Options(date_order="ymd"))


def test_unread_columns_are_reported(tmp_path):
    (tmp_path / "odd.csv").write_bytes(b"mmsi,time,lat,lon,colour\n1,1577836800,2,1,red\n")
    assert load([str(tmp_path / "odd.csv")]).run.warnings == ("odd.csv: nothing was read from the columns colour",)


def test_a_cut_file_is_used_as_far_as_it_goes(tmp_path):
    (tmp_path / "log.gz").write_bytes(gzip.compress(b"".join(tagged(1600000000 + i) for i in range(500)))[:-200])
    run = decode([str(tmp_path / "log.gz")], tmp_path / "out")
    assert 100 < run.counts["fixes"] < 500
    assert "the gzip file ends before its end mark" in run.warnings[0]


def test_contexts_never_mix(tmp_path, csv_file):
    decode([str(csv_file)], tmp_path / "out", options=Options(context="exercise:x"))
    with pytest.raises(InputError, match="exercise:x and real"):
        load([str(tmp_path / "out"), str(csv_file)])
    with pytest.raises(InputError, match="never mix"):
        decode([str(tmp_path / "out"), str(csv_file)], tmp_path / "both")
    assert list((tmp_path / "both").iterdir()) == []
    assert load([str(tmp_path / "out")]).run.contexts == ("exercise:x",)


def test_progress_is_told(tmp_path):
    (tmp_path / "log").write_bytes(NMEA * 50_000)
    seen = []
    load([str(tmp_path / "log")], progress=lambda *step: seen.append(step))
    inner = [s for s in seen if s[0] == "read log"]
    assert len(inner) >= 2
    assert inner[-1][1:] == (len(NMEA) * 50_000,) * 2
    assert [s[1] for s in inner] == sorted(s[1] for s in inner)


# ---- names --------------------------------------------------------------------------------------------------------


def test_sources_are_named_by_file_and_told_apart_by_folder(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "log.nmea").write_bytes(NMEA)
    both = [str(tmp_path / folder / "log.nmea") for folder in ("a", "b")]
    assert [i.source_id for i in named(both)] == ["a/log.nmea", "b/log.nmea"]
    assert [i.source_id for i in named([*both[:1], "-", "udp://:5000"])] == ["log.nmea", "stdin", "udp://:5000"]
    assert [i.source_id for i in named(both[:1], "radio")] == ["radio"]
    ids = load(both).batch.fixes["msg_id"]
    assert len(np.unique(ids)) == 2


@pytest.mark.parametrize("inputs", [[], ["x", "x"], ["a.csv", "./a.csv"]])
def test_no_input_or_the_same_twice(inputs):
    with pytest.raises(ConfigError):
        named(inputs)


def test_one_name_for_two_inputs_or_a_directory_without_tables(tmp_path):
    with pytest.raises(ConfigError, match="--source"):
        named(["a", "b"], "radio")
    with pytest.raises(ConfigError, match="without fixes.parquet"):
        named([str(tmp_path)])


# ---- live feeds ---------------------------------------------------------------------------------------------------


def test_udp_feed_is_decoded_and_stamped(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = threading.Event()

    def send():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not done.is_set():
                sender.sendto(NMEA, ("127.0.0.1", port))
                time.sleep(0.005)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        options = Options(lines=20, seconds=60, clock_ms=lambda: 1_600_000_000_000)
        run = decode([f"udp://127.0.0.1:{port}"], tmp_path / "out", options=options)
    finally:
        done.set()
        thread.join()
    fixes = read_table(FIXES, tmp_path / "out" / "fixes.parquet")
    assert len(fixes) == run.counts["fixes"] == 20
    assert set(fixes["received_ms"].tolist()) == {1_600_000_000_000}
    assert run.inputs[0].kind == "nmea live"
    assert run.time_sources == {"receive": 20}


def test_interrupting_a_recording_keeps_what_came(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.sendall(NMEA * 7)
                time.sleep(0.3)
                os.kill(os.getpid(), signal.SIGINT)
                connection.recv(1)  # until the other side goes

        thread = threading.Thread(target=serve)
        thread.start()
        run = decode([f"tcp://127.0.0.1:{server.getsockname()[1]}"], tmp_path / "out")
        thread.join()
    assert run.counts["fixes"] == 7
    assert "stopped by hand" in run.warnings[0]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_feed_that_breaks_keeps_what_came(tmp_path, monkeypatch):
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = server.accept()
        connection.sendall(NMEA * 5)
        connection.close()
        server.close()

    thread = threading.Thread(target=serve)
    thread.start()
    monkeypatch.setattr("kizuna.links.tcp.BACKOFF_FIRST_S", 0.001)
    url = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    run = decode([url], tmp_path / "out")
    thread.join()
    assert run.counts["fixes"] == 5
    assert "no connection" in run.warnings[0]
    with pytest.raises(UnavailableError, match="is the feed running"):
        decode([url], tmp_path / "two")
    assert list((tmp_path / "two").iterdir()) == []


MARK = b"$AITXT,01,01,07,EXERCISE blue SIMULATED NOT REAL*00\r\n"


@pytest.mark.parametrize("kind", ["tcp", "stdin", "gzip"])
def test_an_exercise_is_not_read_as_real_also_while_it_streams(kind, tmp_path, monkeypatch):
    data = NMEA * 3 + MARK + NMEA
    name = "-"
    if kind == "tcp":
        server = socket.create_server(("127.0.0.1", 0))

        def serve():
            with server, server.accept()[0] as connection:
                connection.sendall(data)
                connection.recv(1)

        threading.Thread(target=serve).start()
        name = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    else:
        (tmp_path / "log").write_bytes(gzip.compress(data) if kind == "gzip" else data)
        if kind == "stdin":
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        else:
            name = str(tmp_path / "log")
    with pytest.raises(ContextError, match="the exercise blue: NOT REAL"):
        decode([name], tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


# ---- real data ----------------------------------------------------------------------------------------------------


@pytest.mark.big
def test_real_archives_in_one_run(shared, tmp_path):
    inputs = [
        shared / "nmea" / "dma_pghp_20131112.nmea.gz",
        shared / "nmea" / "marinecadastre_20230101.csv.gz",
        shared / "ais" / "dma_raw_2026-04-26_first20k.csv.gz",
    ]
    run = decode([str(p) for p in inputs], tmp_path)
    assert [(i.kind, i.rows) for i in run.inputs][1:] == [("csv marinecadastre", 2000), ("csv dma", 20861)]
    assert run.inputs[0].kind == "nmea"
    assert run.inputs[0].rows > 26_000
    assert run.counts["fixes"] == pq.read_metadata(tmp_path / "fixes.parquet").num_rows
    assert run.contexts == ("real",)


@pytest.mark.slow
@pytest.mark.big
def test_noaa_day_in_memory(shared):
    loaded = load([str(shared / "ais" / "noaa_us_2020-01-01.parquet")])
    fixes = loaded.batch.fixes
    assert (len(fixes), len(loaded.batch.statics), len(loaded.batch.rejects)) == (4_112_853, 9_110, 0)
    assert len(np.unique(fixes["mmsi"])) == 9_110
    assert loaded.run.inputs[0].kind == "table marinecadastre"
    assert np.isnan(fixes["cog_deg"]).mean() == pytest.approx(0.114, abs=0.001)
