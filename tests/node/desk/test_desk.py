import sqlite3
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError, InputError, UnavailableError
from kizuna.node.desk import secrets
from kizuna.node.desk.audit import AGAIN_MS, Audit
from kizuna.node.desk.decisions import Deed, Standing
from kizuna.node.desk.desk import FILE, Desk
from kizuna.node.desk.people import IDLE_MS, LONGEST_MS, SESSIONS_MOST, Wait
from kizuna.node.desk.rules import ADMINISTRATOR, ROLES, RULES, TOKEN_KINDS, may

PASSWORD = "four words of no kin"
HOUR = 3_600_000


class Clock:
    now = 1_760_000_000_000

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def desk(tmp_path, clock, monkeypatch):
    monkeypatch.setattr(secrets, "_N", 2**4)
    monkeypatch.setattr(secrets, "_NOBODY", secrets._NOBODY.replace("32768", "16"))
    one = Desk(tmp_path, clock)
    yield one
    one.close()


def test_rules_default_to_deny():
    assert not may("viewer", "no.such.action") and not may("no such role", "picture.see") and not may("", "")
    for action, who in RULES.items():
        assert who <= set(ROLES) | set(TOKEN_KINDS), action


def test_release_officer_does_what_release_needs_and_otherwise_looks():
    does = {a for a in RULES if may("release_officer", a)}
    looks = {a for a in RULES if may("viewer", a)}
    assert looks <= does
    assert {a.partition(".")[0] for a in does - looks} == {"release", "partner", "taxii"}


def test_password_is_kept_as_scrypt_of_stated_cost():
    stored = secrets.hash_password(PASSWORD)
    assert stored.startswith("scrypt$32768$8$3$") and PASSWORD not in stored
    assert secrets.password_is(PASSWORD, stored) and not secrets.password_is(PASSWORD + "x", stored)
    assert not secrets.password_is("", None)


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaaaaaa", "x" * 300, "administrator"])
def test_weak_passwords_are_refused(weak):
    with pytest.raises(InputError):
        secrets.check_password(weak, "Administrator")


def test_delay_doubles_up_to_a_quarter_hour():
    assert [secrets.delay_s(n, 5) for n in (0, 4, 5, 6, 7, 14, 15, 1000)] == [0, 0, 1, 2, 4, 512, 900, 900]


def test_names_that_look_the_same_are_the_same(desk):
    desk.people.add("Ana", "viewer", PASSWORD)
    for same in ("ana", "ANA", "\uff21na"):  # full-width A
        with pytest.raises(InputError, match="taken"):
            desk.people.add(same, "viewer", PASSWORD)
    for odd in ("", "a b", "<b>", "x" * 65, "a\nb"):
        with pytest.raises(InputError):
            desk.people.add(odd, "viewer", PASSWORD)
    assert desk.people.named("\uff21NA").name == "Ana"


def test_last_administrator_stays(desk):
    root = desk.people.add("root", ADMINISTRATOR, PASSWORD)
    for change in ({"role": "viewer"}, {"disabled": True}):
        with pytest.raises(InputError, match="without an administrator"):
            desk.people.change(root, **change)
    assert desk.people.named("root").role == ADMINISTRATOR
    desk.people.add("two", ADMINISTRATOR, PASSWORD)
    desk.people.change(root, disabled=True)


def test_session_tokens_are_hashed_at_rest(desk, tmp_path):
    token = desk.people.begin(desk.people.add("ana", "viewer", PASSWORD), "here")
    assert len(token) >= 43
    desk.close()
    data = b"".join(p.read_bytes() for p in tmp_path.glob("desk.db*"))
    assert token.encode() not in data and PASSWORD.encode() not in data
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_sessions_have_an_idle_and_an_absolute_end(desk, clock):
    ana = desk.people.add("ana", "viewer", PASSWORD)
    idle, busy = desk.people.begin(ana, ""), desk.people.begin(ana, "")
    begun = clock.now
    while clock.now < begun + IDLE_MS:
        assert desk.people.of_session(busy, deed=True) is not None
        clock.now += HOUR
    assert desk.people.of_session(idle, deed=True) is None
    while clock.now < begun + LONGEST_MS:
        assert desk.people.of_session(busy, deed=True) is not None
        clock.now += HOUR
    assert desk.people.of_session(busy, deed=True) is None


def test_oldest_session_gives_way(desk, clock):
    ana = desk.people.add("ana", "viewer", PASSWORD)
    tokens = []
    for _ in range(SESSIONS_MOST + 2):
        clock.now += 1
        tokens.append(desk.people.begin(ana, ""))
    assert [desk.people.of_session(t, deed=False) is not None for t in tokens] == [False] * 2 + [True] * SESSIONS_MOST


def test_lock_out_is_by_user_and_address_and_is_forgotten(desk, clock):
    desk.people.add("ana", "viewer", PASSWORD)
    for _ in range(5):
        assert desk.people.check("ana", "wrong", "10.0.0.1") is None
    assert desk.people.check("ana", PASSWORD, "10.0.0.1") == Wait(1)
    assert desk.people.check("ana", PASSWORD, "10.0.0.2").name == "ana"
    clock.now += 1000
    assert desk.people.check("ana", PASSWORD, "10.0.0.1").name == "ana"
    for i in range(30):  # one address tries many names
        desk.people.check(f"user{i}", "wrong", "10.0.0.9")
    assert isinstance(desk.people.check("ana", PASSWORD, "10.0.0.9"), Wait)
    clock.now += secrets.FORGET_S * 1000
    assert desk.people.check("ana", PASSWORD, "10.0.0.9").name == "ana"


def deed(n, act, event="e", t=0, mmsi=None, until=None, undoes=None):
    return Deed(n, t, "ana", act, event, 1, mmsi, until, "", undoes)


def test_states_follow_the_last_decision_that_stands():
    deeds = [deed(1, "acknowledge"), deed(2, "dismiss")]
    assert Standing(deeds).of("e", (), 0).state == "dismissed"
    undone = [*deeds, deed(3, "undo", undoes=2)]
    assert Standing(undone).of("e", (), 0).state == "acknowledged"
    assert Standing([*undone, deed(4, "undo", undoes=1)]).of("e", (), 0) is None


def test_silence_ends_and_covers_the_vessel():
    standing = Standing([deed(1, "silence", mmsi=7, until=100)])
    assert standing.of("other", (5, 7), 99).state == "silenced"
    assert standing.of("other", (5, 7), 100) is None and standing.of("other", (5,), 0) is None


@given(st.lists(st.sampled_from(["acknowledge", "silence", "dismiss", "undo"]), max_size=12))
def test_undoing_everything_leaves_nothing(acts):
    deeds, stack = [], []
    for act in acts:
        n = len(deeds) + 1
        if act == "undo":
            if stack:
                deeds.append(deed(n, "undo", undoes=stack.pop()))
        else:
            deeds.append(deed(n, act, until=10 if act == "silence" else None))
            stack.append(n)
    while stack:
        top = Standing(deeds).by_event["e"]
        assert top.deed_id == stack[-1]
        deeds.append(deed(len(deeds) + 1, "undo", undoes=stack.pop()))
    assert not Standing(deeds).by_event


def test_decisions_need_what_they_need(desk, clock):
    decide = desk.decisions.decide
    with pytest.raises(InputError, match="reason"):
        decide("dismiss", "ana", "e", 1)
    with pytest.raises(InputError, match="end"):
        decide("silence", "ana", "e", 1)
    with pytest.raises(InputError, match="end"):
        decide("silence", "ana", "e", 1, until_ms=clock.now)
    with pytest.raises(InputError, match="undo"):
        desk.decisions.undo("ana", "e", 1)
    before = desk.version
    decide("silence", "ana", "e", 1, until_ms=clock.now + HOUR)
    assert desk.version == before + 1
    assert desk.decisions.standing().of("e", (), clock.now).by == "ana"


@pytest.mark.parametrize("table", ["log", "deeds", "handovers"])
def test_log_decisions_and_handovers_are_append_only(desk, tmp_path, table):
    desk.log.write("ana", "saw", "a ship")
    desk.decisions.decide("acknowledge", "ana", "e", 1)
    desk.log.sign("ana", "bo", "", {"open": []})
    raw = sqlite3.connect(tmp_path / FILE)
    for sql in (f"UPDATE {table} SET by = 'bo'", f"DELETE FROM {table}"):
        with pytest.raises(sqlite3.IntegrityError):
            raw.execute(sql)
    raw.close()


def test_log_entries_are_checked_and_corrected_by_new_ones(desk, clock):
    one = desk.log.write("ana", "saw", "  white hull ", mmsi=431000001, lat_deg=24.0, lon_deg=123.0)
    two = desk.log.write("bo", "note", "it was blue", corrects=one.entry_id)
    assert [e.entry_id for e in desk.log.entries()] == [two.entry_id, one.entry_id] and one.text == "white hull"
    for wrong in (
        {"kind": "guess"},
        {"text": " "},
        {"t_ms": clock.now + HOUR},
        {"corrects": 99},
        {"lat_deg": 1.0},
        {"lat_deg": 91.0, "lon_deg": 0.0},
        {"mmsi": 0},
    ):
        with pytest.raises(InputError):
            desk.log.write("ana", **{"kind": "note", "text": "x", **wrong})
    assert desk.log.entries(before_id=two.entry_id) == [one]


def test_watch_lists_take_vessels_with_reasons_only(desk):
    entry = {"mmsi": "431000001", "reason": "asked by harbour", "until": "2026-12-31T00:00:00Z"}
    assert desk.lists.put("ana", "Harbour", [entry]) == 1
    assert desk.lists.all()["Harbour"][0][1].mmsi == "431000001"
    for wrong in ({"mmsi": "431000001"}, {**entry, "owner": "somebody"}, {**entry, "mmsi": "12"}):
        with pytest.raises(InputError):
            desk.lists.put("ana", "Harbour", [wrong])
    assert desk.lists.put("ana", "Harbour", []) == 0 and not desk.lists.all()


def test_tokens_end_and_are_late_and_coarse_by_default(desk, clock):
    token, secret = desk.tokens.make("root", "ops room", "feed")
    assert token.delay_s > 0 and token.grid_deg > 0 and not token.live
    assert desk.tokens.of_secret(secret).token_id == token.token_id and desk.tokens.of_secret(secret + "x") is None
    assert desk.tokens.revoke(token.token_id) and not desk.tokens.revoke(token.token_id)
    assert desk.tokens.of_secret(secret) is None
    _, short = desk.tokens.make("root", "short", "metrics", days=1)
    clock.now += 24 * HOUR
    assert desk.tokens.of_secret(short) is None


def test_audit_tells_again_only_after_a_while(desk, clock):
    for _ in range(3):
        desk.audit.saw("ana", "vessel.see", "431000001", "here")
    desk.audit.did("ana", "log.write", "1", "done", "here")
    clock.now += AGAIN_MS
    desk.audit.saw("ana", "vessel.see", "431000001", "here")
    assert [r["act"] for r in desk.audit.page()] == ["vessel.see", "log.write", "vessel.see"]


def test_audit_is_carried_over_into_files_and_loses_nothing(desk, clock, tmp_path):
    book = Audit(desk._db, clock, rows_most=40)
    for i in range(150):
        book.did("ana", "log.write", str(i), "done", "")
    held = [int(r["object"]) for r in book.page(most=1000)]
    files = sorted(book.folder.glob("*.jsonl"))
    filed = [int(line.split('"object": "')[1].split('"')[0]) for f in files for line in f.read_text().splitlines()]
    assert len(held) <= 42 and sorted(held + filed) == list(range(150))
    assert files[0].stat().st_mode & 0o777 == 0o600


def test_what_is_seen_is_written_after_a_second_and_looking_goes_on_when_the_disk_is_full(desk, monkeypatch):
    monkeypatch.setattr("kizuna.node.desk.audit._WAIT_S", 0.02)
    desk.audit.saw("ana", "vessel.see", "1", "")
    for _ in range(200):
        if desk._db.row("SELECT 1 FROM audit"):
            break
        threading.Event().wait(0.02)
    assert desk._db.row("SELECT object FROM audit")[0] == "1"
    desk._db._connection.execute("PRAGMA query_only = ON")
    for i in range(250):
        desk.audit.saw("ana", "vessel.see", f"full {i}", "")
    with pytest.raises(UnavailableError):
        desk.audit.did("ana", "log.write", "1", "done", "")
    desk._db._connection.execute("PRAGMA query_only = OFF")
    assert len(desk.audit.page(most=1000)) == 252


def test_file_of_a_newer_program_is_refused(tmp_path, desk):
    raw = sqlite3.connect(tmp_path / FILE)
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(ConfigError, match="newer"):
        Desk(tmp_path)


def test_backup_is_whole_and_can_be_opened(desk, tmp_path, clock):
    desk.people.add("ana", "viewer", PASSWORD)
    (tmp_path / "copy").mkdir()
    desk.backup(tmp_path / "copy" / FILE)
    copy = Desk(tmp_path / "copy", clock)
    assert copy.people.named("ana").role == "viewer"
    copy.close()


def test_a_full_disk_is_said_and_leaves_nothing_half_done(desk):
    desk._db._connection.execute("PRAGMA max_page_count = 1")
    before = desk.version
    with pytest.raises(UnavailableError):
        for i in range(2000):
            desk.log.write("ana", "note", f"{i} " + "x" * 3000)
    assert desk.version == before + len(desk.log.entries(most=5000))


def test_many_threads_write_and_none_is_lost(desk):
    def work(name):
        for _ in range(20):
            desk.log.write(name, "note", "x")

    threads = [threading.Thread(target=work, args=(f"u{i}",)) for i in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(desk.log.entries(most=1000)) == 80
