"""Go's x/mod agrees with our tree, checkpoints and proofs, and refuses what was tampered with."""

import base64
import json
import os
import random as chance
import shutil
import subprocess
from pathlib import Path

import pytest
from ledger_party import REAL, Party, record

from kizuna.share.ledger import merkle
from kizuna.share.ledger.leaf import commitment, header_hash
from kizuna.share.ledger.note import NOTE, Verifier, read_note

PROGRAM = Path(__file__).resolve().parents[2] / "data" / "go_tlog" / "main.go"
LIBRARY = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")


def to64(data):
    return base64.b64encode(data).decode()


def bent(data, rng):
    out = bytearray(data)
    out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


@pytest.fixture(scope="module")
def go(tmp_path_factory):
    """The program, built; takes a document, gives the lines."""
    if shutil.which("go") is None or not LIBRARY.is_dir():
        pytest.skip("Go or golang-golang-x-mod-dev is not installed")
    out = tmp_path_factory.mktemp("go")
    env = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOFLAGS": "",
        "GOCACHE": str(out / "cache"),
    }
    subprocess.run(["go", "build", "-o", str(out / "check"), str(PROGRAM)], env=env, check=True, capture_output=True)

    def run(document):
        done = subprocess.run(
            [str(out / "check")], input=json.dumps(document), capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    return run


@pytest.mark.slow
def test_go_takes_what_we_prove_and_refuses_what_was_changed(go):
    rng, a = chance.Random(1), Party("harbour")
    records, n = [record(i) for i in range(130)], 130
    for at in range(0, n, 26):
        a.tell(REAL, records[at : at + 26])
    log = a.log(REAL)
    header, salts = header_hash(str(REAL)), log.box.salts.read(0, n)
    entries = [commitment(s, r) + header for s, r in zip(salts, records, strict=True)]
    roots = [merkle.frontier_at(i, log.nodes).root for i in range(n + 1)]
    vkey = Verifier(str(REAL), a.keys.page.public, NOTE).vkey
    cases = []

    def add(name, good, **more):
        cases.append(({"Name": name, **more}, good))

    for size, head in log.heads.items():
        text = head.decode()
        plain = dict(Kind="note", Vkey=vkey, Text=read_note(head).text)
        add(f"head-{size}", True, Note=text, **plain)
        add(f"head-{size}-size", False, Note=text.replace(f"\n{size}\n", f"\n{size + 1}\n"), **plain)
        add(f"head-{size}-key", False, Note=text, **{**plain, "Vkey": Verifier(str(REAL), a.keys.node.public).vkey})
    for _ in range(120):
        size = rng.randint(1, n)
        index = rng.randrange(size)
        leaf, path = merkle.leaf_hash(entries[index]), merkle.inclusion(index, size, log.nodes)
        one = dict(
            Kind="record", Size=size, Index=index, Root=to64(roots[size]), Leaf=to64(leaf), Path=[*map(to64, path)]
        )
        add(f"record-{len(cases)}", True, **one)
        add(f"record-{len(cases)}", False, **{**one, "Leaf": to64(bent(leaf, rng))})
        add(f"record-{len(cases)}", False, **{**one, "Root": to64(bent(roots[size], rng))})
        if path:
            i = rng.randrange(len(path))
            add(
                f"record-{len(cases)}",
                False,
                **{**one, "Path": [*map(to64, [*path[:i], bent(path[i], rng), *path[i + 1 :]])]},
            )
        old = rng.randint(1, size)
        path = merkle.consistency(old, size, log.nodes)
        one = dict(
            Kind="tree", Size=size, Index=old, Root=to64(roots[size]), Old=to64(roots[old]), Path=[*map(to64, path)]
        )
        add(f"tree-{len(cases)}", True, **one)
        add(f"tree-{len(cases)}", False, **{**one, "Old": to64(bent(roots[old], rng))})
        if path:
            add(f"tree-{len(cases)}", False, **{**one, "Path": [*map(to64, path[:-1])]})
    document = {
        "Entries": [*map(to64, entries)], "Nodes": [*map(to64, log.nodes.read(range(len(log.nodes))))],
        "Roots": [*map(to64, roots)], "Cases": [case for case, _ in cases],
    }  # fmt: skip
    lines = go(document)
    assert lines[0] == "nodes ok", lines[:3]
    assert len(lines) == 1 + len(cases)
    for (case, good), line in zip(cases, lines[1:], strict=True):
        assert line.startswith(case["Name"] + (" ok" if good else " refused")), line
    document["Nodes"][7] = to64(b"\0" * 32)
    assert go({**document, "Cases": []}) == ["nodes refused: another tree"]
