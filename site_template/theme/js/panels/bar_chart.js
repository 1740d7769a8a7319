// @ts-check
import { element } from "../element.js";
import { count, formatAt, ticks } from "../format_number.js";

/** @typedef {import("../record.js").Histogram} Histogram */

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 100;
const CHARACTERS = 40;

/**
 * A histogram's bars, those below zero apart, with an axis of round numbers; a bin says what it holds when pointed at.
 * @param {Histogram} histogram
 * @param {string} noun what is counted
 */
export function barChart(histogram, noun) {
  const { low, high, counts } = spread(histogram);
  const tallest = Math.max(1, ...counts);
  const svg = svgElement("svg", { viewBox: `0 0 ${counts.length} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  svg.setAttribute("aria-label", summary(histogram, noun));
  const zero = ((0 - low) / (high - low)) * counts.length;
  const cursor = svgElement("rect", { class: "cursor", width: "1", height: "0", x: "0", y: "0" });
  svg.append(
    cursor,
    svgElement("path", { class: "below", d: bars(counts, tallest, (x) => Math.min(x, zero)) }),
    svgElement("path", { class: "above", d: bars(counts, tallest, (x) => Math.max(x, zero)) }),
  );
  const readout = element("span", "readout", [`peak ${count(tallest)}`]);
  const mark = element("span", "mark", [], { hidden: "" });
  const chart = element("div", "chart", [svg, mark, readout, axis(histogram, low, high)]);
  Object.assign(chart.dataset, { low, high });
  if (histogram.low < histogram.high) pointAt(chart, svg, cursor, readout, histogram);
  return chart;
}

/**
 * Points at a value on a chart's axis, or at none.
 * @param {HTMLElement | null} chart
 * @param {number | null} value
 */
export function markValue(chart, value) {
  const mark = /** @type {HTMLElement | undefined | null} */ (chart?.querySelector(".mark"));
  if (!mark) return;
  const [low, high] = [Number(chart?.dataset.low), Number(chart?.dataset.high)];
  mark.hidden = value === null || value < low || value > high;
  mark.style.setProperty("left", `${round((100 * ((value ?? low) - low)) / (high - low))}%`);
}

/**
 * A constant has no width to draw over: its one bar stands in the middle.
 * @param {Histogram} histogram
 */
function spread({ low, high, counts }) {
  if (low < high) return { low, high, counts };
  const all = counts.reduce((sum, n) => sum + n, 0);
  return { low: low - 1, high: low + 1, counts: Array.from({ length: 21 }, (_, k) => (k === 10 ? all : 0)) };
}

/**
 * @param {number[]} counts
 * @param {number} tallest
 * @param {(x: number) => number} clip
 */
function bars(counts, tallest, clip) {
  return counts.map((n, k) => {
    const [left, right] = [clip(k + 0.06), clip(k + 0.94)];
    if (!n || left >= right) return "";
    const top = HEIGHT - Math.max(1.5, (HEIGHT * n) / tallest);
    return `M${round(left)} ${HEIGHT}V${round(top)}H${round(right)}V${HEIGHT}Z`;
  }).join("");
}

/** @param {Histogram} histogram @param {number} low @param {number} high */
function axis(histogram, low, high) {
  const labels = roomyTicks(histogram.low, histogram.high).map(({ value, label }) => {
    const tick = element("span", "tick", [label]);
    tick.style.setProperty("left", `${round((100 * (value - low)) / (high - low))}%`);
    return tick;
  });
  return element("div", "axis", labels, { "aria-hidden": "true" });
}

/** As many ticks as have room beside each other. @param {number} low @param {number} high */
function roomyTicks(low, high) {
  for (let most = 6; most > 1; most -= 1) {
    const found = ticks(low, high, most);
    if (found.reduce((sum, { label }) => sum + label.length + 2, 0) <= CHARACTERS) return found;
  }
  return ticks(low, high, 1).slice(0, 1);
}

/**
 * @param {HTMLElement} chart
 * @param {SVGElement} svg
 * @param {SVGElement} cursor
 * @param {HTMLElement} readout
 * @param {Histogram} histogram
 */
function pointAt(chart, svg, cursor, readout, { low, high, counts }) {
  const width = (high - low) / counts.length;
  const bound = formatAt(width / 10, Math.max(Math.abs(low), Math.abs(high)));
  const rest = readout.textContent;
  chart.addEventListener("pointermove", ({ clientX }) => {
    const box = svg.getBoundingClientRect();
    const bin = Math.max(0, Math.min(counts.length - 1, Math.floor(((clientX - box.left) / box.width) * counts.length)));
    cursor.setAttribute("x", String(bin));
    cursor.setAttribute("height", String(HEIGHT));
    readout.textContent = `${bound(low + bin * width)} – ${bound(low + (bin + 1) * width)}: ${count(counts[bin] ?? 0)}`;
  });
  chart.addEventListener("pointerleave", () => {
    cursor.setAttribute("height", "0");
    readout.textContent = rest;
  });
}

/** @param {Histogram} histogram @param {string} noun */
function summary({ low, high, counts }, noun) {
  const all = counts.reduce((sum, n) => sum + n, 0);
  return `Histogram of ${count(all)} ${noun} from ${low} to ${high}; the fullest bin holds ${count(Math.max(...counts))}.`;
}

/** @param {string} tag @param {Record<string, string>} attributes */
function svgElement(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 100) / 100;
}
