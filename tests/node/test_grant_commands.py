"""Leave to pass on from a terminal, at nodes that know each other; refusals name the rule and exit with 4."""

import json
import shutil
from pathlib import Path

import pytest
from node.test_desk_commands import PASSWORD, cheap_passwords, run  # noqa: F401

from node.share.onward_nodes import Node, chain, made, meet, onward


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("grants"), "ash", "birch", "cedar")


@pytest.fixture
def three(homes: Path, tmp_path: Path):
    nodes = chain(homes, tmp_path, "ash", "birch", "cedar")
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD + "\n")
    for node in nodes[:1] + nodes[2:]:
        written = node.config.home / "node.toml"
        written.write_text(
            f'[node]\nname = "{node.party}"\ncontext = "test"\n[sharing]\nparty = "{node.party}"\n', encoding="utf-8"
        )
        for name, role in (("olga", "release_officer"), ("ben", "release_officer"), ("ana", "analyst")):
            run("node", "user", "add", node.home, name, "--role", role, "--password-file", secret)
    yield nodes, secret
    for node in nodes:
        node.end()
    shutil.rmtree(tmp_path, ignore_errors=True)


def by(secret: Path, name: str = "olga") -> tuple[object, ...]:
    return "--by", name, "--password-file", secret


def test_leave_is_given_shown_and_ended_from_a_terminal(three):
    (ash, birch, cedar), secret = three
    agreed_in_files(ash, birch)
    onward(birch, "ash", "cedar")
    name = ash.state("track.position", "birch")
    assert (
        "only the originator"
        in run("grant", "give", cedar.home, "--record", name, "--to", "dune", *by(secret), code=4).stderr
    )
    refused = run("grant", "give", ash.home, "--record", name, "--to", "cedar", *by(secret, "ana"), code=4)
    assert "refused by release.act" in refused.stderr
    run("grant", "give", ash.home, "--record", name, *by(secret), code=2)
    given = run("grant", "give", ash.home, "--record", name, "--to", "cedar", "--via", "birch", *by(secret), "--json")
    grant = json.loads(given.stdout)
    assert grant["state"] == "given"
    ash.office.look()
    meet(ash, birch, cedar)
    assert name in birch.told("cedar")
    shown = run("grant", "list", ash.home).stdout
    assert "ash lets cedar have 1 records through birch" in shown and ": open" in shown
    aside = json.loads(run("grant", "list", cedar.home, "--json").stdout)
    [stranger] = aside["strangers"]
    wrong = run(
        "grant", "confirm", cedar.home, "ash", "--fingerprint", "0000-0000-0000-0000-0000-0000", *by(secret), code=4
    )
    assert "refused by fingerprint" in wrong.stderr
    run("grant", "confirm", cedar.home, "ash", "--fingerprint", stranger["fingerprint"], *by(secret))
    cedar.office.look()
    meet(ash, birch, cedar)
    assert cedar.shown()[431000001][0] == "partner:ash/birch"
    assert json.loads(run("grant", "show", ash.home, grant["id"][:12], "--json").stdout)["state"] == "open"
    run("grant", "end", ash.home, grant["id"][:12], *by(secret))
    assert "ended" in run("grant", "list", ash.home).stdout


def test_leave_is_asked_for_and_refused_from_a_terminal(three):
    (ash, birch, _), secret = three
    agreed_in_files(ash, birch)
    from kizuna.node.share.onward import grants
    from kizuna.records.bodies.onward import Scope

    name = ash.state("track.position", "birch")
    meet(ash, birch)
    asked = grants.ask(birch.office, Scope(records=(name,), to="cedar"), "", None, "tonight", "ken")
    meet(ash, birch)
    assert "tonight" in run("grant", "list", ash.home).stdout
    run("grant", "refuse", ash.home, asked[:12], "--why", "not yet", *by(secret))
    again = run("grant", "refuse", ash.home, asked[:12], "--why", "no", *by(secret), code=4)
    assert "refused by answered" in again.stderr
    ash.office.look()
    meet(ash, birch)
    assert [a["why"] for a in grants.listed(birch.office)["asked"]] == ["not yet"]


def agreed_in_files(ash: Node, birch: Node) -> None:
    """A command reads agreements from the directory and the journal, so both sign one there."""
    from kizuna.node.share.desk import agreements

    parties = "".join(f'[[party]]\nid = "{p}"\nname.en = "{p}"\n' for p in ("ash", "birch"))
    text = (
        '[agreement]\nid = "memo"\nversion = 2\ntitle.en = "All"\npurpose = ["SAR"]\nstarts = 2020-01-01\nends = 2100-01-01\n'
        f'{parties}[[clause]]\nid = "1"\ntitle.en = "All"\ntext.en = "All."\nkinds = ["*"]\n'
    )
    agreements.propose(ash.office, text, "aiko")
    meet(ash, birch)
    agreements.sign(birch.office, "memo", "mei")
    meet(ash, birch)
