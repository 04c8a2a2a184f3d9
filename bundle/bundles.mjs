/**
 * What goes into which file.
 *
 * The core is what `app.js` imports, and what the shop, where most begin, shares with other rooms; `more.js` is what
 * other rooms share; a room is what it alone imports. Each takes what it needs of those before it from where they put it,
 * `LAYERS`: just what somebody takes. (A bundler's own splitting would make a file for every combination of rooms that
 * share something: too many requests. And nobody can import from a script that stands in the page itself.)
 *
 * A first visit's script, one for each room to begin in, is the core and the room in one, for the page itself.
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
 * @typedef {{name: string, modules: Set<string>, exports: Map<string, Export>, from: string}} Layer what later ones take
 *   from; `from`: the script that those import who take from it, "" for what is always there
 */

const APP = "static/app.js";
const FRONT = "static/pages/shop/room.js";
const ROOM = /^static\/pages\/(\w+)\/room\.js$/;
// A room that takes something in another form ("* as", a default) does not build, and says so.
const NAMED = /^(?:import|export) \{([^}]*)\} from "([^"]+)";/gm;
const COMMON = { bundle: true, write: false, format: "esm", target: "es2022", preserveSymlinks: true, logLevel: "warning" };
const SMALL = { ...COMMON, minify: true, sourcemap: "linked", legalComments: "eof" };
const HERE = "here:";
const LAYERS = 'globalThis[Symbol.for("ivorycart.layers")]';

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
 * Every script: the core, what rooms share beside it, the rooms, what a first visit to each gets within the page, and the
 * packages that are fetched by themselves.
 *
 * @param {Graph} graph
 * @param {string} base where all of it will be: the address of the folder
 * @returns {Promise<{files: File[], needs: Record<string, string[]>}>} `needs`: the scripts of each room beside the core
 */
export async function buildScripts(graph, base) {
  const { core, more, rooms, inputs } = graph;
  const own = inputs.filter((path) => path.startsWith("static/") && !core.has(path));
  const ofRooms = own.filter((path) => !more.has(path));
  const app = { name: "app", from: "", modules: core, exports: await takenOf(core, own) };
  const shared = { name: "more", from: `${base}more.js`, modules: more, exports: await takenOf(more, ofRooms) };
  const how = { ...SMALL, define: { "import.meta.built": JSON.stringify(base) } };
  const whole = [beside(rooms, base), packages];
  const outside = await build({
    ...how,
    entryPoints: Object.fromEntries([...rooms].map(([name, path]) => [`rooms/${name}`, path])),
    outdir: "out",
    metafile: true,
    plugins: [fromLayers([app, shared]), ...whole],
  });
  const needs = needsOf(rooms, outside.metafile, shared.from);
  const made = await Promise.all([
    build({ ...how, stdin: entry(['import "./static/app.js";'], app), outfile: "out/app.js", plugins: whole }),
    build({ ...how, ...onlyOnce(shared), stdin: entry([], shared), outfile: "out/more.js", plugins: [fromLayers([app]), ...whole] }),
    ...[...rooms].map(([name, path]) => {
      const layers = needs[name].includes("more.js") ? [app, shared] : [app];
      const stdin = entry([`import "${HERE}${name}";`, 'import "./static/app.js";'], ...layers);
      return build({ ...how, sourcemap: false, stdin, outfile: `out/first/${name}.js`, plugins: [isHere(name, path), ...whole] }).then(standsInPages);
    }),
    ...Object.entries(LAZY).map(([name, file]) => build({ ...how, entryPoints: { [file]: PACKAGES[name] }, outdir: "out" })),
  ]);
  return { files: [outside, ...made].flatMap(({ outputFiles }) => named(outputFiles)), needs };
}

/** What is run first, and what of it later scripts take. @param {string[]} first @param {Layer[]} layers */
function entry(first, ...layers) {
  const all = layers.flatMap(({ exports }) => [...exports]);
  const imports = all.map(([alias, { path, name }]) => `import { ${name} as ${alias} } from "./${path}";`);
  const puts = layers.map(({ name, exports }) => `(${LAYERS} ??= {}).${name} = { ${[...exports.keys()].join(", ")} };`);
  return { contents: [...first, ...imports, ...puts].join("\n"), resolveDir: resolve("."), sourcefile: "entry.js" };
}

/** Not again where it came within the page. @param {Layer} layer */
function onlyOnce({ name }) {
  return { format: /** @type {const} */ ("iife"), banner: { js: `if(!${LAYERS}.${name}){` }, footer: { js: "}" } };
}

/** A script in a page ends, or is read otherwise, where one of these comes. @param {import("esbuild").BuildResult<{write: false}>} result */
function standsInPages(result) {
  for (const { path, text } of result.outputFiles) if (/<\/script|<!--/i.test(text)) throw new Error(`${path} cannot stand in a page`);
  return result;
}

/** @param {Map<string, string>} rooms @param {import("esbuild").Metafile} metafile @param {string} more */
function needsOf(rooms, { outputs }, more) {
  const takesMore = (/** @type {string} */ name) => outputs[`out/rooms/${name}.js`].imports.some(({ path }) => path === more);
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

/** @param {Layer[]} layers @returns {import("esbuild").Plugin} */
function fromLayers(layers) {
  return {
    name: "from-layers",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /./ }, ({ path, kind, resolveDir, namespace }) => {
        if (kind === "entry-point" || kind === "dynamic-import") return undefined;
        if (namespace === "taken") return { path, external: true };
        const found = pathOf(path, resolveDir);
        const layer = layers.find(({ modules }) => modules.has(found));
        return layer && { path: found, namespace: "taken", pluginData: layer, sideEffects: false };
      });
      onLoad({ filter: /./, namespace: "taken" }, ({ path, pluginData: { name: layer, from, exports } }) => {
        const names = [...exports].filter(([, one]) => one.path === path).map(([alias, { name }]) => `${alias}: ${name}`);
        const first = from ? `import "${from}";\n` : "";
        return { contents: `${first}export const { ${names.join(", ")} } = ${LAYERS}.${layer};`, loader: "js" };
      });
    },
  };
}

/** What is fetched when it is wanted: rooms, and some packages. @param {Map<string, string>} rooms @param {string} base @returns {import("esbuild").Plugin} */
function beside(rooms, base) {
  return {
    name: "beside",
    setup({ onResolve }) {
      onResolve({ filter: /./ }, ({ path, kind, resolveDir }) => {
        if (kind !== "dynamic-import") return undefined;
        if (path in LAZY) return { path: `${base}${LAZY[path]}.js`, external: true };
        const found = relative(".", resolve(resolveDir, path));
        const room = [...rooms].find(([, module]) => module === found);
        return room && { path: `${base}rooms/${room[0]}.js`, external: true };
      });
    },
  };
}

/** The room that a first visit begins in is there when the core asks for it. @param {string} room @param {string} module @returns {import("esbuild").Plugin} */
function isHere(room, module) {
  const contents = `import * as room from "./${module}";\nimport { keep } from "./static/pages/rooms.js";\nkeep("${room}", room);`;
  return {
    name: "is-here",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^${HERE}`) }, ({ path }) => ({ path, namespace: "here" }));
      onLoad({ filter: /./, namespace: "here" }, () => ({ contents, resolveDir: resolve("."), loader: "js" }));
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
