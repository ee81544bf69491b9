"""Dry runs of rules hold threads of the node: each person has one."""

from two import SHIP

from kizuna.node.api.routes import sharing_rules


def test_a_second_dry_run_of_one_person_is_refused_while_the_first_goes_on(sides, monkeypatch):
    north, _ = sides
    north.hear(SHIP)
    asked, run = [], sharing_rules.dry_run

    def meanwhile(*given):
        if not asked:
            again = north.as_("release_officer").post("/api/sharing/rules/preview", {"text": "", "days": 1})
            asked.append((again.status_code, again.json()["code"], again.headers["retry-after"]))
        return run(*given)

    monkeypatch.setattr(sharing_rules, "dry_run", meanwhile)
    officer = north.as_("release_officer")
    assert officer.post("/api/sharing/rules/preview", {"text": "", "days": 1}).status_code == 200
    assert asked == [(429, "dry_run", "5")]
    assert officer.post("/api/sharing/rules/preview", {"text": "not rules", "days": 1}).status_code == 400
    assert officer.post("/api/sharing/rules/preview", {"text": "", "days": 1}).status_code == 200
