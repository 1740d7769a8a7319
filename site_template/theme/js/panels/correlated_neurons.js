// @ts-check
import { correlation } from "../format_number.js";
import { muted, panel, table } from "./panel.js";

/** The neurons that move with the feature; nothing where the hook has no neurons. @param {import("./panel.js").Page} page */
export function correlatedNeurons({ record: { correlated_neurons: correlated }, sae }) {
  if (!correlated && !sae.neuron_basis) return null;
  if (!correlated) return panel("correlated_neurons", "Correlated neurons", null, [muted("No correlation is known.")]);
  const rows = correlated.neuron.map((neuron, k) => [
    String(neuron),
    correlation(correlated.pearson[k] ?? null),
    correlation(correlated.cosine[k] ?? null),
  ]);
  return panel("correlated_neurons", "Correlated neurons", null, [table(["neuron", "Pearson", "cosine"], rows)]);
}
