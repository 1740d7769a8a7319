import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, meant, readToken, written } from "../../site_template/theme/js/search_answer.js";
import { searchKey } from "../../site_template/theme/js/search_index.js";

const TEXTS = ["\n", "\n    ", "    ", ".", "0", "@", " import", "import", "n", " os", "property", " raise", "self", "ValueError", "x"];
const text = [...TEXTS].sort((a, b) => (searchKey(a) < searchKey(b) ? -1 : searchKey(a) > searchKey(b) ? 1 : a < b ? -1 : 1));
const entries = { text, bytes: {}, special: [], postings: text.map(() => 4), keys: text.map(searchKey), shards: [0], overflow: [] };
const spelled = ({ sought }) => sought.flatMap((group) => group.entries.map((entry) => text[entry]));

for (const [typed, found] of [
  ["IMPORT", [" import", "import"]],
  ["import ", [" import", "import"]],
  ["·import", [" import", "import"]],
  ["↵", ["\n"]],
  ["\\n", ["\n"]],
  ["    ", ["    "]],
  ["rror", ["ValueError"]],
  ["raise ValueError", [" raise", "ValueError"]],
  ["import os", [" import", "import", " os"]],
  ["@property", ["@", "property"]],
  ["self.", ["self", "."]],
  ["0x", ["0", "x"]],
  ["☃", []],
]) {
  test(`what ${JSON.stringify(typed)} is taken for`, () => assert.deepEqual(spelled(readToken(entries, typed)), found));
}

test("single letters are no parts beside longer ones", () => assert.deepEqual(spelled(readToken(entries, "self-n")), ["self"]));

test("at most three parts are searched, the longest", () => {
  assert.deepEqual(spelled(readToken(entries, "raise ValueError.property self")), [" raise", "ValueError", "property"]);
});

test("regular expressions are text", () => {
  for (const typed of ["[a-z]+", "(.*)", "\\", "^$", "a|b", "?"]) assert.doesNotThrow(() => readToken(entries, typed));
});

test("what a field cannot hold is written and read back", () => {
  for (const known of ["\n    ", "\t", "\r\n", "a\nb"]) assert.equal(meant(written(known)), known);
});

/** Features by entry: an index whose facet is the only one. */
function index(features) {
  const find = async (_, chosen) => {
    const hits = Object.entries(features).map(([feature, strengths]) => {
      const under = chosen.filter((entry) => text[entry] in strengths);
      const classes = under.map((entry) => strengths[text[entry]]);
      return { feature: Number(feature), strength: Math.min(...classes), entries: under, classes };
    });
    return { hits: hits.filter((hit) => hit.entries.length), counts: new Map([["fires_on", hits.length]]), more: false };
  };
  return { entriesOf: () => entries, find };
}

test("what is found under more parts comes first", async () => {
  const some = index({ 1: { " raise": 1 }, 2: { ValueError: 1 }, 3: { " raise": 1, ValueError: 1 }, 4: { " raise": 0 } });
  const { hits, parts } = await answer(some, { facet: "fires_on", text: "raise ValueError", chosen: null, whole: false });
  assert.deepEqual(hits.map(({ feature }) => feature), [3, 4, 1, 2]);
  assert.equal(parts, true);
});

test("spellings that were chosen are kept to", async () => {
  const some = index({ 1: { " import": 0 }, 2: { import: 0 } });
  const { hits } = await answer(some, { facet: "fires_on", text: "import", chosen: [text.indexOf("import")], whole: false });
  assert.deepEqual(hits.map(({ feature }) => feature), [2]);
});
