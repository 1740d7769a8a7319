// @ts-check
import { SLICE } from "./pauses.js";

/** @typedef {{ column: string, descending: boolean }} Order */
/** @typedef {(feature: number) => number | string | null} Value what is sorted by, all numbers or all texts; null has no place and comes last */
/** @typedef {import("./pauses.js").Pause} Pause */

const DIGIT = 16;

/**
 * Features in the order of a column's values; without a value last, equal ones as they came.
 * @param {Uint32Array} features
 * @param {Value} value
 * @param {boolean} descending
 * @param {Pause} pause
 */
export async function ordered(features, value, descending, pause) {
  const numbers = await numbersOf(features, value, pause);
  const words = sortable(numbers, descending);
  let places = new Uint32Array(features.length);
  for (let at = 0; at < places.length; at += 1) places[at] = at;
  for (const word of words) for (const shift of [0, DIGIT]) {
    await pause();
    places = byDigit(places, word, shift);
  }
  return places.map((place) => features[place] ?? 0);
}

/** Each feature's value as a number: a text is its place among the texts, NaN nothing. @param {Uint32Array} features @param {Value} value @param {Pause} pause */
async function numbersOf(features, value, pause) {
  const numbers = new Float64Array(features.length).fill(NaN);
  /** @type {Map<string, number>} */
  const texts = new Map();
  for (let at = 0; at < features.length; at += 1) {
    if (at % SLICE === 0) await pause();
    const own = value(features[at] ?? 0);
    if (typeof own === "string") numbers[at] = texts.get(own) ?? (texts.set(own, texts.size), texts.size - 1);
    else if (own !== null) numbers[at] = own + 0; // -0 is 0
  }
  if (!texts.size) return numbers;
  const ranks = new Float64Array(texts.size);
  for (const [rank, text] of (await sortedTexts([...texts.keys()], pause)).entries()) ranks[texts.get(text) ?? 0] = rank;
  return numbers.map((text) => ranks[text] ?? NaN);
}

/** Texts in order, by runs that are sorted and then merged. @param {string[]} texts @param {Pause} pause */
async function sortedTexts(texts, pause) {
  /** @type {string[][]} */
  let runs = [];
  for (let at = 0; at < texts.length; at += SLICE) {
    await pause();
    runs.push(texts.slice(at, at + SLICE).sort());
  }
  while (runs.length > 1) {
    /** @type {string[][]} */
    const longer = [];
    for (let k = 0; k < runs.length; k += 2) longer.push(await merged(runs[k] ?? [], runs[k + 1] ?? [], pause));
    runs = longer;
  }
  return runs[0] ?? [];
}

/** @param {string[]} a @param {string[]} b @param {Pause} pause */
async function merged(a, b, pause) {
  const all = new Array(a.length + b.length);
  for (let at = 0, i = 0, j = 0; at < all.length; at += 1) {
    if (at % SLICE === 0) await pause();
    const [first, second] = [a[i], b[j]];
    const isFirst = second === undefined || (first !== undefined && first <= second);
    all[at] = isFirst ? first : second;
    if (isFirst) i += 1;
    else j += 1;
  }
  return all;
}

/**
 * The low and the high halves of numbers' bits, changed so that they sort as whole numbers do (the sign bit turned, or
 * all bits of a number below zero).
 * @param {Float64Array<ArrayBuffer>} numbers
 * @param {boolean} descending
 */
function sortable(numbers, descending) {
  const bits = new Uint32Array(numbers.buffer);
  const [low, high] = [new Uint32Array(numbers.length), new Uint32Array(numbers.length)];
  for (let at = 0; at < numbers.length; at += 1) {
    const [lower = 0, upper = 0] = [bits[2 * at], bits[2 * at + 1]];
    const turned = (upper >>> 31 ? 0xffffffff : 0) ^ (descending ? 0xffffffff : 0);
    const isNothing = Number.isNaN(numbers[at]);
    low[at] = isNothing ? 0xffffffff : lower ^ turned;
    high[at] = isNothing ? 0xffffffff : upper ^ turned ^ (upper >>> 31 ? 0 : 0x80000000);
  }
  return [low, high];
}

/** Places in the order of 16 bits of their words, equal ones as they came. @param {Uint32Array<ArrayBuffer>} places @param {Uint32Array} words @param {number} shift */
function byDigit(places, words, shift) {
  const starts = new Uint32Array(2 ** DIGIT + 1);
  const digit = (/** @type {number} */ at) => ((words[places[at] ?? 0] ?? 0) >>> shift) & 0xffff;
  for (let at = 0; at < places.length; at += 1) starts[digit(at) + 1] = (starts[digit(at) + 1] ?? 0) + 1;
  if (starts[digit(0) + 1] === places.length) return places;
  for (let each = 0; each < 2 ** DIGIT; each += 1) starts[each + 1] = (starts[each + 1] ?? 0) + (starts[each] ?? 0);
  const sorted = new Uint32Array(places.length);
  for (let at = 0; at < places.length; at += 1) {
    const to = starts[digit(at)] ?? 0;
    sorted[to] = places[at] ?? 0;
    starts[digit(at)] = to + 1;
  }
  return sorted;
}
