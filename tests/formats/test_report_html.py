"""The report: one page, no script, no request, nothing foreign unescaped, never above its size."""

import html
import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats import make
from kizuna.base.errors import InputError
from kizuna.events.table import EVENT_TYPES
from kizuna.formats import report_html as module
from kizuna.formats.report.style import TOKENS, style_sheet
from kizuna.formats.report_html import MAX_BYTES, report_html
from kizuna.formats.run_summary import InputFile, run_digest

ALERTS = ("gap", "encounter", "loitering", "zone_visit")
"""Types of which the made-up world has some."""
VOID = {"meta", "link", "input", "br", "img", "hr"}
TAGS = VOID | {
    "html",
    "head",
    "title",
    "style",
    "body",
    "main",
    "section",
    "div",
    "span",
    "p",
    "a",
    "ul",
    "li",
    "dl",
    "dt",
    "dd",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "b",
    "i",
    "bdi",
    "code",
    "small",
    "time",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "figure",
    "figcaption",
    "article",
    "header",
    "footer",
    "fieldset",
    "legend",
    "label",
    "svg",
    "symbol",
    "use",
    "g",
    "path",
    "rect",
    "circle",
    "text",
    "tspan",
    "mask",
    "image",
}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='x",
    "</style><script>",
    "]]>",
    "\u202eDRAOB",
    "javascript:alert(1)",
    "https://evil.example/x.js",
    "<!--",
    "\x00\x1b[31m",
    "&lt;b&gt;",
    "A" * 5000,
    "船" * 3000,
]


class Page(HTMLParser):
    """Checks that tags are balanced and collects what matters."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.text, self.ids = [], [], [], [], []
        self.feed(raw.decode())
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        names = [k for k, _ in attrs]
        assert len(names) == len(set(names)), (tag, attrs)
        self.attributes += [(tag, k, v or "") for k, v in attrs]
        self.ids += [v for k, v in attrs if k == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (tag, self.open[-3:], self.getpos())

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.text.append(data)

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


def harmless(raw: bytes) -> Page:
    page = Page(raw)
    assert set(page.tags) <= TAGS, set(page.tags) - TAGS
    for tag, key, value in page.attributes:
        assert not key.startswith("on") and key not in ("srcdoc", "formaction", "action", "background", "ping"), (
            tag,
            key,
        )
        if key in ("href", "src", "xlink:href"):
            assert value.startswith(("#", "data:image/png;base64,")) or value == "data:,", (tag, key, value[:80])
        if key == "style":
            assert re.fullmatch(r"(--c|width):\d+%", value), value
        if key == "http-equiv":
            assert value == "Content-Security-Policy"
    style = re.search(rb"<style>(.*?)</style>", raw, re.S).group(1).decode()
    assert "url(" not in style and "@import" not in style and "<" not in style
    assert len(page.ids) == len(set(page.ids))
    assert len(raw) <= MAX_BYTES
    return page


def made(world=None, summary=None, land=make.no_land, zones=()):
    world = world or make.east_china_sea(6, 8)
    return report_html(summary or make.summary(world.context), world.events_table(), world.tracks(), zones, land)


@cache
def ordinary() -> bytes:
    return made(make.east_china_sea(25, 12), zones=tuple(make.zones()), land=make.block_land)


def test_page_is_balanced_and_holds_no_script_and_no_request():
    page = harmless(ordinary())
    assert ("meta", "content", module._POLICY) in page.attributes
    assert "default-src 'none'" in module._POLICY and "script-src" not in module._POLICY
    assert not re.search(rb"https?://|//[a-z0-9.-]+\.[a-z]{2,}/", ordinary())


def test_every_link_leads_somewhere():
    page = harmless(ordinary())
    wanted = {v[1:] for _, k, v in page.attributes if k == "href" and v.startswith("#")}
    wanted |= set(re.findall(r"url\(#(\w+)\)", ordinary().decode()))
    assert wanted <= set(page.ids)
    assert {f"e{n}" for n in range(1, 13)} <= wanted


def test_same_arguments_give_the_same_bytes():
    assert made(make.east_china_sea(5, 4)) == made(make.east_china_sea(5, 4))


def test_marking_stands_at_the_top_at_the_end_and_on_every_card():
    page = harmless(ordinary())
    body = "".join(page.text)
    assert body.count("EXERCISE demo · NOT REAL") == 2
    assert len(re.findall(r'class="chip marking">EXERCISE demo<', ordinary().decode())) == 12
    assert page.words.startswith("EXERCISE demo")
    real = made(make.east_china_sea(3, 2, context="real"), make.summary("real"))
    assert b"EXERCISE" not in real and b"Real data" in real and "banner marked" not in real.decode()
    assert b"TEST \xc2\xb7 NOT REAL" in made(make.east_china_sea(3, 2, context="test"), make.summary("test"))


def test_a_label_that_releases_is_told():
    assert b"Released to: partner-b" in made(summary=make.summary(label="partner-b"))
    assert b"Not released to anyone" in made()


def test_contexts_never_mix():
    with pytest.raises(InputError, match="context exercise:demo in a report of context real"):
        made(summary=make.summary("real"))


def test_no_events_are_reported_as_such_and_not_as_peace():
    page = harmless(made(make.east_china_sea(5, 0)))
    assert "No event was found with these settings. That does not say that nothing happened" in page.words
    assert "article" not in page.tags


def test_nothing_at_all_still_gives_a_report():
    summary = make.summary(
        inputs=(),
        start_ms=-(2**63),
        end_ms=-(2**63),
        counts={},
        time_sources={},
        timings=(),
        masks=(),
        rules={},
        params={},
    )
    page = harmless(made(make.World(), summary))
    assert "There is no position to draw." in page.words
    harmless(report_html(summary, make.events_table([]), None, None, make.no_land))


def test_a_card_tells_measured_values_limits_and_results_in_words():
    world = make.World()
    world.events.append(
        make.event("loitering", [416000001], make.T0, make.T0 + 6 * make.HOUR, (25.745, 123.474), (25.8, 123.5))
    )
    page = harmless(made(world))
    assert "distance from shore 12,000 ≥ 37,040 m ✗ did not hold" in page.words
    assert "mean speed 0.8 < 2 kn ✓ held" in page.words
    for words in (
        "Innocent explanations reception lost",
        "What would settle it a radar",
        "25°44.7′N 123°28.4′E",
        "loitering@1.0",
        "uncalibrated",
        "3 rows of fixes, msg_id",
        "stops of the input, 3f9c1a",
        "AIS only",
    ):
        assert words in page.words, words
    assert (
        f"Cite as Loitering {world.events[0]['event_id']}, version 1, rule loitering@1.0; run {run_digest(make.summary())}"
        in page.words
    )


def test_events_are_numbered_by_confidence_then_time_and_withdrawn_ones_come_last():
    world = make.World()
    for k, (confidence, status) in enumerate([(0.5, 1), (0.9, 1), (0.9, 1), (0.99, 3)]):
        world.events.append(
            make.event(
                "gap",
                [416000001 + k],
                make.T0 - k * make.HOUR,
                make.T0 + 9 * make.HOUR,
                (25, 123 + k),
                (26, 124),
                confidence=confidence,
                status=status,
            )
        )
    numbers = re.findall(
        r'<tr class="l-\w+(?: over)?"><th scope="row"><a href="#e(\d)">.*?<i>(\d+)</i>', made(world).decode()
    )
    assert numbers == [("1", "416000003"), ("2", "416000002"), ("3", "416000001"), ("4", "416000004")]
    assert 'class="chip retracted">retracted' in made(world).decode()


@pytest.mark.parametrize("bad", HOSTILE)
def test_hostile_text_anywhere_stays_text(bad):
    world = make.east_china_sea(2, 4)
    world.vessels = [(m, bad, *rest) for m, _, *rest in world.vessels]
    for row in world.events:
        row |= {
            k: bad
            for k in ("event_id", "summary", "mask", "rule_id", "rule_version", "params", "event_info", "superseded_by")
        }
        row |= {
            "alternatives": [bad] * 20,
            "would_settle": [bad],
            "sources": [bad],
            "vessel_ids": [bad],
            "evidence": [
                {"test": bad, "measured": 1.0, "threshold": None, "relation": bad, "unit": bad, "passed": None}
            ]
            * 40,
            "regions": [{"zone_id": bad, "claimant": bad, "view": bad, "relation": bad}] * 12,
            "proof": [{"table": bad, "msg_ids": []}],
        }
    zones = [replace(z, zone_id=bad, name=bad, claimant=bad) for z in make.zones()[:1]]
    file = InputFile(bad, bad, 1, bad, 1, {bad: 1})
    summary = make.summary(
        title=bad,
        label=bad,
        inputs=(file,),
        zone_files=(file,),
        params={bad: {bad: bad}},
        rules={bad: bad},
        warnings=(bad,),
        notices=(bad,),
        limits=(bad,),
        versions={bad: bad},
        counts={bad: 1},
        time_sources={bad: 1},
    )
    raw = made(world, summary, zones=zones)
    page = harmless(raw)
    assert b"<script" not in raw and "\u202e" not in raw.decode()
    if bad.startswith("<script"):
        assert html.escape(bad).encode() in raw and bad in page.words


@settings(max_examples=15)
@given(st.text(max_size=80), st.text(max_size=80))
def test_any_name_and_summary_give_a_sound_page(name, summary):
    name, summary = (t.encode("utf-8", "ignore").decode() for t in (name, summary))
    world = make.World()
    t, lat, lon, s, c = make.sail(np.random.default_rng(1), make.T0, 25.0, 123.0, 60, 9, 30)
    world.add(416000001, name, t, lat, lon, s, c)
    world.events.append(
        make.event(
            "gap",
            [416000001],
            int(t[5]),
            int(t[9]),
            (lat[5], lon[5]),
            (lat[9], lon[9]),
            summary=summary,
            params=summary,
        )
    )
    harmless(made(world))


def test_thousands_of_events_fit_and_the_page_says_what_is_left_out():
    world = make.east_china_sea(10, 40)
    rows = world.events
    world.events = [r | {"event_id": f"{i:032x}", "confidence": 0.3 + (i % 60) / 100} for i, r in enumerate(rows * 125)]
    raw = made(world, make.summary(counts={"events": 5000}))
    page = harmless(raw)
    assert page.tags.count("article") == module._CARDS_MOST
    assert len(re.findall(rb'<tr class="l-', raw)) == 5000
    assert f"{module._CARDS_MOST} of 5,000 events have one: of each type the most confident." in page.words
    per_type = [raw.count(f'<article class="card t-{k}'.encode()) for k in ALERTS]
    assert max(per_type) - min(per_type) <= 1


def in_port(world, count):
    """The world with so many port visits more, surer than anything else in it."""
    info = json.dumps({
        "intermediate_anchorage": {"name": "NAHA KO", "anchorage_id": "34"}, "port": {"name": "Naha", "name_ja": "那覇"},
    })  # fmt: skip
    visits = [
        make.event("port_visit", [431_000_000 + i], make.T0 + i * 1000, make.T0 + i * 1000 + 3 * make.HOUR, (26.2, 127.6),
                   (26.2, 127.6), confidence=0.9, level=4, event_info=info, event_id=f"p{i:031x}")
        for i in range(count)
    ]  # fmt: skip
    world.events = [*world.events, *visits]
    return world


def test_port_visits_are_counted_and_listed_behind_what_may_be_worth_a_look():
    raw = made(in_port(make.east_china_sea(6, 12), 3))
    page = harmless(raw)
    assert "3 Port visits 3 high" in page.words.replace("  ", " ")
    assert all(word in page.words for word in ("NAHA KO", "Naha", "那覇", "4 of 4"))
    assert b'<details class="type t-port_visit">' in raw and b'<details open class="type t-gap">' in raw
    numbers = [int(n) for n in re.findall(rb'<tr class="l-[a-z]+"><th scope="row"><a href="#e(\d+)"', raw)]
    assert sorted(numbers) == list(range(1, 16)) and set(numbers[-3:]) == {13, 14, 15}


def test_thousands_of_port_visits_take_no_room_from_the_rest():
    world = in_port(make.east_china_sea(10, 400), 9000)
    raw = made(world)
    page = Page(raw)
    assert len(raw) <= module.MAX_BYTES
    assert raw.count(b'<article class="card t-port_visit') == 0
    assert f"The first {module._ROUTINE_MOST} of 9,000 are listed" in page.words
    alerts = len(re.findall(rb'<tr class="l-', raw)) - module._ROUTINE_MOST
    assert alerts == 400


def test_the_page_gives_way_in_order_when_room_is_short(monkeypatch):
    world = make.east_china_sea(4, 40)
    world.events = [r | {"event_id": f"{i:032x}"} for i, r in enumerate(world.events * 5)]
    for limit in (400_000, 250_000, 110_000):
        monkeypatch.setattr(module, "MAX_BYTES", limit)
        raw = made(world)
        page = Page(raw)
        rows, cards = len(re.findall(rb'<tr class="l-', raw)), page.tags.count("article")
        assert len(raw) <= limit
        assert cards < 200
        if limit >= 250_000:
            assert rows == 200 and cards > 0
        else:
            assert rows < 200 and "are listed; all are in events.parquet" in page.words
    wanted = {v[1:] for _, k, v in page.attributes if k == "href" and v.startswith("#")}
    assert wanted - set(page.ids) == set()


def test_readers_can_fold_away_every_type_and_level():
    page = harmless(ordinary())
    boxes = {v for t, k, v in page.attributes if t == "input" and k == "id"}
    style = style_sheet()
    for kind in ALERTS:
        assert f"f-{kind}" in boxes and f"#f-{kind}:not(:checked)) .t-{kind}" in style
        assert (
            f'class="mark c-{kind} t-{kind} ' in ordinary().decode()
            and f'<article class="card t-{kind} ' in ordinary().decode()
        )
    for level in ("low", "moderate", "high"):
        assert f"l-{level}" in boxes and f"#l-{level}:not(:checked)) .l-{level}" in style


def test_tables_have_captions_and_pictures_have_names():
    raw = ordinary().decode()
    assert all("<caption" in t for t in re.findall(r"<table.*?<thead|<table.*?<tbody", raw, re.S))
    for svg in re.findall(r"<svg[^>]*>", raw):
        assert "aria-hidden" in svg or "aria-label=" in svg, svg
    assert [h for h in re.findall(r"<h([1-5])", raw)][0] == "1" and raw.count("<h1") == 1


def luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
def test_texts_and_shapes_stand_out_by_day_and_by_night(theme):
    def colour(token):
        return TOKENS[token][theme]

    grounds = ("bg", "card", "sea", "land")
    texts = (
        [("ink", g) for g in (*grounds, "warn", "plain-bg")]
        + [("soft", g) for g in grounds]
        + [("link", "bg"), ("link", "card")]
    )
    texts += [("held", "card"), ("failed", "card"), ("mark-ink", "mark-bg"), ("zone", "sea"), ("zone", "land")]
    for text, ground in texts:
        assert contrast(colour(text), colour(ground)) >= 4.5, (text, ground)
    for shape in (*EVENT_TYPES, "other", "zone", "way"):
        for ground in grounds:
            assert contrast(colour(shape), colour(ground)) >= 3.0, (shape, ground)


def test_night_is_dark_everywhere():
    bright = {
        name: night
        for name, (_, night) in TOKENS.items()
        if name in ("bg", "card", "sea", "land", "warn", "mark-bg", "plain-bg", "halo")
    }
    assert max(luminance(c) for c in bright.values()) < 0.06
    assert "@media screen and (prefers-color-scheme:dark)" in style_sheet()
