// @ts-check
import { element } from "../element.js";
import { significant, signed } from "../format_number.js";
import { PLAIN } from "../location.js";

/** What the strongest colours mean for this feature. @param {import("./panel.js").Page} page */
export function legend({ record, manifest, look }) {
  if (record.max === null) return null;
  return element("div", "legend", [
    item("activation", element("span", "ramp"), `0 – ${significant(record.max)}`),
    ...lossItems(record.windows.loss_effect, `${manifest.effect} loss effect`),
    element("span", "item looks", [
      contextChoice(record.windows, look.context),
      toggle("spaces", "spaces", look.spaces, "show every space"),
      toggle("wrap", "wrap", look.wrap, "wrap all lines (w)"),
    ]),
  ]);
}

/** @param {string} id @param {string} text @param {boolean} on @param {string} title */
function toggle(id, text, on, title) {
  return element("button", "quiet", [text], { id, type: "button", "aria-pressed": String(on), title });
}

/**
 * How many tokens are shown on each side, where the windows have more than a line shows at first.
 * @param {import("../record.js").Windows} windows
 * @param {number} chosen
 */
function contextChoice(windows, chosen) {
  const widest = windows.length.reduce((most, length) => Math.max(most, length), 0);
  if (widest <= 2 * PLAIN.context + 1) return null;
  const sizes = [...new Set([5, 10, 20, 50, chosen])].filter((size) => size === chosen || 2 * size + 1 < widest).sort((a, b) => a - b);
  const options = [...sizes.filter(Number.isFinite), Infinity].map((size) => {
    const option = element("option", "", [size === Infinity ? "all" : `±${size}`], { value: String(size) });
    option.selected = size === chosen;
    return option;
  });
  return element("select", "quiet", options, { id: "context", "aria-label": "tokens on each side", title: "tokens on each side" });
}

/** @param {Float64Array} loss @param {string} name */
function lossItems(loss, name) {
  if (!loss.length) return [];
  const lowest = loss.reduce((least, effect) => Math.min(least, effect), 0);
  const highest = loss.reduce((most, effect) => Math.max(most, effect), 0);
  return [
    lowest < 0 && item(name, element("span", "stroke helps"), `helps ${signed(lowest)}`),
    highest > 0 && item(lowest < 0 ? "" : name, element("span", "stroke hurts"), `hurts ${signed(highest)}`),
  ];
}

/** @param {string} before @param {HTMLElement} swatch @param {string} after */
function item(before, swatch, after) {
  return element("span", "item", [before, swatch, after]);
}
