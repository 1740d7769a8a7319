// @ts-check
import { element } from "./element.js";
import { EVERYTHING, isFiltering } from "./feature_filter.js";

/** @typedef {import("./feature_filter.js").Filter} Filter */
/** @typedef {import("./feature_filter.js").Range} Range */

const WAIT = 120;

/**
 * Fills a form with the fields of a filter; `changed` hears what was chosen.
 * @param {HTMLElement} form
 * @param {(filter: Partial<Filter>) => void} changed
 */
export function filterForm(form, changed) {
  const text = input("search", "text", "label, token or note contains", { placeholder: "label, token or note" });
  const show = element("select", "", ["all", "alive", "dead"].map((name) => element("option", "", [name === "all" ? "dead and alive" : name], { value: name })), { "aria-label": "dead or alive" });
  const [density, max] = [rangeFields("density", "%", 100), rangeFields("max", "", 1)];
  const [labelled, starred] = [input("checkbox", "labelled", ""), input("checkbox", "starred", "")];
  const reset = element("button", "button", ["reset"], { type: "button" });
  form.replaceChildren(
    element("span", "field wide", [text]), show, ...density.nodes, ...max.nodes,
    element("label", "check", [labelled, "labelled"]), element("label", "check", [starred, "★ starred"]), reset,
  );
  form.addEventListener("submit", (event) => event.preventDefault());
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let later;
  const read = () => changed({
    text: text.value,
    show: /** @type {Filter["show"]} */ (show.value),
    density: density.read(),
    max: max.read(),
    labelled: labelled.checked,
    starred: starred.checked,
  });
  form.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(read, WAIT);
  });
  reset.addEventListener("click", () => changed(structuredClone(EVERYTHING)));

  return {
    /** @param {Filter} filter */
    show(filter) {
      if (text.value !== filter.text) text.value = filter.text;
      show.value = filter.show;
      density.show(filter.density);
      max.show(filter.max);
      labelled.checked = filter.labelled;
      starred.checked = filter.starred;
      reset.hidden = !isFiltering(filter);
    },
  };
}

/** Two fields for a range; what is no number is as good as nothing. @param {string} name @param {string} unit @param {number} times */
function rangeFields(name, unit, times) {
  const [low, high] = ["from", "to"].map((end) => input("text", `${name}-${end}`, `${name} ${end}${unit && ` in ${unit}`}`, { inputmode: "decimal", placeholder: end === "from" ? "0" : "any" }));
  if (!low || !high) throw new Error("two fields make a range");
  const read = (/** @type {HTMLInputElement} */ field) => {
    const value = parseNumber(field.value);
    field.setAttribute("aria-invalid", String(Number.isNaN(value)));
    return value === null || Number.isNaN(value) ? null : Number((value / times).toPrecision(12));
  };
  const write = (/** @type {HTMLInputElement} */ field, /** @type {number | null} */ value) => {
    if (document.activeElement !== field) field.value = value === null ? "" : String(Number((value * times).toPrecision(4)));
  };
  return {
    nodes: [element("span", "field range", [element("span", "muted", [name]), low, "–", high, element("span", "muted", [unit])])],
    /** @returns {Range} */
    read: () => [read(low), read(high)],
    /** @param {Range} range */
    show([from, to]) {
      write(low, from);
      write(high, to);
    },
  };
}

/** A number of at least 0, null if there is no text, NaN if it is none. @param {string} text */
export function parseNumber(text) {
  const trimmed = text.trim().replace(",", ".");
  if (!trimmed) return null;
  return /^\d*\.?\d+(e[+-]?\d+)?$|^\d+\.$/i.test(trimmed) ? Number(trimmed) : NaN;
}

/** @param {string} type @param {string} name @param {string} label @param {Record<string, string>} [attributes] */
function input(type, name, label, attributes = {}) {
  const node = element("input", "", [], { type, name, autocomplete: "off", ...attributes });
  if (label) node.setAttribute("aria-label", label);
  return node;
}
