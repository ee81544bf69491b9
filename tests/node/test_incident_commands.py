"""A case from a terminal: wording that is agreed, reports in full, the scene, the end of it, and acts of lone officers."""

import http.server
import json
import ssl
import threading
from pathlib import Path
from typing import Any, get_args

import pytest

from kizuna.node.cli import incident_commands, scene_commands
from kizuna.node.desk import secrets
from kizuna.node.service.running import certificate_paths
from kizuna.node.service.node_file import read_node_file
from kizuna.records.bodies import incident as bodies
from node.command_pair import Pair, copied, make, run
from node.share.standin import MEMO


@pytest.fixture
def pair(pair: Pair) -> Pair:
    (pair.at / "memo.toml").write_text(MEMO)
    return pair


def opened(pair: Pair, *more: Any) -> str:
    words = ("--kind", "missing", "--lat", 24.5, "--lon", 123.3, "--title", "Boat overdue", "--json", *more)
    return str(json.loads(run("incident", "open", pair.north, *words, *pair.by("ana")).stdout)["id"])


def test_the_lists_of_words_are_those_of_the_records() -> None:
    assert incident_commands.KINDS == get_args(bodies.Type)
    assert ("", *incident_commands.OUTCOMES) == get_args(bodies.Outcome)
    held = {"HANDOVERS": (bodies.Handover, "op"), "CLOSURES": (bodies.Closure, "op")}
    for name, (body, field) in held.items():
        assert _words(body, field) == set(getattr(incident_commands, name))
    scene = {"STATES": (bodies.OnScene, "st"), "SHAPES": (bodies.Drawing, "g"), "VERDICTS": (bodies.Review, "verdict")}
    for name, (body, field) in scene.items():
        assert _words(body, field) == set(getattr(scene_commands, name))
    assert _words(bodies.Drawing, "pt") == {"", *scene_commands.PATTERNS}


def _words(body: Any, field: str) -> set[str]:
    from typing import get_type_hints

    return set(get_args(get_type_hints(body)[field]))


@pytest.mark.parametrize(
    "words",
    [
        ("open", "DIR", "--kind", "banana"), ("sitrep", "DIR", "00000000", "--form", "banana"),
        ("show", "DIR", "00000000", "--language", "fr"), ("handover", "DIR", "00000000", "--act", "give"),
        ("close", "DIR", "00000000", "--outcome", "fine"), ("unit", "DIR", "00000000", "U", "--state", "there"),
        ("draw", "DIR", "00000000", "A", "--shape", "heart"),
    ],
)  # fmt: skip
def test_a_word_that_is_in_no_list_is_wrong_usage(pair: Pair, words: tuple[str, ...]) -> None:
    given = [pair.north if w == "DIR" else w for w in words]
    by = [] if words[0] in ("sitrep", "show") else pair.by("ana")
    assert "one of" in run("incident", *given, *by, code=2).stderr


def test_reports_are_refused_in_a_language_that_nobody_wrote(pair: Pair) -> None:
    run("agreement", "report", pair.north, "memo", "--year", 2026, "-o", pair.at / "x.html", "--language", "fr", code=2)


def test_an_unknown_phrase_is_never_sent_as_free_text(pair: Pair) -> None:
    case = opened(pair)
    say = ("incident", "say", pair.north, case)
    assert "no phrase 'nosuch.phrase'" in run(*say, "nosuch.phrase", "--param", "n=5", *pair.by("ana"), code=2).stderr
    assert "se.raft" in run(*say, "se.rafts", *pair.by("ana"), code=2).stderr
    run(*say, "ok then", "--param", "n=5", *pair.by("ana"), code=2)
    run("incident", "task", pair.north, case, "as.unitx", "--to", "south", *pair.by("ana"), code=2)
    assert json.loads(run("incident", "show", pair.north, case, "--json").stdout)["entries"] == 1
    run(*say, "e.g. the reef. no more", *pair.by("ana"))


def test_a_full_report_has_every_line_with_names_and_receivers(pair: Pair) -> None:
    case = opened(pair)
    short = run("incident", "sitrep", pair.north, case, "--form", "short").stdout
    full = run("incident", "sitrep", pair.north, case, "--form", "full").stdout
    assert [x[0] for x in full.splitlines() if x[1:3] == ". "] == list("ABCDEFGHJKLMN")
    assert [x[0] for x in short.splitlines() if x[1:3] == ". "] == list("ABCDEF")
    assert "H. Weather on scene: not known" in full and "FM The north" in full and "TO none" in full
    assert "H. 現場の気象: 不明" in run("incident", "sitrep", pair.north, case, "--language", "ja").stdout


def agreed(pair: Pair) -> None:
    """The memorandum stands at north with both signatures."""
    from kizuna.node.share.desk import agreements
    from kizuna.node.share.desk.office import Office
    from kizuna.share.agreement import signing
    from kizuna.share.agreement.memorandum import load

    with pair.opened(pair.north) as sharing:
        office = Office(sharing)
        office.open()
        agreements.propose(office, MEMO, "olga")
        theirs = signing.sign(load(MEMO), me="south", label=office.label(["north"]), now_ms=office.now_ms(),
                              context=office.context)  # fmt: skip
        office.take(theirs, "south")
        office.close()


def test_the_other_desk_is_named_as_the_memorandum_names_it(pair: Pair) -> None:
    agreed(pair)
    rules = pair.at / "rules.toml"
    rules.write_text('version = 1\n[[rule]]\nid = "cases"\nclause = ["memo/2"]\nto = ["south"]\nthen = "release"\n'
                     'match = { context = ["exercise:drill"], kind = ["incident.*"], tag = ["distress"] }\n'
                     'label = { purpose = ["SAR"], retain_d = 30 }\n')  # fmt: skip
    offer = ("incident", "open", pair.north, "--kind", "missing", "--lat", 1, "--lon", 2, "--offer", "south")
    nothing = run(*offer, *pair.by("ana"), code=4).stderr
    assert "no rules are in force" in nothing and "propose a rule that releases it to south" in nothing
    run("partner", "set", pair.north, "south", "--purpose", "SAR", *pair.by("olga", "per"))
    run("rules", "activate", pair.north, rules, *pair.by("olga", "per"))
    said = run(*offer, *pair.by("ana")).stdout
    assert "Offered to South Maritime Service" in said and "coordinates North Coast Guard" in said
    assert "TO 南部海事庁" in run("incident", "sitrep", pair.north, said[:12], "--language", "ja").stdout


def test_units_and_drawings_come_from_a_terminal(pair: Pair) -> None:
    case = opened(pair)
    run("incident", "unit", pair.north, case, "PL-12", "--state", "on_scene", "--lat", -24.5, "--lon", 123.4, "--osc",
        *pair.by("ana"))  # fmt: skip
    run("incident", "draw", pair.north, case, "box", "--shape", "area", "--at", "-24.4,123.2", "--at", "24.4,123.4",
        "--at", "24.6,123.3", *pair.by("ana"))  # fmt: skip
    shown = json.loads(run("incident", "show", pair.north, case, "--json").stdout)
    assert [(u["unit"], u["state"], u["osc"], u["lat"]) for u in shown["on_scene"]] == [
        ("PL-12", "on_scene", True, -24.5)
    ]
    assert shown["drawings"][0]["points"][0] == [123.2, -24.4]
    run("incident", "draw", pair.north, case, "x", "--at", "91,0", *pair.by("ana"), code=2)
    run("incident", "draw", pair.north, case, "box", "--remove", *pair.by("ana"))
    assert json.loads(run("incident", "show", pair.north, case, "--json").stdout)["drawings"] == []


def test_the_joint_record_is_shown_signed_and_written_once_the_case_is_closed(pair: Pair) -> None:
    case = opened(pair)
    assert "not closed" in run("incident", "joint", pair.north, case, code=4).stderr
    run("incident", "close", pair.north, case, "--outcome", "saved", "--saved", 5, *pair.by("ana"))
    out = pair.at / "joint.json"
    run("incident", "joint", pair.north, case, "--sign", code=2)
    said = run("incident", "joint", pair.north, case, "-o", out, "--sign", *pair.by("ana")).stdout
    assert "signed by north" in said and json.loads(out.read_text())["incident"]
    assert "Boat overdue" not in run("incident", "joint", pair.north, case, "--language", "ja").stdout


def test_an_act_of_a_lone_officer_is_reviewed_by_another(pair: Pair) -> None:
    agreed(pair)
    run("incident", "break-glass", pair.north, "south", "--lat", 24.5, "--lon", 123.3, *pair.by("ana"))
    [waits] = json.loads(run("incident", "review", pair.north, "--json").stdout)["waiting"]
    act = waits["id"][:10]
    assert "break_glass to South Maritime Service by ana" in run("incident", "review", pair.north).stdout
    run("incident", "review", pair.north, act, "--verdict", "right", code=2)
    own = run("incident", "review", pair.north, act, "--verdict", "right", *pair.by("ana"), code=4).stderr
    assert "refused by second-person" in own
    run("incident", "review", pair.north, act, "--verdict", "right", "--text", "clear", *pair.by("olga"))
    assert json.loads(run("incident", "review", pair.north, "--json").stdout)["waiting"] == []


class _Desk(http.server.BaseHTTPRequestHandler):
    """Answers as a node's page does, and keeps what it was asked."""

    asked: list[tuple[str, Any, str, str]]
    answers: dict[str, tuple[int, dict[str, Any]]]

    def do_POST(self) -> None:  # noqa: N802
        body = json.loads(self.rfile.read(int(self.headers["content-length"])) or b"null")
        self.asked.append((self.path, body, self.headers.get("Cookie", ""), self.headers["X-Kizuna"]))
        status, found = self.answers.get(self.path, (200, {}))
        data = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        if self.path == "/api/login":
            self.send_header("set-cookie", "id=abc; Secure; HttpOnly")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def desk(pair: Pair) -> Any:
    """A stand-in behind the certificate of north, which says that it runs."""
    import os

    from kizuna.base.utc import iso
    from kizuna.node.service.clocks import wall_ms
    from kizuna.node.service.rooms import Rooms

    handler = type("Desk", (_Desk,), {"asked": [], "answers": {}})
    config = read_node_file(pair.north / "node.toml")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(*map(str, certificate_paths(config)))
    server.socket = trust.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    text = (pair.north / "node.toml").read_text()
    (pair.north / "node.toml").write_text(text.replace("port = 8443", f"port = {server.server_address[1]}"))
    Rooms(pair.north).status.write_text(json.dumps({
        "running": True, "pid": os.getpid(), "written": iso(wall_ms()), "now": iso(wall_ms()), "sources": [], "troubles": {},
    }))  # fmt: skip
    yield handler
    server.shutdown(), server.server_close(), thread.join(10)


def test_a_position_is_released_by_the_running_node_for_who_logged_in(pair: Pair, desk: Any) -> None:
    case = opened(pair)
    fix = ("incident", "fix", pair.north, case, "--mmsi", 431000001)
    run(*fix, "--detection", "7", *pair.by("ana"), code=2)
    run(*fix, *pair.by("ana"))
    assert [(p, b, c) for p, b, c, _ in desk.asked] == [
        ("/api/login", {"user": "ana", "password": "four words of no kin"}, ""),
        (f"/api/incidents/{case}/entries", {"position": {"mmsi": 431000001, "text": ""}}, "id=abc"),
        ("/api/logout", {}, "id=abc"),
    ]
    desk.answers[f"/api/incidents/{case}/entries"] = 403, {
        "code": "rule", "detail": "bound.terms: no", "facts": {"rule": "bound.terms", "why": "south may not be told"},
    }  # fmt: skip
    assert "refused by bound.terms: south may not be told" in run(*fix, *pair.by("ana"), code=4).stderr
    desk.answers["/api/login"] = 401, {"code": "wrong_password", "detail": "user or password is wrong"}
    assert "wrong_password" in run(*fix, *pair.by("ana"), code=4).stderr


def test_a_position_needs_the_running_node(pair: Pair) -> None:
    case = opened(pair)
    done = run("incident", "fix", pair.north, case, "--mmsi", 431000001, *pair.by("ana"), code=1)
    assert "does not run" in done.stderr and "kizuna node run" in done.stderr
