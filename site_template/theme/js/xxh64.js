// @ts-check

const [P1, P2, P3] = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n];
const [P4, P5] = [0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n];

/** @param {bigint} value */
const cut = (value) => BigInt.asUintN(64, value);

/** @param {bigint} value @param {bigint} bits */
const rotate = (value, bits) => cut(value << bits) | (value >> (64n - bits));

/** @param {bigint} lane @param {bigint} input */
const round = (lane, input) => cut(rotate(cut(lane + input * P2), 31n) * P1);

/**
 * The low 32 bits of the XXH64 of `bytes` with seed 0, the checksum of zstd frames (RFC 8878, 3.1.1).
 * @param {Uint8Array} bytes
 */
export function checksum(bytes) {
  const { buffer, byteOffset, length } = bytes;
  const view = new DataView(buffer, byteOffset, length);
  const word = (/** @type {number} */ at) => view.getBigUint64(at, true);
  let at = 0;
  let hash = P5;
  if (length >= 32) {
    let [a, b, c, d] = [cut(P1 + P2), P2, 0n, cut(-P1)];
    for (; at + 32 <= length; at += 32) {
      a = round(a, word(at));
      b = round(b, word(at + 8));
      c = round(c, word(at + 16));
      d = round(d, word(at + 24));
    }
    hash = cut(rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n));
    for (const lane of [a, b, c, d]) hash = cut((hash ^ round(0n, lane)) * P1 + P4);
  }
  hash = cut(hash + BigInt(length));
  for (; at + 8 <= length; at += 8) hash = cut(rotate(hash ^ round(0n, word(at)), 27n) * P1 + P4);
  for (; at + 4 <= length; at += 4) hash = cut(rotate(hash ^ cut(BigInt(view.getUint32(at, true)) * P1), 23n) * P2 + P3);
  for (; at < length; at += 1) hash = cut(rotate(hash ^ cut(BigInt(view.getUint8(at)) * P5), 11n) * P1);
  hash = cut((hash ^ (hash >> 33n)) * P2);
  hash = cut((hash ^ (hash >> 29n)) * P3);
  return Number(BigInt.asUintN(32, hash ^ (hash >> 32n)));
}
