// @ts-check
import { correlation } from "../format_number.js";
import { featureLink } from "./feature_link.js";
import { muted, panel, table } from "./panel.js";

/** Features of the same SAE with the most similar decoder rows. @param {import("./panel.js").Page} page */
export function similarFeatures({ record: { similar_features: similar }, sae, manifest }) {
  if (!similar?.feature.length) return panel("similar_features", "Similar features", null, [muted(similar ? "None." : "Not computed.")]);
  const rows = similar.feature.map((feature, k) => [
    featureLink(manifest, sae.name, feature),
    correlation(similar.cosine[k] ?? null),
  ]);
  return panel("similar_features", "Similar features", null, [table(["feature", "decoder cosine"], rows)]);
}
