// @ts-check
import { EVERYTHING } from "./feature_filter.js";

/** @typedef {import("./feature_filter.js").Filter} Filter */
/** @typedef {import("./feature_filter.js").Range} Range */
/** @typedef {import("./feature_order.js").Order} Order */

/** @type {Order} */
export const FIRST_ORDER = { column: "feature", descending: false };
const RANGE = /^(\d+(?:\.\d+)?(?:e[+-]?\d+)?)?\.\.(\d+(?:\.\d+)?(?:e[+-]?\d+)?)?$/i;

/**
 * Takes values from an address's query; `ignored` gathers what it says and cannot be.
 * @param {URLSearchParams} query
 */
export function taking(query) {
  /** @type {string[]} */
  const ignored = [];
  /** @template T @param {string} name @param {(text: string) => T | undefined} read @param {T} otherwise @returns {T} */
  const take = (name, read, otherwise) => {
    const text = query.get(name);
    if (text === null) return otherwise;
    const value = read(text);
    if (value === undefined) ignored.push(`${name}=${text.slice(0, 40)}`);
    return value ?? otherwise;
  };
  return { take, ignored };
}

/**
 * Order and filter as an address's query says them; `ignored` names what it says and cannot be.
 * @param {string} search
 * @param {string[]} columns that can be sorted by
 */
export function parseView(search, columns) {
  const query = new URLSearchParams(search);
  const { take, ignored } = taking(query);
  const sort = take("sort", (text) => (columns.includes(text) ? text : undefined), FIRST_ORDER.column);
  /** @type {Filter} */
  const filter = {
    show: take("show", (text) => oneOf(text, /** @type {const} */ (["all", "alive", "dead"])), EVERYTHING.show),
    density: take("density", parseRange, EVERYTHING.density),
    max: take("max", parseRange, EVERYTHING.max),
    labelled: take("labelled", (text) => (text === "1" ? true : undefined), false),
    starred: take("starred", (text) => (text === "1" ? true : undefined), false),
    text: query.get("text") ?? "",
  };
  const descending = take("order", (text) => oneOf(text, /** @type {const} */ (["ascending", "descending"])), "ascending") === "descending";
  return { order: { column: sort, descending }, filter, ignored };
}

/**
 * The query that says order and filter; what is as at first is left out.
 * @param {string} sae
 * @param {Order} order
 * @param {Filter} filter
 */
export function formatView(sae, order, filter) {
  const query = new URLSearchParams({ sae });
  if (order.column !== FIRST_ORDER.column || order.descending) query.set("sort", order.column);
  if (order.descending) query.set("order", "descending");
  if (filter.show !== "all") query.set("show", filter.show);
  for (const name of /** @type {const} */ (["density", "max"]))
    if (filter[name].some((end) => end !== null)) query.set(name, filter[name].map((end) => end ?? "").join(".."));
  for (const name of /** @type {const} */ (["labelled", "starred"])) if (filter[name]) query.set(name, "1");
  if (filter.text) query.set("text", filter.text);
  return `?${query}`;
}

/**
 * "0.01..0.5", "..0.5", "0.01..": numbers that are not below zero, the lower one first.
 * @param {string} text
 * @returns {Range | undefined}
 */
export function parseRange(text) {
  const ends = RANGE.exec(text);
  if (!ends) return undefined;
  const [low = null, high = null] = [ends[1], ends[2]].map((end) => (end === undefined ? null : Number(end)));
  const finite = [low, high].every((end) => end === null || Number.isFinite(end));
  return !finite || (low !== null && high !== null && low > high) ? undefined : [low, high];
}

/** @template {string} T @param {string} text @param {readonly T[]} known @returns {T | undefined} */
export function oneOf(text, known) {
  return known.find((name) => name === text);
}
