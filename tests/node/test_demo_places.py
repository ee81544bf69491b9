from kizuna.exercise import world
from kizuna.node.demo_places import anchorages_csv, cables_geojson, names_toml
from kizuna.node.names import LANGUAGES, read_names
from kizuna.places.anchorage_lists import anchorages_from_csv
from kizuna.places.cables import cables_from_geojson


def test_anchorages_of_the_demonstration_hold_every_road_and_berth():
    found = anchorages_from_csv(anchorages_csv(), "demo")
    assert len(found.lat_deg) == 2 * len(world.ports())


def test_every_fictional_zone_and_party_has_a_name_in_every_language(tmp_path):
    (tmp_path / "names.toml").write_bytes(names_toml())
    names = read_names([tmp_path / "names.toml"])
    assert set(names.zones) == {z.zone_id for z in world.zones()}
    assert set(names.partners) == {z.claimant for z in world.zones() if z.claimant}
    assert all(set(words) == set(LANGUAGES) for kind in (names.zones, names.partners) for words in kind.values())


def test_cables_of_the_demonstration_say_that_they_are_invented():
    cables = cables_from_geojson(cables_geojson())
    assert len(cables) == 3
    assert all(c.name.startswith("EXERCISE") and "invented" in c.source and c.licence for c in cables)
