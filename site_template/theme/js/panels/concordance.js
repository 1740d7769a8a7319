// @ts-check
import { element } from "../element.js";
import { count, significant } from "../format_number.js";
import { runningToken } from "../token_text.js";

/** The share of the largest effect below which no underline is drawn, and the shade above which black ink reads better than white. */
const FAINT = 0.02;
const HOT = 0.605;

/**
 * Makes the lines of windows `from` to `to`: the target in a column of its own, context to both sides.
 * @param {import("./panel.js").Page} page
 */
export function concordance({ record: { windows, tokens, max } }) {
  const token = painted(windows, runningToken(tokens), max ?? 1);
  /** @param {number} from @param {number} to */
  const run = (from, to) => element("span", "run", Array.from({ length: to - from }, (_, k) => token(from + k)));

  /** @param {number} window */
  const line = (window) => {
    const first = windows.first[window] ?? 0;
    const target = first + (windows.pos[window] ?? 0) - (windows.start[window] ?? 0);
    const last = first + (windows.length[window] ?? 0);
    const node = token(target);
    node.classList.add("target");
    const before = element("span", "before", [run(first, target)]);
    const after = element("span", "after", [run(target + 1, last)]);
    return element("div", "line", [before, node, after, more(window, windows.activation[target] ?? 0)]);
  };

  /** The line's end, which opens it to its full width. @param {number} window @param {number} activation */
  const more = (window, activation) => {
    const times = windows.count[window] ?? 1;
    return element("button", "more", [times > 1 && element("b", "", [`×${count(times)}`]), significant(activation, 3)], {
      type: "button",
      tabindex: "-1",
      "aria-expanded": "false",
      title: `${times > 1 ? `${count(times)} positions have this window. ` : ""}Show the whole line`,
    });
  };

  /** @param {number} from @param {number} to */
  return (from, to) => Array.from({ length: to - from }, (_, k) => line(from + k));
}

/**
 * Makes the token of a flat index, its activation as background and its loss effect as underline.
 * @param {import("../record.js").Windows} windows
 * @param {(token: number) => HTMLElement} token
 * @param {number} max
 */
function painted(windows, token, max) {
  const strongest = windows.loss_effect.reduce((most, effect) => Math.max(most, Math.abs(effect)), 0) || 1;
  /** @param {number} flat */
  return (flat) => {
    const node = token(windows.tokens[flat] ?? 0);
    node.dataset.at = String(flat);
    if (windows.uncounted[flat]) node.classList.add("uncounted");
    const activation = windows.activation[flat] ?? 0;
    if (activation > 0) highlight(node, activation / max);
    const entry = windows.affected[flat] ?? -1;
    if (entry >= 0) underline(node, (windows.loss_effect[entry] ?? 0) / strongest);
    return node;
  };
}

/** @param {HTMLElement} node @param {number} strength */
function highlight(node, strength) {
  const shade = 0.1 + 0.9 * Math.min(1, strength);
  node.classList.add("fires");
  if (shade > HOT) node.classList.add("hot");
  node.style.setProperty("--a", shade.toFixed(2));
}

/** @param {HTMLElement} node @param {number} strength */
function underline(node, strength) {
  if (Math.abs(strength) < FAINT) return;
  node.classList.add(strength < 0 ? "helps" : "hurts");
  node.style.setProperty("--e", (0.3 + 0.7 * Math.abs(strength)).toFixed(2));
}
