import assert from "node:assert/strict";
import { test } from "node:test";
import { csv } from "../../site_template/theme/js/csv.js";
import { EVERYTHING, isFiltering, matching } from "../../site_template/theme/js/feature_filter.js";
import { ordered } from "../../site_template/theme/js/feature_order.js";
import { parseNumber } from "../../site_template/theme/js/filter_form.js";
import { colourPixels, pointCover } from "../../site_template/theme/js/point_cover.js";
import { pointGrid } from "../../site_template/theme/js/point_grid.js";
import { place, scaleOf, scaleTicks, valueAt } from "../../site_template/theme/js/scatter_scale.js";
import { formatView, parseRange, parseView } from "../../site_template/theme/js/view_address.js";
import { rowsInSight, scrollTo } from "../../site_template/theme/js/virtual_table.js";

const overview = {
  sae: "A", features: 4, shown: Uint32Array.of(0, 1, 2, 3),
  firings: Int32Array.of(10, 0, 100, 1), max: Float64Array.of(2, NaN, 8, 1),
  fires_on: Int32Array.of(0, -1, 1, 1), promotes: Int32Array.of(2, 0, -1, 0), share: Int32Array.of(1, 0, 1, 1),
  tokens: { text: [" the", "The", "self"], bytes: {}, special: [], id: [] }, labels: new Map([[2, "Definite ARTICLE"]]), partners: {},
};
const features = { overview, counted: 1000, noteOf: (feature) => ({ star: feature === 3, text: feature === 2 ? "Seen in loops" : "" }) };
const pause = async () => undefined;
const passing = async (filter) => [...(await matching(features, { ...EVERYTHING, ...filter }, pause))];

test("nothing is filtered at first", async () => {
  assert.deepEqual(await passing({}), [0, 1, 2, 3]);
  assert.equal(isFiltering(structuredClone(EVERYTHING)), false);
});
test("a feature without a dashboard is left out", async () => {
  const some = { ...features, overview: { ...overview, shown: Uint32Array.of(1, 3) } };
  assert.deepEqual([...(await matching(some, { ...EVERYTHING, show: "alive" }, pause))], [3]);
});
test("dead and alive are told apart", async () => {
  assert.deepEqual(await passing({ show: "dead" }), [1]);
  assert.deepEqual(await passing({ show: "alive" }), [0, 2, 3]);
});
test("both ends of a range belong to it", async () => assert.deepEqual(await passing({ density: [0.001, 0.01] }), [0, 3]));
test("a dead feature lies in no range of activations", async () => assert.deepEqual(await passing({ max: [0, null] }), [0, 2, 3]));
test("labelled and starred features are found", async () => {
  assert.deepEqual(await passing({ labelled: true }), [2]);
  assert.deepEqual(await passing({ starred: true }), [3]);
});
test("text is looked for in label and tokens, in whatever case", async () => {
  assert.deepEqual(await passing({ text: "article" }), [2]);
  assert.deepEqual(await passing({ text: "SELF" }), [0]);
  assert.deepEqual(await passing({ text: "the" }), [0, 1, 2, 3]);
  assert.deepEqual(await passing({ text: " the" }), [0, 1, 3]);
});

test("text is looked for in the reader's notes", async () => assert.deepEqual(await passing({ text: "LOOPS" }), [2]));

const inOrder = async (values, descending) => [...(await ordered(Uint32Array.from(values.keys()), (feature) => values[feature], descending, pause))];
test("what has no value comes last in both directions, equal values by number", async () => {
  assert.deepEqual(await inOrder([5, null, 3, 5], false), [2, 0, 3, 1]);
  assert.deepEqual(await inOrder([5, null, 3, 5], true), [0, 3, 2, 1]);
});
test("numbers of any size and sign are told apart to their last bit", async () => {
  const rising = [-Infinity, -1e300, -2, -1 - Number.EPSILON, -1, -5e-324, 0, 5e-324, 0.1, 0.1 + 2e-17, 1, 65_535, 65_536, 2 ** 32, 2 ** 53, Infinity];
  const shuffled = rising.map((_, k) => rising[(7 * k + 3) % rising.length]);
  const places = shuffled.map((value) => rising.indexOf(value));
  assert.deepEqual((await inOrder(shuffled, false)).map((k) => places[k]), [...rising.keys()]);
  assert.deepEqual((await inOrder(shuffled, true)).map((k) => places[k]), [...rising.keys()].reverse());
});
test("0 and -0 are equal", async () => assert.deepEqual(await inOrder([0, -0, 0], true), [0, 1, 2]));
test("texts are in the order of their characters, more of them than a run holds", async () => {
  const values = Array.from({ length: 40_000 }, (_, k) => (k % 100 === 99 ? null : `label ${(k * 7919) % 20_000}`));
  const text = (k) => values[k] ?? "\uffff";
  const expected = [...values.keys()].sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : a - b));
  assert.deepEqual(await inOrder(values, false), expected);
});
test("an order that nobody waits for any more is given up", async () => {
  const work = new AbortController();
  const pause = async () => (work.abort(), work.signal.throwIfAborted());
  await assert.rejects(ordered(Uint32Array.of(1, 2), (feature) => feature, false, pause), { name: "AbortError" });
});

test("a view reads as it was written", () => {
  const order = { column: "max", descending: true };
  const filter = { show: "alive", density: [1e-7, 0.5], max: [null, 3], labelled: true, starred: false, text: "a&b=c" };
  const address = formatView("A", order, filter);
  assert.deepEqual(parseView(address, ["feature", "max"]), { order, filter, ignored: [] });
});
test("a plain view has a plain address", () => assert.equal(formatView("A", { column: "feature", descending: false }, EVERYTHING), "?sae=A"));
test("what makes no sense is ignored, and said", () => {
  const { order, filter, ignored } = parseView("?sort=__proto__&density=5..1&show=<b>&max=x&order=up", ["feature"]);
  assert.deepEqual([order, filter], [{ column: "feature", descending: false }, EVERYTHING]);
  assert.deepEqual(ignored.map((text) => text.split("=")[0]), ["sort", "show", "density", "max", "order"]);
});
for (const text of ["", "1", "-1..2", "2..1", "1..2..3", "1e999..", "NaN..1"]) test(`${JSON.stringify(text)} is no range`, () => assert.equal(parseRange(text), undefined));
test("either end of a range may be open", () => assert.deepEqual([parseRange("1.."), parseRange("..2e-3"), parseRange("..")], [[1, null], [null, 0.002], [null, null]]));
test("a field holds a number, nothing, or no number", () => assert.deepEqual(["0,5", " ", "x", "-1"].map(parseNumber), [0.5, null, NaN, NaN]));

test("cells with quotes, commas and line ends are quoted", () => {
  assert.equal(csv(["a", "b"], [['say "x"', "1,2"], ["two\nlines", null]]), '\ufeffa,b\r\n"say ""x""","1,2"\r\n"two\nlines",\r\n');
});
for (const text of ["=1+1", "+1", "-1", "@x", "\tx", "\r"]) test(`a spreadsheet does not compute ${JSON.stringify(text)}`, () => assert.match(csv([text], []), /^\ufeff"?'/));
test("numbers stay numbers, and what is none is empty", () => assert.equal(csv(["n"], [[-0.5], [NaN]]), "\ufeffn\r\n-0.5\r\n\r\n"));

test("places and values are inverse", () => {
  for (const scale of [scaleOf([1, 2, 3]), scaleOf([1e-6, 1e-3, 1], true)]) assert.ok(Math.abs(valueAt(scale, place(scale, 0.5)) - 0.5) < 1e-12);
});
test("values that spread far get a scale of powers", () => {
  assert.equal(scaleOf([1, 2, 3]).log, false);
  assert.equal(scaleOf([1, 2, 300]).log, true);
});
test("no values at all have a scale too", () => assert.ok(scaleTicks(scaleOf([NaN], true), 5).length > 0));
test("there are no more ticks than there is room for", () => {
  for (const most of [3, 6, 12]) assert.ok(scaleTicks({ low: 1e-7, high: 1, log: true }, most).length <= most);
});

test("the nearest point is found, also across cells, and none beyond reach", () => {
  const nearest = pointGrid(Float32Array.of(15, 17, 100), Float32Array.of(15, 17, 100), [0, 1, 2]);
  assert.equal(nearest(18, 18, 9), 1);
  assert.equal(nearest(14, 14, 9), 0);
  assert.equal(nearest(60, 60, 9), -1);
});
test("points over each other cover a pixel more, and one that lies outside covers none", () => {
  const at = { x: Float32Array.of(1, 1, 3, 9, NaN), y: Float32Array.of(1, 1, 1, 1, 1) };
  const { over, under } = pointCover(at, Uint8Array.of(1, 1, 0, 1, 1), { width: 4, height: 2, scale: 1, side: 2 });
  assert.deepEqual([...over], [2, 2, 0, 0, 2, 2, 0, 0]);
  assert.deepEqual([...under], [0, 0, 1, 1, 0, 0, 1, 1]);
});
test("points that pass lie over the others, the more the stronger", () => {
  const pixels = new Uint8ClampedArray(16);
  colourPixels(pixels, { over: Uint8Array.of(0, 1, 2, 1), under: Uint8Array.of(0, 0, 0, 1) }, { above: [200, 0, 0], below: [0, 100, 0], opacity: 0.5 });
  assert.deepEqual([...pixels], [0, 0, 0, 0, 200, 0, 0, 128, 200, 0, 0, 191, 100, 50, 0, 255]);
});
test("points that are not shown or have no place are not found", () => {
  assert.equal(pointGrid(Float32Array.of(5, NaN), Float32Array.of(5, 5), [1])(5, 5, 9), -1);
});

test("only rows in sight and a few beyond are drawn", () => {
  assert.deepEqual(rowsInSight(0, 280, 65_536), { first: 0, last: 16, top: 0 });
  assert.deepEqual(rowsInSight(2800, 280, 65_536), { first: 94, last: 116, top: 94 * 28 });
});
for (const size of [1, 100, 65_536, 5_000_000]) test(`the last of ${size} rows can be scrolled to`, () => {
  const scroll = scrollTo(size - 1, 0, 280, size);
  const { first, last, top } = rowsInSight(scroll, 280, size);
  assert.equal(last, size);
  const bottom = top + (size - first) * 28;
  assert.ok(bottom <= scroll + 280 + 1, `${bottom} > ${scroll + 280}`);
});
