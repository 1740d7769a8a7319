import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { findings } from "../../site_template/theme/js/verification.js";

const SITE = new URL("../golden/v1/", import.meta.url);
const onDisk = async (path) => new Uint8Array(await readFile(new URL(path, SITE)));

/** Verdicts by path of the golden bundle, with some files served as others. */
async function verdicts(served = {}) {
  const found = new Map();
  const read = async (path) => (path in served ? served[path](await onDisk(path)) : onDisk(path));
  for await (const { path, verdict } of findings(read)) found.set(path, verdict);
  return found;
}

const others = (found, path) => new Set([...found].filter(([name]) => name !== path).map(([, verdict]) => verdict));
const flipped = (bytes) => bytes.with(bytes.length >> 1, bytes[bytes.length >> 1] ^ 1);
const release = JSON.parse(await readFile(new URL("manifest.json", SITE), "utf-8")).release;
const chunk = `data/${release}/A/0/0.json.zst`;
const digests = `data/${release}/digests.json`;

test("a published bundle is the same in every file", async () => {
  const found = await verdicts();
  const listed = Object.keys(JSON.parse(await readFile(new URL(digests, SITE), "utf-8")));
  assert.deepEqual([...found.keys()], ["manifest.json", digests, ...listed.map((name) => `data/${release}/${name}`)]);
  assert.deepEqual(others(found, ""), new Set(["same"]));
});

test("one flipped bit of a file is told, and of that file alone", async () => {
  const found = await verdicts({ [chunk]: flipped });
  assert.equal(found.get(chunk), "changed");
  assert.deepEqual(others(found, chunk), new Set(["same"]));
});

test("a flipped bit of the manifest is told", async () => {
  const edited = (bytes) => new TextEncoder().encode(new TextDecoder().decode(bytes).replace('"title": "', '"title": "X'));
  const found = await verdicts({ "manifest.json": edited });
  assert.equal(found.get("manifest.json"), "changed");
});

test("a manifest without a digest of its own does not pass", async () => {
  const without = (bytes) => new TextEncoder().encode(new TextDecoder().decode(bytes).replace(/"sha256": "[0-9a-f]{64}"/, '"note": ""'));
  assert.equal((await verdicts({ "manifest.json": without })).get("manifest.json"), "changed");
});

test("a list of digests that does not name the release is told, and nothing is compared with it", async () => {
  const found = await verdicts({ [digests]: flipped });
  assert.deepEqual([...found.entries()], [["manifest.json", "same"], [digests, "changed"]]);
});

test("a file that cannot be had is told", async () => {
  const found = await verdicts({ [chunk]: () => { throw new Error("404"); } });
  assert.equal(found.get(chunk), "missing");
});

test("a file that the host decompressed is no damage", async () => {
  const found = await verdicts({ [chunk]: () => new TextEncoder().encode('{"format":1}') });
  assert.equal(found.get(chunk), "decoded");
});

for (const [what, bytes] of [["a web page", "<!doctype html>"], ["nothing", ""]]) {
  test(`${what} in place of a file is told`, async () => {
    assert.equal((await verdicts({ [chunk]: () => new TextEncoder().encode(bytes) })).get(chunk), "changed");
  });
}
