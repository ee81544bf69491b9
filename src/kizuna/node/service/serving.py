"""A node as a process: signals, the log, the server, and a word to systemd.

Signals SIGTERM and SIGINT end it in good order; a second one at once. The log goes to stderr, a line a record, as JSON
where that is no terminal. Record ids and counts stand in it, never names, texts or passwords.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Final

from kizuna.base.screen import escaped, in_one_line, shown
from kizuna.base.utc import iso
from kizuna.node.service.beside import read_beside
from kizuna.node.service.running import Running, certificate_paths
from kizuna.node.service.settings import Config

_TICK_S: Final = 1.0
_SETTLED_S: Final = 120.0
_ANSWERS_TRIES: Final = 500
_LOG: Final = logging.getLogger("kizuna.node")


class _Lines(logging.Formatter):
    """Records as lines: JSON for machines, plain for people."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """One line; of an exception all of it."""
        when = iso(round(record.created * 1000))
        words = record.getMessage()
        trace = "\n" + self.formatException(record.exc_info) if record.exc_info else ""
        if not self._as_json:
            return f"{when} {record.levelname.lower():<8} {in_one_line(words)}{shown(trace)}"
        row = {"time": when, "level": record.levelname.lower(), "room": record.name, "message": words + trace}
        facts = record.args if isinstance(record.args, dict) else {}
        return escaped(json.dumps({**row, **facts}, ensure_ascii=False, default=str))


def set_up_log(level: int = logging.INFO, *, as_json: bool | None = None) -> None:
    """Logging of the process; only a command calls this."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines(as_json=not sys.stderr.isatty() if as_json is None else as_json))
    root = logging.getLogger("kizuna")
    root.handlers = [handler]
    root.setLevel(level)
    root.propagate = False


def serve_node(config: Config, ready: Callable[[Running, str], None] = lambda _node, _url: None) -> int:
    """Run a node until it is told to stop; 0, or 1 when it broke. ``ready`` is called when the page answers."""
    beside = read_beside(config)
    return asyncio.run(_serve(config, Running(config, beside), ready))


async def _serve(config: Config, node: Running, ready: Callable[[Running, str], None]) -> int:
    from kizuna.node.api.serve import Listen, Server  # noqa: PLC0415
    from kizuna.node.api.tls import read_certificate  # noqa: PLC0415

    listen = config.listen
    certificate = read_certificate(*certificate_paths(config)) if listen.tls else None
    port = listen.port or _free_port(listen.host)
    door = Listen(listen.host, port, certificate)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    broken: list[str] = []

    def break_off(words: str) -> None:
        broken.append(words)
        loop.call_soon_threadsafe(stopped.set)

    node.on_trouble(break_off)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _asked, stopped)
    await asyncio.to_thread(lambda: node.start(server=True))
    try:
        from kizuna.node.api.app import make_app  # noqa: PLC0415  half a second, in which rows are stored already
        from kizuna.node.service.detections_door import DetectionsDoor  # noqa: PLC0415

        app = make_app(node.api_node(secure=certificate is not None, hosts=listen.names))
        server = Server(DetectionsDoor(app, node), door)
        running = asyncio.ensure_future(server.run())
        link = node.desk.write_setup_link(f"{door.url}/setup", node.rooms.setup_link)
        if link:
            _LOG.warning("no administrator yet: open the one-time link in %s", node.rooms.setup_link)
        tell_systemd("READY=1")
        _LOG.info("the page is at %s", door.url)
        await asyncio.to_thread(_when_it_answers, listen.host, port, node)
        await asyncio.to_thread(ready, node, door.url)
        loop.call_later(_SETTLED_S, gc.freeze)  # what detection and layers loaded since
        await _until(stopped, running, node)
        tell_systemd("STOPPING=1")
        server.stop()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(running, 10)
    finally:
        await asyncio.to_thread(node.stop)
    return 1 if broken else 0


def _when_it_answers(host: str, port: int, node: Running) -> None:
    """Let what is heavy begin once the server takes connections."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  no address to listen on here
    for _ in range(_ANSWERS_TRIES):
        with contextlib.suppress(OSError), socket.create_connection((near, port), 1.0):
            break
        time.sleep(0.02)
    settle()
    node.is_up()


def settle() -> None:
    """Take what is loaded out of the sight of the garbage collector.

    It looked through half a million objects of code and tables again and again while records came in: 7 of 21 us a
    record of a partner.
    """
    gc.collect()
    gc.freeze()


async def _until(stopped: asyncio.Event, running: asyncio.Future[None], node: Running) -> None:
    """Wait for the end; feed the watch-dog as long as all is well."""
    while not stopped.is_set():
        if running.done():
            running.result()
            raise RuntimeError("the server ended by itself")
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stopped.wait(), _TICK_S)
        if node.well:
            tell_systemd("WATCHDOG=1")


def _asked(stopped: asyncio.Event) -> None:
    if stopped.is_set():
        os._exit(130)  # asked twice: whoever asks does not want to wait, and a kill loses nothing stored
    stopped.set()


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def tell_systemd(words: str) -> None:
    """A word to the service manager, where there is one (sd_notify)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.connect("\0" + address[1:] if address.startswith("@") else address)
        out.send(words.encode())
