import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeRecord, positions, unscaled } from "../../site_template/theme/js/record.js";
import { record } from "./served.mjs";

const TOKENS = { id: [7, 8], text: ["a", "b"], bytes: {}, special: [] };

function decode(change = () => {}) {
  const raw = record(3);
  change(raw.windows, raw);
  return decodeRecord(raw, TOKENS);
}

test("positions are sums of differences", () => {
  assert.deepEqual([...positions([3, 1, 7])], [3, 4, 11]);
});

test("a scaled column is multiplied out", () => {
  assert.deepEqual([...unscaled({ scale: 0.5, value: [2, -3, 0] })], [1, -1.5, 0]);
});

test("activations are spread over the tokens", () => {
  assert.deepEqual([...decode().windows.activation], [0, 1, 0, 0.5]);
});

test("windows know where they start", () => {
  assert.deepEqual([...decode().windows.first], [0, 3]);
});

test("an affected token knows its entry", () => {
  const { affected, loss_effect } = decode().windows;
  assert.deepEqual([...affected], [-1, -1, 0, -1]);
  assert.deepEqual([...loss_effect], [-0.3]);
});

test("effects are as many a token as the data holds", () => {
  const { width, token, value } = decode().windows.effect;
  assert.equal(width, 2);
  assert.deepEqual([token, [...value]], [[0, 1], [0.5, -0.2]]);
});

test("tokens that do not count are marked", () => {
  assert.deepEqual([...decode().windows.uncounted], [1, 0, 0, 0]);
});

test("a dead feature has empty columns", () => {
  const { windows } = decode((columns, raw) => {
    for (const name of ["seq", "pos", "start", "length", "count", "tokens", "uncounted"]) columns[name] = [];
    columns.activation = columns.loss_effect = { at: [], scale: 0, value: [] };
    columns.effect = { scale: 0, token: [], value: [] };
    raw.groups = [];
  });
  assert.equal(windows.activation.length, 0);
});

const BROKEN = {
  "fewer values than positions": ({ activation }) => activation.value.pop(),
  "a position outside the windows": ({ loss_effect }) => { loss_effect.at[0] = 4; },
  "lengths that do not add up": ({ length }) => { length[0] = 2; },
  "groups with other windows": (_, { groups }) => groups.pop(),
  "a token outside the string table": ({ tokens }) => { tokens[0] = 2; },
  "an odd number of effects": ({ effect }) => { effect.token.pop(); effect.value.pop(); },
  "no windows": (_, raw) => { delete raw.windows; },
};

for (const [what, change] of Object.entries(BROKEN)) {
  test(`a record with ${what} is refused`, () => {
    assert.throws(() => decode(change), Error);
  });
}
