"""A partner that looks at a running node with all it has cannot tell two worlds apart that differ in what it is not told."""

import logging
import random
from dataclasses import replace

import pytest
from leak_node import LeakNode
from leak_node_surfaces import DEEP, RAM, TemporaryDirectory, all_routes, differences, every, routes, seen
from leak_node_worlds import OTHER, WATCHED, node_twin, node_world
from leak_worlds import HIDDEN_VESSELS
from starlette.responses import Response

from kizuna.formats.taxii import view as taxii_view
from kizuna.node.api.layers import Layers
from kizuna.node.api.ogc import collections, documents
from kizuna.node.api.routes import tiles
from kizuna.node.api.view import Reader
from kizuna.node.desk.rules import FEED, TAXII, may
from kizuna.node.origin import own_sources
from kizuna.node.share import door
from kizuna.node.share.views import released
from kizuna.node.share.exchange import outward
from kizuna.node.share.lines import listener, loops
from kizuna.share.sync import wire

HOUR = 3_600_000
LISTENER = {"/fed/v1/page", "/fed/v1/inbox", "/fed/v1/keys"}


@pytest.fixture(autouse=True)
def quiet():
    """A partner that asks beyond the end is an alarm in the log; here it is asked for."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.slow
def test_no_surface_of_a_running_node_tells_the_twin_from_the_world():
    seed = random.SystemRandom().randrange(10**9)
    print(f"[seed {seed}]")
    items = 0
    for k in range(3):  # the soak run takes a thousand
        w = node_world(seed + k)
        found, count, _, _ = differences(
            w, node_twin(w, k), cise=k == 0, deep=[d for d in DEEP if k == 0 or d != "every"]
        )
        assert not found, f"node_world({seed + k}), twin {k}: {found[:5]}"
        items += count
    assert items > 500


def test_what_is_due_appears_at_the_same_tick(monkeypatch):
    """Looks every 20 s around the boundaries of time buckets, in the steps of the product."""
    w = node_world(random.SystemRandom().randrange(10**9))
    ticks = tuple(w.ticks[1] + 20_000 * k for k in range(40))
    w = replace(w, ticks=ticks)
    found, _, _, _ = differences(w, node_twin(w, 1), deep=[], step_ms=loops.STEP_MS)
    assert not found, found[:5]


@pytest.mark.parametrize(("seed", "k"), [(507742085, 108), *((seed, seed) for seed in range(10))])
def test_a_twin_leaves_every_vessel_of_its_sort(seed, k):
    """A sealed source that heard a vessel in one world only would hold back its events there, as it should."""
    w = node_world(seed)
    sealed, other = ({f["mmsi"] for f in x.rows.fixes if f["source_id"] == "sealed"} for x in (w, node_twin(w, k)))
    told = {f["mmsi"] for f in w.rows.fixes} - set(HIDDEN_VESSELS)
    assert sealed & told == other & told != told


# ---- nothing is forgotten --------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def looked():
    """What the surfaces ask of a node, and what a partner's tokens reach of it."""
    w = node_world(1)
    _, asked = seen(w, deep=[n for n in DEEP if n != "every"])
    with TemporaryDirectory(dir=RAM) as directory:
        node = LeakNode(w, directory)
        try:
            every(node)
            found = {(m, r.path) for r in all_routes(node.app.routes) for m in getattr(r, "methods", None) or ()}
            actions = {
                (m, r.path): (getattr(r, "openapi_extra", None) or {}).get("x-kizuna-action", "")
                for r in all_routes(node.app.routes) for m in getattr(r, "methods", None) or ()
            }  # fmt: skip
            assert len(found) == len(list(routes(node))) > 60
            return asked, node.looked, actions
        finally:
            node.close()


PUBLIC_PAGES = {"/health", "/login", "/setup", "/api/entry", "/api/login", "/api/setup", "/{path:path}", "/api/openapi.json",
                "/api/oidc/begin", "/api/oidc/end"}  # fmt: skip
"""What says the same to everybody: the program's own pages and its description. ``every`` asks for them."""


def test_every_route_that_a_partners_token_reaches_is_among_the_surfaces(looked):
    """A new route that answers a partner's token fails here until a surface asks it."""
    asked, reached, _ = looked
    open_ = {key for key, statuses in reached.items() if statuses - {401, 403} and key[1] not in PUBLIC_PAGES}
    mine = {key for key, statuses in asked.items() if statuses & {200, 202, 204, 404}}
    assert len(open_) >= 12
    assert not open_ - mine, f"add to tests/leak_node_surfaces.py: {sorted(open_ - mine)}"


def test_every_action_of_a_partners_token_is_among_the_surfaces(looked):
    """The same by the table of rules: a route that refused what was filled in here is not forgotten either."""
    asked, _, actions = looked
    theirs = {key for key, action in actions.items() if any(may(kind, action) for kind in (FEED, TAXII))}
    theirs = {key for key in theirs if key[1] not in PUBLIC_PAGES and key[0] != "HEAD"}
    mine = {key for key, statuses in asked.items() if statuses & {200, 202, 204, 404}}
    assert len(theirs) >= 12
    assert not theirs - mine, f"add to tests/leak_node_surfaces.py: {sorted(theirs - mine)}"


def test_every_question_of_the_listener_is_among_the_surfaces(looked):
    asked, _, _ = looked
    assert {path for _, path in listener._ROUTES} == LISTENER == {p for _, p in asked if p in LISTENER}


# ---- the oracle can fail ----------------------------------------------------------------------------------------------
def zones_in_tiles(patch):
    """As it was: tiles of zones were those of the node, whoever looked."""
    patch.setattr(tiles, "Reader", lambda node, viewer: _NotReleased(Reader(node, viewer)))


class _NotReleased:
    """A reader that does not say that it reads as a partner."""

    def __init__(self, inner):
        self._inner, self.released = inner, None

    def __getattr__(self, name):
        return getattr(self._inner, name)


def newest_time_of_the_node(patch):
    """The collections say until when the node has anything, not until when the partner was told."""
    patch.setattr(collections, "_when", None)
    true = documents.described

    def described(base, one, marking, reader):
        found = true(base, replace(one, extent=None), marking, reader)
        return {**found, "updated": int(reader._node.store.versions().newest_ms)}

    patch.setattr(documents, "described", described)


def one_more_word_in_an_error(patch):
    """What is there and not for the partner is refused in other words than what is not there."""
    from kizuna.node.api.routes import ogc

    true = ogc._one

    def one(collection, reader, feature_id):
        found = true(collection, reader, feature_id)
        if found is None and feature_id.isdigit() and len(reader._node.store.track(int(feature_id), 0, 1 << 50)):
            raise ogc.Problem(404, "there is no such feature for you")
        return found

    patch.setattr(ogc, "_one", one)


def a_header_with_the_version_of_the_store(patch):
    true = tiles.Response

    def response(*args, **kwargs):
        made = true(*args, **kwargs)
        made.headers["etag"] = f'"{len(_node().keep.latest()[1])}"'
        return made

    patch.setattr(tiles, "Response", response)


def a_count_of_all_records(patch):
    true = outward.export

    def export(office, *args):
        return replace(true(office, *args), not_said=sum(s.size for s in office.shared.logs.all("out")))

    patch.setattr(outward, "export", export)


def numbers_of_taxii_over_all_partners(patch):
    true = taxii_view.reply

    def reply(ask, facts, view):
        found = true(ask, facts, view)
        found.headers["x-rows"] = str(len(_node().office.rows))
        return found

    patch.setattr("kizuna.node.share.desk.taxii.reply", reply)


def logs_of_others_at_the_listener(patch):
    """Who asks for a log that is not for it is answered otherwise where there is such a log."""
    true = listener.Listener._page

    async def page(self, partner, peer, body, receive):
        states = {s.name: s.peer for s in _node().sharing.shared.logs.all("out")}
        asked = [p.log for p in wire.read_question(body).positions] if body != b"{" else []
        if any(states.get(log, WATCHED) == OTHER for log in asked):
            return listener.Said(403)
        return await true(self, partner, peer, body, receive)

    patch.setattr(listener.Listener, "_page", page)


def a_look_that_takes_longer_with_more_rows(patch):
    """Positions go out at the look after the next one where much is to be gone through."""
    true = loops.Loops.positions

    def positions(self):
        if sum(len(t) for t, _ in self._recent) % 3:
            return
        true(self)

    patch.setattr(loops.Loops, "positions", positions)


def the_partner_reads_the_store(patch):
    patch.setattr(released.Released, "latest", lambda self, since=0: _node().keep.latest(since))


def sources_by_the_newest_fix_of_all(patch):
    """As it was: what an event rests on was looked up in the time before the newest fix of the whole node.

    In four hours before it, not in two days as then: a world lasts ten hours, and the store does not count a fix as
    newest whose clock is ahead.
    """

    def sources(self, mmsi, *_):
        newest = self.keep.versions().newest_ms
        return own_sources(self.keep, mmsi, newest - 4 * HOUR, newest + HOUR)

    patch.setattr(LeakNode, "_sources", sources)


def detections_without_the_track_that_explains_them(patch):
    """As it was: a contact that the track of a sealed source explained left with the vessel's number."""
    true = door.of_detections
    patch.setattr(door, "of_detections", lambda *args, sources=None, **more: true(*args, **more))


def _node():
    from leak_node import _NOW

    return _NOW[0]


LEAKS = {
    zones_in_tiles: ["tiles"],
    newest_time_of_the_node: ["ogc"],
    one_more_word_in_an_error: ["ogc"],
    a_header_with_the_version_of_the_store: ["tiles"],
    a_count_of_all_records: ["exports"],
    numbers_of_taxii_over_all_partners: ["taxii"],
    logs_of_others_at_the_listener: ["listener"],
    a_look_that_takes_longer_with_more_rows: [],
    the_partner_reads_the_store: [],
    sources_by_the_newest_fix_of_all: [],
    detections_without_the_track_that_explains_them: [],
}


@pytest.mark.slow
@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_the_oracle_finds_a_leak_that_is_put_in(leak, monkeypatch):
    leak(monkeypatch)
    for seed in range(100, 108):
        w = node_world(seed)
        if differences(w, node_twin(w, seed), deep=LEAKS[leak], cise=False)[0]:
            return
    pytest.fail("blind")
