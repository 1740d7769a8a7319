// @ts-check
import { panel } from "./panel.js";
import { tokenHalves } from "./token_halves.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** The tokens that the feature suppresses and promotes most; nothing where an import lacks them. @param {import("./panel.js").Page} page */
export function logitTable({ record: { logit_table: table, tokens } }) {
  if (!table) return null;
  const node = panel("logit_table", "Logits", null, [tokenHalves(tokens, ["suppressed", table.negative], ["promoted", table.positive])]);
  followKeys(node, [...node.querySelectorAll("button")]);
  return node;
}

/** Makes the tokens one stop of the Tab key; the arrow keys go from one to the next. @param {HTMLElement} container @param {HTMLElement[]} chips */
function followKeys(container, chips) {
  for (const chip of chips.slice(1)) chip.tabIndex = -1;
  container.addEventListener("keydown", (event) => {
    const to = chips[chips.indexOf(/** @type {HTMLElement} */ (event.target)) + (STEPS[event.key] ?? NaN)];
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
}
