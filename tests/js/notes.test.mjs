import assert from "node:assert/strict";
import { test } from "node:test";
import { entries, formatNotes, mergeNotes, noteOf, openNotes, parseNotes, withNote } from "../../site_template/theme/js/notes.js";

const file = (changes) => JSON.stringify({ format: "featviz-notes", version: 1, notes: {}, ...changes });
const note = (star, text) => ({ star, text });

test("notes read as they were written", () => {
  const notes = { A: { 7: note(true, "…") } };
  assert.deepEqual(parseNotes(formatNotes(notes)), notes);
});

for (const [what, text, reason] of [
  ["no JSON", "{", /no JSON/],
  ["another format", file({ format: "x" }), /format/],
  ["another version", file({ version: 2 }), /version is 2/],
  ["no notes", file({ notes: [] }), /no notes/],
  ["an SAE’s name with markup", file({ notes: { "<b>": {} } }), /SAE/],
  ["a prototype", '{"format":"featviz-notes","version":1,"notes":{"__proto__":{"1":{"star":true}}}}', /SAE/],
  ["no number", file({ notes: { A: { "01": note(true, "") } } }), /feature number/],
  ["a star that is no boolean", file({ notes: { A: { 1: { star: 1 } } } }), /star/],
  ["a text that is none", file({ notes: { A: { 1: { text: {} } } } }), /text/],
  ["a text that is too long", file({ notes: { A: { 1: { text: "x".repeat(10_001) } } } }), /longer/],
]) {
  test(`refused with a reason: ${what}`, () => assert.throws(() => parseNotes(text), reason));
}

test("names of built-in properties are no notes", () => {
  assert.deepEqual(noteOf({}, "constructor", 1), note(false, ""));
});

test("an empty note is taken out", () => {
  assert.deepEqual(withNote({ A: { 1: note(true, "") }, B: { 2: note(false, "b") } }, "A", 1, note(false, " ")), { B: { 2: note(false, "b") } });
});

test("a merge loses nothing, and a second one adds nothing", () => {
  const mine = { A: { 1: note(false, "mine"), 2: note(true, "") } };
  const theirs = { A: { 1: note(true, "theirs") }, B: { 3: note(true, "") } };
  const merged = mergeNotes(mine, theirs);
  assert.deepEqual(merged, { A: { 1: note(true, "mine\n\ntheirs"), 2: note(true, "") }, B: { 3: note(true, "") } });
  assert.deepEqual(mergeNotes(merged, theirs), merged);
  assert.equal(entries(merged).length, 3);
});

test("an import of as many notes as a file can hold is one pass", () => {
  const theirs = { A: Object.fromEntries(Array.from({ length: 150_000 }, (_, feature) => [feature, note(true, "")])) };
  assert.equal(entries(mergeNotes({ A: { 1: note(false, "mine") } }, theirs)).length, 150_000);
});

test("notes named like built-in properties merge", () => {
  assert.deepEqual(mergeNotes({}, { constructor: { 1: note(true, "") } }), { constructor: { 1: note(true, "") } });
});

test("what cannot be read is set aside before it is written over", () => {
  const kept = new Map([["featviz:notes:/one/", file({ version: 2 })]]);
  const storage = () => ({ getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) });
  const notes = openNotes(new URL("https://example.test/one/"), storage);
  notes.write(notes.read());
  assert.equal(kept.get("featviz:notes:/one/:unread"), file({ version: 2 }));
});

test("without storage notes last as long as the page, and it says so", () => {
  const notes = openNotes(new URL("https://example.test/repo/"), () => { throw new Error("denied"); });
  assert.equal(notes.write({ A: { 1: note(true, "") } }), false);
  assert.deepEqual(notes.read(), { A: { 1: note(true, "") } });
});

test("sites on one host keep their notes apart", () => {
  const kept = new Map();
  const storage = () => ({ getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) });
  assert.equal(openNotes(new URL("https://example.test/one/"), storage).write({ A: { 1: note(true, "") } }), true);
  assert.deepEqual([...kept.keys()], ["featviz:notes:/one/"]);
  assert.deepEqual(openNotes(new URL("https://example.test/two/"), storage).read(), {});
});
