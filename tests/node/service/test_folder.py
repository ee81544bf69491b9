"""Files dropped into a folder, detections by folder and HTTP."""

import asyncio

import httpx
import pytest
from node.service.node_make import START_S, make_node, position, rows, running, traffic, wait_for

from kizuna.base.errors import ConfigError
from kizuna.node.service.detections_door import DetectionsDoor
from kizuna.node.service.feeds import check_address
from kizuna.node.service.source_settings import Source

CSV = "timestamp,lat,lon,sensor,ref\n2026-01-01T00:00:00Z,25.0,123.0,radar,1\n2026-01-01T00:00:05Z,25.1,123.1,radar,2\n"


def folder(**more):
    return {"id": "f", "kind": "folder"} | more


def test_whole_files_are_taken_in_and_moved(tmp_path):
    with running(make_node(tmp_path / "n", [folder()])) as node:
        place = node.rooms.inbox / "f"
        wait_for(place.is_dir)
        (place / "a.nmea.part").write_bytes(b"".join(traffic(3, 3)))
        (place / ".hidden").write_bytes(b"x")
        (place / "b.nmea").write_bytes(b"".join(traffic(10, 10)))
        (place / "bad.parquet").write_bytes(b"PAR1 and no more")
        wait_for(lambda: (place / "done" / "b.nmea").exists())
        wait_for(lambda: (place / "failed" / "bad.parquet.why").exists())
        assert rows(node) == 100
        assert (place / "a.nmea.part").exists()
        (place / "a.nmea.part").rename(place / "a.nmea")
        wait_for(lambda: (place / "done" / "a.nmea").exists())
        wait_for(lambda: rows(node) == 109)
        _, latest = node.keep.latest()
        assert set(latest.codes_of("source_id")) == {"f"}


def test_a_file_that_grows_waits_and_one_dropped_twice_is_stored_once(tmp_path):
    lines = list(traffic(10, 10))
    with running(make_node(tmp_path / "n", [folder()])) as node:
        place = node.rooms.inbox / "f"
        wait_for(place.is_dir)
        with (place / "g.nmea").open("ab") as out:
            for k in range(0, 100, 20):
                out.write(b"".join(lines[k : k + 20]))
                out.flush()
                node._over.wait(0.45)
                assert not (place / "done" / "g.nmea").exists()
        wait_for(lambda: (place / "done" / "g.nmea").exists())
        (place / "g.nmea").write_bytes(b"".join(lines))
        wait_for(lambda: len(list((place / "done").iterdir())) == 2)
        assert rows(node) == 100


def test_detections_in_a_folder_and_by_post_are_stored_once(tmp_path):
    home = tmp_path / "n"
    sources = [folder(), {"id": "radar", "kind": "http-detections", "key": "radar.token"}]
    config = make_node(home, sources)
    (home / "radar.token").write_text("0123456789abcdef0123456789abcdef\n")
    (home / "radar.token").chmod(0o600)
    with running(config) as node:
        place = node.rooms.inbox / "f"
        wait_for(place.is_dir)
        (place / "d.csv").write_text(CSV)
        wait_for(lambda: (place / "done" / "d.csv").exists())
        assert node.contacts.count() == 2

        async def inner(scope, receive, send):
            raise AssertionError("not this path")

        async def ask(body, token, method="POST"):
            transport = httpx.ASGITransport(DetectionsDoor(inner, node))
            async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
                return await client.request(
                    method, "/api/detections", content=body, headers={"authorization": f"Bearer {token}"}
                )

        good = "0123456789abcdef0123456789abcdef"
        first = asyncio.run(ask(CSV.encode(), good))
        assert (first.status_code, first.json()["stored"]) == (201, 2)
        again = asyncio.run(ask(CSV.encode(), good))
        assert (again.status_code, again.json()["stored"], again.json()["known"]) == (200, 0, 2)
        assert asyncio.run(ask(CSV.encode(), "wrong")).status_code == 401
        assert asyncio.run(ask(b"nonsense", good)).status_code == 400
        with pytest.raises(AssertionError, match="not this path"):  # reading is for people, behind the login
            asyncio.run(ask(b"", good, "GET"))
        assert asyncio.run(ask(b"x" * ((16 << 20) + 1), good)).status_code == 413
        held = node.contacts.span(START_S * 1000, START_S * 1000 + 5_000)
        assert len(held) == 2
        assert sorted(held.codes_of("source_id")) == ["f", "radar"]
        assert next(r for r in node.health.rows() if r["source"] == "radar")["rows"] == 2
    with running(config) as node:
        assert node.contacts.count() == 4


def test_a_source_of_detections_needs_its_token(tmp_path):
    with pytest.raises(ConfigError, match="no key"):
        Source("r", "http-detections")
    (tmp_path / "t").write_text("0123456789abcdef0123456789abcdef")
    (tmp_path / "t").chmod(0o644)
    with pytest.raises(ConfigError, match="others can read it"):
        check_address(Source("r", "http-detections", key="t"), tmp_path)


def test_a_file_of_an_exercise_is_refused_by_a_real_node(tmp_path):
    mark = b"$AITXT,01,01,07,EXERCISE x SIMULATED NOT REAL*00\r\n"
    with running(make_node(tmp_path / "n", [folder()], context="real", clock={"kind": "wall"})) as node:
        place = node.rooms.inbox / "f"
        wait_for(place.is_dir)
        (place / "x.nmea").write_bytes(mark + position(201_000_001, START_S))
        wait_for(lambda: (place / "failed" / "x.nmea.why").exists())
        assert "exercise" in (place / "failed" / "x.nmea.why").read_text()
        assert rows(node) == 0
