"""What a line moved, how long what waits takes, and what its errors are called."""

import httpcore
import pytest

from kizuna.base.errors import InputError, KizunaError, TrustError, UnavailableError
from kizuna.node.share.lines.goodput import SAID, Goodput, fault_of
from kizuna.share.sync.actions import Position

FLASH, ROUTINE = "north/1/south/test/flash", "north/1/south/test/routine"


def test_nothing_is_said_before_something_moved():
    found = Goodput()
    assert found.bit_per_s is None
    assert found.drain_s({"flash": 1, "routine": 0, "bulk": 0}) == {"flash": None, "routine": None, "bulk": None}
    assert found.drain_s({"flash": 0, "routine": 0, "bulk": 0}) == {"flash": 0, "routine": 0, "bulk": 0}


def test_a_page_is_measured_until_a_question_stands_behind_it():
    found = Goodput()
    found.told(ROUTINE, 100, 16_000, 5_000)
    found.asked([Position(FLASH, 3), Position(ROUTINE, 100)], 6_000)  # asked again, not kept yet
    assert found.bit_per_s is None
    found.asked([Position(ROUTINE, 300)], 9_000)
    assert found.bit_per_s == 32_000
    found.asked([Position(ROUTINE, 300)], 99_000)
    assert found.bit_per_s == 32_000


def test_a_page_that_went_into_a_cut_line_does_not_count():
    found = Goodput()
    found.told(ROUTINE, 0, 16_000, 0)
    found.told(ROUTINE, 0, 16_000, 600_000)
    found.asked([Position(ROUTINE, 200)], 604_000)
    assert found.bit_per_s == 32_000


def test_a_queue_waits_for_those_of_the_lanes_before_it():
    found = Goodput()
    found.moved(ROUTINE, 16_000, 200, 4_000)  # 80 bytes a record, 4,000 bytes a second
    found.moved(FLASH, 400, 1, 300)  # too small to say anything of the rate
    assert found.drain_s({"flash": 10, "routine": 500, "bulk": 0}) == {"flash": 1, "routine": 11, "bulk": 0}
    assert found.drain_s({"flash": 0, "routine": 0, "bulk": 7})["bulk"] is None


@pytest.mark.parametrize(
    ("exc", "cause", "fault"),
    [
        (UnavailableError("does not answer: timed out"), None, "timeout"),
        (UnavailableError("does not answer: "), httpcore.ConnectTimeout(), "timeout"),
        (UnavailableError("does not answer: [Errno 104] Connection reset by peer"), None, "broken"),
        (UnavailableError("does not answer: [Errno 111] Connection refused"), None, "nobody"),
        (UnavailableError("does not answer: Server disconnected without sending a response."), None, "broken"),
        (TrustError("shows another certificate than the pinned one; nothing was sent"), None, "certificate"),
        (InputError("the partner has paused the exchange"), None, "paused"),
        (InputError("the partner does not know us: was the introduction confirmed there?"), None, "unknown"),
        (InputError("answers 500"), None, "other"),
    ],
)
def test_errors_of_a_line_are_called_by_what_a_person_can_do(exc: KizunaError, cause, fault):
    exc.__cause__ = cause
    assert fault_of(exc) == fault
    assert SAID[fault]
