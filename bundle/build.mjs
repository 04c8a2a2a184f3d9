/**
 * The production form of the browser's side: `npm run build` makes `.web/<version>/` of `static/` and of the installed
 * packages that its import map names, and `.web/manifest.json`, which says of exactly which files it was made.
 *
 * One script and one sheet for what every page needs, one of each for every room, one script that working rooms share,
 * and the packages for charts and sockets by themselves: a first visit is the page and then everything at once. What is asked for is in a folder named after its contents, so
 * that browsers may keep it for ever; the folders of the last builds stay, because open windows still fetch rooms of them.
 */
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FIRST_READS } from "../static/pages/first_reads.js";
import { PLACES } from "../static/pages/places.js";
import { buildScripts, buildSheets, graphOf } from "./bundles.mjs";
import { indexOf } from "./index_page.mjs";
import { builders, inputsOf, upToDate, versionOf } from "./inputs.mjs";
import { packed } from "./packing.mjs";

const OUT = ".web";
const KEPT = 3; // builds

const started = performance.now();
if (await upToDate(OUT)) {
  say("is as it was");
} else {
  const graph = await graphOf();
  const inputs = await inputsOf(graph);
  const made = await builders();
  const version = versionOf(inputs, made);
  const scripts = await buildScripts(graph, `/built/${version}/`);
  const files = [...scripts.files, ...(await buildSheets(graph))];
  files.push({ name: "index.html", body: Buffer.from(await indexOf()) });
  await write(version, files);
  await put(join(OUT, "manifest.json"), JSON.stringify({ version, builders: made, inputs, files: files.map(({ name }) => name).sort(), rooms: scripts.needs, pages: pages() }, null, 1));
  await tidy(version);
  const script = files.filter(({ name }) => name.endsWith(".js"));
  say(`${script.length} scripts, ${kilobytes(script)} KB`);
}

/** Every page's path, as the server writes it, with its room and what its first screen reads. */
function pages() {
  return PLACES.map(([path, room]) => ({ path: asRoute(path), room, reads: (FIRST_READS[path] ?? []).map(asRoute) }));
}

/** @param {string} path `/product/:id` @returns {string} `/product/{id}` */
function asRoute(path) {
  return path.replace(/:(\w+)/g, "{$1}");
}

/** @param {string} version @param {import("./bundles.mjs").File[]} files */
async function write(version, files) {
  const folder = join(OUT, version);
  await Promise.all((await packed(files)).map(({ name, body }) => put(join(folder, name), body)));
}

/** Whole or not at all: a server may be reading. @param {string} path @param {string | Uint8Array} body */
async function put(path, body) {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}`;
  await writeFile(beside, body);
  await rename(beside, path);
}

/** @param {string} version the newest */
async function tidy(version) {
  const names = (await readdir(OUT, { withFileTypes: true })).filter((entry) => entry.isDirectory() && entry.name !== version);
  const times = await Promise.all(names.map(async ({ name }) => ({ name, at: (await stat(join(OUT, name))).mtimeMs })));
  const old = times.sort((one, other) => other.at - one.at).slice(KEPT - 1);
  await Promise.all(old.map(({ name }) => rm(join(OUT, name), { recursive: true })));
}

/** @param {import("./bundles.mjs").File[]} files */
function kilobytes(files) {
  return Math.round(files.reduce((sum, { body }) => sum + body.length, 0) / 1024);
}

/** @param {string} words */
function say(words) {
  process.stdout.write(`the web app's production form ${words} (${Math.round(performance.now() - started)} ms)\n`);
}
