import assert from "node:assert/strict";
import { test } from "node:test";
import { balance } from "../../site_template/theme/js/columns.js";

for (const [heights, n, expected] of [
  [[4, 1, 1, 1, 1], 1, [0]],
  [[4, 1, 1, 1, 1], 2, [0, 1]],
  [[2, 2, 2, 2], 2, [0, 2]],
  [[1, 1, 1, 9], 2, [0, 3]],
  [[3, 3, 3], 3, [0, 1, 2]],
  [[5], 1, [0]],
  [[], 0, [0]],
]) {
  test(`${JSON.stringify(heights)} in ${n} columns start at ${expected}`, () => assert.deepEqual(balance(heights, n), expected));
}
