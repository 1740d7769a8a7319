// @ts-check
import { element } from "../element.js";
import { signedColumn } from "../format_number.js";
import { tokenChip } from "../token_text.js";
import { table } from "./panel.js";

/** @typedef {[heading: string, values: import("../record.js").TokenLogits]} Half */

/**
 * Two short lists of tokens side by side, on chips as strong as their values.
 * @param {import("../record.js").TokenTable} tokens
 * @param {Half} left
 * @param {Half} right
 */
export function tokenHalves(tokens, left, right) {
  const values = [...left[1].logit, ...right[1].logit];
  const strongest = Math.max(...values.map(Math.abs)) || 1;
  const format = signedColumn(values);
  /** @param {Half} half */
  const list = ([heading, { token, logit }]) => table([heading, ""], token.map((id, k) => {
    const value = logit[k] ?? 0;
    const chip = tokenChip(tokens, id, value < 0 ? "negative" : "positive");
    chip.dataset.value = String(value);
    chip.style.setProperty("--a", (0.08 + (0.4 * Math.abs(value)) / strongest).toFixed(2));
    return [chip, format(value)];
  }));
  return element("div", "halves", [list(left), list(right)]);
}
