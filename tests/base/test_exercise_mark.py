"""The mark of an exercise is found however the stream is cut, and only a mark is."""

import pytest

from kizuna.base.errors import ContextError
from kizuna.exercise.nmea_encode import comment
from kizuna.records.exercise_mark import MarkWatch, exercise_in

MARK = comment("EXERCISE blue-1.x SIMULATED NOT REAL", "EXA-01", 1_772_323_200)
LINE = b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\r\n"


def fed(data: bytes, context: str, size: int) -> None:
    watch = MarkWatch(context, "a.nmea")
    for at in range(0, len(data), size):
        watch.look(data[at : at + size])
    watch.finish()


@pytest.mark.parametrize("size", [1, 2, 7, 64, 80, 143, 144, 145, 10_000])
@pytest.mark.parametrize("context", ["real", "test", "exercise:blue-1", "exercise:blue-1.xy"])
def test_a_mark_is_refused_wherever_the_pieces_end(size, context):
    for before in (0, 1, 40):
        with pytest.raises(ContextError, match=r"a.nmea: says .* exercise blue-1\.x.*--context exercise:blue-1\.x\)"):
            fed(LINE * before + MARK + LINE, context, size)


@pytest.mark.parametrize("size", [1, 2, 7, 64, 80, 143, 144, 145, 10_000])
def test_the_very_exercise_may_read_its_own_mark(size):
    fed((LINE + MARK) * 9, "exercise:blue-1.x", size)


def test_a_second_exercise_in_the_stream_is_refused():
    with pytest.raises(ContextError, match="exercise red"):
        fed(MARK + LINE + comment("EXERCISE red SIMULATED", "A", 1), "exercise:blue-1.x", 100)


def test_a_mark_without_the_end_of_its_line_counts():
    assert exercise_in(b"$AITXT,01,01,07,EXERCISE demo") == "demo"
    with pytest.raises(ContextError):
        fed(b"$AITXT,01,01,07,EXERCISE demo", "real", 100)


@pytest.mark.parametrize(
    "text", [b"", b"EXERCISE demo\n", b"!AIVDM,1,1,,A,EXERCISE demo,0*24\n", b"t:MEXERCISE demo\n"]
)
def test_the_word_alone_is_no_mark(text):
    assert exercise_in(text) == ""
    fed(text, "real", 5)
