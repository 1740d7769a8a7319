// @ts-check
import { element } from "./element.js";

const NARROWEST = 430;
const GAP = 14;

/** How many columns fit. @param {number} width */
export function columnsIn(width) {
  return Math.max(1, Math.floor((width + GAP) / (NARROWEST + GAP)));
}

/**
 * Sets the groups into that many columns, in reading order: down the first column, then down the next.
 * @param {HTMLElement} container
 * @param {import("./panels/groups.js").GroupBox[]} boxes
 * @param {number} wanted
 */
export function flow(container, boxes, wanted) {
  const heights = boxes.map(({ rows }) => (rows ? 58 + 21 * rows : 36));
  const starts = balance(heights, Math.min(wanted, boxes.length));
  const columns = starts.map((start, k) => element("div", "column", boxes.slice(start, starts[k + 1]).map(({ node }) => node)));
  container.style.setProperty("--columns", String(columns.length));
  container.replaceChildren(...columns);
}

/**
 * Where each of at most `n` columns starts so that the tallest is as short as can be.
 * @param {number[]} heights
 * @param {number} n
 * @returns {number[]}
 */
export function balance(heights, n) {
  const tallest = Math.max(0, ...heights);
  const limits = heights.flatMap((_, from) => heights.slice(from).map((_, k) => sum(heights.slice(from, from + k + 1))));
  const enough = limits.filter((limit) => limit >= tallest).sort((a, b) => a - b);
  return enough.map((limit) => fill(heights, limit)).find((starts) => starts.length <= n) ?? [0];
}

/** @param {number[]} heights @param {number} limit */
function fill(heights, limit) {
  const starts = [0];
  heights.reduce((filled, height, k) => {
    if (filled + height <= limit) return filled + height;
    starts.push(k);
    return height;
  }, 0);
  return starts;
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
