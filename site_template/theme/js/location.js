// @ts-check

/**
 * What a permalink's query names; other parameters are ignored.
 * @param {string} search
 * @returns {{ sae: string | null, feature: string | null }}
 */
export function parseLocation(search) {
  const parameters = new URLSearchParams(search);
  return { sae: parameters.get("sae"), feature: parameters.get("feature") };
}

/**
 * A feature's permalink, relative to the site's root.
 * @param {string} sae
 * @param {number} feature
 */
export function permalink(sae, feature) {
  return `feature.html?sae=${encodeURIComponent(sae)}&feature=${feature}`;
}
