"""The page reads the sentences of events by their form: every sentence that the detectors write must have one.

The forms stand in ``web/src/i18n/sentences.ts``, the parts in ``web/src/i18n/en.json``. A detector whose words change
without them would be shown in English to a watch that reads Japanese or Chinese.
"""

import json
import re
from pathlib import Path

import pytest

from kizuna.engines.inputs import Options
from kizuna.engines.run import Request, detect_into
from kizuna.events.table import EVENT_TYPES, EVENTS
from kizuna.node.exercise import write_exercise
from kizuna.stores.parquet import read_table
from house import event_sentences
from house.event_sentences import FILE, written

WEB = Path(__file__).resolve().parents[2] / "web" / "src" / "i18n"
AT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def forms():
    """The patterns of the page, as Python reads them."""
    text = (WEB / "sentences.ts").read_text()
    found = re.findall(r"new RegExp\(`(.+?)`\)", text)
    return [re.compile(p.replace("\\\\", "\\").replace("${AT}", AT).replace("(?<", "(?P<")) for p in found]


def numbered():
    text = (WEB / "sentences.ts").read_text()
    return [re.compile(p.replace("(?<", "(?P<")) for p in re.findall(r'key: "said\.\w+", pattern: /(.+?)/ }', text)]


def unread(summary):
    """What of a sentence the page does not know: the whole, a part, or nothing."""
    said = {v for k, v in json.loads((WEB / "en.json").read_text()).items() if k.startswith("said.") and "{" not in v}
    for form in forms():
        found = form.match(summary)
        if found:
            parts = found.groupdict()
            unknown = [parts[n] for n in ("said", "sensor", "began") if parts.get(n) and parts[n] not in said]
            return [p for p in unknown if not any(n.match(p) for n in numbered())]
    return [summary]


@pytest.mark.slow
@pytest.mark.big
def test_every_sentence_of_an_exercise_has_a_form_in_the_page(tmp_path):
    made = write_exercise(tmp_path, seed=1, vessels=24, hours=12.0)
    request = Request([str(made.nmea)], Options(context=made.context), zones=[made.zones])
    detect_into(request, tmp_path / "out")
    events = read_table(EVENTS, tmp_path / "out" / "events.parquet").to_arrow().to_pylist()
    assert {"zone_visit", "port_visit"} <= {e["event_type"] for e in events}
    assert [u for e in events for u in unread(e["summary"])] == []


def test_every_sentence_that_detectors_can_write_has_a_form_in_the_page():
    made = written()
    assert set(made) - {"rivals"} == set(EVENT_TYPES)
    assert [u for sentences in made.values() for s in sentences for u in unread(s)] == []


def test_the_page_tests_its_translations_on_what_detectors_write_now():
    assert json.loads(FILE.read_text()) == written(), f"write it anew: python {Path(event_sentences.__file__).name}"


def test_a_changed_sentence_is_noticed():
    line = "MMSI 431000001 made 0.6 kn on average for 4.0 h from 2026-11-22T16:59:44Z, 25 nm from shore; consistent with loitering."
    assert unread(line) == []
    assert unread(line.replace("on average", "mostly")) and unread(line.replace("25 nm from shore", "near the moon"))
