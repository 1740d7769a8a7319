// @ts-check

const MARGIN = 8;

/**
 * Places a box below or above an element, wherever there is room, and never off the screen.
 * @param {HTMLElement} box positioned absolutely in the page
 * @param {Element} anchor
 */
export function placeBeside(box, anchor) {
  const around = anchor.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const { offsetWidth: width, offsetHeight: height } = box;
  const below = around.bottom + MARGIN;
  const fits = below + height + MARGIN <= clientHeight;
  const top = fits || around.top < height + 2 * MARGIN ? below : around.top - height - MARGIN;
  const left = clamp(around.left - MARGIN, MARGIN, clientWidth - width - MARGIN);
  box.style.setProperty("left", `${Math.round(left + scrollX)}px`);
  box.style.setProperty("top", `${Math.round(clamp(top, MARGIN, clientHeight - height - MARGIN) + scrollY)}px`);
}

/** @param {number} value @param {number} low @param {number} high */
function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}
