"""What one partner can reach of a running node, asked for: every answer with status, headers and body, named.

``seen(world)`` runs the node of a world from its beginning to its end and gives ``{surface: {item: bytes}}``. At every
tick the partner polls: its question at the listener that waits, pages, live streams, newest positions, TAXII. At the
end it asks for everything, with each of its tokens, also for what it does not know and what is not for it.

Left out of the comparison is nothing that the app says; the header ``Date`` comes from the server in front of it and
tells the second. Numbers of requests are random and stand still here, salts of a log follow from its name.
"""

from __future__ import annotations

import asyncio
import json
import math
from tempfile import TemporaryDirectory
from urllib.parse import quote

from leak_asgi import begin
from leak_node import RAM, LeakNode
from leak_node_worlds import OTHER, WATCHED
from leak_worlds import HOUR, T0

from kizuna.base.utc import iso
from kizuna.formats.taxii.requests import MEDIA
from kizuna.share.page import open_page
from kizuna.share.sync import wire
from kizuna.share.sync.actions import Ask, Position

LANES = ("flash", "routine", "bulk")
MINE = (WATCHED, "c:watch", "*")
LAYERS = ("vessels", "tracks", "events", "zones", "coverage", "presence")
TAXII = (("accept", MEDIA),)
EVERYWHERE = "bbox=-180,-90,180,90"


def seen(world, *, deep=None, cise=True, **how):
    """Everything that the watched partner gets of this world's node, and what was asked of it."""
    with TemporaryDirectory(dir=RAM) as directory:
        node = LeakNode(world, directory, **how)
        try:
            out = {"ticks": {}, "live": {}}
            streams = {form: node.follow(form) for form in ("cot", "nmea")}
            node.let_rest(list(streams.values()))
            for k, now in enumerate(world.ticks):
                _tick(node, out, k, now, streams)
            for name in DEEP if deep is None else deep:
                out[name] = DEEP[name](node, cise=cise)
            for stream in streams.values():
                stream.over.set()
            return out, node.looked
        finally:
            node.close()


def differences(world, other, **how):
    """Names of surface and item in which what the partner gets differs; what was compared, in items and bytes."""
    (a, looked), (b, _) = seen(world, **how), seen(other, **how)
    found, items, size = [], 0, 0
    for name in sorted(a.keys() | b.keys()):
        ones, others = a.get(name, {}), b.get(name, {})
        items += len(ones)
        size += sum(map(len, ones.values()))
        found += [f"{name}: {i}" for i in sorted(ones.keys() | others.keys()) if ones.get(i) != others.get(i)]
    return found, items, size, looked


# ---- every tick ----------------------------------------------------------------------------------------------------
def question(node, wait_ms=0, logs=None):
    names = logs or [f"harbour/1/{to}/real/{lane}" for to in MINE for lane in LANES]
    positions = [Position(name, node.cursors.get(name, 0)) for name in names]
    return wire.write_question(Ask(0, tuple(positions), 1 << 18, wait_ms, 0))


def _tick(node, out, k, now, streams):
    waits = _park(node)
    node.tick(now)
    out["ticks"][f"{k} woken"] = _woken(node, waits)
    for n in range(50):
        answer = node.fed("POST", "/fed/v1/page", question(node))
        out["ticks"][f"{k} page {n}"] = answer.all
        if answer.status != 200:  # noqa: PLR2004
            break
        page = open_page(answer.body)
        node.cursors[str(page.name)] = page.end
    for path in ("vessels/items", "events/items", "vessels", "tracks/items"):
        out["ticks"][f"{k} {path}"] = node.get(f"/ogc/collections/{path}").all
    path = f"/taxii/{WATCHED}/collections/{WATCHED}/manifest/"
    out["ticks"][f"{k} taxii"] = node.get(path, token="taxii", headers=TAXII).all
    node.let_look(list(streams.values()))
    for form, stream in streams.items():
        out["live"][f"{k} {form}"] = repr(stream.head).encode() + bytes(stream.body)


def _park(node):
    """A question at the listener that waits for news."""
    scope, body = node.signed("POST", "/fed/v1/page", data := question(node, 60_000)), data

    async def waiting():
        found = begin(node.traffic.listener, scope, body)
        peers = node.traffic.listener._peers
        while not found.task.done() and not (WATCHED in peers and peers[WATCHED].waiting):
            await asyncio.sleep(0)
        return found

    return node.loop.run_until_complete(waiting())


def _woken(node, found):
    """What became of it: the answer, or that it waits still."""

    async def end():
        for _ in range(3):
            await asyncio.sleep(0)
        if not node.traffic.listener._peers[WATCHED].waiting or found.task.done():
            await found.task
            return repr(found.head).encode() + bytes(found.body)
        found.over.set()
        await found.task
        return b"waits"

    return node.loop.run_until_complete(end())


# ---- at the end ----------------------------------------------------------------------------------------------------
def _probe(node, out, paths, **how):
    for path in paths:
        at, _, query = path.partition("?")
        out[path] = node.get(at, query, **how).all


def _when(start_h, end_h):
    return quote(f"{iso(T0 + int(start_h * HOUR))}/{iso(T0 + int(end_h * HOUR))}")


def _box(node, half):
    lat, lon = node.world.rows.center
    west, east = ((lon + d + 180) % 360 - 180 for d in (-half, half))
    return f"bbox={west:.4f},{max(lat - half, -90):.4f},{east:.4f},{min(lat + half, 90):.4f}"


def ogc(node, **_):
    out, probes = {}, node.world.probes
    _probe(node, out, ["/ogc", "/ogc/", "/ogc/conformance", "/ogc/api", "/ogc/api.html", "/ogc/collections"])
    for name in ("vessels", "tracks", "events", "zones"):
        at = f"/ogc/collections/{name}"
        _probe(node, out, [at, f"{at}/queryables", f"{at}/items?{_box(node, 0.1)}", f"{at}/items?{EVERYWHERE}&limit=2"])
        _probe(
            node, out, [f"{at}/items?datetime={_when(2, 5)}", f"{at}/items?datetime={_when(0, 10)}&{_box(node, 0.5)}"]
        )
        _probe(node, out, [f"{at}/items?limit=0", f"{at}/items?bbox=1,2", f"{at}/items?odd=1", f"{at}/items/nothing"])
        _probe(node, out, [f"{at}/items/{p:09d}" if isinstance(p, int) else f"{at}/items/{p}" for p in probes])
        if name != "zones":
            _probe(node, out, [f"{at}/items?mmsi={p}&datetime={_when(0, 10)}" for p in probes if isinstance(p, int)])
        pages(node, out, f"{at}/items", f"limit=3&datetime={_when(0, 12)}")
    _probe(
        node,
        out,
        ["/ogc/collections/detections", "/ogc/collections/none/items", "/ogc/collections/vessels/items?mmsi=x"],
    )
    return out


def pages(node, out, path, query):
    for k in range(30):
        answer = node.get(path, query)
        out[f"{path}?{query} {k}"] = answer.all
        links = json.loads(answer.body).get("links", []) if answer.status == 200 else []  # noqa: PLR2004
        more = [row["href"] for row in links if row["rel"] == "next"]
        if not more:
            return
        query = more[0].partition("?")[2]


def tiles(node, **_):
    out = {}
    lat, lon = max(-84.0, min(84.0, node.world.rows.center[0])), node.world.rows.center[1]
    for layer in LAYERS:
        for z in (0, 4, 7, 10):
            n = 1 << z
            x = int((lon + 180) / 360 * n) % n
            y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
            around = {(x, y), ((x + 1) % n, y)} if z in (7, 10) and layer != "coverage" else {(x, y)}
            _probe(node, out, [f"/tiles/{layer}/{z}/{a}/{b}.mvt" for a, b in sorted(around)])
    _probe(node, out, ["/tiles/vessels/3/9/0.mvt", "/tiles/none/0/0/0.mvt"])
    return out


def files(node, **_):
    out = {}
    span = f"from={quote(iso(T0 - HOUR))}&to={quote(iso(T0 + 12 * HOUR))}"
    for form in ("csv", "geojson", "kml", "gpx", "parquet"):
        _probe(
            node,
            out,
            [f"/feeds/vessels.{form}", f"/feeds/events.{form}?{span}", f"/feeds/fixes.{form}?{span}&{EVERYWHERE}"],
        )
    _probe(node, out, [f"/feeds/fixes.csv?{span}&mmsi={p}" for p in node.world.probes if isinstance(p, int)])
    _probe(node, out, ["/feeds/fixes.csv", "/feeds/vessels.csv?from=x", f"/feeds/events.csv?{span}&{_box(node, 0.2)}"])
    _probe(node, out, ["/feeds/vessels.csv", "/feeds/live/nmea", "/feeds/live/cot"], token="plain")
    out["stream"] = node.get("/feeds/live/nmea", hang_up=True).all
    return out


def exports(node, *, cise=True, **_):
    """The records told, as files in the formats of programs."""
    out = {}
    span = f"from={quote(iso(T0 - HOUR))}&to={quote(iso(T0 + 12 * HOUR))}"
    at = f"/api/sharing/as/{WATCHED}/export"
    _probe(
        node, out, [f"{at}?format={form}&{span}" for form in ("geojson", "cot", "stix", *(("cise",) if cise else ()))]
    )
    _probe(node, out, [f"{at}?format=odd&{span}", f"/api/sharing/as/{OTHER}/export?format=geojson&{span}"])
    _probe(node, out, ["/api/sharing/as/nobody/export?format=geojson"])
    return out


def taxii(node, **_):
    out, root = {}, f"/taxii/{WATCHED}"
    how = {"token": "taxii", "headers": TAXII}
    _probe(node, out, ["/taxii/taxii2/", f"{root}/", f"{root}/collections/", f"/taxii/{OTHER}/collections/"], **how)
    for name in (WATCHED, "c-watch", OTHER, "none"):
        at = f"{root}/collections/{name}"
        _probe(
            node,
            out,
            [f"{at}/", f"{at}/objects/?limit=2", f"{at}/manifest/?limit=1", f"{at}/objects/?added_after=bad"],
            **how,
        )
        _probe(node, out, [f"{at}/objects/", f"{at}/objects/?match[type]=indicator&match[version]=all"], **how)
        for told in [d for d in node.world.deeds if d[1] == "stix" and d[2]["to"] == (WATCHED,)][:2]:
            one = json.loads(told[2]["data"])["id"]
            _probe(node, out, [f"{at}/objects/{one}/", f"{at}/objects/{one}/versions/"], **how)
    body = b'{"objects":[{"type":"indicator","spec_version":"2.1","id":"indicator--00000001-0000-4000-8000-000000000000"}]}'
    sent = (*TAXII, ("content-type", MEDIA))
    posted = node.get(f"{root}/collections/{WATCHED}/objects/", token="taxii", method="POST", headers=sent, body=body)
    out["posted"] = posted.all
    if posted.status == 202:  # noqa: PLR2004
        _probe(node, out, [f"{root}/status/{json.loads(posted.body)['id']}/"], **how)
    out["deleted"] = node.get(
        f"{root}/collections/{WATCHED}/objects/x/", token="taxii", method="DELETE", headers=TAXII
    ).all
    return out


def listener(node, **_):
    """Logs of others, numbers beyond the end, what cannot be read, pages brought, keys."""
    out = {}
    logs = [f"harbour/1/{to}/real/{lane}" for to in (OTHER, "nobody", WATCHED, "c:watch") for lane in LANES]
    for log in (*logs, "harbour/2/cape/real/routine", "harbour/1/cape/test/routine", "strait/1/cape/real/flash", "odd"):
        for after in (0, 1, 7, 100_000):
            body = wire.write_question(Ask(0, (Position(log, after),), 1 << 14, 0, 0))
            out[f"{log} {after}"] = node.fed("POST", "/fed/v1/page", body).all
            if after and not log.startswith("harbour/1/"):
                break
    out["broken"] = node.fed("POST", "/fed/v1/page", b"{").all
    for k, body in enumerate((b"", b"page", _page_of(node))):
        out[f"brought {k}"] = node.fed("POST", "/fed/v1/inbox", body).all
    for query in ("", "after=0", "after=1", "after=99", "after=x"):
        out[f"keys {query}"] = node.fed("GET", "/fed/v1/keys", b"", query).all
    out["elsewhere"] = node.fed("GET", "/fed/v1/logs").all
    return out


def _page_of(node):
    """A page of the node's own, brought back to it."""
    body = wire.write_question(Ask(0, (Position(f"harbour/1/{WATCHED}/real/flash", 0),), 1 << 14, 0, 0))
    return node.fed("POST", "/fed/v1/page", body).body


FILLED = {"name": "vessels", "feature_id": "431000000", "layer": "vessels", "z": "0", "x": "0", "y": "0",
          "what": "fixes", "form": "csv", "partner": WATCHED, "mmsi": "431000001"}  # fmt: skip


def routes(node):
    """Every route of the app: method, template, an address of it."""
    for route in all_routes(node.app.routes):
        for method in sorted(getattr(route, "methods", None) or ()):
            path = route.path
            while "{" in path:
                name = path[path.index("{") + 1 : path.index("}")]
                word = name.partition(":")[0]
                live = "/feeds/live/" in path and word == "form"
                value = "cot" if live else FILLED.get(word, "1" if ":" not in name else f"{WATCHED}/collections/")
                path = path.replace("{" + name + "}", value, 1)
            yield method, route.path, path


def all_routes(found):
    """Routes of an app, those of routers that it took in among them."""
    for route in found:
        inner = getattr(route, "original_router", None)
        yield from all_routes(inner.routes) if inner is not None else [route]


def every(node, **_):
    """Every route with each kind of token, and a few addresses of the page."""
    out = {}
    for token in ("feed", "taxii"):
        for method, template, path in routes(node):
            headers = (("x-kizuna", "1"),) if token == "feed" else TAXII
            out[f"{token} {method} {template}"] = node.get(
                path, token=token, method=method, headers=headers, hang_up="live" in path
            ).all
        for path in ("/", "/vessel/431000900", "/assets/none.js", "/api/none"):
            out[f"{token} {path}"] = node.get(path, token=token).all
    return out


DEEP = {"ogc": ogc, "tiles": tiles, "files": files, "exports": exports, "taxii": taxii, "listener": listener,
        "every": every}  # fmt: skip
