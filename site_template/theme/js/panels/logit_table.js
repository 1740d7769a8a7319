// @ts-check
import { panel } from "./panel.js";
import { tokenHalves } from "./token_halves.js";

/** The tokens that the feature suppresses and promotes most. @param {import("./panel.js").Page} page */
export function logitTable({ record: { logit_table: { negative, positive }, tokens } }) {
  return panel("logit_table", "Logits", null, [tokenHalves(tokens, ["suppressed", negative], ["promoted", positive])]);
}
