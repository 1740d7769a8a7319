// @ts-check
import { placeBeside } from "./place_beside.js";

const TOKEN = ".t";
/** @type {Record<string, (token: HTMLElement) => HTMLElement | null | undefined>} */
const MOVES = {
  ArrowRight: (token) => neighbour(token, 1),
  ArrowLeft: (token) => neighbour(token, -1),
  ArrowDown: (token) => sameColumn(token, 1),
  ArrowUp: (token) => sameColumn(token, -1),
  Home: (token) => tokensOf(lineOf(token)).at(0),
  End: (token) => tokensOf(lineOf(token)).at(-1),
};

/**
 * Shows the tooltip of the token that is pointed at, focused or tapped; a click or Enter pins it, Escape closes it.
 * One token at a time is a stop of the Tab key; the arrow keys go from there.
 * @param {HTMLElement} container
 * @param {HTMLElement} tip
 * @param {object} callbacks
 * @param {(flat: number) => Node[]} callbacks.describe
 * @param {(line: HTMLElement) => void} callbacks.widen
 * @param {(flat: number | null, pinned: boolean) => void} callbacks.changed
 */
export function followTokens(container, tip, { describe, widen, changed }) {
  /** @type {HTMLElement | null} */
  let shown = null;
  const isPinned = () => tip.classList.contains("pinned");

  const clear = () => {
    shown?.classList.remove("shown");
    shown?.removeAttribute("aria-describedby");
    shown = null;
    tip.classList.remove("pinned");
    tip.hidden = true;
  };

  const hide = () => {
    const had = shown;
    clear();
    if (had) changed(null, false);
  };

  /** @param {HTMLElement} token @param {boolean} [pinned] */
  const show = (token, pinned = false) => {
    clear();
    shown = token;
    tip.replaceChildren(...describe(Number(token.dataset.at)));
    tip.hidden = false;
    token.classList.add("shown");
    token.setAttribute("aria-describedby", tip.id);
    tip.classList.toggle("pinned", pinned);
    placeBeside(tip, token);
    changed(Number(token.dataset.at), pinned);
  };

  /** @param {HTMLElement} token */
  const pin = (token) => {
    const again = shown === token && isPinned();
    focusToken(container, token);
    show(token, !again);
  };

  /** @param {Element} inside */
  const openLine = (inside) => {
    const line = /** @type {HTMLElement | null} */ (lineOf(inside));
    if (!line) return;
    widen(line);
    const open = line.classList.toggle("open");
    const more = /** @type {HTMLElement | null} */ (line.querySelector(".more"));
    more?.setAttribute("aria-expanded", String(open));
    if (inside.matches(".more")) more?.focus({ preventScroll: true });
  };

  container.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch" || isPinned()) return;
    const token = tokenAt(event);
    if (token && token !== shown) show(token);
    else if (!token) hide();
  });
  container.addEventListener("pointerleave", () => { if (!isPinned()) hide(); });
  container.addEventListener("focusin", (event) => {
    const token = tokenAt(event);
    if (token && token !== shown) show(token);
  });
  container.addEventListener("focusout", () => { if (!isPinned()) hide(); });
  container.addEventListener("click", (event) => {
    const token = tokenAt(event);
    const more = event.target instanceof Element && event.target.closest(".more");
    if (token) pin(token);
    else if (more) openLine(more);
  });
  container.addEventListener("keydown", (event) => {
    const token = tokenAt(event);
    if (!token || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = MOVES[event.key]?.(token);
    if (to) focusToken(container, to);
    else if (event.key === "Enter") pin(token);
    else if (event.key === " ") openLine(token);
    else if (!(event.key in MOVES)) return;
    event.preventDefault();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (isPinned() && target instanceof Node && !tip.contains(target) && !container.contains(target)) hide();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  return { hide, pin };
}

/**
 * Makes one token the stop of the Tab key.
 * @param {HTMLElement} container
 */
export function offerFirstToken(container) {
  container.querySelector(".target")?.setAttribute("tabindex", "0");
}

/** @param {HTMLElement} container @param {HTMLElement} token */
function focusToken(container, token) {
  container.querySelector(`${TOKEN}[tabindex]`)?.removeAttribute("tabindex");
  token.tabIndex = 0;
  token.focus({ preventScroll: true });
  token.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** @param {HTMLElement} token @param {number} step */
function neighbour(token, step) {
  const tokens = tokensOf(lineOf(token));
  return tokens[tokens.indexOf(token) + step];
}

/** The token as far from its target in the line below or above. @param {HTMLElement} token @param {number} step */
function sameColumn(token, step) {
  const lines = [...document.querySelectorAll(".line")];
  const line = lineOf(token);
  const tokens = tokensOf(lines[lines.indexOf(/** @type {Element} */ (line)) + step]);
  if (!tokens.length) return null;
  const column = tokensOf(line).indexOf(token) - targetIn(tokensOf(line)) + targetIn(tokens);
  return tokens[Math.max(0, Math.min(tokens.length - 1, column))];
}

/** @param {HTMLElement[]} tokens */
function targetIn(tokens) {
  return tokens.findIndex((token) => token.classList.contains("target"));
}

/** @param {Element} inside */
function lineOf(inside) {
  return inside.closest(".line");
}

/** @param {Element | null | undefined} line @returns {HTMLElement[]} */
function tokensOf(line) {
  return line ? [...line.querySelectorAll(TOKEN)].map((token) => /** @type {HTMLElement} */ (token)) : [];
}

/** @param {Event} event @returns {HTMLElement | null} */
function tokenAt({ target }) {
  return target instanceof Element ? target.closest(TOKEN) : null;
}
