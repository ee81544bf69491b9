"""Settings from TOML: errors name file, key and what is allowed."""

import dataclasses

import pytest

from kizuna.base.errors import ConfigError
from kizuna.events.params import SECTIONS, Settings, as_dict, read


def test_empty_text_gives_defaults():
    assert read("") == Settings()


def test_values_reach_their_section():
    got = read(
        "[gaps]\nthreshold_h = 12\n[encounters]\ndistance_max_m = 250.5\n[segment]\nlookback = 3\nneed_motion = true\n"
    )
    assert got.gaps.threshold_h == 12.0 and isinstance(got.gaps.threshold_h, float)
    assert (got.encounters.distance_max_m, got.segment.lookback, got.segment.need_motion) == (250.5, 3, True)
    assert got.loitering == Settings().loitering


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[gasp]\nx = 1", ["my.toml", "'gasp'", "allowed: segment", "gaps"]),
        ("[gaps]\nthreshold = 1", ["my.toml", "[gaps]", "'threshold'", "threshold_h", "before_min"]),
        ("[gaps]\nthreshold_h = 'six'", ["my.toml [gaps] threshold_h", "'six'", "a number"]),
        ("[gaps]\nthreshold_h = true", ["[gaps] threshold_h", "a number"]),
        ("[gaps]\nbefore_min = 1.5", ["[gaps] before_min", "a whole number"]),
        ("[segment]\nneed_motion = 1", ["[segment] need_motion", "true or false"]),
        ("[gaps]\nthreshold_h = 0", ["my.toml [gaps] threshold_h", "0.5 to 720 h"]),
        ("[gaps]\nthreshold_h = nan", ["[gaps] threshold_h", "0.5 to 720 h"]),
        ("[segment]\nlookback = 0", ["my.toml [segment]", "lookback", "1 to 20"]),
        ("gaps = 3", ["my.toml gaps", "section"]),
        ("[gaps", ["my.toml", "not TOML"]),
    ],
)
def test_what_is_wrong_is_named(text, parts):
    with pytest.raises(ConfigError) as caught:
        read(text, "my.toml")
    for part in parts:
        assert part in str(caught.value)


def test_every_section_has_defaults_in_range_and_documented_keys():
    for name, kind in SECTIONS.items():
        assert getattr(Settings(), name) == kind()
        source = kind.__doc__ or ""
        for field in dataclasses.fields(kind):
            assert field.name in source or name == "anchorages", f"[{name}] {field.name} is not explained"


def test_all_values_can_be_written_down():
    assert as_dict(Settings())["encounters"]["merge_h"] == 4.0
