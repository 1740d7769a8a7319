import assert from "node:assert/strict";
import { test } from "node:test";
import { complete, decodeShard, readVocabulary, searchKey, shardOf } from "../../site_template/theme/js/search_index.js";

/** The example of the format's page. */
const SHARD = "46565301 0141 00000002 0300 0000 0001 0000 0100 0000 0000 0000 0000 ec01 99fe";
const bytes = (hex) => Uint8Array.from(hex.replaceAll(" ", "").match(/../g), (byte) => parseInt(byte, 16));
const EXPECTED = { sae: "A", features: 16, index: 0, overflow: 0 };
const text = [" be", "be", "Bebe", "x"];
const VOCABULARY = {
  format: 1, sae: "A", features: 16,
  tokens: { text, bytes: {}, special: [], postings: [3, 1, 9, 1], shards: [0, 3], overflow: [] },
  words: { text: [], bytes: {}, special: [], postings: [], shards: [], overflow: [] },
};
const read = (changes = {}) => readVocabulary(new TextEncoder().encode(JSON.stringify({ ...VOCABULARY, ...changes })), "A", 16);

test("the example reads as its page says", () => {
  const { run } = decodeShard(bytes(SHARD), EXPECTED);
  assert.deepEqual([run(0, 0, 0), run(0, 1, 1), run(1, 0, 2), run(1, 2, 0)], [[2, 3, 9], [5], [15], []]);
});

for (const [what, hex, reason] of [
  ["a web page", "3c21646f63", /does not start/],
  ["another version", SHARD.replace("46565301", "46565302"), /version is 2/],
  ["another SAE", SHARD.replace("0141", "0142"), /of B, not of A/],
  ["another index", SHARD.replace("00000002", "01000002"), /another kind/],
  ["cut off", SHARD.slice(0, -2), /shorter|too soon/],
  ["too long", `${SHARD}ff`, /longer/],
  ["numbers without end", "46565301 0141 ffffffffffff", /too long|too soon/],
  ["too many features", SHARD.replace("99fe", "ff00"), /feature|soon/],
]) {
  test(`a damaged shard is refused: ${what}`, () => assert.throws(() => decodeShard(bytes(hex), EXPECTED), reason));
}

test("no cut makes a shard that can be read", () => {
  const whole = bytes(SHARD);
  for (let size = 0; size < whole.length; size += 1) assert.throws(() => decodeShard(whole.subarray(0, size), EXPECTED));
});

test("spellings with one key are found together, the exact key first", () => {
  const found = complete(read().tokens, "BE", 5);
  assert.deepEqual(found.map(({ key, entries }) => [key, entries]), [["be", [0, 1]], ["bebe", [2]]]);
});

test("nonsense completes to nothing", () => assert.deepEqual(complete(read().tokens, "qqq", 5), []));

test("an entry is in the shard that begins last before it", () => {
  assert.deepEqual([0, 2, 3].map((entry) => shardOf(read().tokens, entry)), [0, 0, 1]);
});

test("a vocabulary of another SAE is refused", () => assert.throws(() => read({ sae: "B" }), /of B/));

for (const [spelled, key] of [[" The", "the"], ["\n\t▁x", "x"], ["  ", "  "], ["", ""], ["É", "é"]]) {
  test(`the search key of ${JSON.stringify(spelled)}`, () => assert.equal(searchKey(spelled), key));
}
