"""Files of shapes that name addresses and other files: nothing is asked, and nothing but the file itself is read."""

import http.server
import json
import os
import subprocess
import sys
import threading

import pytest

RING = [[120, 20], [121, 20], [121, 21], [120, 20]]
ZONE = {"type": "Feature", "properties": {"name": "SECRET"}, "geometry": {"type": "Polygon", "coordinates": [RING]}}
READ = """
import sys
from kizuna.base.errors import InputError
from kizuna.links.gis_files import layer_features, read_zones
from pathlib import Path
for name in sys.argv[1:]:
    for how in (lambda: [z.name for z in read_zones(name)],
                lambda: [p["name"] for _, p in layer_features(Path(name), ("Polygon",), "a zone")]):
        try:
            print(name.rsplit("/")[-1], how())
        except InputError:
            print(name.rsplit("/")[-1], "refused")
"""


@pytest.fixture
def asked():
    """Where a server of this machine listens, and what it was asked."""
    found = []

    class Hears(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            found.append(self.path)
            self.send_error(404)

        do_HEAD = do_POST = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hears)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", found
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_of_zones_asks_nobody_and_opens_no_other_file(tmp_path, asked):
    url, found = asked
    plain = {"type": "FeatureCollection", "features": [ZONE]}
    link = {"type": "link", "properties": {"href": f"{url}/crs", "type": "proj4"}}
    other = tmp_path / "other.geojson"
    other.write_text(json.dumps(plain))
    vrt = "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    files = {
        "crs.geojson": json.dumps({**plain, "crs": link}),
        "net.vrt": vrt.format(f"/vsicurl/{url}/far.geojson"),
        "as.kml": vrt.format(f"/vsicurl/{url}/far.geojson"),
        "near.vrt": vrt.format(other),
        "wfs.xml": f"<OGRWFSDataSource><URL>{url}/wfs</URL></OGRWFSDataSource>",
        "steps.gdalg.json": json.dumps(
            {
                "type": "gdal_streamed_alg",
                "command_line": f"gdal vector pipeline ! read {other} ! write --of stream streamed_dataset x",
            }
        ),
        "good.geojson": json.dumps({**plain, "crs": {"type": "name", "properties": {"name": "EPSG:4326"}}}),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and k != "GDAL_SKIP"}
    env["NO_PROXY"] = "*"  # then the proxy that leads nowhere does not count
    done = subprocess.run(
        [sys.executable, "-c", READ, *(str(tmp_path / n) for n in files)],
        capture_output=True,
        text=True,
        env=env,
        check=True,
    )
    assert found == []
    said = [line.split(" ", 1) for line in done.stdout.splitlines()]
    assert len(said) == 2 * len(files)
    for name, what in said:
        assert what == ("['SECRET']" if name == "good.geojson" else "refused"), done.stdout


def test_reading_a_file_leaves_no_setting_of_gdal_behind(tmp_path):
    crs = {"type": "name", "properties": {"name": "EPSG:4326"}}
    (tmp_path / "z.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [ZONE], "crs": crs}))
    after = (
        "\nimport os, pyogrio\nprint(os.environ.get('GDAL_SKIP'), pyogrio.get_gdal_config_option('GDAL_HTTP_PROXY'))"
    )
    env = {k: v for k, v in os.environ.items() if not k.startswith("GDAL_")}
    done = subprocess.run(
        [sys.executable, "-c", READ + after, str(tmp_path / "z.geojson")],
        capture_output=True,
        text=True,
        env=env,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "None None"
