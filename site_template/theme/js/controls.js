// @ts-check
import { byId } from "./element.js";
import { copyLink } from "./header.js";
import { listenToKeys } from "./keyboard.js";

/**
 * What links, buttons, fields and keys make the page do.
 * @typedef {object} Actions
 * @property {(address: string) => void} go
 * @property {(step: number) => void} goBy
 * @property {() => void} goToRandom
 */

/** @param {Actions} actions */
export function listenToControls(actions) {
  listenToHeader(actions);
  listenToLinks(actions.go);
  listenToKeys({
    ArrowLeft: () => actions.goBy(-1),
    ArrowRight: () => actions.goBy(1),
    k: () => actions.goBy(-1),
    j: () => actions.goBy(1),
    r: actions.goToRandom,
    g: focusNumber,
    w: toggleWrap,
    "?": showHelp,
  });
  const help = byId("help");
  help.addEventListener("click", ({ target }) => { if (target === help) closeHelp(); });
  document.addEventListener("click", ({ target }) => { if (target instanceof Element && target.id === "wrap") toggleWrap(); });
}

/** Says on the legend's button whether lines are wrapped; it is drawn anew with every feature. */
export function markWrap() {
  const on = byId("groups").classList.contains("wrapped");
  document.getElementById("wrap")?.setAttribute("aria-pressed", String(on));
}

/** @param {Actions} actions */
function listenToHeader({ go, goToRandom }) {
  const sae = /** @type {HTMLSelectElement} */ (byId("sae"));
  const number = /** @type {HTMLInputElement} */ (byId("number"));
  sae.addEventListener("change", () => go(`feature.html?${new URLSearchParams({ sae: sae.value })}`));
  byId("goto").addEventListener("submit", (event) => {
    event.preventDefault();
    number.blur();
    go(`feature.html?${new URLSearchParams({ sae: sae.value, feature: number.value.trim() })}`);
  });
  byId("random").addEventListener("click", goToRandom);
  byId("copy").addEventListener("click", copyLink);
  byId("ask").addEventListener("click", showHelp);
}

/** Links to other features change the page in place, unless a window of their own is asked for. @param {Actions["go"]} go */
function listenToLinks(go) {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link?.href || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const address = new URL(link.href);
    if (address.origin !== location.origin || address.pathname !== location.pathname) return;
    event.preventDefault();
    go(address.href);
  });
}

function focusNumber() {
  const number = /** @type {HTMLInputElement} */ (byId("number"));
  number.focus();
  number.select();
}

function toggleWrap() {
  byId("groups").classList.toggle("wrapped");
  markWrap();
}

function showHelp() {
  /** @type {HTMLDialogElement} */ (byId("help")).showModal();
}

function closeHelp() {
  /** @type {HTMLDialogElement} */ (byId("help")).close();
}
