"""The small run of ``kizuna warm`` goes everywhere that kernels are used."""

from types import SimpleNamespace

from kizuna.node import exercise


def test_warm_starts_live_twice_in_one_place_so_that_taking_up_a_state_is_compiled_too(monkeypatch, tmp_path):
    starts = []
    made = SimpleNamespace(nmea=tmp_path / "a.nmea", zones=tmp_path / "z.geojson", context="exercise:x")
    monkeypatch.setattr(exercise, "write_exercise", lambda *_a, **_k: made)
    monkeypatch.setattr(exercise, "detect_into", lambda *_a: None)
    monkeypatch.setattr(exercise, "transits_of", lambda *_a, **_k: None)
    monkeypatch.setattr(exercise, "live_into", lambda what, out, _tell: starts.append((what.fresh, out)))
    assert exercise.warm_up(clock_s=iter((1.0, 3.0)).__next__) == 2.0
    assert len(starts) == 2 and starts[0] == starts[1] and not starts[0][0]
