import assert from "node:assert/strict";
import { test } from "node:test";
import { countKinds, featuresOf, kindHistogram, kindOf, KINDS, pairKinds } from "../../site_template/theme/js/pairing.js";
import { overlaps } from "../../site_template/theme/js/window_overlap.js";

const side = (sae, other, firings, feature, pearson) =>
  ({ sae, firings: Int32Array.from(firings), partners: { [other]: { feature: Int32Array.from(feature), pearson: Float64Array.from(pearson) } } });
const A = side("A", "B", [5, 5, 0, 5, 5], [0, 0, -1, 1, -1], [0.9, 0.8, NaN, 0.3, NaN]);
const B = side("B", "A", [5, 5], [0, 3], [0.9, 0.3]);

const named = (kinds) => [...kinds.keys()].map((feature) => kindOf(kinds, feature));

test("mutual bests above the threshold are matched, others share, are unmatched or dead", () => {
  assert.deepEqual(named(pairKinds(A, B, 0.7)), ["matched", "shared", "dead", "unmatched", "unmatched"]);
});
test("a lower threshold matches more", () => assert.equal(named(pairKinds(A, B, 0.3))[3], "matched"));
test("a correlation that does not exist is no match at any threshold", () => assert.equal(named(pairKinds(A, B, -1))[4], "unmatched"));
test("every feature is counted once", () => assert.deepEqual(countKinds(pairKinds(A, B, 0.7)), { matched: 1, shared: 1, unmatched: 2, dead: 1 }));
test("the features of a kind are told, or all", async () => {
  const kinds = pairKinds(A, B, 0.7);
  assert.deepEqual([...(await featuresOf(kinds, "unmatched", async () => undefined))], [3, 4]);
  assert.deepEqual([...(await featuresOf(kinds, null, async () => undefined))], [0, 1, 2, 3, 4]);
});
test("the histogram holds 1 in its last bin and what is below in its first", () => {
  const kinds = Uint8Array.from(["matched", "unmatched", "shared"], (kind) => KINDS.indexOf(kind));
  const counts = kindHistogram(Float64Array.of(1, -0.5, 0.5), kinds, 0, 4);
  assert.deepEqual(counts, { matched: [0, 0, 0, 1], shared: [0, 0, 1, 0], unmatched: [1, 0, 0, 0], dead: [0, 0, 0, 0] });
});

const record = (seq, start, length) => ({ groups: [{ kind: "top", windows: seq.length, population: 9 }], windows: { seq, start, length } });
test("windows overlap in the same sequence, by one position at least", () => {
  const [mine, theirs] = overlaps(record([1, 2, 3], [0, 10, 0], [5, 5, 5]), record([1, 1, 2], [5, 4, 0], [5, 5, 11]));
  assert.deepEqual(mine, [[1], [2], []]);
  assert.deepEqual(theirs, [[], [0], [1]]);
});
test("a dead feature has no windows to overlap", () => {
  assert.deepEqual(overlaps({ groups: [], windows: { seq: [], start: [], length: [] } }, record([1], [0], [5])), [[], [[]]]);
});
