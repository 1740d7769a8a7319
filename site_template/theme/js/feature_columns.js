// @ts-check
import { element } from "./element.js";
import { isShown } from "./overview.js";
import { density, featureAnchor, maxText, pearsonText, spelling, spellingChip, whose } from "./overview_cells.js";

/** @typedef {import("./overview.js").Overview} Overview */
/** @typedef {import("./own_notes.js").OwnNotes} OwnNotes */
/** @typedef {string | number | null} Raw */
/** @typedef {import("./virtual_table.js").TableColumn & { value: (feature: number) => Raw, raw: (feature: number) => Raw }} FeatureColumn with what it is sorted by, and what a file gets */

/**
 * The columns of the table of all features.
 * @param {Overview} overview
 * @param {number} counted
 * @param {OwnNotes} own the reader's
 * @returns {FeatureColumn[]}
 */
export function columnsOf(overview, counted, own) {
  const { sae, tokens, labels } = overview;
  const label = (/** @type {number} */ feature) => labels.get(feature) ?? null;
  const firings = (/** @type {number} */ feature) => overview.firings[feature] ?? 0;
  const max = (/** @type {number} */ feature) => known(overview.max[feature]);
  /** @type {FeatureColumn} */
  const labelColumn = { name: "label", heading: "label", className: "label", cell: (feature) => label(feature) ?? "", value: (feature) => label(feature)?.toLowerCase() ?? null, raw: label };
  return [
    { name: "feature", heading: "feature", className: "feature", cell: (feature) => featureAnchor(sae, feature), value: (feature) => feature, raw: (feature) => feature },
    starColumn(sae, own),
    ...(labels.size ? [labelColumn] : []),
    ...(own.written() ? [noteColumn(own)] : []),
    { name: "density", heading: "density", className: "number", cell: (feature) => density(firings(feature), counted), value: firings, raw: (feature) => firings(feature) / counted },
    { name: "max", heading: "max", className: "number", cell: (feature) => maxText(overview.max[feature]), value: max, raw: max },
    { ...token("fires_on", "fires on most", overview.fires_on), cell: (feature) => shared(overview, feature) },
    token("promotes", "promotes most", overview.promotes, "positive"),
    ...partnersOf(overview).flatMap((other) => partner(overview, other)),
  ];

  /** @param {string} name @param {string} heading @param {Int32Array} column @param {string} [chip] @returns {FeatureColumn} */
  function token(name, heading, column, chip) {
    const index = (/** @type {number} */ feature) => column[feature] ?? -1;
    return {
      name, heading, className: "token",
      cell: (feature) => (firings(feature) || name === "promotes" ? spellingChip(tokens, index(feature), chip) : null),
      value: (feature) => (index(feature) < 0 ? null : index(feature)),
      raw: (feature) => spelling(tokens, index(feature)),
    };
  }
}

/** The reader's stars: a button on each row. @param {string} sae @param {OwnNotes} own @returns {FeatureColumn} */
function starColumn(sae, own) {
  const starred = (/** @type {number} */ feature) => own.of(feature).star;
  const cell = (/** @type {number} */ feature) => {
    const on = starred(feature);
    const button = element("button", "star", [on ? "★" : "☆"], { type: "button", "aria-pressed": String(on), "aria-label": `star ${sae} / ${feature}` });
    button.addEventListener("click", () => own.toggle(feature));
    return button;
  };
  return { name: "starred", heading: "★", className: "star-cell", cell, value: (feature) => Number(!starred(feature)), raw: (feature) => Number(starred(feature)) };
}

/** The reader's remarks. @param {OwnNotes} own @returns {FeatureColumn} */
function noteColumn(own) {
  const text = (/** @type {number} */ feature) => own.of(feature).text || null;
  return { name: "note", heading: "your note", className: "label", cell: (feature) => element("span", "", [text(feature)], { title: text(feature) ?? "" }), value: (feature) => text(feature)?.toLowerCase() ?? null, raw: text };
}

/** The SAEs to compare with: the others, or the same where there is no other. @param {Overview} overview */
export function partnersOf({ sae, partners }) {
  const names = Object.keys(partners);
  const others = names.filter((name) => name !== sae);
  return others.length ? others : names;
}

/** The token that a feature fires on most, and in how many of its top windows. @param {Overview} overview @param {number} feature */
function shared({ tokens, fires_on, share }, feature) {
  const chip = spellingChip(tokens, fires_on[feature] ?? -1);
  return chip && element("span", "", [chip, element("span", "muted share", [`${share[feature]} %`])]);
}

/** @param {Overview} overview @param {string} other @returns {FeatureColumn[]} */
function partner(overview, other) {
  const { sae, partners } = overview;
  const { feature: partner, pearson } = partners[other] ?? { feature: new Int32Array(), pearson: new Float64Array() };
  const number = (/** @type {number} */ feature) => ((partner[feature] ?? -1) < 0 ? null : Number(partner[feature]));
  const value = (/** @type {number} */ feature) => known(pearson[feature]);
  const link = (/** @type {number} */ feature) => {
    const to = number(feature);
    return to !== null && (other !== sae || isShown(overview, to) ? featureAnchor(other, to) : element("span", "whose", whose(other, to)));
  };
  const pair = (/** @type {number} */ feature) => number(feature) !== null && element("a", "", [pearsonText(pearson[feature])], {
    href: `compare.html?sae=${encodeURIComponent(sae)}&feature=${feature}&with=${encodeURIComponent(other)}`, title: "side by side",
  });
  return [
    { name: `in_${other}`, heading: `best in ${other}`, className: "feature", cell: link, value: number, raw: number },
    { name: `pearson_${other}`, heading: "Pearson", className: "number", cell: pair, value, raw: value },
  ];
}

/** @param {number | undefined} value */
function known(value) {
  return value === undefined || Number.isNaN(value) ? null : value;
}
