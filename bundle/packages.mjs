/** Third-party code: exactly the files that the page's import map names, so that both forms run the same. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

/** Fetched beside the rest, each by itself: a package's name → the name of its file. @type {Record<string, string>} */
export const LAZY = { uplot: "uplot", "socket.io-client": "socket" };
const PACKAGES_URL = "/npm/";

/** @type {Record<string, string>} a package's name → its file */
export const PACKAGES = Object.fromEntries(
  Object.entries(JSON.parse(await importMap()).imports).map(([name, url]) => [name, String(url).replace(PACKAGES_URL, "node_modules/")]),
);

async function importMap() {
  const page = await readFile("static/index.html", "utf8");
  return page.match(/<script type="importmap">(.*?)<\/script>/s)[1];
}

/** @type {import("esbuild").Plugin} */
export const packages = {
  name: "packages",
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === "entry-point" || !(path in PACKAGES)) return undefined;
      return { path: resolve(PACKAGES[path]) };
    });
  },
};
