import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds the API and the socket. */
const gateway = process.env.SHAREWISE_GATEWAY_URL ?? "http://localhost:8000";

/**
 * sonner writes its styles into a <style> of its own when it is imported, which our content security policy refuses.
 * We link the same styles as a file (src/ui/toasts.tsx) and cut the call out of the module.
 */
function sonnerStylesAsFile(): Plugin {
  return {
    name: "sharewise:sonner-styles-as-file",
    transform(code, id) {
      if (!id.includes("/node_modules/sonner/dist/index.mjs")) return null;
      const cut = code.replace(/^__insertCSS\(".*"\);?$/m, "");
      if (cut === code) this.error("sonner no longer inserts its styles the way this plugin expects");
      return { code: cut, map: null };
    },
  };
}

export default defineConfig({
  plugins: [react(), sonnerStylesAsFile()],
  resolve: {
    alias: [
      { find: "@", replacement: fileURLToPath(new URL("./src", import.meta.url)) },
      // Its package names the build with the warnings for developers only.
      { find: /^react-router$/, replacement: fileURLToPath(new URL("./node_modules/react-router/dist/production/index.mjs", import.meta.url)) },
    ],
  },
  // The gateway replaces this literal in index.html by a fresh nonce for each answer.
  html: { cspNonce: "__CSP_NONCE__" },
  server: {
    port: 3000,
    strictPort: true,
    proxy: {
      // The refresh cookie is bound to the page's origin, so the door must see its own.
      "/api": { target: gateway, changeOrigin: true, headers: { origin: gateway } },
      "/docs": { target: gateway, changeOrigin: true },
      "/ws": { target: gateway, changeOrigin: true, ws: true, headers: { origin: gateway } },
    },
  },
  build: {
    manifest: true,
    // Nothing as data: addresses, so that the policy needs no exception for them.
    assetsInlineLimit: 0,
    // MUI 9's floor (experience of the error pages: "unsupported browser").
    target: ["chrome117", "edge121", "firefox121", "safari17"],
    // A group of the API's calls injects itself when it is loaded, and who uses none of it does without: so "@/api" is one
    // front for all, and each page brings the groups that it uses. Emotion brings hoist-non-react-statics for a part that
    // nobody here uses.
    rolldownOptions: { treeshake: { moduleSideEffects: [{ test: /\/src\/api\/|\/hoist-non-react-statics\//, sideEffects: false }] } },
    modulePreload: { polyfill: false },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
    css: false,
    // A busy machine is slow, not wrong.
    testTimeout: 20_000,
  },
});
