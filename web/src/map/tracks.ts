/** Tracks as lines that fade towards the past; silences are drawn broken, for nobody knows where the vessel was. */
import type { Feature, FeatureCollection } from "geojson";
import type { TrackColumns } from "./types";

/** A silence as long as this is drawn as a gap. */
export const GAP_MS = 20 * 60 * 1000;
const PIECES = 24;

export function trackFeatures(tracks: Iterable<TrackColumns>): FeatureCollection {
  const features: Feature[] = [];
  for (const track of tracks) pieces(track, features);
  return { type: "FeatureCollection", features };
}

function pieces({ t_ms, lon, lat }: TrackColumns, out: Feature[]): void {
  const n = t_ms.length;
  const length = Math.max(2, Math.ceil(n / PIECES));
  let line: number[][] = [];
  let turn = 0;
  const end = (i: number, gap: boolean) => {
    if (line.length > 1)
      out.push({
        type: "Feature",
        properties: { strength: Math.round(100 * (0.25 + 0.75 * (i / n))) / 100, gap },
        geometry: { type: "LineString", coordinates: line },
      });
    line = line.slice(-1);
  };
  for (let i = 0; i < n; i++) {
    const silent = i > 0 && Number(t_ms[i]) - Number(t_ms[i - 1]) > GAP_MS;
    if (silent) end(i, false);
    if (i > 0 && Math.abs((lon[i] as number) - (lon[i - 1] as number)) > 180)
      turn += (lon[i] as number) < (lon[i - 1] as number) ? 360 : -360;
    line.push([(lon[i] as number) + turn, lat[i] as number]);
    if (silent) end(i, true);
    else if (line.length > length) end(i, false);
  }
  end(n, false);
}
