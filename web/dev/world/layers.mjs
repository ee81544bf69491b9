// Invented overlays: none of these lines is anybody's claim, port, gate or cable.
const feature = (geometry, properties) => ({ type: "Feature", properties, geometry });
const area = (ring, properties) => feature({ type: "Polygon", coordinates: [[...ring, ring[0]]] }, properties);
const line = (coordinates, properties) => feature({ type: "LineString", coordinates }, properties);
const point = (lon, lat, properties) => feature({ type: "Point", coordinates: [lon, lat] }, properties);
const all = (...features) => ({ type: "FeatureCollection", label: "EXERCISE", features });

function grid(west, south, east, north, step, share) {
  const out = [];
  for (let x = west; x < east; x += step)
    for (let y = south; y < north; y += step) {
      const s = share(x + step / 2, y + step / 2);
      if (s > 0.02) out.push(area([[x, y], [x + step, y], [x + step, y + step], [x, y + step]], { share: Math.min(1, s), heard: Math.round(40 * Math.min(1, s)), expected: 40 })); // prettier-ignore
    }
  return all(...out);
}

export const LAYERS = {
  zones: all(
    area([[122.6, 24.9], [123.6, 24.9], [123.6, 25.5], [122.6, 25.5]], { zone_id: "z1", name: "EXERCISE area W", kind: "watch" }),
    area([[126.4, 26.9], [127.2, 27.4], [126.8, 28.0], [126.0, 27.6]], { zone_id: "z2", name: "EXERCISE area N", kind: "fishing" }),
  ),
  claims: all(
    area([[122.0, 25.2], [123.4, 27.6], [126.4, 27.2], [125.4, 24.6]], { zone_id: "a", name: "claim", claimant: "A" }),
    area([[123.8, 27.0], [127.6, 27.4], [128.2, 25.4], [124.2, 24.1]], { zone_id: "b", name: "claim", claimant: "B" }),
  ),
  ports: all(point(121.74, 25.14, { name: "EXERCISE port 1" }), point(127.67, 26.21, { name: "EXERCISE port 2" }),
    point(124.15, 24.34, { name: "EXERCISE port 3" })),
  gates: all(line([[121.8, 24.48], [122.98, 24.46]], { name: "EXERCISE gate west" }),
    line([[125.4, 24.9], [127.3, 26.1]], { name: "EXERCISE gate east" })),
  cables: all(line([[121.5, 25.2], [123.2, 26.2], [126.2, 26.9], [129.6, 28.4]], { cable_id: "ex-1", name: "EXERCISE cable 1", owner: "EXERCISE consortium", status: "in use", source: "EXERCISE: invented routes", licence: "CC0-1.0" }),
    line([[122.0, 24.0], [124.0, 23.4], [127.0, 24.9]], { cable_id: "ex-2", name: "EXERCISE cable 2", owner: "", status: "", source: "cables.kml", licence: "" })),
  coverage: grid(119, 22, 130, 30, 0.5, (x, y) => Math.max(0, ...[[121.6, 25.1], [124.1, 24.4], [127.6, 26.2]]
    .map(([a, b]) => 1.15 - Math.hypot((x - a) * 0.9, y - b) / 2.2))),
  presence: grid(119, 21, 131, 31, 0.5, (x, y) => Math.exp(-(((y - 26 - (x - 124) * 0.7) / 0.9) ** 2)) * 0.9),
}; // prettier-ignore
