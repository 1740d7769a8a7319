// @ts-check
import { element } from "./element.js";

const NARROWEST = 430;
const GAP = 14;
const HEADING = 39;

/** How many columns fit. @param {number} width */
export function columnsIn(width) {
  return Math.max(1, Math.floor((width + GAP) / (NARROWEST + GAP)));
}

/**
 * Sets the groups into that many columns, in reading order: down the first column, then down the next.
 * Groups whose windows begin more than `fold` pixels below the container's top get `--rows`: they are laid out later.
 * @param {HTMLElement} container
 * @param {import("./panels/groups.js").GroupBox[]} boxes
 * @param {number} wanted
 * @param {number} [fold]
 */
export function flow(container, boxes, wanted, fold = Infinity) {
  const heights = boxes.map(({ rows }) => (rows ? 58 + 21 * rows : 36));
  const starts = balance(heights, Math.min(wanted, boxes.length));
  const columns = starts.map((start, k) => {
    let top = HEADING;
    return element("div", "column", boxes.slice(start, starts[k + 1]).map(({ node, rows }, at) => {
      if (top > fold) node.style.setProperty("--rows", String(rows));
      top += heights[start + at] ?? 0;
      return node;
    }));
  });
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
  let limit = Math.max(0, ...heights);
  let starts = fill(heights, limit);
  while (starts.length > Math.max(1, n)) starts = fill(heights, limit += 1);
  return starts;
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
