/** Reads a site of which one file is another: `node page.mjs SITE < stream of (name's length, file's length, name, file)`. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { BundleError } from "../../site_template/theme/js/bundle_error.js";
import { findSae, openBundle } from "../../site_template/theme/js/bundle.js";
import { readOverview } from "../../site_template/theme/js/overview.js";
import { decodeShard, readVocabulary } from "../../site_template/theme/js/search_index.js";

const BASE = new URL("https://example.test/repo/");
const SLOW = 5_000;
const [site = "."] = process.argv.slice(2);
const cached = new Map();
const whole = (path) => {
  if (!cached.has(path)) cached.set(path, readFileSync(resolve(site, path)));
  return cached.get(path);
};
const { release } = JSON.parse(whole("manifest.json"));

/** What the page does to come to that file. */
const readers = {
  "manifest.json": async (bundle) => {
    const manifest = await bundle.manifest();
    return bundle.record(findSae(manifest, "A"), 0);
  },
  "digests.json": async (bundle) => bundle.part("digests.json", (content) => content),
  "A/0/0.json.zst": async (bundle, sae) => bundle.record(sae, 0),
  "A/overview.zst": async (bundle, sae) => readOverview(bundle, sae),
  "A/search/vocabulary.json.zst": async (bundle, sae) => bundle.part("A/search/vocabulary.json.zst", (content) => readVocabulary(content, sae.name, sae.d_sae)),
  "A/search/tokens/0/0.zst": async (bundle, sae) => bundle.part("A/search/tokens/0/0.zst", (content) => decodeShard(content, { sae: sae.name, features: sae.d_sae, index: 0, overflow: 0 })),
  "A/search/words/0/0.zst": async (bundle, sae) => bundle.part("A/search/words/0/0.zst", (content) => decodeShard(content, { sae: sae.name, features: sae.d_sae, index: 1, overflow: 0 })),
};

async function outcome(name, data) {
  const changed = name === "manifest.json" ? name : `data/${release}/${name}`;
  const request = async (url) => {
    const path = url.href.slice(BASE.href.length);
    try {
      return new Response(path === changed ? data : whole(path));
    } catch {
      return new Response("", { status: 404 });
    }
  };
  const started = performance.now();
  try {
    const bundle = openBundle(BASE, request);
    const sae = name === "manifest.json" ? undefined : findSae(await bundle.manifest(), "A");
    await readers[name](bundle, sae);
    return performance.now() - started < SLOW ? "read" : "slow";
  } catch (error) {
    return error instanceof BundleError && error.message ? "refused" : String(error?.stack ?? error).slice(0, 400);
  }
}

const stream = readFileSync(0);
const outcomes = [];
for (let at = 0; at < stream.length;) {
  const [name, data] = [stream.readUInt32LE(at), stream.readUInt32LE(at + 4)];
  const text = stream.subarray(at + 8, at + 8 + name).toString("utf-8");
  at += 8 + name + data;
  outcomes.push(await outcome(text, new Uint8Array(stream.subarray(at - data, at))));
}
process.stdout.write(JSON.stringify(outcomes));
