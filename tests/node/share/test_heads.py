"""Heads are signed and kept with one time, however long the disk takes in between."""

import itertools
from types import SimpleNamespace

import pytest

from kizuna.node.share.trust import heads


def test_the_time_that_is_kept_is_the_signed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    signed, kept = [], []
    monkeypatch.setattr(heads.release, "sign", lambda *_a, now_ms, **_k: signed.append(now_ms) or b"head")
    outbox = SimpleNamespace(nodes=lambda _name: None, signed=lambda _name, _size, _head, at_ms: kept.append(at_ms))
    shared = SimpleNamespace(outbox=outbox, logs=SimpleNamespace(all=lambda _side: []))
    marks = SimpleNamespace(lost=False, of=lambda _name: None, put=lambda _marks: None)
    clock = itertools.count(1_796_000_000_000, 5_000)
    made = heads.Heads(SimpleNamespace(keys=None), shared, marks, random=None, now_ms=lambda: next(clock), news=())
    made.sign([SimpleNamespace(name="a/1/b/real/routine", size=2, frontier=SimpleNamespace(root=b"r" * 32))])
    assert signed == kept == [1_796_000_000_000]
