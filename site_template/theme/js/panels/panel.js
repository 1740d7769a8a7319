// @ts-check
import { element } from "../element.js";

/** @typedef {import("../element.js").Child} Child */
/**
 * What a panel draws from.
 * @typedef {object} Page
 * @property {import("../bundle.js").Manifest} manifest
 * @property {import("../bundle.js").Sae} sae
 * @property {import("../record.js").FeatureRecord} record
 * @property {import("../location.js").Look} look
 */

/**
 * A titled box; `note` stands at the right of its title.
 * @param {string} name the record's field that it shows, and its class
 * @param {Child} title
 * @param {Child} note
 * @param {Child[]} children
 */
export function panel(name, title, note, children) {
  const heading = element("h2", "", [element("span", "", [title]), note && element("span", "note", [note])]);
  return element("section", `panel ${name}`, [heading, ...children]);
}

/** @param {string} text */
export function muted(text) {
  return element("p", "muted", [text]);
}

/**
 * A table whose first column names what the other columns measure.
 * @param {string[]} headings
 * @param {Child[][]} rows
 */
export function table(headings, rows) {
  const head = element("tr", "", headings.map((heading) => element("th", "", [heading], { scope: "col" })));
  const body = rows.map((cells) => element("tr", "", cells.map((cell) => element("td", "", [cell]))));
  return element("table", "", [element("thead", "", [head]), element("tbody", "", body)]);
}
