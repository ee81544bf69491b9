from fake_keep import fix
from station import NOW

import pyarrow as pa


def arrow(answer):
    assert answer.status_code == 200, answer.text
    return pa.ipc.open_stream(answer.content).read_all()


def test_nothing_but_health_without_login_then_the_picture(here):
    here.store.add(fix(431000001, NOW - 5000, 24.5, 123.25, sog_kn=12.3, cog_deg=45.0))
    here.store.say(431000001, shipname="HOKUTO", ship_type=70)
    stranger = here.browser()
    assert stranger.get("/health").json() == {"ok": True}
    assert stranger.get("/api/picture").status_code == 401
    viewer = here.user("viewer")
    assert viewer.get("/api/me").json()["role"] == "viewer"
    answer = viewer.get("/api/picture")
    table = arrow(answer)
    assert answer.headers["x-kizuna-version"] == "2"
    assert table.to_pylist() == [
        {
            "mmsi": 431000001,
            "lon_e7": 1232500000,
            "lat_e7": 245000000,
            "t_s": NOW // 1000 - 5,
            "sog_dkn": 123,
            "cog_ddeg": 450,
            "kind": 1,
            "origin": 0,
            "flags": 0,
            "cell": 0,
        }
    ]
    assert arrow(viewer.get("/api/picture?since=2")).num_rows == 0
    card = viewer.get("/api/vessels/431000001").json()
    assert card["names"][0]["name"] == "HOKUTO" and card["flag"] == "Japan"
    assert viewer.get("/api/search?q=hokuto").json()["results"][0]["mmsi"] == 431000001
    assert arrow(viewer.get(f"/api/vessels/431000001/track?from={NOW - 10000}&to={NOW}")).num_rows == 1
    assert "not built" in viewer.get("/").text
