// @ts-check
import { complete, containing, searchKey } from "./search_index.js";

/** @typedef {import("./search_index.js").Entries} Entries */
/** @typedef {import("./search_query.js").Hit} Hit */
/** @typedef {import("./search_query.js").Index} Index */
/** @typedef {import("./search_query.js").Group} Group */
/** @typedef {{ sought: Group[], others: Group[], parts: boolean }} Reading what a text is taken for: one group, or its parts; and what else it may have been meant to be */
/** @typedef {{ facet: string, text: string, chosen: number[] | null, whole: boolean }} Query `chosen` are the spellings to keep to */
/** @typedef {Reading & { own: number[], hits: Hit[], weights: Map<Hit, number>, counts: Map<string, number>, more: boolean }} Answer `own` are the entries that were searched, `weights` how much the parts tell that a feature was found by */

const SUGGESTIONS = 6;
/** Parts that a text is searched by: each may be in a file of its own. */
const PARTS = 3;
/** Shorter texts stand within too many tokens. */
const CONTAINED = 3;
/** How a field writes what it cannot hold. @type {[RegExp, string][]} */
const WRITTEN = [[/↵|\\n/g, "\n"], [/⇥|\\t/g, "\t"], [/␍|\\r/g, "\r"], [/·/g, " "]];

/** What was typed, with the white space that its marks stand for. @param {string} text */
export function meant(text) {
  return WRITTEN.reduce((known, [mark, character]) => known.replace(mark, character), text);
}

/** A token's text as a field holds it. @param {string} text */
export function written(text) {
  return text.replace(/\n/g, "↵").replace(/\t/g, "⇥").replace(/\r/g, "␍");
}

/** The words of a query. @param {string} text */
export function wordsOf(text) {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

/**
 * The features that a query finds in one facet, strongest first.
 * @param {Index} index
 * @param {Query} query
 * @returns {Promise<Answer>}
 */
export async function answer(index, { facet, text, chosen, whole }) {
  const entries = index.entriesOf(facet);
  const words = facet === "label" ? wordsOf(text) : [];
  const reading = facet === "label" ? readWord(entries, words.at(-1) ?? "") : readToken(entries, text);
  const all = reading.sought.flatMap((group) => group.entries);
  if (!all.length) return { ...reading, own: [], hits: [], weights: new Map(), counts: new Map(), more: false };
  const own = chosen?.filter((entry) => all.includes(entry)) ?? all;
  const [found, others] = await Promise.all([index.find(facet, own.length ? own : all, whole), withWords(index, words.slice(0, -1))]);
  const hits = found.hits.filter(({ feature }) => others.every((features) => features.has(feature)));
  const weights = new Map(reading.parts ? hits.map((hit) => [hit, weight(hit, reading.sought)]) : []);
  if (reading.parts) hits.sort((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0) || a.feature - b.feature);
  return { ...reading, ...found, own: own.length ? own : all, hits, weights };
}

/** Rare parts tell more than common ones, and strong classes more than weak ones. @param {Hit} hit @param {Group[]} parts */
function weight({ entries, classes }, parts) {
  return parts.reduce((sum, part) => {
    const best = Math.min(...classes.filter((_, k) => part.entries.includes(entries[k] ?? -1)));
    return sum + (1 / Math.log(2 + part.postings)) / 2 ** best;
  }, 0);
}

/** The features with each of the words in their labels. @param {Index} index @param {string[]} words */
function withWords(index, words) {
  return Promise.all(words.map(async (word) => {
    const [group] = complete(index.entriesOf("label"), word, 1);
    return new Set(group?.key === word ? (await index.find("label", group.entries, true)).hits.map((hit) => hit.feature) : []);
  }));
}

/** @param {Entries} entries @param {string} word @returns {Reading} */
function readWord(entries, word) {
  return completed(complete(entries, word, SUGGESTIONS), word);
}

/**
 * A token that begins so, or one that holds the text elsewhere; else the tokens that the text is made of.
 * @param {Entries} entries
 * @param {string} text
 * @returns {Reading}
 */
export function readToken(entries, text) {
  const spelled = meant(text);
  for (const read of new Set([text, spelled, spelled.trimEnd()])) {
    const groups = complete(entries, read, SUGGESTIONS);
    if (!groups.length) continue;
    const within = read.length < CONTAINED ? [] : containing(entries, searchKey(read), SUGGESTIONS - groups.length);
    return completed([...groups, ...within], read);
  }
  const key = searchKey(spelled).trimEnd();
  const within = key.length < CONTAINED ? [] : containing(entries, key, SUGGESTIONS);
  if (within.length) return completed(within, key);
  return { sought: partsOf(entries, key), others: [], parts: true };
}

/** @param {Group[]} groups @param {string} text @returns {Reading} */
function completed(groups, text) {
  const exact = groups[0]?.key === searchKey(text);
  return { sought: groups.slice(0, 1), others: exact ? groups.slice(1) : groups, parts: false };
}

/** The longest tokens that a text is cut into, from its beginning on; white space between them is left out, and so are single letters beside longer parts. @param {Entries} entries @param {string} key */
export function partsOf(entries, key) {
  const known = new Set(entries.keys);
  const longest = entries.keys.reduce((most, { length }) => Math.max(most, length), 0);
  /** @type {Set<string>} */
  const parts = new Set();
  for (let at = 0; at < key.length;) {
    let size = Math.min(longest, key.length - at);
    while (size && !(known.has(key.slice(at, at + size)) && key.slice(at, at + size).trim())) size -= 1;
    if (size) parts.add(key.slice(at, at + size));
    at += size || 1;
  }
  const sorted = [...parts].sort((a, b) => b.length - a.length);
  const best = sorted.filter((part) => part.length > 1 || !/[\p{L}\p{M}]/u.test(part) || sorted[0]?.length === 1).slice(0, PARTS);
  return [...parts].filter((part) => best.includes(part)).flatMap((part) => complete(entries, part, 1));
}
