// @ts-check
import { element } from "../element.js";
import { significant, signed } from "../format_number.js";

/** What the strongest colours mean for this feature. @param {import("./panel.js").Page} page */
export function legend({ record }) {
  if (record.max === null) return null;
  return element("div", "legend", [
    item("activation", element("span", "ramp"), `0 – ${significant(record.max)}`),
    ...lossItems(record.windows.loss_effect),
    element("button", "quiet", ["wrap"], { id: "wrap", type: "button", "aria-pressed": "false", title: "wrap all lines (w)" }),
  ]);
}

/** @param {Float64Array} loss */
function lossItems(loss) {
  if (!loss.length) return [];
  const lowest = loss.reduce((least, effect) => Math.min(least, effect), 0);
  const highest = loss.reduce((most, effect) => Math.max(most, effect), 0);
  return [
    lowest < 0 && item("loss effect", element("span", "stroke helps"), `helps ${signed(lowest)}`),
    highest > 0 && item(lowest < 0 ? "" : "loss effect", element("span", "stroke hurts"), `hurts ${signed(highest)}`),
  ];
}

/** @param {string} before @param {HTMLElement} swatch @param {string} after */
function item(before, swatch, after) {
  return element("span", "item", [before, swatch, after]);
}
