"""Many posts of one sensor at once: one body is held, some wait unread, the rest is refused."""

import asyncio
from types import SimpleNamespace

from kizuna.node.service.detections_door import PATH, POSTS_MOST, DetectionsDoor

TOKEN = "0123456789abcdef0123456789abcdef"


def door(home):
    (home / "radar.token").write_text(TOKEN)
    (home / "radar.token").chmod(0o600)
    sources = [SimpleNamespace(id="radar", kind="http-detections", key="radar.token")]
    audit = SimpleNamespace(did=lambda *_: None, refused=lambda *_: None)
    taken = SimpleNamespace(stored=1, known=0, rejected=0, notes=())
    return DetectionsDoor(None, SimpleNamespace(
        config=SimpleNamespace(home=home, sources=sources), desk=SimpleNamespace(audit=audit),
        post_detections=lambda _body, _source: taken))  # fmt: skip


def test_one_body_of_a_source_is_read_at_a_time_and_few_posts_wait(tmp_path):
    more = 3

    async def play():
        here, begun, statuses = door(tmp_path), [], []
        arrives = asyncio.Event()

        async def post(k):
            async def receive():
                begun.append(k)
                await arrives.wait()
                return {"type": "http.request", "body": b"x", "more_body": False}

            async def send(message):
                if message["type"] == "http.response.start":
                    statuses.append(message["status"])

            await here({"type": "http", "path": PATH, "method": "POST", "client": ("127.0.0.1", 1), "query_string": b"",
                        "headers": [(b"authorization", f"Bearer {TOKEN}".encode())]}, receive, send)  # fmt: skip

        posts = [asyncio.create_task(post(k)) for k in range(POSTS_MOST + more)]
        while len(statuses) < more or not begun:
            await asyncio.sleep(0)
        at_first = (list(begun), list(statuses))
        arrives.set()
        await asyncio.gather(*posts)
        await post(99)  # there is room again
        return at_first, begun, statuses

    at_first, begun, statuses = asyncio.run(play())
    assert at_first == ([0], [429] * more)
    assert begun == [*range(POSTS_MOST), 99] and statuses[more:] == [201] * (POSTS_MOST + 1)
