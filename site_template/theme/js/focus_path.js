// @ts-check
import { byId } from "./element.js";

/** Lets the Tab key go from a token into its pinned tooltip, and from there back. */
export function reachTooltip() {
  const tip = byId("tooltip");
  document.addEventListener("keydown", (event) => {
    const token = /** @type {HTMLElement | null} */ (document.querySelector(".t.shown"));
    const at = document.activeElement;
    if (!token || !tip.classList.contains("pinned") || !(at === token || tip.contains(at))) return;
    const stops = [token, ...tip.querySelectorAll("button")];
    const next = event.key === "Tab" ? stops.indexOf(/** @type {any} */ (at)) + (event.shiftKey ? -1 : 1) : event.key === "Escape" ? 0 : -1;
    const stop = next === stops.length ? token : stops[next];
    if (!(stop instanceof HTMLElement) || stop === at) return;
    stop.focus({ preventScroll: true });
    if (event.key === "Tab") event.preventDefault();
  }, { capture: true });
}

/** Lets Escape in a closed search box lead back to where the search was begun from. */
export function returnFromSearch() {
  const search = byId("search");
  /** @type {HTMLElement | null} */
  let before = null;
  search.addEventListener("focus", ({ relatedTarget }) => {
    if (relatedTarget instanceof HTMLElement && !search.parentElement?.contains(relatedTarget)) before = relatedTarget;
  });
  document.addEventListener("keydown", ({ key, target }) => {
    if (target !== search || key !== "Escape" || search.getAttribute("aria-expanded") === "true") return;
    setTimeout(() => before?.focus({ preventScroll: true }));
  }, { capture: true });
}
