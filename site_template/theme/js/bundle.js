// @ts-check
import { BundleError } from "./bundle_error.js";
import { chunkPath } from "./chunk_path.js";
import { decodeBytes, decodeText, sniff } from "./decompress.js";
import { hasOwnDigest } from "./digest.js";
import { receive } from "./receive.js";
import { decodeRecord } from "./record.js";
import { shared } from "./shared_request.js";

/**
 * @typedef {object} Sae
 * @property {string} name
 * @property {number} d_sae
 * @property {number} chunk_size
 * @property {string} read_hook
 * @property {boolean} neuron_basis
 * @property {number[]} picks
 * @property {number[]} [features] the numbers of those there are, in a file that holds only some
 * @property {string[]} [correlated_with]
 * @property {Record<string, number>} [parts] bytes of the parts beside the chunks, by name
 */
/**
 * @typedef {object} Manifest
 * @property {{ name: string, version: number, sha256?: string }} format
 * @property {string} title
 * @property {string} release
 * @property {{ d_vocab: number }} model
 * @property {{ counted: number }} tokens
 * @property {{ intervals: number, window: number | "full" }} settings
 * @property {Imported} [imported] only of a bundle that was made of another program's dashboards
 * @property {string | null} effect how a removal is followed: `direct` or `exact`
 * @property {Sae[]} saes
 */
/** @typedef {{ counted: string, token_ids: number, places: boolean }} Imported what the other program's dashboards leave unknown */
/** @typedef {{ format: number, sae: string, first: number, tokens: import("./record.js").TokenTable, features: any[] }} Chunk */

export const FORMAT = 1;
const CHUNKS_KEPT = 8;
const PARTS_KEPT = 16;
const later = () => import("./retry.js");

/**
 * Reads the bundle below `base`. Asks that come while a file is on its way share one request.
 * @param {URL} base
 * @param {typeof fetch} [request]
 * @param {() => Promise<Pick<typeof import("./retry.js"), "untilNextAttempt">>} [patience]
 */
export function openBundle(base, request = (input, init) => fetch(input, init), patience = later) {
  /** @param {string} path @param {AbortSignal} signal @param {number} [attempt] @returns {Promise<Uint8Array<ArrayBuffer>>} */
  const get = async (path, signal, attempt = 0) => {
    try {
      return await download(request, base, path, signal);
    } catch (error) {
      const { untilNextAttempt } = await patience().catch(() => { throw error; });
      await untilNextAttempt(error, attempt, signal);
      return get(path, signal, attempt + 1);
    }
  };
  const [entry, chunks, parts] = [shared(1, get), shared(CHUNKS_KEPT, get), shared(PARTS_KEPT, get)];

  /** @param {AbortSignal} [signal] @returns {Promise<Manifest>} */
  const manifest = (signal) => entry("manifest.json", signal, readManifest);

  /** @param {Sae} sae @param {number} feature @param {AbortSignal} [signal] @returns {Promise<Chunk>} */
  const chunk = async (sae, feature, signal) => {
    const { release } = await manifest(signal);
    const path = chunkPath(release, sae, feature);
    return chunks(path, signal, (bytes) => readChunk(bytes, path, sae, feature));
  };

  /** @param {Sae} sae @param {number} feature @param {AbortSignal} [signal] */
  const record = async (sae, feature, signal) => {
    const { first, features, tokens } = await chunk(sae, feature, signal);
    try {
      return decodeRecord(features[feature - first], tokens);
    } catch (error) {
      throw damaged(error, chunkPath((await manifest()).release, sae, feature));
    }
  };

  /**
   * Another file of the release, such as `A/search/tokens/0/1.zst`, as `read` makes of its decompressed bytes.
   * @template T
   * @param {string} path
   * @param {(content: Uint8Array) => T} read
   * @param {AbortSignal} [signal]
   */
  const part = async (path, read, signal) => {
    const whole = `data/${(await manifest(signal)).release}/${path}`;
    return parts(whole, signal, async (bytes) => {
      try {
        return read(await decodeBytes(bytes));
      } catch (error) {
        throw new BundleError("damaged-chunk", `The file cannot be read: ${reason(error)}.`, whole);
      }
    });
  };

  return { manifest, chunk, record, part };
}

/**
 * The SAE of that name.
 * @param {Manifest} manifest
 * @param {string} name
 */
export function findSae(manifest, name) {
  const sae = manifest.saes.find((sae) => sae.name === name);
  if (sae) return sae;
  const names = manifest.saes.map((sae) => sae.name).join(", ");
  throw new BundleError("unknown-sae", `This site has no SAE named “${name}”. It has: ${names}.`);
}

/**
 * The feature's number, if the SAE has such a feature.
 * @param {Sae} sae
 * @param {string} text
 */
export function findFeature(sae, text) {
  const feature = /^\d{1,15}$/.test(text.trim()) ? Number(text) : NaN;
  if (feature < sae.d_sae && sae.features && !sae.features.includes(feature)) throw new BundleError("not-in-file", `Feature ${feature} of SAE ${sae.name} is not here.`);
  if (feature < sae.d_sae) return feature;
  const range = `${sae.name}’s features are numbered 0 to ${sae.d_sae - 1}`;
  throw new BundleError("unknown-feature", `There is no feature “${text.slice(0, 40)}” in SAE ${sae.name}: ${range}.`);
}

/**
 * @param {typeof fetch} request
 * @param {URL} base
 * @param {string} path
 * @param {AbortSignal} signal
 */
async function download(request, base, path, signal) {
  const missing = path === "manifest.json" ? "missing-manifest" : "missing-chunk";
  /** @type {Awaited<ReturnType<typeof receive>>} */
  let answer;
  try {
    answer = await receive(request, new URL(path, base), signal);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new BundleError("offline", "The host did not answer, or the connection broke off.", path);
  }
  const { response, bytes } = answer;
  if (!response.ok) throw new BundleError(missing, `The host answered ${response.status} in place of the file.`, path, response);
  if (sniff(bytes) === "html") throw new BundleError(missing, "The host sent a web page in place of the file.", path);
  return bytes;
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<Manifest>} */
async function readManifest(bytes) {
  const { json: manifest, text } = await parse(bytes, "damaged-manifest", "manifest.json");
  checkVersion(manifest?.format?.version, "manifest.json");
  const { name, version, sha256, ...unknown } = manifest.format;
  if (Object.keys(unknown).length || (sha256 !== undefined && !(await hasOwnDigest(text, sha256))))
    throw new BundleError("damaged-manifest", "Its bytes are not those that were published: its SHA-256 differs.", "manifest.json");
  if (Array.isArray(manifest.saes) && manifest.saes.length && manifest.saes.every(Boolean)) return manifest;
  throw new BundleError("damaged-manifest", "The manifest lists no SAEs.", "manifest.json");
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} path
 * @param {Sae} sae
 * @param {number} feature
 * @returns {Promise<Chunk>}
 */
async function readChunk(bytes, path, sae, feature) {
  const { json: chunk } = await parse(bytes, "damaged-chunk", path);
  checkVersion(chunk?.format, path);
  const first = feature - (feature % sae.chunk_size);
  if (chunk.sae !== sae.name || chunk.first !== first)
    throw new BundleError("damaged-chunk", `It holds ${chunk.sae} from ${chunk.first}, not ${sae.name} from ${first}.`, path);
  return chunk;
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {"damaged-manifest" | "damaged-chunk"} kind
 * @param {string} path
 * @returns {Promise<{ json: any, text: string }>}
 */
async function parse(bytes, kind, path) {
  try {
    const text = await decodeText(bytes);
    return { json: JSON.parse(text), text };
  } catch (error) {
    throw new BundleError(kind, `The file cannot be decoded: ${reason(error)}.`, path);
  }
}

/** @param {unknown} version @param {string} path */
function checkVersion(version, path) {
  if (version === FORMAT) return;
  const found = JSON.stringify(version) ?? "missing";
  throw new BundleError("wrong-format", `Its format version is ${found}; this page reads version ${FORMAT}.`, path);
}

/** @param {unknown} error @param {string} path */
function damaged(error, path) {
  return new BundleError("damaged-chunk", `The record cannot be read: ${reason(error)}.`, path);
}

/** @param {unknown} error */
function reason(error) {
  return error instanceof Error ? error.message : String(error);
}
