// @ts-check

/** @typedef {{ column: string, descending: boolean }} Order */
/** @typedef {(feature: number) => number | string | null} Value what is sorted by; null has no place and comes last */

/**
 * Features in the order of a column's values; without a value last, equal ones by number.
 * @param {Uint32Array} features
 * @param {Value} value
 * @param {boolean} descending
 */
export function ordered(features, value, descending) {
  const values = Array.from(features, value);
  const sign = descending ? -1 : 1;
  const places = Uint32Array.from(features.keys());
  places.sort((a, b) => compare(values[a] ?? null, values[b] ?? null, sign) || (features[a] ?? 0) - (features[b] ?? 0));
  return places.map((place) => features[place] ?? 0);
}

/** @param {number | string | null} a @param {number | string | null} b @param {number} sign */
function compare(a, b, sign) {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a < b ? -sign : a > b ? sign : 0;
}
