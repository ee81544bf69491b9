"""What node.toml says to the API: outward feeds, origins, the identity provider."""

import json

import pytest
from node.service.node_make import make_node, position, running, wait_for, START_S

from kizuna.base.errors import ConfigError
from kizuna.node.api.door import Door
from kizuna.node.service.node_file import parsed
from kizuna.node.service.outward import facts_of, oidc_of, origin_codes, origins_of
from kizuna.node.service.beside import read_beside
from kizuna.node.service.status import read_status


def settings(tmp_path, **sections):
    return parsed(sections, tmp_path / "node.toml")


def test_outward_feeds_are_off_by_default_and_late_and_coarse_when_on(tmp_path):
    feeds = facts_of(settings(tmp_path), secure=True).feeds
    assert (feeds.live, feeds.delay_s, feeds.grid_deg) == (False, 3600, 0.1)
    on = settings(tmp_path, feeds={"live": True, "delay_s": 60, "grid_deg": 0.02})
    feeds = facts_of(on, secure=True).feeds
    assert (feeds.live, feeds.delay_s, feeds.grid_deg) == (True, 60, 0.02)


def test_a_token_for_streams_is_never_fresher_or_finer_than_the_settings(tmp_path):
    from starlette.datastructures import Headers

    config = make_node(tmp_path / "n", [], feeds={"live": True, "delay_s": 60, "grid_deg": 0.02})
    with running(config) as node:
        door = Door(None, node.api_node(secure=False))
        tokens = node.desk.tokens

        def looks(**more):
            _, secret = tokens.make("root", "x", "feed", **more)
            return door._who({"client": ("192.0.2.1", 1)}, Headers({"authorization": f"Bearer {secret}"}))

        fast = looks(live=True, delay_s=0, grid_deg=0)
        assert (fast.delay_ms, fast.grid_deg) == (60_000, 0.02)
        slow = looks(live=True, delay_s=900, grid_deg=0.5)
        assert (slow.delay_ms, slow.grid_deg) == (900_000, 0.5)
        files = looks(delay_s=0, grid_deg=0)  # made by an administrator for files, not for streams
        assert (files.delay_ms, files.grid_deg) == (0, 0)


def test_the_status_tells_of_outward_feeds(tmp_path):
    config = make_node(tmp_path / "n", [], feeds={"live": True, "delay_s": 60, "grid_deg": 0.02})
    with running(config) as node:
        node.streams.append("token:7")
        node.write_status()
        told = read_status(tmp_path / "n")["feeds"]
        assert told == {"live": True, "delay_s": 60, "grid_deg": 0.02, "open": ["token:7"]}
        assert node.api_node(secure=False).streams is node.streams


def test_origins_of_sources_reach_the_picture(tmp_path):
    sources = [{"id": "own", "kind": "folder", "origin": "own"}, {"id": "sat", "kind": "folder", "origin": "satellite"}]
    config = make_node(tmp_path / "n", sources)
    assert [(o.name, o.shape) for o in origins_of(config)] == [("Own AIS", "hull"), ("Satellite AIS", "diamond")]
    assert [o.name for o in origins_of(settings(tmp_path))] == ["AIS"]
    with running(config) as node:
        for name, mmsi in (("own", 201000001), ("sat", 201000002)):
            place = node.rooms.inbox / name / "a.nmea"
            wait_for(place.parent.exists)
            place.write_bytes(position(mmsi, START_S))
        wait_for(lambda: len(node.keep.latest()[1]) == 2)
        from kizuna.node.api.picture_book import PictureBook

        book = PictureBook(node.api_node(secure=False))
        book.refresh()
        codes = dict(zip(book._columns.mmsi.tolist(), book._columns.origin.tolist(), strict=True))
        assert (
            codes
            == {201000001: 1, 201000002: 2}
            == {m: origin_codes(config)(s) for m, s in ((201000001, "own"), (201000002, "sat"))}
        )


def test_an_origin_that_nobody_draws_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="ais, own, satellite, radar"):
        settings(tmp_path, sources=[{"id": "a", "kind": "folder", "origin": "moon"}])


def test_the_identity_provider_comes_from_the_settings(tmp_path):
    assert oidc_of(settings(tmp_path)) is None
    (tmp_path / "secret").write_text("s3cret\n")
    (tmp_path / "secret").chmod(0o600)
    section = {"issuer": "https://id.test", "client_id": "kizuna", "back": "https://node.test/api/oidc/end",
               "secret": "secret", "roles": ["watch=analyst", "cn=x, ou=y = viewer"]}  # fmt: skip
    found = oidc_of(settings(tmp_path, oidc=section))
    assert (found.issuer, found.client_id, found.client_secret) == ("https://id.test", "kizuna", "s3cret")
    assert found.roles == {"watch": "analyst", "cn=x, ou=y": "viewer"} and "s3cret" not in repr(found)
    for wrong in ({"issuer": "http://id.test"}, {"client_id": ""}, {"roles": ["analyst"]}, {"roles": ["a=king"]}):
        with pytest.raises(ConfigError, match="oidc"):
            oidc_of(settings(tmp_path, oidc=section | wrong))
    (tmp_path / "secret").chmod(0o644)
    config = settings(tmp_path, oidc=section)
    with pytest.raises(ConfigError, match="others can read"):
        read_beside(config)
    assert json.dumps(section)
