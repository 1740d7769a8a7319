// @ts-check
import { element } from "./element.js";
import { density, featureAnchor, pearsonText, spelling, spellingChip } from "./overview_cells.js";

/** @typedef {import("./overview.js").Overview} Overview */
/** @typedef {import("./pairing.js").PairKind} PairKind */
/** @typedef {import("./feature_columns.js").FeatureColumn} FeatureColumn */

/**
 * The columns of the table of pairs: a feature, how it is matched, and its best match.
 * @param {Overview} own
 * @param {Overview} other
 * @param {number} counted
 * @param {(feature: number) => PairKind} kind
 * @param {Record<PairKind, [name: string, meaning: string]>} meanings
 * @returns {FeatureColumn[]}
 */
export function pairColumns(own, other, counted, kind, meanings) {
  const { feature: partner, pearson } = own.partners[other.sae] ?? { feature: new Int32Array(), pearson: new Float64Array() };
  const match = (/** @type {number} */ feature) => ((partner[feature] ?? -1) < 0 ? null : Number(partner[feature]));
  const value = (/** @type {number} */ feature) => (Number.isNaN(pearson[feature]) ? null : (pearson[feature] ?? null));
  const compare = (/** @type {number} */ feature) => match(feature) !== null && element("a", "", [pearsonText(pearson[feature])], {
    href: `compare.html?${new URLSearchParams({ sae: own.sae, feature: String(feature), with: other.sae })}`, title: "side by side",
  });
  const name = (/** @type {number} */ feature) => meanings[kind(feature)][0];
  return [
    ...side(own, counted, (feature) => feature, ""),
    { name: "kind", heading: "match", className: "kind-cell", cell: (feature) => element("span", "", [element("span", `swatch ${kind(feature)}`), name(feature)]), value: name, raw: name },
    { name: "pearson", heading: "Pearson", className: "number", cell: compare, value, raw: value },
    ...side(other, counted, match, "best_"),
  ];
}

/** @param {Overview} overview @param {number} counted @param {(feature: number) => number | null} of which feature of this SAE it is @param {string} prefix @returns {FeatureColumn[]} */
function side({ sae, firings, fires_on, tokens, labels }, counted, of, prefix) {
  /** @template T @param {(feature: number) => T} read */
  const through = (read) => (/** @type {number} */ row) => {
    const feature = of(row);
    return feature === null ? null : read(feature);
  };
  const token = (/** @type {number} */ feature) => fires_on[feature] ?? -1;
  const label = (/** @type {number} */ feature) => labels.get(feature) ?? null;
  const share = (/** @type {number} */ feature) => (firings[feature] ?? 0) / counted;
  /** @type {FeatureColumn} */
  const labelColumn = { name: `${prefix}label`, heading: "label", className: "label", cell: through(label), value: through((feature) => label(feature)?.toLowerCase() ?? null), raw: through(label) };
  return [
    { name: `${prefix}feature`, heading: prefix ? `best in ${sae}` : sae, className: "feature", cell: through((feature) => featureAnchor(sae, feature)), value: through((feature) => feature), raw: through((feature) => feature) },
    ...(labels.size ? [labelColumn] : []),
    { name: `${prefix}fires_on`, heading: "fires on most", className: "token", cell: through((feature) => spellingChip(tokens, token(feature))), value: through((feature) => (token(feature) < 0 ? null : token(feature))), raw: through((feature) => spelling(tokens, token(feature))) },
    { name: `${prefix}density`, heading: "density", className: "number", cell: through((feature) => density(firings[feature] ?? 0, counted)), value: through(share), raw: through(share) },
  ];
}
