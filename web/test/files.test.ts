import { expect, test } from "vitest";
import { fileLink, toldLink } from "../src/panels/files";

test("a file of a vessel holds the hours before the moment shown; what is now has no times", () => {
  expect(fileLink({ what: "fixes", mmsi: 431000001, to: 86_400_000.5, hours: 12 }, "gpx")).toBe("/feeds/fixes.gpx?mmsi=431000001&from=43200000&to=86400001");
  expect(fileLink({ what: "events", to: 86_400_000 }, "parquet")).toBe("/feeds/events.parquet?from=0&to=86400000");
  expect(fileLink({ what: "vessels" }, "kml")).toBe("/feeds/vessels.kml");
});

test("a file of what a partner was told holds the hours that its view shows", () => {
  expect(toldLink("south", 43_200_000.5, 86_400_000.5, "stix")).toBe("/api/sharing/as/south/export?format=stix&from=43200000&to=86400001");
});
