"""What the nodes of the demonstration are fed, by one clock: each the sentences, contacts and calls of its own actors.

Sentences go over TCP (``links.line_player``), contacts are posted to the node's API with the sensor's token, and calls
are written into the watch log by the user ``radio``, all as in earnest. Before the play each node gets its past.
"""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import logging
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from kizuna.base.errors import UnavailableError
from kizuna.base.languages import LANGUAGES
from kizuna.base.units import HOUR_MS, MINUTE_MS, SECOND_MS
from kizuna.engines.stages import Progress, silent
from kizuna.exercise.region.play import Call, Feed, Region
from kizuna.exercise.region.watch import WATCH_BEFORE_S
from kizuna.links.line_player import LinePlayer
from kizuna.node.two_desks.homes import Home

TICK_S: Final = 0.1
LOOK_S: Final = 0.5
MARK_S: Final = 60.0
PORTION_MS: Final = 10 * MINUTE_MS
_CONNECTED_S: Final = 60.0
_ANSWER_S: Final = 20.0
_LOG: Final = logging.getLogger("kizuna.node.demo")


class Feeding:
    """Feeds all nodes. ``at_ms`` is where the play is, milliseconds since the start of the exercise."""

    def __init__(self, region: Region, parties: Sequence[str]) -> None:
        self.region = region
        self.feeds: dict[str, Feed] = {p: region.feed(p) for p in parties}
        self.begin_ms = self.at_ms = round(region.plan.play_s * SECOND_MS)
        self.end_ms = round((region.plan.before_h + region.plan.ahead_h) * HOUR_MS)
        self._players = {p: LinePlayer("127.0.0.1", 0, greeting=self._greeting(f)) for p, f in self.feeds.items()}
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def _greeting(self, feed: Feed) -> Callable[[], bytes]:
        return lambda: feed.mark(self.at_ms)

    def port(self, party: str) -> int:
        """Port on which a party's sentences are played."""
        return self._players[party].port

    # ---- the past ---------------------------------------------------------------------------------------------------
    def past(self, homes: Sequence[Home], progress: Progress = silent) -> None:
        """Give each node what its actors heard and saw before the play. Raises UnavailableError where one is deaf."""
        done = dict.fromkeys(self.feeds, 0)

        def one(home: Home) -> None:
            feed, player = self.feeds[home.party.id], self._players[home.party.id]
            until = time.monotonic() + _CONNECTED_S
            while not player.listeners:
                if time.monotonic() > until or self._over.wait(0.05):
                    raise UnavailableError(f"the node of {home.party.id} does not listen", where=str(home.path))
            for at_ms in range(0, self.begin_ms, PORTION_MS):
                player.send(feed.lines(at_ms, min(at_ms + PORTION_MS, self.begin_ms)))
                player.drained(_CONNECTED_S)
                done[home.party.id] = at_ms
                progress("The hours before", sum(done.values()), len(done) * self.begin_ms)
            first_ms = self.begin_ms - round(WATCH_BEFORE_S * SECOND_MS)
            for actor, rows in feed.contacts(first_ms, self.begin_ms).items():
                _post_contacts(home, actor, rows)

        with ThreadPoolExecutor(len(homes)) as pool:
            list(pool.map(one, homes))

    # ---- the play ---------------------------------------------------------------------------------------------------
    def play(self, homes: Sequence[Home], speed: float) -> None:
        """Begin to play, on threads, until ``close``."""
        begun = time.monotonic()

        def now_ms() -> int:
            return min(self.end_ms, self.begin_ms + round((time.monotonic() - begun) * speed * SECOND_MS))

        self._thread("play", lambda: self._lines(now_ms))
        for home in homes:
            self._thread(f"sensors {home.party.id}", lambda h=home: self._sensors(h, now_ms))  # type: ignore[misc]

    def _thread(self, name: str, work: Callable[[], None]) -> None:
        self._threads.append(threading.Thread(target=work, name=name, daemon=True))
        self._threads[-1].start()

    def _lines(self, now_ms: Callable[[], int]) -> None:
        marked_s = time.monotonic()
        while not self._over.wait(TICK_S) and self.at_ms < self.end_ms:
            to_ms, again = now_ms(), time.monotonic() - marked_s >= MARK_S
            marked_s = time.monotonic() if again else marked_s
            for party, feed in self.feeds.items():
                data = (feed.mark(to_ms) if again else b"") + feed.lines(self.at_ms, to_ms)
                if data:
                    self._players[party].send(data)
            self.at_ms = to_ms

    def _sensors(self, home: Home, now_ms: Callable[[], int]) -> None:
        """Contacts and calls of one node; what it could not take comes again."""
        feed, at_ms = self.feeds[home.party.id], self.begin_ms
        while not self._over.wait(LOOK_S) and at_ms < self.end_ms:
            to_ms = now_ms()
            try:
                for actor, rows in feed.contacts(at_ms, to_ms).items():
                    _post_contacts(home, actor, rows)
                for call in feed.heard_calls(at_ms, to_ms):
                    write_call(home, call, self.region.simulation.scenario.start_ms)
            except OSError as exc:
                _LOG.warning("%s takes nothing now: %s", home.party.id, exc)
                continue
            at_ms = to_ms

    def close(self) -> None:
        """End the play."""
        self._over.set()
        for thread in self._threads:
            thread.join(_ANSWER_S)
        for player in self._players.values():
            player.close()


def _post_contacts(home: Home, actor: str, rows: bytes) -> None:
    headers = {"authorization": f"Bearer {home.tokens[actor]}", "content-type": "text/csv"}
    _asked(home, "/api/detections", rows, headers)


def write_call(home: Home, call: Call, start_ms: int) -> None:
    """A call into the watch log, as the one who heard it writes it."""
    place = f"{_dm(call.lat_deg, 'NS')} {_dm(call.lon_deg, 'EW')}"
    text = "\n".join(f"EXERCISE. {call.words[language]} {place}" for language in LANGUAGES)
    entry = {"text": text, "kind": "saw", "t": start_ms + call.time_ms, "lat": call.lat_deg, "lon": call.lon_deg}
    jar = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    headers = {"content-type": "application/json", "X-Kizuna": "1"}
    login = {"user": "radio", "password": home.password}
    for path, body in (("/api/login", login), ("/api/log", entry), ("/api/logout", {})):
        with contextlib.suppress(OSError) if path == "/api/logout" else contextlib.nullcontext():
            _asked(home, path, json.dumps(body).encode(), headers, jar)


def _asked(
    home: Home, path: str, body: bytes, headers: Mapping[str, str], opener: urllib.request.OpenerDirector | None = None
) -> bytes:
    where = f"http://127.0.0.1:{home.ports.page}{path}"
    request = urllib.request.Request(where, body, dict(headers), method="POST")
    with (opener or urllib.request.build_opener()).open(request, timeout=_ANSWER_S) as found:
        return bytes(found.read())


def _dm(value_deg: float, signs: str) -> str:
    """Degrees and minutes, as they are spoken."""
    whole, minutes = divmod(round(abs(value_deg) * 600), 600)
    return f"{whole:02d}-{minutes / 10:04.1f}{signs[value_deg < 0]}"
