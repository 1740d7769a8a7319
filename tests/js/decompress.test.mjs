import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { contentSize, decodeBytes, decodeText, sniff } from "../../site_template/theme/js/decompress.js";
import { checksum } from "../../site_template/theme/js/xxh64.js";

const served = (name) => new Uint8Array(readFileSync(new URL(`../golden/served/${name}`, import.meta.url)));
const utf8 = (text) => new TextEncoder().encode(text);
const littleEndian = (value, size) => Array.from({ length: size }, (_, k) => Math.floor(value / 256 ** k) % 256);

/** A frame of raw blocks that declares `size` bytes and ends with `sum`. */
function frameOf(content, { size = content.length, sum = checksum(content), descriptor = 0xa4 } = {}) {
  const block = [...littleEndian(8 * content.length + 1, 3), ...content];
  return new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, descriptor, ...littleEndian(size, 4), ...block, ...littleEndian(sum, 4)]);
}

test("zstd, gzip, JSON and web pages are told apart by their first bytes", () => {
  assert.equal(sniff(served("chunk.json.zst")), "zstd");
  assert.equal(sniff(served("chunk.json.gz")), "gzip");
  assert.equal(sniff(served("chunk.json")), "json");
  assert.equal(sniff(utf8("\n <!doctype html>")), "html");
  assert.equal(sniff(utf8("")), "unknown");
});

test("all ways of serving give the same text", async () => {
  const text = await decodeText(served("chunk.json"));
  assert.equal(await decodeText(served("chunk.json.gz")), text);
  assert.equal(await decodeText(served("chunk.json.zst")), text);
  assert.equal(await decodeText(new Uint8Array(gzipSync(served("chunk.json.zst")))), text);
});

test("a frame says how much it holds", () => {
  assert.equal(contentSize(served("chunk.json.zst")), served("chunk.json").length);
});

test("a browser that decodes zstd itself is let do so", async (t) => {
  const native = globalThis.DecompressionStream;
  t.after(() => { globalThis.DecompressionStream = native; });
  const content = utf8('{"decoded": "natively"}');
  const formats = [];
  globalThis.DecompressionStream = class extends TransformStream {
    constructor(format) {
      super({ transform: () => undefined, flush: (controller) => controller.enqueue(content) });
      formats.push(format);
    }
  };
  assert.equal(await decodeText(frameOf(content)), '{"decoded": "natively"}');
  assert.ok(formats.every((format) => format === "zstd"));
});

test("text that is not UTF-8 is refused", async () => {
  await assert.rejects(decodeText(new Uint8Array([0x7b, 0xff])), TypeError);
});

test("gzip that holds more than any file may is given up on the way", async () => {
  const bomb = new Uint8Array(gzipSync(Buffer.alloc(65 * 2 ** 20, "{")));
  await assert.rejects(decodeText(bomb), /it holds more than 67108864 bytes/);
});

test("a zstd frame that holds more than it declares is given up on the way", async (t) => {
  const native = globalThis.DecompressionStream;
  t.after(() => { globalThis.DecompressionStream = native; });
  const blocks = [];
  globalThis.DecompressionStream = class extends TransformStream {
    constructor() {
      const block = (controller) => blocks.push(controller.enqueue(new Uint8Array(2 ** 17)));
      super({ transform: (_, controller) => { for (let k = 0; k < 100; k += 1) block(controller); } });
    }
  };
  await assert.rejects(decodeText(new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0x20, 100])), /it holds more than 100 bytes/);
});

test("a frame of raw blocks is read", async () => {
  assert.equal(await decodeText(frameOf(utf8('{"a": 1}'))), '{"a": 1}');
});

test("a frame that ends with another checksum is refused", async () => {
  const content = utf8('{"a": 1}');
  await assert.rejects(decodeText(frameOf(content, { sum: checksum(content) ^ 1 })), /the checksum differs/);
});

test("a frame without a checksum is refused", async () => {
  await assert.rejects(decodeText(frameOf(utf8('{"a": 1}'), { descriptor: 0xa0 }).slice(0, -4)), /carries no checksum/);
});

for (const size of [0, 1, 7, 9, 300]) {
  test(`a frame of 8 bytes that declares ${size} is refused`, async () => {
    await assert.rejects(decodeText(frameOf(utf8('{"a": 1}'), { size })));
  });
}

test("two frames in one file are refused", async () => {
  const frame = frameOf(utf8('{"a": 1}'));
  await assert.rejects(decodeBytes(new Uint8Array([...frame, ...frame])));
});

test("any flipped bit of a chunk is refused, or changes nothing", async () => {
  const [frame, text] = [served("chunk.json.zst"), await decodeText(served("chunk.json"))];
  for (let bit = 0; bit < 8 * frame.length; bit += 13) {
    const changed = await decodeText(frame.with(bit >> 3, (frame[bit >> 3] ?? 0) ^ (1 << (bit & 7)))).catch(() => text);
    assert.equal(changed, text, `bit ${bit}`);
  }
});
