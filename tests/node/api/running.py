"""A node that really listens: granian in a thread with its own loop, on a free port of loopback."""

import asyncio
import contextlib
import datetime
import socket
import threading
import time

from kizuna.node.api.serve import Listen, serve
from kizuna.node.api.tls import make_certificate


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def listening(app, directory=None):
    """Yields the base address and, with a directory, the certificate made in it."""
    certificate = None
    if directory is not None:
        certificate = make_certificate(directory, ["localhost", "127.0.0.1"], datetime.datetime.now(datetime.UTC))
    listen = Listen("127.0.0.1", free_port(), certificate)
    ready: dict = {}

    def run():
        async def main():
            ready["loop"], ready["stop"] = asyncio.get_running_loop(), asyncio.Event()
            await serve(app, listen, ready["stop"])

        asyncio.run(main())

    thread = threading.Thread(target=run)
    thread.start()
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", listen.port), 1):
            break
        time.sleep(0.05)
    try:
        yield listen.url.replace("localhost", "127.0.0.1"), certificate
    finally:
        ready["loop"].call_soon_threadsafe(ready["stop"].set)
        thread.join(20)
        assert not thread.is_alive()
