import contextlib
import json
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from typer.testing import CliRunner

from kizuna.base.errors import ConfigError
from kizuna.node.cli.main import app
from kizuna.node.desk import audit, database
from kizuna.node.desk.audit import Audit
from kizuna.node.desk.audit_chain import BEGIN, FIELDS, verify
from kizuna.node.desk.database import Database
from kizuna.node.desk.desk import FILE, Desk

COLUMNS = (*FIELDS[1:], "before", "digest")


def written(folder, lines=12):
    with contextlib.closing(Database(folder / FILE)) as db:
        book = Audit(db, lambda: 1_760_000_000_000)
        for k in range(lines):
            book.did(f"user{k % 3}", "log.write", str(k), "done", "192.0.2.7")
        book.close()
    return folder / FILE


def edit(file, sql, *values):
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        db.execute(sql, values)


def test_untouched_chain_is_whole_and_names_its_head(tmp_path):
    found = verify(written(tmp_path))
    assert found.whole and found.lines == found.last_id == 12 and found.first_id == 1 and len(found.head) == 64


def test_empty_chain_is_whole(tmp_path):
    found = verify(written(tmp_path, 0))
    assert found.whole and found.lines == 0 and found.head == BEGIN


@settings(max_examples=60, deadline=None)
@given(line=st.integers(1, 12), column=st.sampled_from(COLUMNS))
def test_edit_of_any_line_is_found(tmp_path_factory, line, column):
    file = written(tmp_path_factory.mktemp("desk"))
    value = 5 if column == "t_ms" else "ab" * 32 if column in ("before", "digest") else "somebody else"
    edit(file, f"UPDATE audit SET {column} = ? WHERE audit_id = ?", value, line)
    found = verify(file)
    assert not found.whole and any(abs(f.audit_id - line) <= 1 for f in found.faults)


@pytest.mark.parametrize("line", [1, 2, 7, 11, 12])
def test_removed_line_is_found(tmp_path, line):
    file = written(tmp_path)
    edit(file, "DELETE FROM audit WHERE audit_id = ?", line)
    assert [(f.audit_id, f.kind) for f in verify(file).faults][0] == (line, "missing")


def test_all_lines_removed_is_found(tmp_path):
    file = written(tmp_path)
    edit(file, "DELETE FROM audit")
    assert not verify(file).whole


def test_line_put_in_is_found(tmp_path):
    file = written(tmp_path)
    edit(
        file,
        "INSERT INTO audit SELECT 13, t_ms, by, act, object, outcome, address, digest, digest FROM audit WHERE audit_id = 12",
    )
    assert not verify(file).whole


def test_chain_worked_out_anew_is_found_by_a_head_noted_before(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    noted = verify(written(tmp_path / "a")).head
    other = written(tmp_path / "b", 13)
    assert verify(written(tmp_path / "a", 3), noted=noted).noted is True  # the chain went on
    edit(other, "DELETE FROM audit")
    edit(other, "UPDATE audit_head SET last_id = 0, digest = ?", BEGIN)
    anew = verify(written(tmp_path / "b", 1), noted=noted)
    assert not anew.faults and anew.noted is False and not anew.whole


def test_chain_goes_through_the_files(tmp_path):
    with contextlib.closing(Database(tmp_path / FILE)) as db:
        book = Audit(db, lambda: 5, rows_most=20)
        for k in range(100):
            book.did("ana", "log.write", str(k), "done", "")
        book.close()
    files = sorted((tmp_path / "audit").glob("*.jsonl"))
    assert len(files) > 2
    whole = verify(tmp_path / FILE)
    assert whole.whole and whole.lines == 100
    rows = [json.loads(row) for row in files[1].read_text().splitlines()]
    rows[3]["by"] = "bob"
    files[1].write_text("".join(json.dumps(r) + "\n" for r in rows))
    assert [(f.audit_id, f.kind) for f in verify(tmp_path / FILE).faults] == [(rows[3]["audit_id"], "changed")]
    files[0].unlink()
    assert any(f.kind == "missing" for f in verify(tmp_path / FILE).faults)


def test_files_let_go_on_purpose_are_no_gap(tmp_path, monkeypatch):
    monkeypatch.setattr(audit, "FILES_MOST", 2)
    with contextlib.closing(Database(tmp_path / FILE)) as db:
        book = Audit(db, lambda: 5, rows_most=20)
        for k in range(100):
            book.did("ana", "log.write", str(k), "done", "")
        book.close()
    found = verify(tmp_path / FILE)
    assert found.whole and found.first_id > 1 and found.last_id == 100


def test_older_desk_file_is_chained_when_it_is_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(database.audit_chain, "UPGRADE", ())
    monkeypatch.setattr(database.audit_chain, "upgrade", lambda _: None)
    monkeypatch.setattr(database, "_CHAINED", 1)
    monkeypatch.setattr(database, "FORMAT", 1)
    with contextlib.closing(Database(tmp_path / FILE)) as db, db.change() as change:
        for k in range(5):
            change.execute("INSERT INTO audit (t_ms, by, act, object, outcome, address) VALUES (?, 'a', 'b', '', '', '')", (k,))  # fmt: skip
    with pytest.raises(ConfigError, match="before lines were chained"):
        verify(tmp_path / FILE)
    monkeypatch.undo()
    desk = Desk(tmp_path)
    desk.audit.did("ana", "log.write", "1", "done", "")
    assert desk.audit.verify().whole and desk.audit.verify().lines == 6
    assert desk.audit.head() == (6, desk.audit.verify().head)
    desk.close()


def test_command_shows_and_checks_the_audit(tmp_path):
    runner = CliRunner()
    home = tmp_path / "node"
    assert runner.invoke(app, ["node", "init", str(home), "--name", "one", "--context", "test"]).exit_code == 0
    Desk(home / "desk").close()
    written(home / "desk")
    assert "log.write" in runner.invoke(app, ["node", "audit", str(home), "--lines", "2"]).stdout
    good = runner.invoke(app, ["node", "audit", str(home), "--verify", "--json"])
    assert good.exit_code == 0 and json.loads(good.stdout)["whole"] is True
    edit(home / "desk" / FILE, "UPDATE audit SET by = 'nobody' WHERE audit_id = 4")
    bad = runner.invoke(app, ["node", "audit", str(home), "--verify"])
    assert bad.exit_code == 3 and "line 4: changed" in bad.stdout
