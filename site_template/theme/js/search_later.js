// @ts-check
import { byId } from "./element.js";

/** @typedef {import("./search_box.js").SearchActions} SearchActions */

/**
 * The search box, whose code is fetched when it is first used.
 * @param {SearchActions} actions
 * @param {(message: string) => void} say
 */
export function searchLater(actions, say) {
  const input = /** @type {HTMLInputElement} */ (byId("search"));
  /** @type {Promise<import("./search_box.js").SearchBox> | null} */
  let box = null;
  const open = () => (box ??= import("./search_box.js").then(({ startSearch }) => startSearch(input, actions)));
  input.addEventListener("focus", () => { open().catch(() => { box = null; say("Search is not in this file, or cannot be reached."); }); });
  /** @param {string | null} text @param {string} facet */
  return (text, facet) => {
    if (text === null) return;
    input.focus();
    open().then((opened) => opened.find(text, facet), () => undefined);
  };
}

/** @param {import("./panels/panel.js").Page} page @param {number} token */
export function tokenText({ record: { tokens } }, token) {
  return tokens.text[token] ?? "";
}

/** Where a token on a chip is searched. @param {HTMLElement} chip */
export function facetOf(chip) {
  if (!chip.closest(".logit_table")) return "fires_on";
  return chip.classList.contains("negative") ? "suppresses" : "promotes";
}
