// @ts-check
import { element } from "./element.js";
import { correlation, percent, significant } from "./format_number.js";
import { permalink } from "./location.js";
import { pieceNodes, quotedPieces } from "./token_text.js";

/** @typedef {import("./overview.js").Overview} Overview */

/** A spelling on a chip. @param {Overview["tokens"]} tokens @param {number} token @param {string} [className] */
export function spellingChip({ text, bytes, special }, token, className = "") {
  if (token < 0) return null;
  const partial = Object.hasOwn(bytes, String(token));
  const kind = partial ? "bytes" : special.includes(token) ? "special" : "";
  const spelling = text[token] ?? "";
  const pieces = partial ? [{ text: spelling, mark: false }] : quotedPieces(spelling);
  return element("span", ["chip", className, kind].filter(Boolean).join(" "), pieceNodes(pieces));
}

/** A token's text for a file. @param {Overview["tokens"]} tokens @param {number} token */
export function spelling({ text }, token) {
  return text[token] ?? null;
}

/** @param {string} sae @param {number} feature */
export function featureAnchor(sae, feature) {
  return element("a", "whose", whose(sae, feature), { href: permalink(sae, feature) });
}

/** An SAE's name, which is cut where there is no room for it, and a feature's number, which never is. @param {string} sae @param {number} feature */
export function whose(sae, feature) {
  return [element("span", "", [sae], { title: sae }), element("span", "", [` / ${feature}`])];
}

/** The density of a feature, or that it is dead. @param {number} firings @param {number} counted */
export function density(firings, counted) {
  return firings ? percent(firings / counted) : element("span", "muted", ["dead"]);
}

/** @param {number | undefined} value */
export function maxText(value) {
  return Number.isNaN(value) ? "–" : significant(value ?? null, 3);
}

/** @param {number | undefined} value */
export function pearsonText(value) {
  return value === undefined || Number.isNaN(value) ? "–" : correlation(value);
}
