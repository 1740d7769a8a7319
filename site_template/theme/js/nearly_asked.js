// @ts-check

/**
 * The SAE that the address names but for its case, and the feature, if there is one of that number.
 * @param {import("./bundle.js").Manifest} manifest
 * @returns {[string, number] | null}
 */
export function nearlyAsked(manifest) {
  const query = new URLSearchParams(location.search);
  const [asked, feature] = [query.get("sae")?.trim().toLowerCase(), Number(query.get("feature") ?? NaN)];
  const sae = manifest.saes.find(({ name, d_sae, features }) => name.toLowerCase() === asked && feature >= 0 && feature < d_sae && Number.isInteger(feature) && !features);
  return sae ? [sae.name, feature] : null;
}
