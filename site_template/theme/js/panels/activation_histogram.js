// @ts-check
import { count, percent } from "../format_number.js";
import { barChart } from "./bar_chart.js";
import { muted, panel } from "./panel.js";

/** The nonzero activations. @param {import("./panel.js").Page} page */
export function activationHistogram({ record, manifest }) {
  const histogram = record.activation_histogram;
  if (!histogram) return panel("activation_histogram", "Activations", "density 0 %", [muted("No nonzero activations.")]);
  const density = percent(record.firings / manifest.tokens.counted);
  const note = `${count(record.firings)} nonzero · density ${density}`;
  return panel("activation_histogram", "Activations", note, [barChart(histogram, "nonzero activations")]);
}
