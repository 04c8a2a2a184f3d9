/**
 * What goes into which file.
 *
 * The core is what `app.js` imports, and what the shop, where most begin, shares with other rooms; `more.js` is what
 * other rooms share; a room is what it alone imports. Each takes what it needs of those before it by their exports, which
 * are just those that somebody takes. (A bundler's own splitting would make a file for every combination of rooms that
 * share something: too many requests.)
 */
import { readFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { build } from "esbuild";
import { LAZY, PACKAGES, packages } from "./packages.mjs";
import { SHEETS_OF_INDEX } from "./index_page.mjs";

/**
 * @typedef {{name: string, body: Uint8Array}} File
 * @typedef {{path: string, name: string}} Export of a module
 * @typedef {{rooms: Map<string, string>, core: Set<string>, more: Set<string>, inputs: string[]}} Graph `rooms`: the name
 *   of each with its module; `inputs`: every script that is part of it
 * @typedef {{url: string, modules: Set<string>, exports: Map<string, Export>}} Layer what later ones take from
 */

const APP = "static/app.js";
const FRONT = "static/pages/shop/room.js";
const ROOM = /^static\/pages\/(\w+)\/room\.js$/;
// A room that takes something in another form ("* as", a default) does not build, and says so.
const NAMED = /^(?:import|export) \{([^}]*)\} from "([^"]+)";/gm;
const COMMON = { bundle: true, write: false, format: "esm", target: "es2022", preserveSymlinks: true, logLevel: "warning" };
const SMALL = { ...COMMON, minify: true, sourcemap: "linked", legalComments: "eof", define: { "import.meta.built": "true" } };

/** @returns {Promise<Graph>} */
export async function graphOf() {
  const { metafile } = await build({ ...COMMON, entryPoints: [APP], splitting: true, outdir: "out", metafile: true, plugins: [packages] });
  const all = Object.keys(metafile.inputs);
  const rooms = new Map(all.flatMap((path) => (ROOM.test(path) ? [[path.match(ROOM)[1], path]] : [])));
  const core = reached(APP);
  const times = new Map();
  for (const room of rooms.values()) for (const path of reached(room)) times.set(path, (times.get(path) ?? 0) + 1);
  const shared = [...times].flatMap(([path, count]) => (count > 1 ? [path] : []));
  const front = reached(FRONT);
  for (const path of shared) if (front.has(path)) core.add(path);
  return { rooms, core, more: new Set(shared.filter((path) => !core.has(path))), inputs: all };

  /** @param {string} from */
  function reached(from) {
    const found = new Set();
    const queue = [from];
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      if (found.has(path) || isLazy(path) || (ROOM.test(path) && path !== from)) continue;
      found.add(path);
      queue.push(...metafile.inputs[path].imports.filter(({ external }) => !external).map((one) => one.path));
    }
    return found;
  }
}

/** @param {string} path of a module */
function isLazy(path) {
  return Object.keys(LAZY).some((name) => PACKAGES[name] === path);
}

/**
 * Every script: the core, what rooms share beside it, the rooms, and the packages that are fetched by themselves.
 *
 * @param {Graph} graph
 * @returns {Promise<{files: File[], needs: Record<string, string[]>}>} `needs`: the scripts of each room beside the core
 */
export async function buildScripts(graph) {
  const { core, more, rooms, inputs } = graph;
  const own = inputs.filter((path) => path.startsWith("static/") && !core.has(path));
  const ofRooms = own.filter((path) => !more.has(path));
  const fromCore = { url: "app.js", modules: core, exports: await takenOf(core, own) };
  const fromMore = { url: "more.js", modules: more, exports: await takenOf(more, ofRooms) };
  const entryPoints = Object.fromEntries([...rooms].map(([name, path]) => [`rooms/${name}`, path]));
  const made = await Promise.all([
    build({ ...SMALL, stdin: entry(`import "./${APP}";`, fromCore), outfile: "out/app.js", plugins: [besideCore(rooms), packages] }),
    build({ ...SMALL, stdin: entry("", fromMore), outfile: "out/more.js", plugins: [fromLayers([fromCore], "./"), packages] }),
    build({ ...SMALL, entryPoints, outdir: "out", metafile: true, plugins: [fromLayers([fromCore, fromMore], "../"), packages] }),
    ...Object.entries(LAZY).map(([name, file]) => build({ ...SMALL, entryPoints: { [file]: PACKAGES[name] }, outdir: "out" })),
  ]);
  return { files: made.flatMap(({ outputFiles }) => named(outputFiles)), needs: needsOf(rooms, made[2].metafile) };
}

/** @param {string} first @param {Layer} layer */
function entry(first, { url, exports }) {
  const lines = [...exports].map(([alias, { path, name }]) => `export { ${name} as ${alias} } from "./${path}";`);
  return { contents: [first, ...lines].join("\n"), resolveDir: resolve("."), sourcefile: url };
}

/** @param {Map<string, string>} rooms @param {import("esbuild").Metafile} metafile */
function needsOf(rooms, { outputs }) {
  const takesMore = (/** @type {string} */ name) => outputs[`out/rooms/${name}.js`].imports.some(({ path }) => path === "../more.js");
  return Object.fromEntries([...rooms.keys()].map((name) => [name, [...(takesMore(name) ? ["more.js"] : []), `rooms/${name}.js`]]));
}

/**
 * What modules import from those of a layer: alias → export.
 *
 * @param {Set<string>} modules
 * @param {string[]} importers
 * @returns {Promise<Map<string, Export>>}
 */
async function takenOf(modules, importers) {
  const taken = new Map();
  for (const importer of importers) {
    for (const [, names, from] of (await readFile(importer, "utf8")).matchAll(NAMED)) {
      const path = pathOf(from, dirname(importer));
      if (!modules.has(path)) continue;
      for (const name of names.split(",").map((one) => one.trim().split(" as ")[0].trim()).filter(Boolean)) taken.set(`m${[...modules].indexOf(path)}_${name}`, { path, name });
    }
  }
  return taken;
}

/** @param {string} specifier @param {string} folder */
function pathOf(specifier, folder) {
  return PACKAGES[specifier] ?? relative(".", resolve(folder, specifier));
}

/** @param {Layer[]} layers @param {string} up where they are, as the files say that are being built @returns {import("esbuild").Plugin} */
function fromLayers(layers, up) {
  return {
    name: "from-layers",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /./ }, ({ path, kind, resolveDir, namespace }) => {
        if (namespace === "layer") return { path, external: true };
        if (path in LAZY) return { path: `${up}${LAZY[path]}.js`, external: true };
        if (kind === "entry-point") return undefined;
        const found = pathOf(path, resolveDir);
        const layer = layers.find(({ modules }) => modules.has(found));
        return layer && { path: found, namespace: "layer", pluginData: layer, sideEffects: false };
      });
      onLoad({ filter: /./, namespace: "layer" }, ({ path, pluginData: { url, exports } }) => {
        const names = [...exports].filter(([, from]) => from.path === path).map(([alias, { name }]) => `${alias} as ${name}`);
        return { contents: `export { ${names.join(", ")} } from "${up}${url}";`, loader: "js" };
      });
    },
  };
}

/** @param {Map<string, string>} rooms @returns {import("esbuild").Plugin} */
function besideCore(rooms) {
  return {
    name: "beside-core",
    setup({ onResolve }) {
      onResolve({ filter: /./ }, ({ path, kind, resolveDir }) => {
        if (path in LAZY) return { path: `./${LAZY[path]}.js`, external: true };
        if (kind !== "dynamic-import") return undefined;
        const found = relative(".", resolve(resolveDir, path));
        const room = [...rooms].find(([, module]) => module === found);
        return room && { path: `./rooms/${room[0]}.js`, external: true };
      });
    },
  };
}

/** One sheet of those that the page names, and each room's own. @param {Graph} graph */
export async function buildSheets({ rooms }) {
  const contents = SHEETS_OF_INDEX.map((path) => `@import "./${path}";`).join("\n");
  const how = { ...SMALL, target: "esnext", external: ["/npm/*", "/static/*"] };
  const [core, own] = await Promise.all([
    build({ ...how, stdin: { contents, loader: "css", resolveDir: resolve("."), sourcefile: "core.css" }, outfile: "out/app.css" }),
    build({ ...how, entryPoints: Object.fromEntries([...rooms.keys()].map((name) => [`rooms/${name}`, `static/styles/rooms/${name}.css`])), outdir: "out" }),
  ]);
  return [...named(core.outputFiles), ...named(own.outputFiles)];
}

/** @param {import("esbuild").OutputFile[]} files @returns {File[]} */
function named(files) {
  return files.map(({ path, contents }) => ({ name: relative(resolve("out"), path), body: contents }));
}
