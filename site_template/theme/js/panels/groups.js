// @ts-check
import { element } from "../element.js";
import { count, formatAt, percent } from "../format_number.js";
import { permalink } from "../location.js";
import { concordance } from "./concordance.js";
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
    const lines = Array.from({ length: group.windows }, (_, k) => line(first + k));
    first += group.windows;
    const note = noteOf(page, group);
    const title = titleOf(page, group);
    const node = group.windows
      ? panel(`group ${group.kind}`, title, note, [element("div", "kwic", lines)])
      : element("p", "muted nothing", [title, element("span", "note", [note])]);
    node.dataset.group = nameOf(group);
    return { node, rows: group.windows };
  });
}

/** The group's name in addresses. @param {Group} group */
function nameOf({ kind, index }) {
  return kind === "interval" ? `interval-${index}` : kind;
}

/** @param {Page} page @param {Group} group */
function titleOf(page, group) {
  const address = permalink(page.sae.name, page.record.feature, { ...page.look, pin: null, group: nameOf(group) });
  return element("a", "", [TITLES[group.kind], element("span", "bounds", [bounds(page, group)])], { href: address, title: "a link to this group" });
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

/** The activations that the group's windows have or, of an interval, may have. @param {Page} page @param {Group} group */
function bounds(page, group) {
  const max = page.record.max ?? 0;
  const { intervals } = page.manifest.settings;
  const format = formatAt(max / intervals / 10, max);
  const [low, high] = group.index === undefined
    ? range(page, group)
    : [(max * group.index) / intervals, (max * (group.index + 1)) / intervals];
  return low === high ? format(low) : `${format(low)} – ${format(high)}`;
}

/** @param {Page} page @param {Group} group @returns {[number, number]} */
function range({ record: { groups, windows } }, group) {
  const before = groups.slice(0, groups.indexOf(group)).reduce((sum, { windows }) => sum + windows, 0);
  const activations = Array.from({ length: group.windows }, (_, k) => targetActivation(windows, before + k));
  return [Math.min(...activations), Math.max(...activations)];
}

/** @param {import("../record.js").Windows} windows @param {number} window */
function targetActivation({ first, pos, start, activation }, window) {
  return activation[(first[window] ?? 0) + (pos[window] ?? 0) - (start[window] ?? 0)] ?? 0;
}
