// @ts-check

/**
 * What can be searched for in one index, ordered by search key, then text.
 * @typedef {object} Entries
 * @property {string[]} text
 * @property {Record<string, string>} bytes
 * @property {number[]} special
 * @property {string[]} keys
 * @property {number[]} postings
 * @property {number[]} shards the first entry of each shard
 * @property {number[]} overflow the entries of which a shard leaves some out
 */
/** @typedef {{ features: number, tokens: Entries, words: Entries }} Vocabulary */
/** @typedef {{ first: number, size: number, run: (entry: number, facet: number, strength: number) => number[] }} Shard */
/** @typedef {{ sae: string, features: number, index: 0 | 1, overflow: 0 | 1 }} Expected what a shard must be */

export const FACETS = ["fires_on", "promotes", "suppresses", "label"];
export const STRENGTHS = 3;
const LEADING = /^[ \u2581\n\r\t]+/;
const LONGEST = 256;

/** A text without the white space that it starts with, in lower case. @param {string} text */
export function searchKey(text) {
  return (text.replace(LEADING, "") || text).toLowerCase();
}

/**
 * @param {Uint8Array} content
 * @param {string} sae
 * @param {number} features
 * @returns {Vocabulary}
 */
export function readVocabulary(content, sae, features) {
  const file = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  expect(file?.format === 1, `its format is ${JSON.stringify(file?.format)}; this page reads 1`);
  expect(file.sae === sae && file.features === features, `it is of ${file.sae} with ${file.features} features`);
  return { features, tokens: readEntries(file.tokens), words: readEntries(file.words) };
}

/** @param {any} raw @returns {Entries} */
function readEntries(raw) {
  const { text, bytes, special, postings, shards, overflow } = raw ?? {};
  expect([text, special, postings, shards, overflow].every(Array.isArray) && text.length === postings.length, "its entries are incomplete");
  return { text, bytes: bytes ?? {}, special, postings, keys: text.map(searchKey), shards: summed(shards), overflow: summed(overflow) };
}

/**
 * The search keys that begin with a prefix: the prefix itself first, then those with most postings.
 * @param {Entries} entries
 * @param {string} prefix
 * @param {number} most
 * @returns {{ key: string, entries: number[], postings: number }[]}
 */
export function complete({ keys, postings }, prefix, most) {
  const wanted = searchKey(prefix);
  if (!wanted) return [];
  /** @type {Map<string, { key: string, entries: number[], postings: number }>} */
  const found = new Map();
  for (let at = lowerBound(keys, wanted); at < keys.length && keys[at]?.startsWith(wanted); at += 1) {
    const key = keys[at] ?? "";
    const group = found.get(key) ?? { key, entries: [], postings: 0 };
    group.entries.push(at);
    group.postings += postings[at] ?? 0;
    found.set(key, group);
  }
  const exact = (/** @type {{ key: string }} */ { key }) => Number(key === wanted);
  return [...found.values()].sort((a, b) => exact(b) - exact(a) || b.postings - a.postings).slice(0, most);
}

/**
 * The search keys that contain a text elsewhere than at their beginning, those with most postings first.
 * @param {Entries} entries
 * @param {string} part
 * @param {number} most
 * @returns {{ key: string, entries: number[], postings: number }[]}
 */
export function containing({ keys, postings }, part, most) {
  /** @type {Map<string, { key: string, entries: number[], postings: number }>} */
  const found = new Map();
  keys.forEach((key, at) => {
    if (key.indexOf(part) < 1 || key.startsWith(part)) return;
    const group = found.get(key) ?? { key, entries: [], postings: 0 };
    group.entries.push(at);
    group.postings += postings[at] ?? 0;
    found.set(key, group);
  });
  return [...found.values()].sort((a, b) => b.postings - a.postings).slice(0, most);
}

/** Which shard holds an entry. @param {Entries} entries @param {number} entry */
export function shardOf({ shards }, entry) {
  return shards.findLastIndex((first) => first <= entry);
}

/**
 * A shard's postings; throws an Error that says what is wrong with it.
 * @param {Uint8Array} content
 * @param {Expected} expected
 * @returns {Shard}
 */
export function decodeShard(content, { sae, features, index, overflow }) {
  const head = reader(content, 4);
  expect(content[0] === 0x46 && content[1] === 0x56 && content[2] === 0x53, "it does not start as a shard does");
  expect(content[3] === 1, `its format version is ${content[3]}; this page reads 1`);
  const name = head.text();
  expect(name === sae, `it is of ${name}, not of ${sae}`);
  const [found, kind, first, size] = [head.varint(), head.varint(), head.varint(), head.varint()];
  expect(found === index && kind === overflow, "it is another kind of file");
  const facets = index === 0 ? 3 : 1;
  expect(size <= content.length, `it declares ${size} entries`);
  const counts = Array.from({ length: facets * STRENGTHS * size }, head.varint);
  const order = Array.from({ length: counts.length }, (_, k) => counts[place(k, facets, size)] ?? 0);
  const runs = decodeRuns(content, head.at(), order, features);
  return { first, size, run: (entry, facet, strength) => runs[((entry - first) * facets + facet) * STRENGTHS + strength] ?? [] };
}

/** Where the count of the k-th run stands: runs go by entry, counts by facet and class. @param {number} k @param {number} facets @param {number} size */
function place(k, facets, size) {
  const within = k % (facets * STRENGTHS);
  return within * size + Math.floor(k / (facets * STRENGTHS));
}

/** Rice-coded gaps. @param {Uint8Array} content @param {number} start @param {number[]} counts @param {number} features */
function decodeRuns(content, start, counts, features) {
  const widths = counts.map((n) => riceWidth(n, features));
  const bits = counts.reduce((sum, n, run) => sum + n * (widths[run] ?? 0), 0);
  const total = counts.reduce((sum, n) => sum + n, 0);
  expect(bits + total <= 8 * (content.length - start), "it is shorter than its counts say");
  let low = 8 * start;
  let high = 8 * (start + Math.ceil(bits / 8));
  const bit = (/** @type {number} */ at) => ((content[at >> 3] ?? 0) >> (at & 7)) & 1;
  const runs = counts.map((n, run) => {
    const width = widths[run] ?? 0;
    let previous = -1;
    return Array.from({ length: n }, () => {
      let quotient = 0;
      while (bit(high)) {
        quotient += 1;
        high += 1;
      }
      expect(high < 8 * content.length, "it ends too soon");
      high += 1;
      let gap = quotient * 2 ** width;
      for (let k = 0; k < width; k += 1) gap += bit(low + k) * 2 ** k;
      low += width;
      previous += gap + 1;
      expect(previous < features, `it names feature ${previous} of ${features}`);
      return previous;
    });
  });
  expect(Math.ceil(high / 8) === content.length, "it is longer than its counts say");
  return runs;
}

/** @param {number} n @param {number} features */
function riceWidth(n, features) {
  let width = 0;
  while (n && 16 * n * 2 ** (width + 1) <= 11 * features) width += 1;
  return width;
}

/** @param {Uint8Array} content @param {number} from */
function reader(content, from) {
  let at = from;
  const varint = () => {
    let value = 0;
    for (let k = 0; k < 5; k += 1) {
      const byte = content[at];
      if (byte === undefined) throw new Error("it ends too soon");
      at += 1;
      value += (byte & 127) * 2 ** (7 * k);
      if (byte < 128) return value;
    }
    throw new Error("a number in it is too long");
  };
  const text = () => {
    const size = varint();
    expect(size <= LONGEST && at + size <= content.length, "a text in it is too long");
    at += size;
    return new TextDecoder("utf-8", { fatal: true }).decode(content.subarray(at - size, at));
  };
  return { varint, text, at: () => at };
}

/** The first key that is not below; keys are compared by code points. @param {string[]} keys @param {string} wanted */
function lowerBound(keys, wanted) {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBelow(keys[middle] ?? "", wanted)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {string} a @param {string} b */
function isBelow(a, b) {
  for (let at = 0; at < a.length && at < b.length;) {
    const [x, y] = [a.codePointAt(at) ?? 0, b.codePointAt(at) ?? 0];
    if (x !== y) return x < y;
    at += x > 0xffff ? 2 : 1;
  }
  return a.length < b.length;
}

/** @param {number[]} at */
function summed(at) {
  let sum = 0;
  return at.map((difference) => (sum += difference));
}

/** @param {boolean} condition @param {string} finding */
function expect(condition, finding) {
  if (!condition) throw new Error(finding);
}
