// @ts-check
import { readOverview } from "./overview.js";
import { spellingChip } from "./overview_cells.js";

/** @typedef {import("./search_query.js").Hit} Hit */

/**
 * What the overview says of the features found: what orders them more finely than their classes do, and a word on each.
 * @param {ReturnType<typeof import("./bundle.js").openBundle>} bundle
 * @param {import("./bundle.js").Sae} sae
 */
export async function readFacts(bundle, sae) {
  const overview = await readOverview(bundle, sae);
  if (!overview) return null;
  const { tokens, fires_on, promotes, max, labels } = overview;

  /** How many percent of its top windows have one of these tokens, if that is its commonest. @param {number} feature @param {string[]} texts */
  const share = (feature, texts) => (texts.includes(tokens.text[fires_on[feature] ?? -1] ?? "\0") ? (overview.share[feature] ?? 0) : 0);

  /** Strongest first, within a class as well; found by parts, those that tell most first. @param {import("./search_answer.js").Answer} found @param {string} facet @param {string[]} texts of all entries */
  const ordered = ({ hits, parts, weights }, facet, texts) => {
    const shares = new Map(facet === "fires_on" ? hits.map(({ feature, entries }) => [feature, share(feature, entries.map((entry) => texts[entry] ?? ""))]) : []);
    const by = (/** @type {Hit} */ { feature }) => [shares.get(feature) ?? 0, max[feature] || 0];
    return [...hits].sort((a, b) => {
      const [[shareA = 0, maxA = 0], [shareB = 0, maxB = 0]] = [by(a), by(b)];
      return (parts ? (weights.get(b) ?? 0) - (weights.get(a) ?? 0) : a.strength - b.strength) || shareB - shareA || maxB - maxA || a.feature - b.feature;
    });
  };

  /** A feature's label, or the token at its other end. @param {number} feature @param {string} facet */
  const about = (feature, facet) => {
    const label = labels.get(feature);
    if (label) return [label];
    const [word, token] = facet === "fires_on" ? ["promotes ", promotes[feature]] : ["fires on ", fires_on[feature]];
    const chip = spellingChip(tokens, token ?? -1);
    return chip ? [word, chip] : [];
  };
  return { share, ordered, about };
}
