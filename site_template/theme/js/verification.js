// @ts-check
import { hasOwnDigest, sha256 } from "./digest.js";

/** @typedef {"same" | "changed" | "decoded" | "missing"} Verdict decoded: the host sends it decompressed, so its bytes cannot be compared */
/** @typedef {{ path: string, verdict: Verdict, bytes: number, done: number, of: number }} Finding `done` of `of` files are compared */
/** @typedef {(path: string) => Promise<Uint8Array<ArrayBuffer>>} Read throws where a file cannot be had */

const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];
const AT_ONCE = 4;

/**
 * Compares every file of the release with its SHA-256: first the manifest with its own, then the list of digests with
 * the name of the release, then each file with the list.
 * @param {Read} read
 * @param {(path: string) => boolean} [wanted] which of the files in the list
 * @returns {AsyncGenerator<Finding>}
 */
export async function* findings(read, wanted = () => true) {
  const manifest = await read("manifest.json");
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(manifest);
  const { format, release } = JSON.parse(text);
  yield { path: "manifest.json", verdict: (await hasOwnDigest(text, format?.sha256)) ? "same" : "changed", bytes: manifest.length, done: 1, of: 2 };
  const listed = `data/${release}/digests.json`;
  const list = await read(listed);
  const named = (await sha256(list)).startsWith(release);
  const listing = named ? Object.entries(JSON.parse(new TextDecoder().decode(list))) : [];
  const digests = listing.filter(([name]) => wanted(`data/${release}/${name}`));
  yield { path: listed, verdict: named ? "same" : "changed", bytes: list.length, done: 2, of: digests.length + 2 };
  for (let first = 0; first < digests.length; first += AT_ONCE) {
    const several = digests.slice(first, first + AT_ONCE);
    const verdicts = await Promise.all(several.map(([name, digest]) => verdictOf(read, `data/${release}/${name}`, digest)));
    for (const [k, verdict] of verdicts.entries()) yield { ...verdict, done: first + k + 3, of: digests.length + 2 };
  }
}

/** @param {Read} read @param {string} path @param {string} digest */
async function verdictOf(read, path, digest) {
  /** @type {Uint8Array<ArrayBuffer>} */
  let content;
  try {
    content = await read(path);
  } catch (error) {
    if (error instanceof DOMException) throw error;
    return { path, verdict: /** @type {Verdict} */ ("missing"), bytes: 0 };
  }
  const decoded = path.endsWith(".zst") && ZSTD.some((byte, k) => content[k] !== byte);
  const same = (await sha256(content)) === digest;
  return { path, verdict: /** @type {Verdict} */ (same ? "same" : decoded && startsAsContent(content) ? "decoded" : "changed"), bytes: content.length };
}

/** Whether it begins as a chunk or a binary part does once it is decompressed. @param {Uint8Array} content */
function startsAsContent(content) {
  return ["{", "FVO", "FVS"].some((start) => new TextDecoder().decode(content.subarray(0, start.length)) === start);
}
