/** What a build is made of, by contents: the server serves it only while all of that is as it was. */
import { createHash } from "node:crypto";
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { version as bundler } from "esbuild";
import { LAZY, PACKAGES } from "./packages.mjs";

/** Every script, sheet and page of `static/`, whether it is imported or not: what is new may be wanted. */
async function own() {
  const names = await readdir("static", { recursive: true });
  return names.filter((name) => /\.(js|css|html)$/.test(name)).map((name) => join("static", name));
}

/** @param {import("./bundles.mjs").Graph} graph @returns {Promise<Record<string, string>>} path → SHA-256 */
export async function inputsOf({ inputs }) {
  return hashes([...new Set([...(await own()), ...inputs, ...Object.keys(LAZY).map((name) => PACKAGES[name])])].sort());
}

/** What builds, in one hash. */
export async function builders() {
  const scripts = (await readdir("bundle")).sort().map((name) => join("bundle", name));
  return digest(JSON.stringify([bundler, await hashes(scripts)]));
}

/** @param {Record<string, string>} inputs @param {string} made */
export function versionOf(inputs, made) {
  return digest(JSON.stringify([inputs, made])).slice(0, 16);
}

/** @param {string} out whether the build that is there is of what is there now */
export async function upToDate(out) {
  try {
    const known = JSON.parse(await readFile(join(out, "manifest.json"), "utf8"));
    if (known.builders !== (await builders())) return false;
    const now = await hashes([...new Set([...(await own()), ...Object.keys(known.inputs)])].sort());
    await Promise.all(known.files.map((/** @type {string} */ name) => stat(join(out, known.version, name))));
    return JSON.stringify(now) === JSON.stringify(known.inputs);
  } catch {
    return false; // none, or none that is whole
  }
}

/** @param {string[]} paths */
async function hashes(paths) {
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, digest(await readFile(path))])));
}

/** @param {string | Uint8Array} text */
function digest(text) {
  return createHash("sha256").update(text).digest("hex");
}
