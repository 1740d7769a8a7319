// @ts-check

/** @typedef {import("./bundle.js").Sae} Sae */

/**
 * A chunk's place below the site's root: it follows from the feature's number alone.
 * @param {string} release
 * @param {Pick<Sae, "name" | "chunk_size">} sae
 * @param {number} feature
 */
export function chunkPath(release, sae, feature) {
  const chunk = Math.floor(feature / sae.chunk_size);
  return `data/${release}/${sae.name}/${Math.floor(chunk / 256)}/${chunk}.json.zst`;
}
