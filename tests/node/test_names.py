import pytest

from kizuna.base.errors import ConfigError
from kizuna.node.names import Names, read_names

GOOD = """
[zones.ex-1]
en = "Area one"
ja = "区域一"
[partners.A]
zh-TW = "甲方"
[[places]]
lat = 24.5
lon = 123.0
en = "Home island"
"""


def written(tmp_path, text, name="names.toml"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / name


def test_names_are_read_by_kind_and_language(tmp_path):
    found = read_names([written(tmp_path, GOOD), written(tmp_path, '[zones.ex-1]\nen = "Other"', "more.toml")])
    assert found.zones == {"ex-1": {"en": "Other"}} and found.partners == {"A": {"zh-TW": "甲方"}}
    assert found.as_dict()["places"] == [
        {"lat": 24.5, "lon": 123.0, "radius_m": 1000.0, "names": {"en": "Home island"}}
    ]
    assert read_names([]) == Names()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[vessels.x]\nen = 'a'", "unknown section"),
        ("[zones.x]\nde = 'a'", "unknown key 'de'"),
        ("[zones.x]\nen = ''", "1 to 120 letters"),
        ("[zones]\nx = 'a'", "must be a section"),
        ("[[places]]\nlat = 95\nlon = 1\nen = 'a'", "globe"),
        ("[[places]]\nlat = true\nlon = 1\nen = 'a'", "lat must be a number"),
        ("[[places]]\nlat = 5\nlon = 1", "no name"),
        ("zones = [", "cannot be read"),
    ],
)
def test_faults_name_file_and_key(tmp_path, text, said):
    with pytest.raises(ConfigError, match=said) as told:
        read_names([written(tmp_path, text)])
    assert "names.toml" in str(told.value)
