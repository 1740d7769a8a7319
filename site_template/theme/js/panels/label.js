// @ts-check
import { element } from "../element.js";
import { significant } from "../format_number.js";
import { muted, panel } from "./panel.js";

/** What a person or a program says the feature means. @param {import("./panel.js").Page} page */
export function labelPanel({ record: { label } }) {
  if (!label) return panel("label", "Autointerp", null, [muted("No label yet.")]);
  const score = label.score === null ? null : `score ${significant(label.score, 3)}`;
  return panel("label", "Autointerp", score, [
    element("p", "text", [label.text]),
    label.source && muted(`by ${label.source}`),
  ]);
}
