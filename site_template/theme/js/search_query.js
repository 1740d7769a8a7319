// @ts-check
import { decodeShard, FACETS, readVocabulary, shardOf, STRENGTHS } from "./search_index.js";

/** @typedef {import("./bundle.js").Sae} Sae */
/** @typedef {import("./search_index.js").Entries} Entries */
/** @typedef {ReturnType<typeof import("./bundle.js").openBundle>} Bundle */
/** @typedef {{ feature: number, strength: number, entries: number[], classes: number[] }} Hit a feature, its strongest class, and the entries that it was found under, each with its class */
/** @typedef {{ key: string, entries: number[], postings: number }} Group entries with the same search key */
/** @typedef {Awaited<ReturnType<typeof openIndex>>} Index */

/**
 * Searches one SAE's index, whose files the bundle fetches.
 * @param {Bundle} bundle
 * @param {Sae} sae
 */
export async function openIndex(bundle, sae) {
  const vocabulary = await bundle.part(`${sae.name}/search/vocabulary.json.zst`, (content) => readVocabulary(content, sae.name, sae.d_sae));

  /** @param {string} facet */
  const entriesOf = (facet) => (facet === "label" ? vocabulary.words : vocabulary.tokens);

  /** @param {string} facet @param {number} number @param {0 | 1} overflow */
  const file = (facet, number, overflow) => {
    const folder = `${sae.name}/search/${facet === "label" ? "words" : "tokens"}/${overflow ? "overflow/" : ""}`;
    const expected = { sae: sae.name, features: sae.d_sae, index: /** @type {0 | 1} */ (facet === "label" ? 1 : 0), overflow };
    return bundle.part(`${folder}${Math.floor(number / 256)}/${number}.zst`, (content) => decodeShard(content, expected));
  };

  /**
   * The features under some entries, strongest first, and how many there are under each facet of that index;
   * `whole` fetches what the shards leave out.
   * @param {string} facet
   * @param {number[]} chosen
   * @param {boolean} [whole]
   */
  const find = async (facet, chosen, whole = false) => {
    const entries = entriesOf(facet);
    const left = chosen.filter((entry) => entries.overflow.includes(entry));
    const shards = [...new Set(chosen.map((entry) => shardOf(entries, entry)))].map((shard) => file(facet, shard, 0));
    const files = await Promise.all([...shards, ...(whole ? left.map((entry) => file(facet, entries.overflow.indexOf(entry), 1)) : [])]);
    const facets = facet === "label" ? [facet] : FACETS.slice(0, 3);
    const found = new Map(facets.map((name, number) => [name, merged(files, chosen, number)]));
    const counts = new Map([...found].map(([name, { length }]) => [name, length]));
    return { hits: found.get(facet) ?? [], counts, more: !whole && left.length > 0 };
  };

  return { entriesOf, find };
}

/** @param {import("./search_index.js").Shard[]} files @param {number[]} chosen @param {number} facet @returns {Hit[]} */
function merged(files, chosen, facet) {
  /** @type {Map<number, Hit>} */
  const hits = new Map();
  for (const file of files) for (const entry of chosen) {
    if (entry < file.first || entry >= file.first + file.size) continue;
    for (let strength = 0; strength < STRENGTHS; strength += 1) for (const feature of file.run(entry, facet, strength)) {
      const hit = hits.get(feature) ?? { feature, strength, entries: [], classes: [] };
      hit.strength = Math.min(hit.strength, strength);
      hit.entries.push(entry);
      hit.classes.push(strength);
      hits.set(feature, hit);
    }
  }
  return [...hits.values()].sort((a, b) => a.strength - b.strength || a.feature - b.feature);
}
