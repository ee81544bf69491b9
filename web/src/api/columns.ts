/** Arrow IPC streams as columns of typed arrays. Reading copies nothing unless a column came in several pieces. */
import { type Table, tableFromIPC } from "apache-arrow";
import type { BlockColumns, PictureColumns, TrackColumns } from "../map/types";

type Typed = { readonly length: number };

function column<T extends Typed>(table: Table, name: string, empty: T): T {
  const found = table.getChild(name);
  if (!found) {
    if (table.numRows === 0) return empty;
    throw new Error(`the node sent no column ${name}`);
  }
  return found.toArray() as unknown as T;
}

export function readPicture(bytes: Uint8Array): PictureColumns {
  const t = tableFromIPC(bytes);
  const i32 = (name: string) => column(t, name, new Int32Array());
  const i16 = (name: string) => column(t, name, new Int16Array());
  const i8 = (name: string) => column(t, name, new Int8Array());
  return {
    mmsi: i32("mmsi"), lon_e7: i32("lon_e7"), lat_e7: i32("lat_e7"), t_s: i32("t_s"), sog_dkn: i16("sog_dkn"),
    cog_ddeg: i16("cog_ddeg"), kind: i8("kind"), origin: i8("origin"), flags: i8("flags"),
    cell: t.getChild("cell") ? i8("cell") : null,
  }; // prettier-ignore
}

export function readBlock(bytes: Uint8Array): BlockColumns {
  const t = tableFromIPC(bytes);
  const i32 = (name: string) => column(t, name, new Int32Array());
  const i16 = (name: string) => column(t, name, new Int16Array());
  return {
    mmsi: i32("mmsi"), t_s: i32("t_s"), lon_e7: i32("lon_e7"), lat_e7: i32("lat_e7"), sog_dkn: i16("sog_dkn"),
    cog_ddeg: i16("cog_ddeg"), cell: t.getChild("cell") ? column(t, "cell", new Int8Array()) : null,
  }; // prettier-ignore
}

export function readTrack(bytes: Uint8Array): TrackColumns {
  const t = tableFromIPC(bytes);
  return {
    t_ms: column(t, "t_ms", new BigInt64Array()),
    lon: column(t, "lon", new Float64Array()),
    lat: column(t, "lat", new Float64Array()),
    sog: column(t, "sog", new Float32Array()),
  };
}
