// @ts-check

/** @typedef {{ size: number, text: string | null }} Stretch how many tokens, and the text that they make together, if they do */

const LONGEST = 16;

/**
 * Groups neighbouring tokens that are parts of characters into the fewest that make whole characters together.
 * @param {string[]} parts each token's bytes, in hexadecimal
 * @returns {Stretch[]}
 */
export function wholeCharacters(parts) {
  /** @type {Stretch[]} */
  const stretches = [];
  for (let at = 0; at < parts.length;) {
    const stretch = shortest(parts.slice(at, at + LONGEST));
    stretches.push(stretch);
    at += stretch.size;
  }
  return stretches;
}

/** @param {string[]} parts @returns {Stretch} */
function shortest(parts) {
  for (let size = 2; size <= parts.length; size += 1) {
    const text = decoded(parts.slice(0, size).join(""));
    if (text) return { size, text };
  }
  return { size: 1, text: null };
}

/** @param {string} hex */
function decoded(hex) {
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
