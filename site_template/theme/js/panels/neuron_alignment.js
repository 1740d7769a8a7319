// @ts-check
import { percent, signedColumn } from "../format_number.js";
import { muted, panel, table } from "./panel.js";

/** The decoder row's largest entries; nothing where the hook has no neuron basis. @param {import("./panel.js").Page} page */
export function neuronAlignment({ record: { neuron_alignment: alignment }, sae }) {
  if (!alignment && !sae.neuron_basis) return null;
  if (!alignment) return panel("neuron_alignment", "Neuron alignment", null, [muted("Not computed.")]);
  const value = signedColumn(alignment.value);
  const rows = alignment.neuron.map((neuron, k) => [
    String(neuron),
    value(alignment.value[k] ?? null),
    percent(alignment.share[k] ?? null),
  ]);
  return panel("neuron_alignment", "Neuron alignment", null, [table(["neuron", "value", "% of L1"], rows)]);
}
