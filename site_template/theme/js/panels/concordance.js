// @ts-check
import { element } from "../element.js";
import { count, significant } from "../format_number.js";
import { runningToken, stretches, wholeCharacter } from "../token_text.js";

/** The share of the largest effect below which no underline is drawn, and the shade above which black ink reads better than white. */
const FAINT = 0.02;
const HOT = 0.605;
/** The characters of a target that fit on the narrowest line, however wide they are. */
const SHORT = 7;

/**
 * Makes the line of a window: the target in a column of its own, context to both sides.
 * @param {import("./panel.js").Page} page
 */
export function concordance({ record: { windows, tokens, max }, look }) {
  const token = painted(windows, runningToken(tokens, look.spaces), max ?? 1);

  /** The nodes from `from` to `to`, and which of them holds the target. @param {number} from @param {number} to @param {number} target */
  const run = (from, to, target) => {
    let at = from;
    let middle = 0;
    const nodes = stretches(tokens, windows.tokens.slice(from, to)).map(({ size, text }, k) => {
      const parts = Array.from({ length: size }, () => {
        const node = token(at);
        if (at === target) {
          middle = k;
          node.classList.add("target");
          node.classList.toggle("long", (node.textContent ?? "").length > SHORT);
        }
        at += 1;
        return node;
      });
      return text === null ? /** @type {HTMLElement} */ (parts[0]) : wholeCharacter(text, parts);
    });
    return { nodes, middle };
  };

  /** @param {number} window */
  const line = (window) => {
    const first = windows.first[window] ?? 0;
    const target = targetOf(windows, window);
    const last = first + (windows.length[window] ?? 0);
    const [from, to] = [Math.max(first, target - look.context), Math.min(last, target + 1 + look.context)];
    const { nodes, middle } = run(from, to, target);
    const [before, after] = [element("span", "before", nodes.slice(0, middle)), element("span", "after", nodes.slice(middle + 1))];
    const children = [before, nodes[middle], after, more(window, windows.activation[target] ?? 0)];
    return element("div", "line", children, from > first || to < last ? { "data-cut": String(window) } : {});
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

  return line;
}

/** The flat index of a window's target. @param {import("../record.js").Windows} windows @param {number} window */
export function targetOf({ first, pos, start }, window) {
  return (first[window] ?? 0) + (pos[window] ?? 0) - (start[window] ?? 0);
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
