import assert from "node:assert/strict";
import { test } from "node:test";
import { csv } from "../../site_template/theme/js/csv.js";
import { EVERYTHING, isFiltering, matching } from "../../site_template/theme/js/feature_filter.js";
import { ordered } from "../../site_template/theme/js/feature_order.js";
import { parseNumber } from "../../site_template/theme/js/filter_form.js";
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
const passing = (filter) => [...matching(features, { ...EVERYTHING, ...filter })];

test("nothing is filtered at first", () => {
  assert.deepEqual(passing({}), [0, 1, 2, 3]);
  assert.equal(isFiltering(structuredClone(EVERYTHING)), false);
});
test("a feature without a dashboard is left out", () => {
  const some = { ...features, overview: { ...overview, shown: Uint32Array.of(1, 3) } };
  assert.deepEqual([...matching(some, EVERYTHING)], [1, 3]);
});
test("dead and alive are told apart", () => {
  assert.deepEqual(passing({ show: "dead" }), [1]);
  assert.deepEqual(passing({ show: "alive" }), [0, 2, 3]);
});
test("both ends of a range belong to it", () => assert.deepEqual(passing({ density: [0.001, 0.01] }), [0, 3]));
test("a dead feature lies in no range of activations", () => assert.deepEqual(passing({ max: [0, null] }), [0, 2, 3]));
test("labelled and starred features are found", () => {
  assert.deepEqual(passing({ labelled: true }), [2]);
  assert.deepEqual(passing({ starred: true }), [3]);
});
test("text is looked for in label and tokens, in whatever case", () => {
  assert.deepEqual(passing({ text: "article" }), [2]);
  assert.deepEqual(passing({ text: "SELF" }), [0]);
  assert.deepEqual(passing({ text: "the" }), [0, 1, 2, 3]);
  assert.deepEqual(passing({ text: " the" }), [0, 1, 3]);
});

test("text is looked for in the reader's notes", () => assert.deepEqual(passing({ text: "LOOPS" }), [2]));

test("what has no value comes last in both directions, equal values by number", () => {
  const value = (feature) => [5, null, 3, 5][feature];
  const all = Uint32Array.of(0, 1, 2, 3);
  assert.deepEqual([...ordered(all, value, false)], [2, 0, 3, 1]);
  assert.deepEqual([...ordered(all, value, true)], [0, 3, 2, 1]);
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
