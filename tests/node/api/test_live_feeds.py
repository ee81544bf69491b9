"""Outward streams: off by default, per token, late and coarse unless an administrator says otherwise."""

import asyncio
import xml.etree.ElementTree as ET

from fake_keep import fix
from station import NOW, Browser

from kizuna.node.api.routes import live
from kizuna.node.api.view import Viewer

SHIP = 431000001


def bearer(here, secret):
    browser = Browser(here.app)
    browser.client.headers["Authorization"] = f"Bearer {secret}"
    return browser


def test_no_stream_without_a_token_made_for_it(here):
    root = here.user("administrator", "root")
    assert root.get("/feeds/live/nmea").status_code == 403  # people look at the picture
    _, secret = here.desk.tokens.make("root", "ops", "feed")
    assert bearer(here, secret).get("/feeds/live/nmea").status_code == 403
    _, secret = here.desk.tokens.make("root", "plotter", "feed", live=True)
    refused = bearer(here, secret).get("/feeds/live/nmea")  # the settings allow none unless somebody says so
    assert refused.status_code == 403 and "off on this node" in refused.json()["detail"]
    _, secret = here.desk.tokens.make("root", "monitor", "metrics", live=True)
    assert bearer(here, secret).get("/feeds/live/nmea").status_code == 403


def follow(here, monkeypatch, form, ticks, move=lambda k: None, **viewer):
    monkeypatch.setattr(live, "_TICK_S", 0.01)
    monkeypatch.setattr(live, "_LATE_TICK_S", 0.01)
    monkeypatch.setattr(live, "_CHECK_TICKS", 1)
    token, _ = here.desk.tokens.make("root", "ops", "feed", live=True)
    looks = Viewer(f"token:{token.token_id}", "feed", "", live=True, **viewer)
    held = []

    async def run():
        got = []
        async for piece in live._stream(here.node, looks, form, held):
            got.append(piece.decode())
            move(len(got))
            if len(got) == ticks:
                here.desk.tokens.revoke(token.token_id)
        return got

    got = asyncio.run(asyncio.wait_for(run(), 20))
    assert not held
    return got


def test_stream_gives_all_then_what_moves_and_ends_with_the_token(here, monkeypatch):
    here.store.add(fix(SHIP, NOW - 5000, 24.5, 123.25), fix(412000002, NOW - 5000, 25.5, 123.25, ais_class="B"))
    here.store.say(SHIP, shipname="HOKUTO")
    got = follow(
        here, monkeypatch, "nmea", 3, lambda k: here.store.add(fix(SHIP, NOW, 24.6, 123.3)) if k == 2 else None
    )
    assert "NOT DELAYED NOT COARSENED" in got[0] and got[0].startswith("$AITXT")
    assert got[1].count("!AIVDM") == 3 and got[2].count("!AIVDM") == 2


def test_delayed_stream_says_so_and_keeps_back_what_is_newer(here, monkeypatch):
    here.store.add(
        fix(SHIP, NOW - 1_000_000, 24.51, 123.22, sog_kn=9.0, cog_deg=1.0), fix(SHIP, NOW - 5000, 24.9, 123.9)
    )
    here.store.say(SHIP, shipname="<HOKUTO>")
    got = follow(here, monkeypatch, "cot", 1, delay_ms=900_000, grid_deg=0.1)
    event = ET.fromstring(got[0])
    assert abs(float(event.find("point").get("lat")) - 24.55) < 1e-6 and float(event.find("point").get("ce")) > 5000
    assert event.find("detail/contact").get("callsign") == "<HOKUTO>" and event.find("detail/track") is None
    assert event.find("detail/remarks").text == "TLP:AMBER DELAYED 900 S GRID 0.1 DEG"
    assert event.get("start") < event.get("time")


def test_delayed_stream_goes_on_as_time_passes(here, monkeypatch):
    here.store.add(fix(SHIP, NOW - 950_000, 24.5, 123.2), fix(SHIP, NOW - 850_000, 24.6, 123.3))

    def later(k):
        here.clock.now += 100_000 if k == 2 else 0

    got = follow(here, monkeypatch, "nmea", 3, later, delay_ms=900_000)
    assert [g.count("!AIVDM") for g in got] == [0, 1, 1] and got[1] != got[2]
