// @ts-check
import { panel } from "./panel.js";
import { tokenHalves } from "./token_halves.js";

/** The tokens that the feature suppresses and promotes most; nothing where an import lacks them. @param {import("./panel.js").Page} page */
export function logitTable({ record: { logit_table: table, tokens } }) {
  if (!table) return null;
  return panel("logit_table", "Logits", null, [tokenHalves(tokens, ["suppressed", table.negative], ["promoted", table.positive])]);
}
