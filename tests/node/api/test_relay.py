"""The relay: a stream with a token in, a plain port on loopback out."""

import asyncio
import stat

import pytest
from fake_keep import fix
from running import free_port, listening
from station import NOW, station
from typer.testing import CliRunner

from kizuna.base.errors import ConfigError, TrustError
from kizuna.node.api.interfaces import LiveFeeds
from kizuna.node.cli.main import app
from kizuna.node.relay import Feed, Relay


def relayed(feed, lines, prepare=lambda: None):
    """What a client that connects to the relay reads first."""

    async def main():
        relay = Relay(feed, lambda _: None)
        port = free_port()
        server = await relay.serve("127.0.0.1", port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        prepare()
        running = asyncio.ensure_future(relay.run())
        reading = asyncio.ensure_future(asyncio.wait_for(_lines(reader, lines), 20))
        await asyncio.wait({running, reading}, return_when=asyncio.FIRST_COMPLETED)
        try:
            return reading.result() if reading.done() else running.result()
        finally:
            for task in (running, reading):
                task.cancel()
            await asyncio.gather(running, reading, return_exceptions=True)
            writer.close()
            server.close()

    async def _lines(reader, n):
        return [await reader.readline() for _ in range(n)]

    return asyncio.run(main())


@pytest.fixture
def here(tmp_path):
    """A node whose settings allow outward feeds as fresh and fine as their tokens say."""
    with station(tmp_path / "desk", feeds=LiveFeeds(live=True, delay_s=0, grid_deg=0.0)) as one:
        yield one


@pytest.mark.slow
def test_a_plotter_reads_sentences_through_the_relay(here, tmp_path):
    here.store.add(fix(431000001, NOW - 5000, 24.5, 123.25))
    here.store.say(431000001, shipname="HOKUTO")
    _, secret = here.desk.tokens.make("root", "plotter", "feed", live=True, delay_s=0, grid_deg=0)
    _, other = here.desk.tokens.make("root", "gis", "feed")
    with listening(here.app, tmp_path / "tls") as (url, certificate):
        got = relayed(Feed(f"{url}/feeds/live/nmea", secret, certificate.cert), 3)
        assert got[0].startswith(b"$AITXT") and all(b"!AIVDM" in line for line in got[1:])
        cot = relayed(Feed(f"{url}/feeds/live/cot", secret, certificate.cert), 1)
        assert cot[0].startswith(b"<event ") and cot[0].endswith(b"</event>\n")
        for wrong in (
            Feed(f"{url}/feeds/live/nmea", other, certificate.cert),
            Feed(f"{url}/feeds/live/nmea", "x", certificate.cert),
        ):
            with pytest.raises(TrustError, match="token"):
                relayed(wrong, 1)
        with pytest.raises(TrustError, match="certificate"):
            relayed(Feed(f"{url}/feeds/live/nmea", secret), 1)


def test_tokens_do_not_travel_in_the_clear_and_the_port_is_for_this_machine():
    for url in ("http://node.test/feeds/live/nmea", "ftp://x/", "node:8443"):
        with pytest.raises(ConfigError):
            Feed(url, "x")
    with pytest.raises(ConfigError):
        asyncio.run(Relay(Feed("https://node.test/x", "x"), print).serve("0.0.0.0", 1))


def test_command_wants_a_token_file_that_only_its_owner_reads(tmp_path):
    file = tmp_path / "token"
    file.write_text("x")
    file.chmod(0o644)
    done = CliRunner().invoke(app, ["feed", "relay", "https://node.test/feeds/live/nmea", "--token-file", str(file)])
    assert done.exit_code == 2
    file.chmod(stat.S_IRUSR | stat.S_IWUSR)
    done = CliRunner().invoke(
        app, ["feed", "relay", "https://node.test/x", "--token-file", str(file), "--listen", "nowhere"]
    )
    assert done.exit_code == 2
