// @ts-check
import { element } from "../element.js";
import { count, formatAt, percent } from "../format_number.js";
import { permalink } from "../location.js";
import { concordance, targetOf } from "./concordance.js";
import { muted, panel } from "./panel.js";

/** @typedef {import("./panel.js").Page} Page */
/** @typedef {import("../record.js").Group} Group */
/** @typedef {{ node: HTMLElement, rows: number }} GroupBox a group and how many lines it shows */

const TITLES = { top: "Top activations", interval: "Interval", bottom: "Bottom activations" };

/**
 * The groups in the order of the page; an empty one is a line, not a box.
 * @param {Page} page
 * @returns {GroupBox[]}
 */
export function groups(page) {
  if (!page.record.groups.length) return [{ node: dead(), rows: 3 }];
  const line = concordance(page);
  let first = 0;
  return page.record.groups.map((group) => {
    const windows = Array.from({ length: group.windows }, () => first++);
    const note = noteOf(page, group);
    const title = titleOf(page, group, windows);
    const node = group.windows
      ? panel(`group ${group.kind}`, title, note, [element("div", "kwic", windows.map(line))])
      : element("p", "muted nothing", [title, element("span", "note", [note])]);
    node.dataset.group = nameOf(group);
    return { node, rows: group.windows };
  });
}

/** The group's name in addresses. @param {Group} group */
function nameOf({ kind, index }) {
  return kind === "interval" ? `interval-${index}` : kind;
}

/** @param {Page} page @param {Group} group @param {number[]} windows */
function titleOf(page, group, windows) {
  const address = permalink(page.sae.name, page.record.feature, { ...page.look, pin: null, group: nameOf(group) });
  return element("a", "", [TITLES[group.kind], element("span", "bounds", [bounds(page, group, windows)])], { href: address, title: "a link to this group" });
}

function dead() {
  return element("section", "panel calm", [
    element("h2", "", ["This feature never fired"]),
    muted("It is zero at every position that counts: no windows to show, nothing to correlate. What its decoder row tells is on this page."),
  ]);
}

/** "165 firings", of which the top and the bottom show a few, and their share. @param {Page} page @param {Group} group */
function noteOf({ manifest }, { kind, windows, population }) {
  if (population === null) return `${count(windows)} shown`;
  const noun = kind === "bottom" ? "position" : "firing";
  const all = `${count(population)} ${noun}${population === 1 ? "" : "s"}`;
  const some = windows < population && kind !== "interval" ? `${count(windows)} of ${all}` : all;
  return `${some} · ${percent(population / manifest.tokens.counted)}`;
}

/** The activations that the group's windows have or, of an interval, may have. @param {Page} page @param {Group} group @param {number[]} shown */
function bounds({ record, manifest }, { index }, shown) {
  const max = record.max ?? 0;
  const { intervals } = manifest.settings;
  const format = formatAt(max / intervals / 10, max);
  const [low = 0, ...rest] = index === undefined
    ? shown.map((window) => record.windows.activation[targetOf(record.windows, window)] ?? 0).sort((a, b) => a - b)
    : [(max * index) / intervals, (max * (index + 1)) / intervals];
  const high = rest.at(-1) ?? low;
  return low === high ? format(low) : `${format(low)} – ${format(high)}`;
}
