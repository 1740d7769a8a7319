import assert from "node:assert/strict";
import { test } from "node:test";
import { wholeCharacters } from "../../site_template/theme/js/characters.js";

const alone = { size: 1, text: null };

for (const [what, parts, expected] of [
  ["two tokens make one character", ["e2", "8099"], [{ size: 2, text: "’" }]],
  ["three make one", ["f0", "9f98", "80"], [{ size: 3, text: "😀" }]],
  ["a token between two characters joins them", ["e6bc", "a2e5", "ad97"], [{ size: 3, text: "漢字" }]],
  ["neighbouring characters stay apart", ["c3", "a9", "c3", "a8"], [{ size: 2, text: "é" }, { size: 2, text: "è" }]],
  ["what makes no character stays bytes", ["e2", "e2", "8099"], [alone, { size: 2, text: "’" }]],
  ["an overlong form is no character", ["c0", "80"], [alone, alone]],
  ["a part at the end stays bytes", ["8099"], [alone]],
]) {
  test(what, () => assert.deepEqual(wholeCharacters(parts), expected));
}
