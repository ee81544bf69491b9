import { expect, test } from "vitest";
import { fileLink } from "../src/panels/files";

test("a file of a vessel holds the hours before the moment shown; what is now has no times", () => {
  expect(fileLink({ what: "fixes", mmsi: 431000001, to: 86_400_000.5, hours: 12 }, "gpx")).toBe("/feeds/fixes.gpx?mmsi=431000001&from=43200000&to=86400001");
  expect(fileLink({ what: "events", to: 86_400_000 }, "parquet")).toBe("/feeds/events.parquet?from=0&to=86400000");
  expect(fileLink({ what: "vessels" }, "kml")).toBe("/feeds/vessels.kml");
});
