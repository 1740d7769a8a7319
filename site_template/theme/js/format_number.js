// @ts-check

const NONE = "–";

/**
 * A count with its thousands set apart.
 * @param {number} value
 */
export function count(value) {
  return grouped(value.toFixed(0));
}

/**
 * A number to so many significant digits; "–" where there is none.
 * @param {number | null} value
 * @param {number} [digits]
 */
export function significant(value, digits = 4) {
  if (value === null || !Number.isFinite(value)) return NONE;
  if (value === 0) return "0";
  const exponent = magnitude(Number(value.toPrecision(digits)));
  return formatAt(10 ** (exponent - digits + 1), Math.abs(value))(value);
}

/**
 * Like `significant`, with a plus sign before what is above zero.
 * @param {number | null} value
 * @param {number} [digits]
 */
export function signed(value, digits = 3) {
  return withSign(value, significant(value, digits));
}

/**
 * A formatter for a column of signed numbers: as many decimals for all as the largest needs to show three digits.
 * @param {ArrayLike<number | null>} values
 * @returns {(value: number | null) => string}
 */
export function signedColumn(values) {
  const largest = Math.max(0, ...Array.from(values, (value) => Math.abs(value ?? 0)));
  if (largest === 0) return (value) => (value === null ? NONE : "0");
  const format = formatAt(10 ** (magnitude(largest) - 2), largest);
  return (value) => (value === null ? NONE : withSign(value, format(value)));
}

/**
 * A correlation or cosine: two decimals and a sign.
 * @param {number | null} value
 */
export function correlation(value) {
  return value === null ? NONE : withSign(value, formatAt(0.01, 1)(value));
}

/**
 * A share as a percentage of three significant digits at most.
 * @param {number | null} share
 */
export function percent(share) {
  if (share === null || !Number.isFinite(share)) return NONE;
  const value = share * 100;
  if (value < 1e-6) return `${significant(value, 2)} %`;
  const digits = value >= 0.1 ? 3 : 2;
  return `${value.toFixed(Math.max(0, digits - 1 - magnitude(Number(value.toPrecision(digits)))))} %`;
}

/**
 * A formatter that tells apart numbers that differ by `step`; `largest` is the largest absolute value to come.
 * @param {number} step
 * @param {number} largest
 * @returns {(value: number) => string}
 */
export function formatAt(step, largest) {
  const last = magnitude(step);
  if (largest >= 1e-3 && largest < 1e6) {
    const decimals = Math.min(20, Math.max(0, -last));
    return (value) => minus(grouped(positiveZero(value.toFixed(decimals))));
  }
  return (value) => {
    const digits = Math.max(0, Math.min(15, magnitude(value) - last));
    return Math.abs(value) < step / 2 ? "0" : minus(value.toExponential(digits).replace(/(\.\d*?)0+e/, "$1e").replace(/\.?e\+?/, "e"));
  };
}

/**
 * Round numbers from `low` to `high`, at most `most` + 1 of them.
 * @param {number} low
 * @param {number} high
 * @param {number} [most]
 * @returns {{ value: number, label: string }[]}
 */
export function ticks(low, high, most = 5) {
  if (!Number.isFinite(low) || !Number.isFinite(high) || high < low) return [];
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const step = roundStep((high - low) / most);
  if (!(step > largest * 1e-13) || !Number.isFinite(step)) return [{ value: low, label: significant(low) }];
  const format = formatAt(step, largest);
  const first = Math.ceil(low / step - 1e-9);
  const size = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: size }, (_, k) => {
    const value = (first + k) * step;
    return { value, label: value === 0 ? "0" : format(value) };
  });
}

/**
 * The smallest of 1, 2, 5 times a power of ten that is not below `step`.
 * @param {number} step
 */
function roundStep(step) {
  const power = 10 ** Math.floor(Math.log10(step));
  return ([1, 2, 5, 10].find((round) => round * power >= step * (1 - 1e-9)) ?? 10) * power;
}

/**
 * The power of ten of a number's first digit.
 * @param {number} value
 */
function magnitude(value) {
  return Number(Math.abs(value).toExponential(9).split("e")[1]);
}

/** @param {number | null} value @param {string} text */
function withSign(value, text) {
  return value !== null && value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** @param {string} text */
function positiveZero(text) {
  return /[1-9]/.test(text) ? text : text.replace("-", "");
}

/** @param {string} text */
function minus(text) {
  return text.replace(/-/g, "−");
}

/** @param {string} text */
function grouped(text) {
  const [whole = "", ...decimals] = text.split(".");
  return [whole.replace(/\B(?=(\d{3})+$)/g, ","), ...decimals].join(".");
}
