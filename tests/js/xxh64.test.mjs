import assert from "node:assert/strict";
import { test } from "node:test";
import { checksum } from "../../site_template/theme/js/xxh64.js";

/** Length and checksum of bytes 37 k + 11, as the zstd library computes them. */
const KNOWN = [
  [0, 0x51d8e999], [1, 0x639c4cb6], [3, 0x601d4f27], [4, 0xf1ae4d95], [5, 0x1f68f273], [8, 0x21f3e21a], [13, 0x7bb13c7a],
  [31, 0xe519a4ae], [32, 0xda790b2d], [33, 0x0475a832], [44, 0xe6f588d3], [63, 0xcf95b28a], [100, 0x566ea023], [1000, 0xfbdc59d9],
];

test("checksums are those of the zstd library, whatever the length", () => {
  for (const [length, sum] of KNOWN) assert.equal(checksum(Uint8Array.from({ length }, (_, k) => 37 * k + 11)), sum, String(length));
});

test("a part of a buffer is summed alone", () => {
  const whole = Uint8Array.from({ length: 120 }, (_, k) => 37 * (k - 7) + 11);
  assert.equal(checksum(whole.subarray(7, 107)), 0x566ea023);
});
