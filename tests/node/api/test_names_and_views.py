import json

import pytest

from kizuna.node.names import Names


def zones(browser, query=""):
    answer = browser.get(f"/api/claims{query}")
    assert answer.status_code == 200, answer.text
    return {f["properties"]["zone_id"]: f for f in json.loads(answer.content)["features"]}


@pytest.fixture
def vic(here):
    return here.user("viewer", "vic")


def test_names_and_viewpoints_are_told(here, vic):
    here.node.names = Names(zones={"ex-1": {"ja": "区域一"}})
    told = vic.get("/api/names").json()
    assert told["zones"] == {"ex-1": {"ja": "区域一"}} and told["view"] == "neutral"
    ids = [v["id"] for v in told["views"]]
    assert ids[0] == "neutral" and {"JP", "TW"} <= set(ids) and ids[1:] == sorted(ids[1:])
    assert all(set(v["names"]) == {"en", "ja", "zh-TW"} for v in told["views"][1:])


def test_viewpoint_changes_words_and_order_but_no_geometry(vic):
    neutral, theirs = zones(vic), zones(vic, "?view=JP&language=ja")
    assert neutral.keys() == theirs.keys()
    assert all(neutral[k]["geometry"] == theirs[k]["geometry"] for k in neutral)
    one = next(k for k in neutral if k.startswith("claim-12nm") and k.endswith("-jp"))
    assert neutral[one]["properties"]["order"] > theirs[one]["properties"]["order"] == 0
    assert theirs[one]["properties"]["claimant_name"] == "日本" and "nm of" not in theirs[one]["properties"]["name"]
    assert any(neutral[k]["properties"]["name"] != theirs[k]["properties"]["name"] for k in neutral)
    neutral_names = {f["properties"]["name"] for k, f in neutral.items() if k.startswith("claim-")}
    assert all("feature" in n or "area" in n for n in neutral_names)


def test_node_says_from_which_viewpoint_its_users_start(here, vic):
    here.node.view = "JP"
    assert zones(vic) == zones(vic, "?view=JP")
    assert zones(vic, "?view=neutral") != zones(vic)


def test_own_name_of_a_partner_goes_before_the_table(here, vic):
    here.node.names = Names(partners={"JP": {"en": "Home"}})
    named = {f["properties"].get("claimant_name") for f in zones(vic).values() if f["properties"]["claimant"] == "JP"}
    assert named == {"Home"}


def test_viewpoint_that_is_no_partys_is_refused(vic):
    assert vic.get("/api/claims?view=XX").status_code == 400
    assert vic.get("/api/claims?language=de").status_code == 400
