// @ts-check

/** @typedef {import("./overview.js").Overview} Overview */
/** @typedef {"matched" | "shared" | "unmatched" | "dead"} PairKind */

/** @type {PairKind[]} */
export const KINDS = ["matched", "shared", "unmatched", "dead"];

/**
 * What each feature of one SAE is to its best match in another: `matched` if each is the other's best and they
 * correlate by `threshold` or more; `shared` if they do but the match has a closer feature; else `unmatched`, or `dead`.
 * @param {Overview} own
 * @param {Overview} other
 * @param {number} threshold
 * @returns {PairKind[]}
 */
export function pairKinds(own, other, threshold) {
  const [there, back] = [own.partners[other.sae], other.partners[own.sae]];
  return Array.from(own.firings, (firings, feature) => {
    if (!firings) return "dead";
    const partner = there?.feature[feature] ?? -1;
    if (partner < 0 || !((there?.pearson[feature] ?? NaN) >= threshold)) return "unmatched";
    return back?.feature[partner] === feature ? "matched" : "shared";
  });
}

/** How many of each kind. @param {PairKind[]} kinds */
export function countKinds(kinds) {
  const counts = { matched: 0, shared: 0, unmatched: 0, dead: 0 };
  for (const kind of kinds) counts[kind] += 1;
  return counts;
}

/**
 * How the best correlations spread, by kind: bins of equal width over [low, 1], what lies below `low` in the first.
 * @param {Float64Array} pearson
 * @param {PairKind[]} kinds
 * @param {number} low
 * @param {number} bins
 */
export function kindHistogram(pearson, kinds, low, bins) {
  const empty = () => /** @type {number[]} */ (new Array(bins).fill(0));
  const counts = { matched: empty(), shared: empty(), unmatched: empty(), dead: empty() };
  pearson.forEach((value, feature) => {
    const kind = kinds[feature];
    if (!kind || kind === "dead" || Number.isNaN(value)) return;
    const bin = Math.max(0, Math.min(bins - 1, Math.floor(((value - low) / (1 - low)) * bins + 1e-9)));
    counts[kind][bin] = (counts[kind][bin] ?? 0) + 1;
  });
  return counts;
}
