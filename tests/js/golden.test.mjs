import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { findSae, openBundle } from "../../site_template/theme/js/bundle.js";
import { chunkPath } from "../../site_template/theme/js/chunk_path.js";
import { BASE, serve } from "./served.mjs";

const GOLDEN = new URL("../golden/", import.meta.url);
const read = (path) => readFileSync(new URL(path, GOLDEN));
const parsed = (path) => JSON.parse(read(path).toString("utf-8"));
const manifest = parsed("v1/manifest.json");
const expected = parsed("v1/expected.json");
const notes = parsed("broken/notes.json");

function bundleWith(files = {}) {
  const sources = { "manifest.json": read("v1/manifest.json"), ...files };
  const request = async (url, options) => {
    const path = url.href.slice(BASE.href.length);
    return serve({ [path]: sources[path] ?? read(`v1/${path}`) }).request(url, options);
  };
  return openBundle(BASE, request);
}

/** A record's windows, in the shape of `expected.json`. */
function windowsOf({ windows, tokens, groups }) {
  const each = windows.effect.width / 2;
  const effects = (entry, from) => Array.from({ length: each }, (_, k) => {
    const at = entry * windows.effect.width + from + k;
    return [tokens.id[windows.effect.token[at]], windows.effect.value[at]];
  });
  const token = (flat) => {
    const entry = windows.affected[flat];
    return {
      id: tokens.id[windows.tokens[flat]],
      activation: windows.uncounted[flat] ? null : windows.activation[flat],
      loss_effect: entry < 0 ? null : windows.loss_effect[entry],
      top: entry < 0 ? null : effects(entry, 0),
      bottom: entry < 0 ? null : effects(entry, each),
    };
  };
  let window = 0;
  return groups.map((group) => Array.from({ length: group.windows }, () => {
    const [k, first] = [window, windows.first[window++]];
    const shown = Array.from({ length: windows.length[k] }, (_, at) => token(first + at));
    return { sequence: windows.seq[k], position: windows.pos[k], start: windows.start[k], count: windows.count[k], tokens: shown };
  }));
}

/** The same of what Python read. */
function expectedWindows({ groups }) {
  const pairs = (list) => list && list.map((effect) => [effect.id, effect.change]);
  const token = ({ id, activation, loss_effect, top, bottom }) => ({ id, activation, loss_effect, top: pairs(top), bottom: pairs(bottom) });
  return groups.map(({ windows }) => windows.map(({ sequence, position, start, count, tokens }) => ({
    sequence, position, start, count, tokens: tokens.map(token),
  })));
}

/** Equal but for the last bits of floats. */
function assertClose(found, wanted, path = "") {
  if (typeof wanted === "number" && !Number.isInteger(wanted)) {
    assert.ok(Math.abs(found - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted)), `${path}: ${found}, not ${wanted}`);
  } else if (wanted !== null && typeof wanted === "object") {
    assert.deepEqual(Object.keys(found), Object.keys(wanted), path);
    for (const key of Object.keys(wanted)) assertClose(found[key], wanted[key], `${path}.${key}`);
  } else assert.equal(found, wanted, path);
}

for (const [name, records] of Object.entries(expected)) {
  test(`SAE ${name}'s windows are what Python reads`, async () => {
    const bundle = bundleWith();
    for (const record of records) {
      const found = await bundle.record(findSae(await bundle.manifest(), name), record.feature);
      assertClose(windowsOf(found), expectedWindows(record), `${name}/${record.feature}`);
    }
  });
}

for (const name of readdirSync(new URL("served/", GOLDEN))) {
  test(`${name} is read as it is served`, async () => {
    const sae = findSae(manifest, "A");
    const bundle = bundleWith({ [chunkPath(manifest.release, sae, 0)]: read(`served/${name}`) });
    assert.equal((await bundle.record(sae, 2)).feature, 2);
  });
}

for (const [name, { note, browser }] of Object.entries(notes)) {
  test(`broken/${name} is a ${browser}: ${note}`, async () => {
    const sae = findSae(manifest, "A");
    const bundle = bundleWith({ [chunkPath(manifest.release, sae, 0)]: read(`broken/${name}`) });
    await assert.rejects(bundle.record(sae, 0), { kind: browser });
  });
}
