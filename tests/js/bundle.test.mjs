import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { findFeature, findSae, openBundle } from "../../site_template/theme/js/bundle.js";
import { chunkPath } from "../../site_template/theme/js/chunk_path.js";
import { BASE, chunk, manifest, record, serve } from "./served.mjs";

/** Gives up at once. */
const impatient = async () => ({ untilNextAttempt: async (error) => { throw error; } });

const PATH = "data/r/A/0/0.json.zst";

async function open(files) {
  const { request, asked } = serve({ "manifest.json": manifest(), ...files });
  const bundle = openBundle(BASE, request, impatient);
  const sae = async () => findSae(await bundle.manifest(), "A");
  return { bundle, asked, sae };
}

async function refusal(files) {
  const { bundle, sae } = await open(files);
  return sae().then((found) => bundle.record(found, 3)).then(() => assert.fail("it was read"), (error) => error);
}

test("a chunk's path follows from the feature's number", () => {
  const sae = { name: "A", chunk_size: 16 };
  assert.equal(chunkPath("r", sae, 15), PATH);
  assert.equal(chunkPath("r", sae, 16 * 256), "data/r/A/1/256.json.zst");
});

test("the record of a feature comes out of its chunk", async () => {
  const { bundle, sae } = await open({ [PATH]: chunk(0) });
  assert.equal((await bundle.record(await sae(), 3)).feature, 3);
});

test("asks for one chunk share one request", async () => {
  const { bundle, sae, asked } = await open({ [PATH]: chunk(0) });
  const found = await sae();
  await Promise.all([bundle.record(found, 1), bundle.record(found, 2), bundle.chunk(found, 3)]);
  assert.deepEqual(asked, ["manifest.json", PATH]);
});

test("an ask that is given up does not spoil another for the same chunk", async () => {
  const { bundle, sae } = await open({ [PATH]: chunk(0) });
  const [found, giving] = [await sae(), new AbortController()];
  const [given, kept] = [bundle.record(found, 1, giving.signal), bundle.record(found, 2)];
  giving.abort();
  await assert.rejects(given, { name: "AbortError" });
  assert.equal((await kept).feature, 2);
});

test("a request that nobody waits for is aborted, and made anew when asked for", async () => {
  const { bundle, sae, asked } = await open({ [PATH]: chunk(0) });
  const [found, giving] = [await sae(), new AbortController()];
  const given = bundle.record(found, 1, giving.signal);
  await Promise.resolve().then(() => undefined);
  giving.abort();
  await assert.rejects(given, { name: "AbortError" });
  assert.equal((await bundle.record(found, 1)).feature, 1);
  assert.equal(asked.filter((path) => path === "manifest.json").length, 1);
});

test("a failure is not kept", async () => {
  const files = { "manifest.json": manifest() };
  const bundle = openBundle(BASE, (...call) => serve(files).request(...call));
  const sae = findSae(await bundle.manifest(), "A");
  await assert.rejects(bundle.record(sae, 0), { kind: "missing-chunk" });
  files[PATH] = chunk(0);
  assert.equal((await bundle.record(sae, 0)).feature, 0);
});

test("at most eight chunks are kept", async () => {
  const paths = Array.from({ length: 10 }, (_, k) => [`data/r/A/0/${k}.json.zst`, chunk(16 * k)]);
  const { bundle, sae, asked } = await open(Object.fromEntries(paths));
  const found = await sae();
  for (let k = 0; k < 10; k += 1) await bundle.record(found, 16 * k);
  await bundle.record(found, 9 * 16);
  await bundle.record(found, 0);
  assert.equal(asked.length, 1 + 10 + 1);
});

test("a chunk that a host has decoded or encoded is read all the same", async () => {
  const { bundle, sae } = await open({ [PATH]: gzipSync(chunk(0)) });
  assert.equal((await bundle.record(await sae(), 5)).feature, 5);
});

const REFUSED = {
  "a missing chunk": ["missing-chunk", {}],
  "a web page with status 200": ["missing-chunk", { [PATH]: "<!doctype html><title>Home</title>" }],
  "a host that fails": ["missing-chunk", { [PATH]: { status: 503, body: "busy" } }],
  "garbage": ["damaged-chunk", { [PATH]: "garbage" }],
  "half a JSON file": ["damaged-chunk", { [PATH]: chunk(0).slice(0, 500) }],
  "another SAE's chunk": ["damaged-chunk", { [PATH]: chunk(0, { sae: "B" }) }],
  "another chunk": ["damaged-chunk", { [PATH]: chunk(16) }],
  "a chunk without the record": ["damaged-chunk", { [PATH]: chunk(0, { features: [record(0)] }) }],
  "a chunk of another format": ["wrong-format", { [PATH]: chunk(0, { format: 2 }) }],
  "a missing manifest": ["missing-manifest", { "manifest.json": { status: 404 } }],
  "a damaged manifest": ["damaged-manifest", { "manifest.json": "{" }],
  "a manifest without SAEs": ["damaged-manifest", { "manifest.json": manifest({ saes: [] }) }],
  "a manifest whose digest is another's": ["damaged-manifest", { "manifest.json": manifest({ format: { version: 1, sha256: "0".repeat(64) } }) }],
  "a manifest whose digest's name is damaged": ["damaged-manifest", { "manifest.json": manifest({ format: { version: 1, sha254: "0".repeat(64) } }) }],
  "a manifest of another format": ["wrong-format", { "manifest.json": manifest({ format: { version: 9 } }) }],
};

for (const [what, [kind, files]] of Object.entries(REFUSED)) {
  test(`${what} is a ${kind}, and its path is told`, async () => {
    const error = await refusal(files);
    assert.equal(error.kind, kind);
    assert.equal(error.path, kind.endsWith("manifest") || what.includes("manifest") ? "manifest.json" : PATH);
  });
}

test("a host that cannot be reached is offline", async () => {
  const bundle = openBundle(BASE, async () => { throw new TypeError("Failed to fetch"); }, impatient);
  await assert.rejects(bundle.manifest(), { kind: "offline", path: "manifest.json" });
});

test("a host that fails for a while is asked again, until it answers", async () => {
  const { request, asked } = serve({ "manifest.json": manifest() });
  const attempts = [];
  const patience = async () => ({ untilNextAttempt: async (error, attempt) => { attempts.push([error.kind, attempt]); } });
  const failing = async (url, init) => {
    if (attempts.length === 0) throw new TypeError("Failed to fetch");
    return attempts.length === 1 ? new Response("busy", { status: 503 }) : request(url, init);
  };
  assert.equal((await openBundle(BASE, failing, patience).manifest()).release, "r");
  assert.deepEqual(attempts, [["offline", 0], ["missing-manifest", 1]]);
  assert.deepEqual(asked, ["manifest.json"]);
});

test("where the means to ask again cannot be had, the failure itself is told", async () => {
  const bundle = openBundle(BASE, async () => { throw new TypeError("Failed to fetch"); }, async () => { throw new TypeError("no script"); });
  await assert.rejects(bundle.manifest(), { kind: "offline" });
});

test("an unknown SAE is told with the known ones", async () => {
  const found = JSON.parse(manifest());
  assert.throws(() => findSae(found, "a"), { kind: "unknown-sae", message: /“a”.*A, B/ });
});

for (const text of ["600", "-1", "1.5", "1e2", "", "abc", "9".repeat(400)]) {
  test(`“${text.slice(0, 9)}” is no feature of an SAE of 600`, () => {
    assert.throws(() => findFeature({ name: "A", d_sae: 600 }, text), { kind: "unknown-feature", message: /0 to 599/ });
  });
}

test("the last feature is one", () => {
  assert.equal(findFeature({ name: "A", d_sae: 600 }, " 599 "), 599);
});

test("a feature that an exported file left out is told with those that it has", () => {
  const sae = { name: "A", d_sae: 600, features: [3, 7] };
  assert.equal(findFeature(sae, "7"), 7);
  assert.throws(() => findFeature(sae, "8"), { kind: "not-in-file", message: /Feature 8 of SAE A is not here\./ });
  assert.throws(() => findFeature({ ...sae, features: [] }, "8"), { kind: "not-in-file" });
  assert.throws(() => findFeature(sae, "600"), { kind: "unknown-feature" });
});

test("a manifest whose SAEs are not all there is damaged", async () => {
  const bundle = openBundle(BASE, serve({ "manifest.json": manifest({ saes: [null] }) }).request);
  await assert.rejects(bundle.manifest(), { kind: "damaged-manifest" });
});
