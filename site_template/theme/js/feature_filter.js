// @ts-check
import { SLICE } from "./pauses.js";

/** @typedef {import("./overview.js").Overview} Overview */
/** @typedef {[low: number | null, high: number | null]} Range both ends belong to it; null: open */
/**
 * What the page shows of all features.
 * @typedef {object} Filter
 * @property {"all" | "alive" | "dead"} show
 * @property {Range} density
 * @property {Range} max
 * @property {boolean} labelled
 * @property {boolean} starred
 * @property {string} text
 */
/** @typedef {{ overview: Overview, counted: number, noteOf: (feature: number) => import("./notes.js").Note }} Features what a filter looks at; `counted` is N */

/** @type {Filter} */
export const EVERYTHING = { show: "all", density: [null, null], max: [null, null], labelled: false, starred: false, text: "" };

/**
 * The features that pass, by number.
 * @param {Features} features
 * @param {Filter} filter
 * @param {import("./pauses.js").Pause} pause
 */
export async function matching({ overview, counted, noteOf }, filter, pause) {
  const { shown, firings, max, labels } = overview;
  if (!isFiltering(filter)) return shown;
  const found = finder(overview, filter.text, noteOf);
  const fits = (/** @type {number} */ feature) => {
    const fired = firings[feature] ?? 0;
    return (filter.show === "all" || (filter.show === "dead") === (fired === 0))
      && within(filter.density, fired / counted)
      && within(filter.max, max[feature] ?? NaN)
      && (!filter.labelled || labels.has(feature))
      && (!filter.starred || noteOf(feature).star)
      && found(feature);
  };
  const passing = new Uint32Array(shown.length);
  let size = 0;
  for (let at = 0; at < shown.length; at += 1) {
    if (at % SLICE === 0) await pause();
    const feature = shown[at] ?? 0;
    if (fits(feature)) passing[size++] = feature;
  }
  return passing.slice(0, size);
}

/** Whether anything is left out. @param {Filter} filter */
export function isFiltering(filter) {
  return JSON.stringify(filter) !== JSON.stringify(EVERYTHING);
}

/**
 * Tells whether a feature's label, the reader's note or one of its two tokens contains the text, in whatever case. A text
 * that begins or ends with a space looks for that space.
 * @param {Overview} overview
 * @param {string} text
 * @param {Features["noteOf"]} noteOf
 * @returns {(feature: number) => boolean}
 */
export function finder({ tokens, fires_on, promotes, labels }, text, noteOf) {
  if (!text) return () => true;
  const wanted = text.toLowerCase();
  const spelled = tokens.text.map((token) => token.toLowerCase().includes(wanted));
  return (feature) => Boolean(spelled[fires_on[feature] ?? -1] || spelled[promotes[feature] ?? -1])
    || (labels.get(feature)?.toLowerCase().includes(wanted) ?? false)
    || noteOf(feature).text.toLowerCase().includes(wanted);
}

/** @param {Range} range @param {number} value */
function within([low, high], value) {
  return (low === null || value >= low) && (high === null || value <= high);
}
