// Builds the admin UI into dist/ with hashed assets. Nothing is inlined, so that `script-src 'self'` holds.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env["SWITCHYARD_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2023",
    // light-dark() stays as written: these browsers have it.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/api": server, "/hooks": server } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
