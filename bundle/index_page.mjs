/** The page that names the built files; the server puts in, at `ROOM`, what the room of the asked path needs. */
import { readFile } from "node:fs/promises";

const ROOM = "<!-- room -->";
const page = await readFile("static/index.html", "utf8");
const DEVELOPERS = /^ *(<link rel="(stylesheet|modulepreload|preload)"[^>]*>|<script type="importmap">.*?<\/script>|<script type="module"[^>]*><\/script>)\n/gms;

/** The sheets that the page names, in their order. */
export const SHEETS_OF_INDEX = [...page.matchAll(/<link rel="stylesheet" href="\/(static\/[^"]+)">/g)].map(([, path]) => path);

/** @returns {string} */
export function indexOf() {
  return page.replace(DEVELOPERS, "").replace("</head>", `  ${ROOM}\n</head>`);
}
