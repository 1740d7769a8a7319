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
 * @param {(flat: number) => Node[]} describe
 */
export function followTokens(container, tip, describe) {
  /** @type {HTMLElement | null} */
  let shown = null;
  const isPinned = () => tip.classList.contains("pinned");

  const hide = () => {
    shown?.classList.remove("shown");
    shown?.removeAttribute("aria-describedby");
    shown = null;
    tip.classList.remove("pinned");
    tip.hidden = true;
  };

  /** @param {HTMLElement} token */
  const show = (token) => {
    hide();
    shown = token;
    tip.replaceChildren(...describe(Number(token.dataset.at)));
    tip.hidden = false;
    token.classList.add("shown");
    token.setAttribute("aria-describedby", tip.id);
    placeBeside(tip, token);
  };

  /** @param {HTMLElement} token */
  const pin = (token) => {
    const again = shown === token && isPinned();
    focusToken(container, token);
    show(token);
    tip.classList.toggle("pinned", !again);
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
  return hide;
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

/** @param {Element} inside */
function openLine(inside) {
  const line = lineOf(inside);
  const open = line?.classList.toggle("open") ?? false;
  line?.querySelector(".more")?.setAttribute("aria-expanded", String(open));
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
