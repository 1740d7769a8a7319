// @ts-check
import { element } from "../element.js";
import { correlation } from "../format_number.js";
import { featureLink } from "./feature_link.js";
import { muted, panel, table } from "./panel.js";

/** A panel for each SAE that was compared, the feature's own last. @param {import("./panel.js").Page} page */
export function correlatedFeatures(page) {
  const names = Object.keys(page.record.correlated_features);
  const others = names.filter((name) => name !== page.sae.name);
  return [...others, ...names.filter((name) => name === page.sae.name)].map((name) => inSae(page, name));
}

/** @param {import("./panel.js").Page} page @param {string} name */
function inSae({ record, manifest, sae }, name) {
  const correlated = record.correlated_features[name];
  const title = `Correlated features in ${name}`;
  if (!correlated?.feature.length) return panel("correlated_features", title, null, [muted("None: no correlation exists.")]);
  const rows = correlated.feature.map((feature, k) => [
    featureLink(manifest, name, feature),
    correlation(correlated.pearson[k] ?? null),
    correlation(correlated.cosine[k] ?? null),
  ]);
  const beside = name !== sae.name && !sae.features && element("a", "", ["side by side"], { href: `compare.html?sae=${sae.name}&feature=${record.feature}&with=${name}` });
  return panel("correlated_features", title, beside || null, [table(["feature", "Pearson", "cosine"], rows)]);
}
