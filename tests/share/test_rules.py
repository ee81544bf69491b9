import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError, InputError
from kizuna.records.label import Label, Reshare, Tlp
from kizuna.records.partner import Community, Partner, directory
from kizuna.share import rules
from kizuna.share.columns import Setting, Terms
from kizuna.share.rules.rule import Age, Among, Labelled
from kizuna.share.rules.words import LANGUAGES, rule_text, rules_text

FULL = """
version = 1
title = "What we tell our neighbours"

[[rule]]
id = "boundary-positions"
clause = ["mou-2026/4.1"]
to = ["cape", "c:civil"]
then = "release"
match = { kind = ["track.*"], zone = ["strip"], source = ["ais"], age = { min_h = 1, max_d = 30 }, label = { tlp_max = "AMBER" } }
transform = ["coarsen_position cell_m=1000", { name = "delay", delay_s = 600 }]
label = { tlp = "GREEN", reshare = "community", caveats = ["x"], retain_d = 90 }
lane = "bulk"
note = "so that both see who crosses"

[[rule]]
id = "own-vessels"
to = ["*"]
then = "withhold"
match = { subject = ["mmsi:431000001"], context = ["*"] }
"""


def setting(**more):
    partners = [
        Partner("bay", communities=frozenset(("c:civil",)), caveats_held=frozenset("x")),
        Partner("cape", communities=frozenset(("c:civil",)), caveats_held=frozenset("x"), tlp_max=Tlp.GREEN),
    ]
    who = directory(
        "harbour", partners, [Community("c:civil", 1, frozenset(("bay", "cape"))), Community("c:empty", 1, frozenset())]
    )
    given = {
        "now_ms": 0,
        "who": who,
        "terms": {"ais": Terms(True, frozenset(("all",))), "closed": Terms()},
        "zones": frozenset(("strip",)),
    }
    return Setting(**(given | more))


def one(text, **row):
    return rules.load(
        'version = 1\n[[rule]]\nid = "r"\nto = ["cape"]\nthen = "release"\nclause = ["mou/1"]\n' + text, **row
    )


def test_a_file_of_rules_is_read_whole():
    found = rules.load(FULL)
    first, second = found.rules
    assert found.hash == hashlib.sha256(FULL.encode()).hexdigest()
    assert found.title == "What we tell our neighbours"
    assert first.clauses == ("mou-2026/4.1",) and first.to == ("c:civil", "cape") and first.releases
    assert set(first.conditions) == {
        Among("kind", ("track.*",)), Among("zone", ("strip",)), Among("source", ("ais",)), Among("context", ("real",)),
        Age(3_600_000, 30 * 86_400_000), Labelled(tlp_max=Tlp.AMBER),
    }  # fmt: skip
    assert first.label == Label(tlp=Tlp.GREEN, reshare=Reshare.COMMUNITY, caveats=frozenset("x"))
    assert first.retain_d == 90 and first.lane == "bulk"
    assert "coarsen_position cell_m=1000" in first.transforms.words
    assert not second.releases
    assert found.audiences == ("c:civil", "cape")
    assert found.clauses == {"mou-2026/4.1": ("boundary-positions",)}


def test_the_policy_is_named_by_the_exact_bytes():
    assert rules.load(FULL).hash != rules.load(FULL + "\n").hash
    assert rules.load(FULL).rules == rules.load(FULL + "\n").rules


def test_order_of_rules_does_not_matter():
    head, *rest = FULL.split("[[rule]]")
    turned = head + "[[rule]]".join(["", *reversed(rest)])
    assert rules.load(turned).rules == rules.load(FULL).rules


def test_a_rule_that_does_not_speak_of_the_context_speaks_of_real_life():
    assert Among("context", ("real",)) in one("").rules[0].conditions


def test_a_label_that_is_not_given_is_amber_and_stays():
    assert one("").rules[0].label == Label(tlp=Tlp.AMBER)


WRONG = {
    "not TOML": ("version = ", "not TOML"),
    "no version": ("", "version"),
    "version 2": ("version = 2", "allowed: 1"),
    "unknown top key": ("version = 1\nrules = []", "unknown key rules"),
    "rule no list": ("version = 1\nrule = 3", "rule"),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_file_that_is_no_file_of_rules_is_refused(text, said):
    with pytest.raises(ConfigError) as caught:
        rules.load(text, "ours.toml")
    assert said in str(caught.value)
    assert "ours.toml" in str(caught.value)


BAD_ROWS = {
    "unknown key": ("colour = 3", "unknown key colour"),
    "unknown match": ('match = { speed = ["x"] }', "match.speed"),
    "unknown kind": ('match = { kind = ["trak.position"] }', "trak.position"),
    "unknown family": ('match = { kind = ["trak.*"] }', "trak"),
    "kind as a text": ('match = { kind = "track.position" }', "no list"),
    "empty list": ("match = { kind = [] }", "is empty"),
    "numbers": ("match = { zone = [3] }", "zone"),
    "context": ('match = { context = ["drill"] }', "exercise:"),
    "age unit": ("match = { age = { min_weeks = 1 } }", "min_weeks"),
    "age twice": ("match = { age = { min_h = 1, min_s = 1 } }", "two bounds"),
    "age empty": ("match = { age = {} }", "no time"),
    "age turned": ("match = { age = { min_h = 2, max_h = 1 } }", "no time"),
    "age negative": ("match = { age = { min_h = -1 } }", "whole number"),
    "age true": ("match = { age = { min_h = true } }", "whole number"),
    "label empty": ("match = { label = {} }", "is empty"),
    "label level": ('match = { label = { tlp_max = "WHITE" } }', "WHITE"),
    "label purpose": ('match = { label = { purpose = ["Fun"] } }', "Fun"),
    "label personal": ('match = { label = { personal = "no" } }', "true or false"),
    "label reshare": ('match = { label = { reshare_min = "some" } }', "consent"),
    "transform unknown": ('transform = ["jitter"]', "coarsen_position"),
    "transform text": ('transform = "delay"', "no list"),
    "transform value": ('transform = ["coarsen_position cell_m=3"]', "1000"),
    "out level": ('label = { tlp = "PURPLE" }', "AMBER+STRICT"),
    "out rel_to": ('label = { rel_to = ["bay"] }', "rel_to"),
    "out retain": ("label = { retain_d = 0 }", "retain_d"),
    "out caveat": ('label = { caveats = ["a b"] }', "caveats"),
    "lane": ('lane = "slow"', "flash"),
    "note": ("note = 3", "note"),
}


@pytest.mark.parametrize(("text", "said"), BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_a_rule_with_a_wrong_word_is_refused_with_file_line_and_what_is_allowed(text, said):
    with pytest.raises(ConfigError) as caught:
        one(text, where="ours.toml")
    message = str(caught.value)
    assert said in message
    assert message.startswith("ours.toml:2: rule r")


HEADS = {
    "no id": ('to = ["cape"]\nthen = "withhold"', "id"),
    "id": ('id = "A B"\nto = ["cape"]\nthen = "withhold"', "A B"),
    "no to": ('id = "r"\nthen = "withhold"', "to"),
    "to nobody": ('id = "r"\nto = []\nthen = "withhold"', "to is empty"),
    "to number": ('id = "r"\nto = [1]\nthen = "withhold"', "to"),
    "to name": ('id = "r"\nto = ["Cape"]\nthen = "withhold"', "Cape"),
    "no then": ('id = "r"\nto = ["cape"]', "then"),
    "then": ('id = "r"\nto = ["cape"]\nthen = "allow"', "release or withhold"),
    "release without clause": ('id = "r"\nto = ["cape"]\nthen = "release"', "clause"),
    "release with empty clause": ('id = "r"\nto = ["cape"]\nthen = "release"\nclause = []', "clause"),
    "withhold with transform": ('id = "r"\nto = ["cape"]\nthen = "withhold"\ntransform = ["delay"]', "transform"),
    "withhold with label": ('id = "r"\nto = ["cape"]\nthen = "withhold"\nlabel = {}', "label"),
}


@pytest.mark.parametrize(("text", "said"), HEADS.values(), ids=HEADS.keys())
def test_a_rule_without_what_it_needs_is_refused(text, said):
    with pytest.raises(ConfigError) as caught:
        rules.load("version = 1\n\n[[rule]]\n" + text, "ours.toml")
    assert said in str(caught.value)
    assert "ours.toml:3" in str(caught.value)


def test_two_rules_of_one_id_are_refused_at_the_second():
    row = '[[rule]]\nid = "r"\nto = ["cape"]\nthen = "withhold"\n'
    with pytest.raises(ConfigError, match="twice") as caught:
        rules.load("version = 1\n" + row + row, "ours.toml")
    assert "ours.toml:6" in str(caught.value)


@given(st.text(max_size=200))
def test_any_text_is_rules_or_a_config_error(text):
    for whole in (text, "version = 1\n[[rule]]\n" + text):
        try:
            rules.load(whole)
        except ConfigError:
            pass


@given(st.binary(max_size=60))
def test_any_bytes_are_rules_or_a_config_error(data):
    try:
        rules.load(b"version = 1\n" + data)
    except ConfigError:
        pass


# ---- check ----------------------------------------------------------------------------------------------------------
def said(text, **more):
    return [
        str(f)
        for f in rules.check(one(text) if "[[rule]]" not in text else rules.load(text), setting(**more), {"mou/1"})
    ]


def test_rules_in_order_give_no_finding():
    assert said('match = { kind = ["track.*"], zone = ["strip"], source = ["ais"] }\nlabel = { tlp = "GREEN" }') == []


FINDINGS = {
    "zone": (
        'match = { zone = ["stirp"], kind = ["*"] }\nlabel = { tlp = "GREEN" }',
        "error: rule r: match.zone: no zone stirp",
    ),
    "source": ('match = { source = ["ias"] }\nlabel = { tlp = "GREEN" }', "error: rule r: match.source: no source ias"),
    "terms": ('match = { source = ["closed"] }\nlabel = { tlp = "GREEN" }', "the terms of closed do not allow"),
    "level": ('match = { kind = ["track.*"] }', "cape may be told at most GREEN"),
    "caveat": ('match = { kind = ["track.*"] }\nlabel = { tlp = "GREEN", caveats = ["y"] }', "cape does not hold y"),
    "purpose": ('match = { kind = ["track.*"] }\nlabel = { tlp = "GREEN", purpose = ["SAR"] }', "no such purpose"),
    "all": ('label = { tlp = "GREEN" }', "warning: rule r: match: it releases whatever"),
}


@pytest.mark.parametrize(("text", "what"), FINDINGS.values(), ids=FINDINGS.keys())
def test_what_reads_well_and_cannot_work_is_found(text, what):
    found = said(text)
    assert len(found) == 1
    assert what in found[0]


@pytest.mark.parametrize(("age", "warns"), [
    ("{ max_h = 2 }", False), ("{ min_h = 2 }", False), ("{ max_d = 366 }", False), ("{ max_d = 367 }", True),
    ("{ min_h = 1, max_h = 2 }", True),
])  # fmt: skip
def test_a_rule_that_withholds_for_a_time_and_lets_nothing_go_later_is_found(age, warns):
    text = rule("cape", "withhold").replace('["track.*"] }', f'["track.*"], age = {age} }}').partition("clause")[0]
    found = [f for f in said(text) if "match.age" in f]
    assert len(found) == warns and all(f.startswith("warning: rule r: match.age: what comes") for f in found)


def rule(to, then="release", rest='clause = ["mou/1"]\nlabel = { tlp = "GREEN" }'):
    return f'version = 1\n[[rule]]\nid = "r"\nto = ["{to}"]\nthen = "{then}"\nmatch = {{ kind = ["track.*"] }}\n{rest}'


def test_names_and_clauses_that_nobody_has_are_found():
    assert "releases to nobody" in said(rule("caep"))[0]
    assert "withholds from everybody" in said(rule("caep", "withhold", ""))[0]
    assert "nobody reads for c:empty" in said(rule("c:empty"))[0]
    assert "only CLEAR" in said(rule("*"))[0]
    assert "everybody is told as exactly" in said(rule("*", rest='clause = ["mou/1"]\nlabel = { tlp = "CLEAR" }'))[0]
    assert any(
        "RED goes to no community" in line
        for line in said(rule("c:civil", rest='clause = ["mou/1"]\nlabel = { tlp = "RED" }'))
    )
    assert "no clause mou/9" in said(rule("cape", rest='clause = ["mou/9"]\nlabel = { tlp = "GREEN" }'))[0]


# ---- plain words ----------------------------------------------------------------------------------------------------
def test_rules_in_plain_words():
    text = rule_text(rules.load(FULL).rules[0], "en")
    for part in ("[boundary-positions] Released to c:civil, cape.", "its kind is one of track.*", "all of it lies in one of the zones strip",
                 "at least 1 h ago", "less than 30 d ago", "not marked with distress", "TLP:GREEN", "inside the community", "must hold x",
                 "90 d after observation", "lane bulk", "By clause mou-2026/4.1", "so that both see who crosses"):  # fmt: skip
        assert part in text, part


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_every_rule(language):
    text = rules_text(rules.load(FULL), language)
    for part in (
        "boundary-positions",
        "own-vessels",
        "strip",
        "mou-2026/4.1",
        "mmsi:431000001",
        "1 h",
        "30 d",
        "GREEN",
    ):
        assert part in text
    assert "{" not in text


def test_another_language_is_refused():
    with pytest.raises(InputError, match="en, ja, zh-TW"):
        rules_text(rules.load(FULL), "fr")


VARIANTS = [
    'match = { kind = ["track.*"] }', 'match = { kind = ["event.*"] }', 'match = { zone = ["strip"] }', 'match = { source = ["strip"] }',
    'match = { subject = ["strip"] }', 'match = { tag = ["strip"] }', 'match = { origin = ["strip"] }', 'match = { context = ["test"] }',
    "match = { age = { min_h = 1 } }", "match = { age = { max_h = 1 } }", "match = { age = { min_min = 61 } }",
    'match = { label = { tlp_min = "RED" } }', 'match = { label = { tlp_max = "RED" } }', "match = { label = { caveats_within = [] } }",
    'match = { label = { caveats_within = ["x"] } }', 'match = { label = { purpose = ["SAR"] } }', "match = { label = { personal = true } }",
    "match = { label = { personal = false } }", 'match = { label = { reshare_min = "free" } }', 'transform = ["delay delay_s=60"]',
    'transform = ["delay delay_s=600"]', 'label = { tlp = "RED" }', 'label = { reshare = "free" }', 'label = { caveats = ["x"] }',
    'label = { purpose = ["SAR"] }', 'label = { info = ["x"] }', "label = { personal = true }", "label = { retain_d = 1 }", 'lane = "bulk"', "own_grid = true", "",
]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_that_differ_read_differently(language):
    texts = [rule_text(one(v).rules[0], language) for v in VARIANTS]
    assert len(set(texts)) == len(VARIANTS)


def test_rules_for_events_that_read_finer_than_those_for_positions_are_found():
    def text(more="", steps=""):
        head = 'version = 1\n[[rule]]\nid = "e"\nclause = ["mou/1"]\nto = ["cape"]\nthen = "release"\n'
        tail = '\n[[rule]]\nid = "p"\nclause = ["mou/1"]\nto = ["cape"]\nthen = "release"\nmatch = { kind = ["track.*"] }\n'
        return (
            head
            + f'match = {{ kind = ["event.gap"] }}\n{steps}{more}'
            + tail
            + 'transform = ["coarsen_position cell_m=1000"]\n'
        )

    found = said(text())
    assert any("rule e: transform: events follow positions" in f and "of p as well" in f for f in found)
    loose = said(text("own_grid = true\n"))
    assert any("rule e: own_grid: tells events more exactly than p tells positions" in f for f in loose)
    same = said(text(steps='transform = ["coarsen_position cell_m=5000"]\n'))
    assert not any("positions" in f for f in same)


def test_own_grid_belongs_to_rules_that_release():
    with pytest.raises(ConfigError, match="own_grid on a rule that withholds"):
        rules.load('version = 1\n[[rule]]\nid = "a"\nto = ["cape"]\nthen = "withhold"\nown_grid = true\n')
    with pytest.raises(ConfigError, match="own_grid is 1"):
        rules.load('version = 1\n[[rule]]\nid = "a"\nclause = ["m/1"]\nto = ["cape"]\nthen = "release"\nown_grid = 1\n')
