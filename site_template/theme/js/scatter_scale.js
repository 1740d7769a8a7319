// @ts-check
import { formatAt, ticks } from "./format_number.js";

/** @typedef {{ low: number, high: number, log: boolean }} Scale from data to 0 … 1 */
/** @typedef {{ value: number, label: string }} Tick */

const SKEWED = 8;
/** Of more values than that, the median is that of so many, evenly spread. */
const SAMPLE = 2 ** 14;

/**
 * A scale that shows all the values; as powers of ten where they spread over much more than their median.
 * @param {ArrayLike<number>} values above zero; NaN counts as none
 * @param {boolean} [log]
 * @returns {Scale}
 */
export function scaleOf(values, log) {
  let [least, most] = [Infinity, 0];
  for (let k = 0; k < values.length; k += 1) {
    const value = values[k] ?? NaN;
    if (value > 0 && value < least) least = value;
    if (value > most) most = value;
  }
  if (!most) return { low: log ? 0.1 : 0, high: 1, log: log ?? false };
  const powers = log ?? most > SKEWED * median(values);
  return powers ? { low: least / 1.25, high: most * 1.25, log: true } : { low: 0, high: most * 1.04, log: false };
}

/** @param {ArrayLike<number>} values above zero, one at least; NaN counts as none */
function median(values) {
  const step = Math.ceil(values.length / SAMPLE);
  const known = Array.from({ length: Math.ceil(values.length / step) }, (_, k) => values[k * step] ?? NaN).filter((value) => value > 0).sort((a, b) => a - b);
  return known[known.length >> 1] ?? Infinity;
}

/** Where a value lies, from 0 to 1. @param {Scale} scale @param {number} value */
export function place({ low, high, log }, value) {
  return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

/** The value at a place. @param {Scale} scale @param {number} at */
export function valueAt({ low, high, log }, at) {
  return log ? low * (high / low) ** at : low + at * (high - low);
}

/**
 * Round numbers along the scale: powers of ten, with 2 and 5 between them where there is room.
 * @param {Scale} scale
 * @param {number} most
 * @returns {Tick[]}
 */
export function scaleTicks({ low, high, log }, most) {
  if (!log) return ticks(low, high, most);
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 }, (_, k) => k + Math.floor(Math.log10(low)));
  const choices = [[1, 2, 5], [1, 3], [1]].map((digits) => powers.flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`))));
  const shown = choices.map((values) => values.filter((value) => value >= low && value <= high));
  const fitting = shown.find((values) => values.length <= most) ?? thinned(shown.at(-1) ?? [], most);
  return fitting.map((value) => ({ value, label: formatAt(value, value)(value) }));
}

/** @param {number[]} values @param {number} most */
function thinned(values, most) {
  const step = Math.ceil(values.length / most);
  return values.filter((_, k) => k % step === 0);
}
