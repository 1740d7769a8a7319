/** The overview and the search index of the golden files read as Python reads them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { findSae } from "../../site_template/theme/js/bundle.js";
import { decodeBytes } from "../../site_template/theme/js/decompress.js";
import { decodeOverview } from "../../site_template/theme/js/overview.js";
import { decodeShard, readVocabulary } from "../../site_template/theme/js/search_index.js";

const GOLDEN = new URL("../golden/", import.meta.url);
const parsed = (path) => JSON.parse(readFileSync(new URL(path, GOLDEN)).toString("utf-8"));
const content = (path) => decodeBytes(new Uint8Array(readFileSync(new URL(path, GOLDEN))));
const manifest = parsed("v1/manifest.json");
const numbers = (column) => Array.from(column, (value) => (Number.isNaN(value) || value === -1 ? null : value));

/** An overview in the shape of `expected_parts.json`. */
function overviewValues({ firings, max, fires_on, share, promotes, partners, tokens, labels }) {
  const spelled = (column) => Array.from(column, (at) => tokens.text[at] ?? null);
  const byName = (pick) => Object.fromEntries(Object.entries(partners).map(([sae, pair]) => [sae, numbers(pick(pair))]));
  return {
    firings: [...firings],
    max: numbers(max),
    fires_on: spelled(fires_on),
    share: Array.from(share, (percent) => percent || null),
    promotes: spelled(promotes),
    correlated_feature: byName(({ feature }) => feature),
    pearson: byName(({ pearson }) => pearson),
    label: Object.fromEntries(labels),
  };
}

/** An index in the shape of `expected.json`, every file of it read. */
async function searchValues(folder, sae, features) {
  const vocabulary = readVocabulary(await content(`${folder}vocabulary.json.zst`), sae, features);
  const kinds = [["tokens", ["fires_on", "promotes", "suppresses"]], ["words", ["label"]]];
  const found = {};
  for (const [index, [kind, facets]] of kinds.entries()) {
    const entries = vocabulary[kind];
    found[kind] = entries.text.map((text, at) => ({
      text, bytes: entries.bytes[at] ?? null, special: entries.special.includes(at), key: entries.keys[at],
      ...Object.fromEntries(facets.map((facet) => [facet, [[], [], []]])),
    }));
    const files = [
      ...entries.shards.map((first, k) => [`${folder}${kind}/0/${k}.zst`, first, entries.shards[k + 1] ?? entries.text.length, 0]),
      ...entries.overflow.map((entry, k) => [`${folder}${kind}/overflow/0/${k}.zst`, entry, entry + 1, 1]),
    ];
    for (const [path, first, end, overflow] of files) {
      const shard = decodeShard(await content(path), { sae, features, index, overflow });
      assert.deepEqual([shard.first, shard.size], [first, end - first], path);
      for (let at = first; at < end; at += 1)
        for (const [facet, name] of facets.entries())
          for (const strength of [0, 1, 2]) found[kind][at][name][strength].push(...shard.run(at, facet, strength));
    }
    found[kind].forEach((entry, at) => assert.equal(facets.flatMap((facet) => entry[facet].flat()).length, entries.postings[at]));
  }
  return found;
}

for (const [name, { overview, search }] of Object.entries(parsed("v1/expected_parts.json"))) {
  const sae = findSae(manifest, name);
  const folder = `v1/data/${manifest.release}/${name}/`;
  test(`SAE ${name}'s overview is what Python reads`, async () => {
    assert.deepEqual(overviewValues(decodeOverview(await content(`${folder}overview.zst`), sae)), overview);
  });
  test(`SAE ${name}'s search index is what Python reads`, async () => {
    assert.deepEqual(await searchValues(`${folder}search/`, name, sae.d_sae), search);
  });
}

test("an index of several shards with an overflow is what Python reads", async () => {
  assert.deepEqual(await searchValues("search/A/search/", "A", 1200), parsed("search/expected.json"));
});
