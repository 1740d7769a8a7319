// @ts-check
import { FORMAT } from "./bundle.js";
import { positions } from "./record.js";

/** @typedef {import("./bundle.js").Sae} Sae */
/** @typedef {{ text: string[], bytes: Record<string, string>, special: number[], id: number[] }} Spellings ordered by search key */
/** @typedef {{ feature: Int32Array, pearson: Float64Array }} Partners the feature that goes most along with each, or -1; NaN where there is none */
/**
 * A few numbers of every feature, by column.
 * @typedef {object} Overview
 * @property {string} sae
 * @property {number} features
 * @property {Uint32Array} shown the features that have a dashboard
 * @property {Int32Array} firings
 * @property {Float64Array} max NaN where dead
 * @property {Int32Array} fires_on a spelling, or -1
 * @property {Int32Array} share percent of the top windows with that spelling
 * @property {Int32Array} promotes a spelling, or -1
 * @property {Record<string, Partners>} partners by SAE
 * @property {Spellings} tokens
 * @property {Map<number, string>} labels
 * @property {number} blocks files that it is in; block n holds the features n, n + blocks, n + 2 blocks, …
 * @property {number} read blocks that were read, from block 0 on: nothing is known yet of the features in the others
 */
/** @typedef {{ name: string, sae?: string, bytes: number }} Column */

const MAGIC = "FVO";

/**
 * The overview of an SAE; null where the site was built without one. Where it is in blocks, the first alone: features
 * from all over the SAE.
 * @param {ReturnType<typeof import("./bundle.js").openBundle>} bundle
 * @param {Sae} sae
 * @param {AbortSignal} [signal]
 * @returns {Promise<Overview | null>}
 */
export async function readOverview(bundle, sae, signal) {
  const path = sae.parts?.overview ? "overview" : sae.parts?.overview_blocks ? "overview/0" : "";
  return path ? bundle.part(`${sae.name}/${path}.zst`, (content) => decodeOverview(content, sae), signal) : null;
}

/**
 * Reads the next block into an overview that has more of them.
 * @param {ReturnType<typeof import("./bundle.js").openBundle>} bundle
 * @param {Sae} sae
 * @param {Overview} overview
 */
export async function readNextBlock(bundle, sae, overview) {
  await bundle.part(`${sae.name}/overview/${overview.read}.zst`, (content) => { decodeOverview(content, sae, overview); });
}


/**
 * The overview in a file, or `into` with a further block of it.
 * @param {Uint8Array} content
 * @param {Pick<Sae, "name" | "d_sae" | "features">} sae
 * @param {Overview | null} [into]
 * @returns {Overview}
 */
export function decodeOverview(content, sae, into = null) {
  expect(String.fromCharCode(...content.subarray(0, 3)) === MAGIC, "it does not start as an overview does");
  expect(content[3] === FORMAT, `its format version is ${content[3]}; this page reads version ${FORMAT}`);
  const { header, end } = readHeader(content);
  const { features, tokens } = header;
  expect(header.sae === sae.name, `it is the overview of ${header.sae}, not of ${sae.name}`);
  expect(features === sae.d_sae, `it holds ${features} features; ${sae.name} has ${sae.d_sae}`);
  expect(Array.isArray(header.columns) && Array.isArray(tokens?.text), "its header is incomplete");
  const { block = 0, blocks = 1 } = header;
  expect(block === (into?.read ?? 0) && blocks === (into?.blocks ?? blocks) && Number.isInteger(blocks) && blocks > block, `it is block ${block} of ${blocks}`);
  const codes = readColumns(content, end, { columns: header.columns, features: Math.ceil((features - block) / blocks) });
  /** @param {string} name @param {string} [other] */
  const code = (name, other) => {
    const column = codes.get(key({ name, sae: other }));
    if (!column) throw new Error(`it has no column ${name}${other ? ` for ${other}` : ""}`);
    return column;
  };
  const table = into?.tokens ?? { ...tokens, id: [] };
  const spelling = (/** @type {string} */ name) => indices(code(name), table.text.length, name);
  const found = {
    firings: code("firings"),
    max: decoded(code("max"), decodeMax),
    fires_on: spelling("fires_on"),
    share: code("share"),
    promotes: spelling("promotes"),
    partners: readPartners(header.columns, code),
    labels: readLabels(header.label, features),
  };
  const overview = blocks === 1
    ? { sae: header.sae, features, shown: new Uint32Array(), tokens: table, blocks, read: 1, ...found }
    : spread(found, block, into ?? unread(header, table, found));
  overview.shown = sae.features ? Uint32Array.from(sae.features).filter((feature) => feature % blocks < overview.read) : upTo(overview);
  return overview;
}

/** The features whose blocks were read. @param {Overview} overview */
function upTo({ features, blocks, read }) {
  const shown = new Uint32Array(Math.floor(features / blocks) * read + Math.min(features % blocks, read));
  for (let at = 0, first = 0; first < features; first += blocks) {
    const end = Math.min(first + read, features);
    for (let feature = first; feature < end; feature += 1, at += 1) shown[at] = feature;
  }
  return shown;
}

/** Whether a feature has a dashboard and its block was read. @param {Overview} overview @param {number} feature */
export function isShown({ shown }, feature) {
  let [low, high] = [0, shown.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((shown[middle] ?? 0) < feature) low = middle + 1;
    else high = middle;
  }
  return shown[low] === feature;
}

/** @typedef {Pick<Overview, "firings" | "max" | "fires_on" | "share" | "promotes" | "partners" | "labels">} Block what a file says of its features */

/** An overview of which no block was read. @param {any} header @param {Spellings} tokens @param {Block} block */
function unread({ sae, features, blocks }, tokens, { partners }) {
  const codes = () => new Int32Array(features);
  const reals = () => new Float64Array(features).fill(NaN);
  const none = Object.fromEntries(Object.keys(partners).map((other) => [other, { feature: codes().fill(-1), pearson: reals() }]));
  return { sae, features, shown: new Uint32Array(), tokens, blocks, read: 0, firings: codes(), max: reals(), fires_on: codes().fill(-1), share: codes(), promotes: codes().fill(-1), partners: none, labels: new Map() };
}

/** Lays a block's features in their places. @param {Block} found @param {number} block @param {Overview} overview */
function spread(found, block, overview) {
  /** @param {Int32Array | Float64Array} from @param {Int32Array | Float64Array} to */
  const lay = (from, to) => {
    for (let k = 0, feature = block; k < from.length; k += 1, feature += overview.blocks) to[feature] = from[k] ?? 0;
  };
  for (const name of /** @type {const} */ (["firings", "max", "fires_on", "share", "promotes"])) lay(found[name], overview[name]);
  for (const [sae, { feature, pearson }] of Object.entries(overview.partners)) {
    const partners = found.partners[sae];
    if (!partners) throw new Error(`it has no column correlated_feature for ${sae}`);
    lay(partners.feature, feature);
    lay(partners.pearson, pearson);
  }
  for (const [feature, text] of found.labels) overview.labels.set(feature, text);
  overview.read += 1;
  return overview;
}

/** A largest activation from its code. @param {number} code */
export function decodeMax(code) {
  if (!code) return NaN;
  const digits = (code - 1) % 900 + 100;
  const exponent = Math.floor((code - 1) / 900) - 36;
  return Number(`${digits}e${exponent - 2}`);
}

/** @param {Uint8Array} content */
function readHeader(content) {
  let [at, length, shift] = [4, 0, 0];
  for (let more = true; more; at += 1, shift += 7) {
    const byte = content[at];
    if (byte === undefined || shift > 28) throw new Error("it ends within its header");
    length += (byte & 0x7f) * 2 ** shift;
    more = byte > 0x7f;
  }
  expect(at + length <= content.length, "it ends within its header");
  const text = new TextDecoder("utf-8", { fatal: true }).decode(content.subarray(at, at + length));
  return { header: JSON.parse(text), end: at + length };
}

/**
 * The codes of every column, by name and SAE; `features` is how many the file is of.
 * @param {Uint8Array} content
 * @param {number} at
 * @param {{ columns: Column[], features: number }} header
 */
function readColumns(content, at, { columns, features }) {
  const size = columns.reduce((sum, { bytes }) => sum + bytes * features, 0);
  expect(at + size === content.length, `its columns hold ${content.length - at} bytes, not the ${size} that its header promises`);
  /** @type {Map<string, Int32Array>} */
  const codes = new Map();
  for (const column of columns) {
    codes.set(key(column), joinPlanes(content.subarray(at, (at += column.bytes * features)), features));
  }
  return codes;
}

/** @param {Uint8Array} planes @param {number} features */
function joinPlanes(planes, features) {
  const column = new Int32Array(features);
  for (let at = 0, shift = 0; at < planes.length; shift += 8) {
    for (let feature = 0; feature < features; feature += 1, at += 1) column[feature] = (column[feature] ?? 0) | ((planes[at] ?? 0) << shift);
  }
  return column;
}

/** What codes mean; each of the few different ones is read once. @param {Int32Array} codes @param {(code: number) => number} read */
function decoded(codes, read) {
  /** @type {Map<number, number>} */
  const known = new Map();
  const values = new Float64Array(codes.length);
  for (const [k, code] of codes.entries()) {
    const value = known.get(code) ?? read(code);
    known.set(code, value);
    values[k] = value;
  }
  return values;
}

/** @param {Column[]} columns @param {(name: string, sae: string) => Int32Array} code @returns {Overview["partners"]} */
function readPartners(columns, code) {
  const saes = columns.flatMap(({ name, sae }) => (name === "correlated_feature" && sae ? [sae] : []));
  return Object.fromEntries(saes.map((sae) => [sae, {
    feature: code("correlated_feature", sae).map((number) => number - 1),
    pearson: decoded(code("pearson", sae), (number) => (number ? (number - 101) / 100 : NaN)),
  }]));
}

/** @param {{ feature: number[], text: string[] } | undefined} label @param {number} features */
function readLabels(label, features) {
  const { feature, text } = label ?? { feature: [], text: [] };
  const numbers = [...positions(feature)];
  expect(numbers.length === text.length && numbers.every((number) => number < features), "its labels do not go with its features");
  return new Map(numbers.map((number, k) => [number, String(text[k])]));
}

/** Codes as indices from 0; -1 where there is none. @param {Int32Array} codes @param {number} size @param {string} name */
function indices(codes, size, name) {
  expect(codes.every((code) => code <= size), `its column ${name} names a token that is not in its table`);
  return codes.map((code) => code - 1);
}

/** @param {{ name: string, sae?: string | undefined }} column */
function key({ name, sae = "" }) {
  return `${sae} ${name}`;
}

/** @param {boolean} condition @param {string} finding */
function expect(condition, finding) {
  if (!condition) throw new Error(finding);
}
