"""A TAK client of others, pytak, reads the CoT stream as it connects in practice: over TCP from the relay."""

import asyncio
import warnings
import xml.etree.ElementTree as ET

import pytest
from fake_keep import fix
from running import free_port, listening
from station import NOW, station

from kizuna.node.api.interfaces import LiveFeeds
from kizuna.node.relay import Feed, Relay

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pytak speaks of packages for ways that are not used here
    import pytak

SHIP = 431000001


class Reader(pytak.RXWorker):
    """What a program over pytak writes: it takes whole events from the queue of the client."""

    async def handle_data(self, data):
        await self.put_queue(data)


async def followed(feed, events, move):
    """The first CoT events that pytak's own client, worker and queue give."""
    relay = Relay(feed, lambda _: None)
    port = free_port()
    server = await relay.serve("127.0.0.1", port)
    config = {"COT_URL": f"tcp://127.0.0.1:{port}"}
    reader, writer = await pytak.protocol_factory(config)
    queue: asyncio.Queue = asyncio.Queue()
    tasks = [asyncio.ensure_future(Reader(queue, config, reader).run()), asyncio.ensure_future(relay.run())]
    try:
        got = []
        for k in range(events):
            got.append(await asyncio.wait_for(queue.get(), 30))
            move(k)
        return got
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()
        server.close()


@pytest.mark.slow
def test_pytak_reads_what_moves_and_what_the_node_holds_back(tmp_path):
    feeds = LiveFeeds(live=True, delay_s=0, grid_deg=0.1)
    with station(tmp_path / "desk", feeds=feeds, context="exercise:x") as here:
        here.store.add(fix(SHIP, NOW - 5000, 24.51, 123.22, sog_kn=9.0, cog_deg=45.0, context="exercise:x"))
        here.store.say(SHIP, shipname="HOKUTO <1>")
        _, secret = here.desk.tokens.make("root", "tak", "feed", live=True, delay_s=0, grid_deg=0)

        def move(k):
            if k == 0:
                here.store.add(fix(SHIP, NOW, 24.71, 123.42, context="exercise:x"))

        with listening(here.app, tmp_path / "tls") as (url, certificate):
            got = asyncio.run(followed(Feed(f"{url}/feeds/live/cot", secret, certificate.cert), 2, move))
    first, second = (ET.fromstring(pytak.cot2xml(e) if isinstance(e, pytak.COTEvent) else e) for e in got)
    assert first.tag == "event" and first.get("version") == "2.0" and first.get("uid") == second.get("uid")
    assert first.find("detail/contact").get("callsign") == "HOKUTO <1>"
    place = first.find("point")
    assert abs(float(place.get("lat")) - 24.55) < 1e-6 and abs(float(place.get("lon")) - 123.25) < 1e-6
    assert abs(float(second.find("point").get("lat")) - 24.75) < 1e-6
    said = first.find("detail/remarks").text
    assert "EXERCISE" in said and "NOT DELAYED" in said and "GRID 0.1 DEG" in said
