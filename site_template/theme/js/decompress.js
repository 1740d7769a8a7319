// @ts-check
import { decompress } from "./vendor/fzstd.js";
import { checksum } from "./xxh64.js";

const LIMIT = 64 * 2 ** 20;
/** The bit of a frame's descriptor that says that a checksum ends it. */
const CHECKSUM = 4;

/**
 * The text of a JSON file that may be zstd- or gzip-compressed: only its first bytes can tell, because hosts and
 * proxies decode some files on the way.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<string>}
 */
export async function decodeText(bytes) {
  const content = await decodeBytes(bytes);
  if (sniff(content) === "json") return new TextDecoder("utf-8", { fatal: true }).decode(content);
  throw new Error(content.length ? `it starts with the bytes ${hex(content.subarray(0, 4))}` : "it is empty");
}

/**
 * A file's content, decompressed if it has to be.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function decodeBytes(bytes) {
  const content = sniff(bytes) === "gzip" ? await inflate(bytes, "gzip", LIMIT) : bytes;
  return sniff(content) === "zstd" ? unzstd(content) : content;
}

/**
 * @param {Uint8Array} bytes
 * @returns {"zstd" | "gzip" | "json" | "html" | "unknown"}
 */
export function sniff(bytes) {
  if (hex(bytes.subarray(0, 4)) === "28 b5 2f fd") return "zstd";
  if (hex(bytes.subarray(0, 2)) === "1f 8b") return "gzip";
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  return start.startsWith("{") ? "json" : start.startsWith("<") ? "html" : "unknown";
}

/**
 * The content size that a zstd frame declares, or null (RFC 8878, 3.1.1.1).
 * @param {Uint8Array} frame
 */
export function contentSize(frame) {
  const descriptor = frame[4] ?? 0;
  const single = (descriptor >> 5) & 1;
  const size = [single, 2, 4, 8][descriptor >> 6] ?? 0;
  const at = 5 + (1 - single) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  if (frame.length < at + size) return null;
  const view = new DataView(frame.buffer, frame.byteOffset);
  if (size === 8) return Number(view.getBigUint64(at, true));
  if (size === 4) return view.getUint32(at, true);
  if (size === 2) return view.getUint16(at, true) + 256;
  return size === 1 ? view.getUint8(at) : null;
}

/**
 * What a zstd frame holds, if it is whole: its checksum is compared here, as not every decoder does.
 * @param {Uint8Array<ArrayBuffer>} frame
 */
async function unzstd(frame) {
  const size = contentSize(frame);
  if (size === null || size > LIMIT) throw new Error("its zstd frame declares no content size, or one above 64 MiB");
  const content = speaksZstd() ? await inflate(frame, "zstd", size) : decompress(frame, new Uint8Array(size));
  if (content.length !== size) throw new Error(`it holds ${content.length} bytes and declares ${size}`);
  if (!((frame[4] ?? 0) & CHECKSUM)) throw new Error("its zstd frame carries no checksum");
  if (checksum(content) !== new DataView(frame.buffer, frame.byteOffset).getUint32(frame.length - 4, true)) throw new Error("its bytes are not those that were written: the checksum differs");
  return content;
}

function speaksZstd() {
  try {
    return Boolean(new DecompressionStream(/** @type {CompressionFormat} */ ("zstd")));
  } catch {
    return false;
  }
}

/**
 * Stops where more comes out than `limit`, so that no file fills the memory.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} format
 * @param {number} limit
 */
async function inflate(bytes, format, limit) {
  let left = limit;
  const bounded = new TransformStream({
    transform(part, out) {
      left -= part.length;
      if (left < 0) throw new Error(`it holds more than ${limit} bytes`);
      out.enqueue(part);
    },
  });
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(/** @type {CompressionFormat} */ (format)));
  return new Uint8Array(await new Response(stream.pipeThrough(bounded)).arrayBuffer());
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
