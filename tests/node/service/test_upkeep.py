"""What a running node lets go by itself: what is too old, and nothing for a clock that is wrong."""

import pytest
from node.service.node_make import START_S, Sender, make_node, position, rows, running, wait_for

from kizuna.base.units import DAY_MS, DAY_S
from kizuna.node.service import running as module

DAYS = (0, 10, 39, 40)


@pytest.fixture
def often(monkeypatch):
    monkeypatch.setattr(module, "STATUS_S", 0.1)
    return monkeypatch


def heard(sender):
    sender.send(b"".join(position(201_000_001, START_S + d * DAY_S + 60 * k) for d in DAYS for k in range(30)))


def node_with(tmp_path, sender, days):
    source = {"id": "a", "kind": "tcp", "address": f"127.0.0.1:{sender.port}"}
    return running(make_node(tmp_path / "n", [source], upkeep={"retain_days": days}))


def test_history_that_is_too_old_is_let_go_soon_after_the_start(tmp_path, often):
    with Sender() as sender, node_with(tmp_path, sender, 20) as node:
        heard(sender)
        wait_for(lambda: rows(node) == 120)
    often.setattr(module, "TIDY_FIRST_S", 0.5)
    with running(node.config) as node:
        wait_for(lambda: rows(node) == 60)
        assert min(node.keep.messages("fixes", None, 0, 1 << 52)["time_ms"]) == (START_S + 39 * DAY_S) * 1000


@pytest.mark.parametrize("days", [0, 30])
def test_a_row_of_the_future_takes_nothing_with_it(tmp_path, often, days):
    with Sender() as sender, node_with(tmp_path, sender, days) as node:
        heard(sender)
        wait_for(lambda: rows(node) == 120)

        class Earlier:
            def now_ms(self):
                return START_S * 1000 + 11 * DAY_MS  # rows of 39 and 40 days have a clock that is wrong

        often.setattr(node, "clock", Earlier())
        node._tidy()
        assert rows(node) == 120
