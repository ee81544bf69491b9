"""Places of the simulated world, written by hand from public geography. Not for navigation.

Every position was typed from general knowledge of public charts and maps, then checked by the tests against two
coast data sets so that no lane, anchorage, ground or box touches land. Names of sea areas are neutral; the zones
are fictional exercise areas and no statement about any real boundary.

- ``NODES``: turning points, longitude and latitude in degrees east and north.
- ``LANES``: pairs of nodes joined by open water, and how far from the line ships may sail, in metres to each side.
- ``PORTS``: berth, anchorage with radius in metres, and the node at which ships join the lanes.
- ``GROUNDS``: convex polygons in which fishing vessels work. ``BOXES``: patrol boxes (west, south, east, north).
- ``STATIONS``: shore receivers with the owner's neutral name and the range of class A in metres.
- ``AIDS``: aids to navigation. ``ZONES``: fictional areas, shipped also as ``examples/zones``.
"""

from __future__ import annotations

from typing import Any, Final

SOURCE: Final = "public geography"

NODES: Final[dict[str, tuple[float, float]]] = {
    # gateways at the edge of the region: ships appear and vanish here
    "gate_southwest": (116.05, 21.75), "gate_south": (117.30, 20.05), "gate_luzon": (119.60, 20.05),
    "gate_balintang": (123.50, 20.05), "gate_pacific_south": (131.95, 21.60), "gate_pacific": (131.95, 23.20),
    "gate_daito": (131.95, 26.90), "gate_pacific_north": (131.95, 29.30), "gate_osaka": (131.95, 31.00),
    "gate_korea": (127.55, 32.95), "gate_yellow": (123.90, 32.95), "gate_yellow_west": (123.10, 32.95),
    # west side of the strait
    "shantou": (117.30, 22.55), "strait_w1": (118.35, 23.25), "strait_w2": (118.95, 24.00),
    "strait_w3": (119.75, 24.85), "strait_w4": (120.55, 25.75), "strait_w5": (121.25, 26.75),
    "zhejiang_s": (122.10, 28.10), "zhejiang_n": (122.95, 29.25), "zhoushan_e": (123.35, 30.30),
    "shanghai": (122.75, 31.05), "ningbo": (122.75, 29.62), "wenzhou": (121.45, 27.72), "xiamen": (118.32, 24.22),
    # channel between Penghu and the main island, west coast of Taiwan
    "kaohsiung": (120.13, 22.53), "anping": (119.98, 22.92), "penghu_s": (119.86, 22.95),
    "penghu_e": (119.88, 23.35), "mailiao": (119.98, 23.80), "taichung": (120.30, 24.33), "hsinchu": (120.65, 25.00),
    "taipei": (121.22, 25.33), "cape_n": (121.60, 25.42), "keelung": (121.74, 25.28), "magong": (119.64, 23.45),
    "strait_mid": (119.55, 24.30),
    # south and east of Taiwan
    "liuqiu_w": (120.18, 22.20), "eluanbi": (120.86, 21.50), "bashi": (121.60, 21.55), "bashi_w": (119.60, 21.30),
    "bashi_e": (123.20, 21.90), "hualien": (121.80, 23.95), "suao": (122.02, 24.62), "taitung": (121.95, 22.75),
    "east_mid": (122.35, 23.60), "yonaguni_w": (122.45, 24.45), "northeast": (122.30, 25.25),
    "north_mid": (122.55, 26.00), "ecs_mid": (123.20, 27.40),
    # Yaeyama, Miyako, Okinawa
    "yonaguni": (122.88, 24.50), "yaeyama_n": (123.60, 24.75), "ishigaki": (124.14, 24.28),
    "ishigaki_n": (124.02, 24.75), "ishigaki_e": (124.48, 24.42), "tarama_n": (124.75, 24.98),
    "miyako": (125.20, 24.98),
    "ishigaki_s": (124.00, 23.85), "yaeyama_s": (123.30, 23.80), "miyako_s": (125.30, 24.40),
    "strait_miyako_s": (126.50, 24.95), "strait_miyako": (126.05, 25.55), "strait_miyako_n": (125.45, 26.20),
    "naha": (127.615, 26.225), "naha_n": (127.62, 26.45), "naha_s": (127.59, 26.02), "kerama_s": (126.55, 25.95),
    "okinawa_s": (127.60, 25.85),
    "okinawa_se": (128.05, 25.95), "nakagusuku": (128.05, 26.12), "motobu_w": (127.55, 26.90),
    "okinawa_e": (128.80, 26.40), "ryukyu_s1": (127.20, 24.40), "ryukyu_s2": (129.80, 24.10),
    # north Ryukyu and Kyushu
    "iheya_w": (127.75, 27.25), "amami_w": (128.85, 28.20), "amami_n": (129.45, 28.60), "naze": (129.47, 28.47),
    "tokara_s": (129.85, 28.85), "tokara_e": (130.15, 29.80), "yaku_w": (129.98, 30.25),
    "yaku_nw": (130.05, 30.68), "osumi_w": (130.15, 31.02), "osumi_m": (130.50, 30.95), "osumi": (130.75, 30.88),
    "osumi_e": (131.25, 30.98),
    "danjo_w": (127.85, 31.90), "kyushu_w": (129.30, 31.60), "ecs_east": (127.00, 29.60), "ecs_north": (125.20, 31.40),
    "ecs_south": (125.00, 27.60),
    # meeting and waiting sites in open water
    "site_strait": (119.15, 24.42), "site_southwest": (119.10, 21.95), "site_bashi": (122.30, 21.30),
    "site_east": (123.00, 23.00), "site_ecs": (123.90, 26.60), "site_ecs_n": (124.40, 29.40),
    "site_okinawa": (126.80, 25.20), "site_amami": (128.00, 28.90), "site_pacific": (129.00, 25.20),
    "site_tokara": (128.60, 30.10), "site_kaohsiung": (119.85, 22.35), "site_hualien": (122.05, 23.70),
    "site_yilan": (122.35, 24.85), "site_keelung": (121.85, 25.85), "site_yaeyama": (124.60, 24.00),
    "site_kerama": (127.35, 25.80), "site_okinawa_e": (128.75, 26.75), "site_amami_w": (128.70, 28.55),
    "site_lanyu": (121.90, 21.62),
}  # fmt: skip

LANES: Final[tuple[tuple[str, str, float], ...]] = (
    # the strait, west side, and the coast to Shanghai
    ("gate_southwest", "shantou", 6000), ("shantou", "strait_w1", 5000), ("strait_w1", "strait_w2", 4500),
    ("strait_w2", "strait_w3", 4000), ("strait_w3", "strait_w4", 4000), ("strait_w4", "strait_w5", 5000),
    ("strait_w5", "zhejiang_s", 5000), ("zhejiang_s", "zhejiang_n", 5000), ("zhejiang_n", "zhoushan_e", 5000),
    ("zhoushan_e", "shanghai", 3500), ("zhejiang_n", "ningbo", 2000), ("shanghai", "gate_yellow_west", 6000),
    ("zhoushan_e", "gate_yellow", 8000), ("strait_w5", "wenzhou", 2500), ("wenzhou", "zhejiang_s", 2500),
    ("xiamen", "strait_w2", 1500), ("strait_w2", "site_strait", 2500), ("site_strait", "strait_mid", 2500),
    ("strait_mid", "taichung", 3500), ("strait_mid", "strait_w3", 3000),
    # Taiwan, west coast
    ("kaohsiung", "penghu_s", 2500), ("kaohsiung", "anping", 2000), ("anping", "penghu_s", 2000),
    ("penghu_s", "penghu_e", 2500), ("penghu_e", "mailiao", 2500), ("mailiao", "taichung", 2500),
    ("taichung", "hsinchu", 3000), ("hsinchu", "taipei", 3000), ("taipei", "cape_n", 3000), ("cape_n", "keelung", 1800),
    ("keelung", "northeast", 2500), ("cape_n", "north_mid", 3000), ("hsinchu", "strait_w4", 4000),
    ("magong", "penghu_e", 1200), ("kaohsiung", "shantou", 6000),
    # south, Luzon strait
    ("kaohsiung", "liuqiu_w", 2500), ("liuqiu_w", "eluanbi", 4000), ("eluanbi", "bashi", 4000),
    ("bashi", "bashi_e", 6000),
    ("liuqiu_w", "bashi_w", 6000), ("kaohsiung", "site_southwest", 5000), ("site_southwest", "gate_south", 8000),
    ("site_southwest", "bashi_w", 6000), ("bashi_w", "gate_luzon", 8000), ("bashi_w", "gate_south", 8000),
    ("bashi_w", "eluanbi", 6000), ("bashi_w", "gate_southwest", 8000), ("bashi", "site_bashi", 5000),
    ("site_bashi", "bashi_e", 5000), ("bashi_e", "gate_balintang", 8000), ("bashi_e", "gate_pacific_south", 9000),
    ("bashi_e", "ryukyu_s1", 9000), ("bashi_e", "site_east", 7000),
    # east of Taiwan
    ("bashi", "taitung", 3500), ("taitung", "east_mid", 4000), ("east_mid", "hualien", 2500),
    ("taitung", "hualien", 2500),
    ("east_mid", "yonaguni_w", 3500), ("hualien", "suao", 2500), ("suao", "northeast", 2500),
    ("suao", "yonaguni_w", 3000),
    ("yonaguni_w", "northeast", 3500), ("northeast", "north_mid", 3500), ("north_mid", "ecs_mid", 6000),
    ("north_mid", "strait_w5", 5000), ("ecs_mid", "zhejiang_n", 7000), ("ecs_mid", "zhoushan_e", 7000),
    ("ecs_mid", "site_ecs", 6000), ("north_mid", "site_ecs", 6000), ("site_ecs", "ecs_south", 6000),
    ("east_mid", "site_east", 5000), ("site_east", "yaeyama_s", 4000), ("site_east", "ryukyu_s1", 8000),
    # Yaeyama, Miyako, Okinawa
    ("yonaguni_w", "yonaguni", 1000), ("yonaguni", "yaeyama_n", 1500), ("northeast", "yaeyama_n", 5000),
    ("yaeyama_n", "ishigaki_n", 2500), ("ishigaki", "ishigaki_e", 400), ("ishigaki_e", "tarama_n", 2500),
    ("ishigaki_n", "tarama_n", 2500),
    ("tarama_n", "miyako", 2500), ("miyako", "strait_miyako", 3500), ("yaeyama_s", "ishigaki_s", 2500),
    ("ishigaki_s", "miyako_s", 2500), ("ishigaki_s", "ishigaki", 1000), ("miyako_s", "strait_miyako_s", 4000),
    ("yaeyama_s", "ryukyu_s1", 6000), ("strait_miyako_s", "strait_miyako", 6000),
    ("strait_miyako", "strait_miyako_n", 6000), ("strait_miyako_n", "ecs_south", 7000),
    ("strait_miyako_s", "ryukyu_s1", 7000),
    ("strait_miyako_s", "site_okinawa", 5000), ("site_okinawa", "okinawa_s", 4000), ("strait_miyako", "kerama_s", 3000),
    ("kerama_s", "okinawa_s", 3000), ("naha", "naha_n", 1000), ("naha", "naha_s", 700), ("naha_s", "okinawa_s", 1500),
    ("okinawa_s", "okinawa_se", 2500),
    ("okinawa_se", "nakagusuku", 1500), ("okinawa_se", "okinawa_e", 4000), ("okinawa_se", "site_pacific", 6000),
    ("naha_n", "motobu_w", 2500), ("motobu_w", "iheya_w", 2500), ("iheya_w", "amami_w", 2500),
    ("amami_w", "amami_n", 2500), ("amami_n", "naze", 1200), ("amami_n", "tokara_s", 2500),
    ("tokara_s", "tokara_e", 2500), ("tokara_e", "yaku_w", 2500), ("yaku_w", "yaku_nw", 2500),
    ("yaku_nw", "osumi_w", 2500),
    ("osumi_w", "osumi_m", 2000), ("osumi_m", "osumi", 1500), ("osumi", "osumi_e", 1500),
    ("osumi_e", "gate_osaka", 4000),
    ("osumi_w", "kyushu_w", 4000), ("kyushu_w", "danjo_w", 4000), ("danjo_w", "gate_korea", 6000),
    ("danjo_w", "ecs_north", 7000), ("ecs_north", "shanghai", 7000), ("ecs_north", "gate_yellow", 8000),
    ("ecs_east", "kyushu_w", 7000), ("ecs_east", "site_amami", 6000), ("site_amami", "iheya_w", 4000),
    ("ecs_east", "site_tokara", 6000), ("site_tokara", "yaku_w", 4000), ("site_tokara", "kyushu_w", 6000),
    ("ecs_south", "ecs_east", 8000), ("ecs_south", "site_ecs_n", 7000), ("site_ecs_n", "zhoushan_e", 6000),
    ("site_ecs_n", "ecs_north", 7000), ("ecs_south", "zhejiang_n", 8000), ("ecs_east", "ecs_north", 8000),
    ("danjo_w", "ecs_south", 8000), ("motobu_w", "ecs_south", 4000), ("motobu_w", "ecs_east", 5000),
    # to the sites near the coasts
    ("kaohsiung", "site_kaohsiung", 1500), ("site_kaohsiung", "bashi_w", 4000), ("site_hualien", "east_mid", 2000),
    ("site_hualien", "hualien", 1500), ("site_yilan", "northeast", 2500), ("site_yilan", "yonaguni_w", 2500),
    ("site_yilan", "suao", 2500), ("site_keelung", "north_mid", 2500), ("site_keelung", "cape_n", 2500),
    ("site_yaeyama", "ishigaki_s", 2500), ("site_yaeyama", "miyako_s", 2500), ("site_kerama", "okinawa_s", 2000),
    ("site_kerama", "kerama_s", 2500), ("site_okinawa_e", "okinawa_e", 3000),
    ("site_okinawa_e", "gate_pacific_north", 6000), ("site_amami_w", "amami_w", 2500),
    ("site_amami_w", "site_amami", 3000),
    ("site_lanyu", "bashi", 2500), ("site_lanyu", "bashi_e", 4000), ("site_lanyu", "taitung", 2500),
    # Pacific side
    ("ryukyu_s1", "ryukyu_s2", 9000), ("ryukyu_s2", "gate_pacific", 9000), ("ryukyu_s1", "site_pacific", 8000),
    ("site_pacific", "okinawa_e", 5000), ("site_pacific", "gate_daito", 6000),
    ("okinawa_e", "gate_pacific_north", 8000),
    ("gate_pacific_south", "ryukyu_s2", 9000), ("okinawa_e", "gate_daito", 8000),
    ("gate_pacific_north", "osumi_e", 6000),
)  # fmt: skip

GATE_WEIGHTS: Final = {
    "gate_southwest": 5.0, "gate_south": 2.0, "gate_luzon": 1.5, "gate_balintang": 1.0, "gate_pacific_south": 1.0,
    "gate_pacific": 1.5, "gate_daito": 1.0, "gate_pacific_north": 1.0, "gate_osaka": 3.0, "gate_korea": 3.0,
    "gate_yellow": 2.0, "gate_yellow_west": 3.0,
}  # fmt: skip
"""How often ships come and go through each gate, relative; rough, the strait being the busiest way."""

OFFSHORE_SITES: Final = ("site_kaohsiung", "site_hualien", "site_yaeyama", "site_lanyu")
"""Sites well heard from shore and more than 25 nm off it, where ships wait long enough to be called loitering."""

PORTS: Final[dict[str, tuple[str, tuple[float, float, float], tuple[float, float, float]]]] = {
    # name: node, berth area, anchorage (longitude, latitude, radius in metres)
    "Kaohsiung": ("kaohsiung", (120.255, 22.570, 300), (120.190, 22.600, 3500)),
    "Anping": ("anping", (120.135, 22.972, 250), (120.060, 22.950, 2000)),
    "Mailiao": ("mailiao", (120.145, 23.790, 300), (120.080, 23.780, 3000)),
    "Taichung": ("taichung", (120.475, 24.295, 300), (120.400, 24.280, 3500)),
    "Taipei": ("taipei", (121.355, 25.180, 300), (121.300, 25.240, 3000)),
    "Keelung": ("keelung", (121.747, 25.168, 150), (121.790, 25.240, 1500)),
    "Hualien": ("hualien", (121.650, 23.972, 250), (121.690, 23.930, 2000)),
    "Suao": ("suao", (121.893, 24.597, 250), (121.930, 24.600, 1500)),
    "Magong": ("magong", (119.600, 23.505, 150), (119.630, 23.490, 900)),
    "Yonaguni": ("yonaguni", (122.930, 24.478, 150), (122.900, 24.495, 700)),
    "Ishigaki": ("ishigaki", (124.140, 24.318, 200), (124.145, 24.285, 900)),
    "Hirara": ("miyako", (125.255, 24.820, 200), (125.230, 24.850, 700)),
    "Naha": ("naha", (127.640, 26.218, 200), (127.600, 26.290, 900)),
    "Nakagusuku": ("nakagusuku", (127.940, 26.200, 250), (127.970, 26.180, 1800)),
    "Naze": ("naze", (129.487, 28.425, 150), (129.470, 28.470, 1500)),
    "Shanghai": ("shanghai", (121.985, 30.950, 400), (122.600, 31.100, 9000)),
    "Ningbo": ("ningbo", (122.330, 29.715, 400), (122.660, 29.620, 5000)),
    "Wenzhou": ("wenzhou", (121.160, 27.800, 300), (121.300, 27.740, 2500)),
    "Xiamen": ("xiamen", (118.200, 24.300, 300), (118.270, 24.240, 2500)),
}  # fmt: skip

FERRIES: Final = (("Naha", "Naze"), ("Ishigaki", "Hirara"), ("Keelung", "Ishigaki"), ("Naha", "Nakagusuku"),
                  ("Anping", "Magong"), ("Kaohsiung", "Magong"), ("Suao", "Yonaguni"),
                  ("Taichung", "Xiamen"))  # fmt: skip
"""Ports joined by simulated ferries; real lines and timetables are not copied."""

GROUNDS: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "strait_centre": ((118.95, 24.30), (119.30, 24.10), (119.85, 24.35), (119.75, 24.70), (119.30, 24.60)),
    "strait_north": ((120.15, 25.15), (120.55, 25.20), (120.95, 25.65), (120.70, 25.90), (120.30, 25.60)),
    "southwest_bank": ((118.60, 22.55), (119.30, 22.45), (119.50, 22.85), (118.95, 23.05)),
    "northeast_bank": ((122.35, 25.60), (123.05, 25.55), (123.30, 26.10), (122.60, 26.15)),
    "zhejiang_bank": ((122.70, 27.60), (123.70, 27.50), (124.00, 28.60), (123.10, 28.70)),
    "ecs_centre": ((124.30, 28.60), (125.60, 28.40), (125.80, 29.80), (124.60, 30.00)),
    "changjiang_bank": ((123.60, 30.90), (125.00, 30.80), (125.00, 32.00), (123.80, 32.10)),
    "kuroshio_east": ((122.25, 22.90), (122.80, 22.70), (123.10, 23.50), (122.60, 23.70)),
    "yaeyama_north": ((123.20, 25.00), (124.10, 24.98), (124.40, 25.45), (123.60, 25.50)),
    "okinawa_west": ((125.60, 26.45), (126.60, 26.65), (126.80, 27.20), (125.90, 27.30)),
    "okinawa_south": ((126.80, 24.60), (128.20, 24.90), (128.00, 25.55), (127.00, 25.50)),
    "tokara_west": ((127.80, 29.20), (128.90, 29.10), (129.00, 29.90), (128.10, 30.10)),
    "bashi_bank": ((122.20, 21.00), (123.10, 20.90), (123.20, 21.60), (122.40, 21.75)),
}  # fmt: skip

BOXES: Final[dict[str, tuple[float, float, float, float]]] = {
    "strait_south": (118.75, 22.70, 119.20, 23.00), "hsinchu": (120.35, 25.00, 120.75, 25.35),
    "keelung_north": (121.55, 25.65, 121.90, 25.95), "suao_east": (122.15, 24.25, 122.60, 24.75),
    "hualien_east": (121.95, 23.35, 122.35, 23.85), "eluanbi_south": (120.60, 21.20, 121.20, 21.60),
    "yonaguni_south": (122.75, 23.90, 123.35, 24.25), "yaeyama_north": (123.50, 24.80, 124.20, 25.20),
    "miyako_east": (125.80, 24.80, 126.40, 25.30), "okinawa_west": (126.30, 26.45, 126.60, 26.90),
    "okinawa_east": (128.30, 26.00, 128.90, 26.40), "amami_northwest": (128.50, 28.40, 128.85, 29.00),
    "zhejiang": (122.60, 28.30, 123.20, 28.80), "bashi_north": (122.00, 21.40, 122.80, 21.80),
}  # fmt: skip

STATIONS: Final[tuple[tuple[str, str, float, float, float], ...]] = (
    # id, owner, longitude, latitude, range of class A in metres (grows with the height of the antenna)
    ("EXA-01", "A", 121.75, 25.14, 105e3), ("EXA-02", "A", 121.35, 25.08, 80e3), ("EXA-03", "A", 120.92, 24.82, 70e3),
    ("EXA-04", "A", 120.52, 24.25, 75e3), ("EXA-05", "A", 120.18, 23.75, 65e3), ("EXA-06", "A", 119.60, 23.57, 75e3),
    ("EXA-07", "A", 120.27, 22.63, 95e3), ("EXA-08", "A", 120.85, 21.95, 105e3), ("EXA-09", "A", 121.49, 22.66, 95e3),
    ("EXA-10", "A", 121.60, 23.97, 100e3), ("EXA-11", "A", 121.87, 24.57, 100e3), ("EXA-12", "A", 119.93, 26.16, 80e3),
    ("EXA-13", "A", 122.08, 25.63, 80e3), ("EXA-14", "A", 121.55, 22.05, 105e3),
    ("EXB-01", "B", 122.99, 24.46, 95e3), ("EXB-02", "B", 124.19, 24.43, 110e3), ("EXB-03", "B", 125.32, 24.78, 70e3),
    ("EXB-04", "B", 126.77, 26.36, 95e3), ("EXB-05", "B", 127.70, 26.12, 90e3), ("EXB-06", "B", 128.20, 26.70, 105e3),
    ("EXB-07", "B", 128.60, 27.37, 85e3), ("EXB-08", "B", 129.30, 28.30, 110e3), ("EXB-09", "B", 129.70, 29.60, 95e3),
    ("EXB-10", "B", 130.95, 30.60, 90e3), ("EXB-11", "B", 130.60, 31.10, 95e3), ("EXB-12", "B", 128.38, 32.00, 85e3),
    ("EXC-01", "C", 122.40, 29.90, 85e3), ("EXC-02", "C", 121.90, 28.45, 70e3), ("EXC-03", "C", 122.20, 31.20, 75e3),
)  # fmt: skip
SATELLITE: Final = ("EXS-01", "C")
"""Id and owner of the satellite receiver; it hears type 27 during passes only."""

AIDS: Final[tuple[tuple[str, float, float, int, bool], ...]] = (
    # name, longitude, latitude, type of aid (M.1371, type 21), virtual
    ("EXERCISE BUOY 1", 120.16, 22.55, 14, False), ("EXERCISE BUOY 2", 121.66, 25.35, 30, False),
    ("EXERCISE BUOY 3", 127.60, 26.24, 24, False), ("EXERCISE MARK 4", 124.14, 24.26, 20, True),
    ("EXERCISE MARK 5", 122.45, 31.02, 20, True),
)  # fmt: skip

ZONES: Final[tuple[dict[str, Any], ...]] = (
    {"zone_id": "ex-conservation-1", "name": "Exercise fishing conservation area 1", "kind": "fishing_conservation",
     "claimant": "", "basis": "fictional, for exercises only",
     "ring": ((125.95, 26.70), (126.20, 26.62), (126.50, 26.74), (126.46, 27.02), (126.22, 26.92), (126.00, 27.06),
              (125.95, 26.70))},
    {"zone_id": "ex-conservation-2", "name": "Exercise fishing conservation area 2", "kind": "fishing_conservation",
     "claimant": "", "basis": "fictional, for exercises only",
     "ring": ((122.55, 25.68), (122.80, 25.64), (122.88, 25.86), (122.62, 25.92), (122.55, 25.68))},
    {"zone_id": "ex-precaution-1", "name": "Exercise precautionary area 1", "kind": "precautionary_area",
     "claimant": "", "basis": "fictional, for exercises only",
     "ring": ((121.45, 25.36), (121.62, 25.34), (121.78, 25.38), (121.78, 25.52), (121.62, 25.56), (121.45, 25.52),
              (121.45, 25.36))},
    {"zone_id": "ex-claim-a", "name": "Exercise water, as Party A states it", "kind": "claim", "claimant": "Party A",
     "basis": "fictional assertion of Party A", "ring": (
         (128.45, 26.55), (128.95, 26.58), (129.05, 26.95), (128.50, 27.00), (128.45, 26.55))},
    {"zone_id": "ex-claim-b", "name": "Exercise water, as Party B states it", "kind": "claim", "claimant": "Party B",
     "basis": "fictional assertion of Party B", "ring": (
         (128.64, 26.60), (129.20, 26.62), (129.25, 27.02), (128.62, 26.98), (128.64, 26.60))},
)  # fmt: skip
