// @ts-check
import { SLICE } from "./pauses.js";

/** @typedef {import("./overview.js").Overview} Overview */
/** @typedef {"matched" | "shared" | "unmatched" | "dead"} PairKind */
/** @typedef {Uint8Array<ArrayBuffer>} PairKinds each feature's kind, as its place in `KINDS` */

/** @type {PairKind[]} */
export const KINDS = ["matched", "shared", "unmatched", "dead"];
const [MATCHED, SHARED, UNMATCHED, DEAD] = [0, 1, 2, 3];

/**
 * What each feature of one SAE is to its best match in another: `matched` if each is the other's best and they
 * correlate by `threshold` or more; `shared` if they do but the match has a closer feature; else `unmatched`, or `dead`.
 * @param {Overview} own
 * @param {Overview} other
 * @param {number} threshold
 * @returns {PairKinds}
 */
export function pairKinds(own, other, threshold) {
  const [there, back] = [own.partners[other.sae], other.partners[own.sae]];
  const kinds = new Uint8Array(own.firings.length).fill(DEAD);
  for (let feature = 0; feature < kinds.length; feature += 1) {
    if (!own.firings[feature]) continue;
    const partner = there?.feature[feature] ?? -1;
    const goes = partner >= 0 && (there?.pearson[feature] ?? NaN) >= threshold;
    kinds[feature] = !goes ? UNMATCHED : back?.feature[partner] === feature ? MATCHED : SHARED;
  }
  return kinds;
}

/** A feature's kind. @param {PairKinds} kinds @param {number} feature */
export function kindOf(kinds, feature) {
  return KINDS[kinds[feature] ?? DEAD] ?? "dead";
}

/** How many of each kind. @param {PairKinds} kinds @returns {Record<PairKind, number>} */
export function countKinds(kinds) {
  const counts = [0, 0, 0, 0];
  for (let feature = 0; feature < kinds.length; feature += 1) counts[kinds[feature] ?? DEAD] = (counts[kinds[feature] ?? DEAD] ?? 0) + 1;
  const [matched = 0, shared = 0, unmatched = 0, dead = 0] = counts;
  return { matched, shared, unmatched, dead };
}

/**
 * The features of a kind, or all.
 * @param {PairKinds} kinds
 * @param {PairKind | null} kind
 * @param {import("./pauses.js").Pause} pause
 */
export async function featuresOf(kinds, kind, pause) {
  const found = new Uint32Array(kinds.length);
  let size = 0;
  for (let feature = 0; feature < kinds.length; feature += 1) {
    if (feature % SLICE === 0) await pause();
    if (!kind || kindOf(kinds, feature) === kind) found[size++] = feature;
  }
  return found.slice(0, size);
}

/**
 * How the best correlations spread, by kind: bins of equal width over [low, 1], what lies below `low` in the first.
 * @param {Float64Array} pearson
 * @param {PairKinds} kinds
 * @param {number} low
 * @param {number} bins
 */
export function kindHistogram(pearson, kinds, low, bins) {
  const empty = () => /** @type {number[]} */ (new Array(bins).fill(0));
  const counts = { matched: empty(), shared: empty(), unmatched: empty(), dead: empty() };
  for (let feature = 0; feature < kinds.length; feature += 1) {
    const value = pearson[feature] ?? NaN;
    if (kinds[feature] === DEAD || Number.isNaN(value)) continue;
    const bin = Math.max(0, Math.min(bins - 1, Math.floor(((value - low) / (1 - low)) * bins + 1e-9)));
    const of = counts[kindOf(kinds, feature)];
    of[bin] = (of[bin] ?? 0) + 1;
  }
  return counts;
}
