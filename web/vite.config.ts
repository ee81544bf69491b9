import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

/** The offline basemap is computed from the packaged coast when it is missing or old (some 15 s of CPU, once). */
function basemap(): Plugin {
  return {
    name: "kizuna-basemap",
    async buildStart() {
      const { buildBasemap } = await import("./tools/basemap.mjs");
      buildBasemap(fileURLToPath(new URL("public/basemap", import.meta.url)));
    },
  };
}

const api = process.env["KIZUNA_API"] ?? "http://127.0.0.1:8787";

export default defineConfig({
  base: "./",
  plugins: [basemap()],
  build: {
    outDir: process.env["KIZUNA_WEB_OUT"] ?? "dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // data: scripts and styles would need a looser content security policy
    chunkSizeWarningLimit: 1500,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ["index.html", "entry.html"] },
  },
  server: { host: "127.0.0.1", proxy: Object.fromEntries(["/api", "/health"].map((p) => [p, { target: api }])) },
  worker: { format: "es" },
});
