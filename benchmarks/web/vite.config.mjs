// Builds the page that is measured, from the picture's own sources: vite build --config ../benchmarks/web/vite.config.mjs
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const web = fileURLToPath(new URL("../../web/", import.meta.url));
export default {
  root: here,
  base: "./",
  publicDir: `${web}public`,
  resolve: { alias: ["maplibre-gl", "apache-arrow"].map((name) => ({ find: new RegExp(`^${name}(?=/|$)`), replacement: `${web}node_modules/${name}` })) }, // prettier-ignore
  build: { outDir: `${web}dist-bench`, emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 1500 },
  worker: { format: "es" },
};
