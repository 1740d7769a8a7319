import assert from "node:assert/strict";
import { test } from "node:test";
import { quotedPieces, visiblePieces } from "../../site_template/theme/js/token_text.js";

/** Marks in brackets. */
const shown = (pieces) => pieces.map(({ text, mark }) => (mark ? `[${text}]` : text)).join("");

for (const [text, expected] of [
  ["self", "self"],
  [" self", " self"],
  ["):\n", "):[↵]"],
  ["\n\n    x", "[↵][↵]    x"],
  ["\ta\r", "[⇥]a[␍]"],
  ["", "[∅]"],
  ["\u202eoverride", "[\\u202e]override"],
  ["\ufeff", "[\\ufeff]"],
  ["a\u00a0b", "a[\\u00a0]b"],
  ["\ud800", "[\\ud800]"],
  ["👩🏽\u200d🔬", "👩🏽\u200d🔬"],
  ["\u200d", "[\\u200d]"],
  ["\\n", "\\n"],
  ["<script>", "<script>"],
]) {
  test(`${JSON.stringify(text)} runs as ${expected}`, () => assert.equal(shown(visiblePieces(text)), expected));
}

for (const [text, expected] of [[" self", "[·]self"], ["  a b ", "[··]a b[·]"], ["   ", "[···]"], ["", "[∅]"], [" \n", "[·][↵]"]]) {
  test(`${JSON.stringify(text)} alone is ${expected}`, () => assert.equal(shown(quotedPieces(text)), expected));
}
