// @ts-check
import { count } from "../format_number.js";
import { barChart } from "./bar_chart.js";
import { panel } from "./panel.js";

/** The feature's logits of the whole vocabulary; nothing where an import lacks them. @param {import("./panel.js").Page} page */
export function logitHistogram({ record: { logit_histogram: histogram } }) {
  if (!histogram) return null;
  const tokens = histogram.counts.reduce((sum, n) => sum + n, 0);
  return panel("logit_histogram", "All logits", `${count(tokens)} tokens`, [barChart(histogram, "logits")]);
}
