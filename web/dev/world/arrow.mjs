// Arrow IPC streams from typed arrays, by the library that the picture reads them with.
import { tableFromArrays, tableToIPC } from "apache-arrow";

export const ipc = (columns) => Buffer.from(tableToIPC(tableFromArrays(columns), "stream"));
