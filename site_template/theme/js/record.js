// @ts-check

/**
 * A chunk's own strings; all tokens of its records are indices into it.
 * @typedef {object} TokenTable
 * @property {number[]} id vocabulary ids
 * @property {string[]} text
 * @property {Record<string, string>} bytes hexadecimal, of tokens that are a part of a character
 * @property {number[]} special
 */
/** @typedef {{ scale: number, value: number[] }} ScaledColumn */
/** @typedef {{ low: number, high: number, counts: number[] }} Histogram */
/** @typedef {{ neuron: number[], value: number[], share: number[] }} NeuronAlignment */
/** @typedef {{ neuron: number[], pearson: (number | null)[], cosine: (number | null)[] }} CorrelatedNeurons */
/** @typedef {{ feature: number[], pearson: (number | null)[], cosine: (number | null)[] }} CorrelatedFeatures */
/** @typedef {{ feature: number[], cosine: (number | null)[] }} SimilarFeatures */
/** @typedef {{ token: number[], logit: number[] }} TokenLogits */
/** @typedef {{ text: string, score: number | null, source: string | null }} Label */
/** @typedef {{ kind: "top" | "interval" | "bottom", windows: number, population: number | null, index?: number }} Group */
/**
 * All windows of a feature, one after the other; a flat index runs over their tokens.
 * @typedef {object} Windows
 * @property {number[]} seq
 * @property {number[]} pos
 * @property {number[]} start
 * @property {number[]} length
 * @property {number[]} count
 * @property {Int32Array} first each window's first flat index
 * @property {number[]} tokens by flat index, like the next three
 * @property {Float64Array} activation 0 where the feature does not fire
 * @property {Uint8Array} uncounted 1 where the position does not count
 * @property {Int32Array} affected which entry of `loss_effect` it is, or -1
 * @property {Float64Array} loss_effect
 * @property {{ token: number[], value: Float64Array, width: number }} effect `width` values an entry: largest first, then smallest first
 */
/**
 * @typedef {object} FeatureRecord
 * @property {number} feature
 * @property {number} firings
 * @property {number | null} max
 * @property {Label | null} label
 * @property {NeuronAlignment | null} neuron_alignment
 * @property {CorrelatedNeurons | null} correlated_neurons
 * @property {Record<string, CorrelatedFeatures | null>} correlated_features
 * @property {SimilarFeatures | null} similar_features
 * @property {Histogram | null} activation_histogram
 * @property {{ negative: TokenLogits, positive: TokenLogits } | null} logit_table
 * @property {Histogram | null} logit_histogram
 * @property {Group[]} groups
 * @property {Windows} windows
 * @property {TokenTable} tokens
 */

/**
 * A record with its scaled columns in real units and its positions spread out.
 * @param {any} raw
 * @param {TokenTable} tokens
 * @returns {FeatureRecord}
 */
export function decodeRecord(raw, tokens) {
  expect(Boolean(raw?.windows && raw.groups), "a record is not there, or has no windows");
  const windows = decodeWindows(raw.windows);
  const shown = raw.groups.reduce((/** @type {number} */ sum, /** @type {Group} */ group) => sum + group.windows, 0);
  expect(shown === windows.seq.length, `its groups hold ${shown} windows, its columns ${windows.seq.length}`);
  expect(windows.tokens.every((token) => token in tokens.text), "a token is not in the chunk's string table");
  return { ...raw, windows, tokens };
}

/**
 * Differences summed up to positions.
 * @param {number[]} at
 */
export function positions(at) {
  let sum = 0;
  return Int32Array.from(at, (difference) => (sum += difference));
}

/**
 * A scaled column in real units.
 * @param {ScaledColumn} column
 */
export function unscaled(column) {
  return Float64Array.from(column.value, (value) => value * column.scale);
}

/** @param {any} raw @returns {Windows} */
function decodeWindows(raw) {
  const size = raw.tokens.length;
  const ends = positions(raw.length);
  expect((ends.at(-1) ?? 0) === size, `its windows hold ${ends.at(-1)} tokens, its columns ${size}`);
  const { at: affectedAt, ...loss } = raw.loss_effect;
  const affected = scatter(new Int32Array(size).fill(-1), affectedAt, [...affectedAt.keys()]);
  return {
    ...raw,
    first: Int32Array.from(ends, (end, window) => end - raw.length[window]),
    activation: scatter(new Float64Array(size), raw.activation.at, unscaled(raw.activation)),
    uncounted: scatter(new Uint8Array(size), raw.uncounted, raw.uncounted.map(() => 1)),
    affected,
    loss_effect: unscaled(loss),
    effect: decodeEffect(raw.effect, affectedAt.length),
  };
}

/** @param {ScaledColumn & { token: number[] }} raw @param {number} entries @returns {Windows["effect"]} */
function decodeEffect(raw, entries) {
  const width = entries ? raw.token.length / entries : 0;
  expect(width % 2 === 0 && raw.value.length === raw.token.length, "its effects are not as many as its affected tokens");
  return { token: raw.token, value: unscaled(raw), width };
}

/**
 * @template {Int32Array | Float64Array | Uint8Array} T
 * @param {T} column
 * @param {number[]} at
 * @param {ArrayLike<number>} values
 */
function scatter(column, at, values) {
  expect(at.length === values.length, "a column has more positions than values, or fewer");
  positions(at).forEach((position, entry) => {
    expect(position >= 0 && position < column.length, "a position lies outside the windows");
    column[position] = values[entry] ?? 0;
  });
  return column;
}

/** @param {boolean} condition @param {string} finding */
function expect(condition, finding) {
  if (!condition) throw new Error(finding);
}
