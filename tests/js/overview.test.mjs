import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMax, decodeOverview, isShown } from "../../site_template/theme/js/overview.js";

const SAE = { name: "A", d_sae: 3 };

/** An overview of three features: the second is dead, the third labelled. */
function content(changes = {}, columns = COLUMNS, version = 1) {
  const described = columns.map(([name, codes, sae]) => ({ name, bytes: codes.length / 3, ...(sae ? { sae } : {}) }));
  const header = { format: 1, sae: "A", features: 3, tokens: { text: [" the", "a"], bytes: {}, special: [] }, columns: described, label: { feature: [2], text: ["third"] }, ...changes };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = [(text.length & 0x7f) | 0x80, text.length >> 7];
  return Uint8Array.from([0x46, 0x56, 0x4f, version, ...length, ...text, ...columns.flatMap(([, codes]) => codes)]);
}

const COLUMNS = [
  ["firings", [1, 0, 2, 1, 0, 0]],
  ["max", [...[1, 0, 51], ...[0x7e, 0, 0x7f]]],
  ["fires_on", [2, 0, 1]],
  ["share", [50, 0, 100]],
  ["promotes", [1, 0, 2]],
  ["unknown", [9, 9, 9]],
  ["correlated_feature", [3, 0, 1], "B"],
  ["pearson", [201, 0, 51], "B"],
];

test("planes are joined to numbers, and a code of 0 is nothing", () => {
  const overview = decodeOverview(content(), SAE);
  assert.deepEqual([...overview.firings], [257, 0, 2]);
  assert.deepEqual([...overview.fires_on], [1, -1, 0]);
  assert.deepEqual([...overview.share], [50, 0, 100]);
  assert.ok(Number.isNaN(overview.max[1]));
});

test("the features that are shown are all, or those that have a dashboard", () => {
  assert.deepEqual([...decodeOverview(content(), SAE).shown], [0, 1, 2]);
  assert.deepEqual([...decodeOverview(content(), { ...SAE, features: [2] }).shown], [2]);
});

test("a feature is shown if it has a dashboard", () => {
  const some = decodeOverview(content(), { ...SAE, features: [0, 2] });
  assert.deepEqual([0, 1, 2, 3].map((feature) => isShown(some, feature)), [true, false, true, false]);
});

test("partners have numbers and correlations", () => {
  const { feature, pearson } = decodeOverview(content(), SAE).partners.B;
  assert.deepEqual([...feature], [2, -1, 0]);
  assert.deepEqual([...pearson], [1, NaN, -0.5]);
});

test("labels go to their features", () => {
  assert.deepEqual([...decodeOverview(content(), SAE).labels], [[2, "third"]]);
});

/** Block `block` of two of an overview of five features; every feature fires 100 times its number plus 1. */
function half(block, changes = {}) {
  const features = [0, 1, 2, 3, 4].filter((feature) => feature % 2 === block);
  const table = block ? { text: [], bytes: {}, special: [] } : { text: [" the", "a"], bytes: {}, special: [] };
  const planes = (code, bytes = 1) => Array.from({ length: bytes }, (_, plane) => features.map((feature) => (code(feature) >> (8 * plane)) & 255)).flat();
  const columns = [
    ["firings", planes((feature) => 100 * feature + 1, 2)], ["max", planes(() => 1, 2)], ["fires_on", planes((feature) => feature % 3)],
    ["share", planes(() => 50)], ["promotes", planes(() => 2)],
    ["correlated_feature", planes((feature) => feature), "B"], ["pearson", planes(() => 201), "B"],
  ];
  const described = columns.map(([name, codes, sae]) => ({ name, bytes: codes.length / features.length, ...(sae ? { sae } : {}) }));
  const header = { format: 1, sae: "A", features: 5, tokens: table, columns: described, label: { feature: [features[1]], text: [`label ${features[1]}`] }, block, blocks: 2, ...changes };
  const text = new TextEncoder().encode(JSON.stringify(header));
  return Uint8Array.from([0x46, 0x56, 0x4f, 1, (text.length & 0x7f) | 0x80, text.length >> 7, ...text, ...columns.flatMap(([, codes]) => codes)]);
}

const FIVE = { name: "A", d_sae: 5 };

test("of a first block only its features are known", () => {
  const overview = decodeOverview(half(0), FIVE);
  assert.deepEqual([...overview.shown], [0, 2, 4]);
  assert.ok(Number.isNaN(overview.max[1]));
  assert.deepEqual([...overview.labels], [[2, "label 2"]]);
});

test("blocks make a whole", () => {
  const overview = decodeOverview(half(1), FIVE, decodeOverview(half(0), FIVE));
  assert.deepEqual([...overview.shown], [0, 1, 2, 3, 4]);
  assert.deepEqual([...overview.firings], [1, 101, 201, 301, 401]);
  assert.deepEqual([...overview.fires_on], [-1, 0, 1, -1, 0]);
  assert.deepEqual([...overview.partners.B.feature], [-1, 0, 1, 2, 3]);
  assert.deepEqual([...overview.labels], [[2, "label 2"], [3, "label 3"]]);
});

test("a block that is not the next one is refused, and changes nothing", () => {
  const overview = decodeOverview(half(0), FIVE);
  assert.throws(() => decodeOverview(half(0), FIVE, overview), /it is block 0 of 2/);
  assert.throws(() => decodeOverview(half(1, { blocks: 3 }), FIVE, overview), /it is block 1 of 3/);
  assert.throws(() => decodeOverview(half(1), FIVE), /it is block 1 of 2/);
  assert.equal(overview.shown.length, 3);
});

test("a largest activation has three digits, whatever its size", () => {
  const code = (digits, exponent) => 1 + (digits - 100) + 900 * (exponent + 36);
  assert.equal(decodeMax(code(100, 0)), 1);
  assert.equal(decodeMax(code(486, 0)), 4.86);
  assert.equal(decodeMax(code(999, -36)), 9.99e-36);
  assert.equal(decodeMax(code(123, 35)), 1.23e35);
});

for (const [what, bytes, reason] of [
  ["another file", Uint8Array.of(1, 2, 3, 4), /does not start as an overview/],
  ["a later version", content({}, COLUMNS, 2), /format version is 2/],
  ["half a header", content().subarray(0, 40), /ends within its header/],
  ["half of the columns", content().subarray(0, -4), /not the \d+ that its header promises/],
  ["another SAE’s", content({ sae: "B" }), /overview of B, not of A/],
  ["too few features", content({ features: 2 }), /holds 2 features; A has 3/],
  ["a token that is not there", content({ tokens: { text: ["a"], bytes: {}, special: [] } }), /not in its table/],
  ["a column that is not there", content({}, COLUMNS.slice(1)), /no column firings/],
]) test(`${what} is refused`, () => assert.throws(() => decodeOverview(bytes, SAE), reason));
