// @ts-check

/** Bits of the fractional parts of roots of the first primes: FIPS 180-4, 4.2.2 and 5.3.3. @param {number} root @param {number} size */
function constants(root, size) {
  const found = [];
  for (let number = 2; found.length < size; number += 1) {
    let divisor = 2;
    while (number % divisor) divisor += 1;
    if (divisor === number) found.push(((number ** (1 / root)) % 1) * 2 ** 32);
  }
  return Uint32Array.from(found);
}

const [START, ROUND] = [constants(2, 8), constants(3, 64)];

/** @param {number} word @param {number} bits */
const turn = (word, bits) => (word >>> bits) | (word << (32 - bits));

/**
 * SHA-256 for pages whose browser offers none: those that come neither from https:// nor from this machine.
 * @param {Uint8Array} content
 */
export function sha256(content) {
  const { length } = content;
  const padded = new Uint8Array((length + 72) & ~63);
  padded.set(content);
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, 8n * BigInt(length));
  const state = START.slice();
  const words = new Uint32Array(64);
  for (let at = 0; at < padded.length; at += 64) {
    for (let k = 0; k < 16; k += 1) words[k] = view.getUint32(at + 4 * k);
    digestBlock(state, words);
  }
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, k) => digest.setUint32(4 * k, word));
  return digest.buffer;
}

/** @param {Uint32Array} state @param {Uint32Array} words the block's 16, and room for 48 more */
function digestBlock(state, words) {
  const w = (/** @type {number} */ k) => /** @type {number} */ (words[k]);
  for (let k = 16; k < 64; k += 1) {
    const [near, far] = [w(k - 2), w(k - 15)];
    words[k] = w(k - 16) + w(k - 7) + (turn(near, 17) ^ turn(near, 19) ^ (near >>> 10)) + (turn(far, 7) ^ turn(far, 18) ^ (far >>> 3));
  }
  let [a, b, c, d, e, f, g, h] = /** @type {[number, number, number, number, number, number, number, number]} */ (/** @type {unknown} */ (state));
  for (let k = 0; k < 64; k += 1) {
    const t = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + (ROUND[k] ?? 0) + w(k);
    const u = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t) | 0, c, b, a, (t + u) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, k) => { state[k] = (state[k] ?? 0) + word; });
}
