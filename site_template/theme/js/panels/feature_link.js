// @ts-check
import { element } from "../element.js";
import { permalink } from "../location.js";

/**
 * "B / 94", a link if the site has that feature.
 * @param {import("../bundle.js").Manifest} manifest
 * @param {string} name
 * @param {number} feature
 */
export function featureLink(manifest, name, feature) {
  const text = `${name} / ${feature}`;
  const known = manifest.saes.some((sae) => sae.name === name && (sae.features?.includes(feature) ?? feature < sae.d_sae));
  return known ? element("a", "", [text], { href: permalink(name, feature) }) : text;
}
