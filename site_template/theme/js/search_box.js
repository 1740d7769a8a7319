// @ts-check
import { byId, element } from "./element.js";
import { count } from "./format_number.js";
import { isExact, openIndex, wordsOf } from "./search_query.js";
import { pieceNodes, quotedPieces } from "./token_text.js";

/**
 * @typedef {object} SearchActions
 * @property {ReturnType<typeof import("./bundle.js").openBundle>} bundle
 * @property {{ sae: import("./bundle.js").Sae | null }} shown the SAE that is searched
 * @property {(sae: string, feature: number) => void} goTo
 */
/** @typedef {import("./search_query.js").Hit} Hit */
/** @typedef {import("./search_query.js").Group} Group */
/** @typedef {{ find: (text: string, facet: string) => void }} SearchBox */
/** @typedef {Awaited<ReturnType<typeof openIndex>>} Index */

const SUGGESTIONS = 6;
const PAGE = 50;
const PAUSE = 120;
/** Characters before the target in a preview. */
const BEFORE = 28;
/** @type {Record<string, string>} */
const NAMES = { fires_on: "fires on", promotes: "promotes", suppresses: "suppresses", label: "label words" };
/** Why a feature was found, by facet and class. @type {Record<string, string[]>} */
const REASONS = {
  fires_on: ["at least half of its top windows", "at least a quarter of its top windows", "some of its top windows"],
  promotes: ["promotes it most", "second or third most promoted", "among the promoted"],
  suppresses: ["suppresses it most", "second or third most suppressed", "among the suppressed"],
  label: ["in a short label", "in its label", "in a long label"],
};

/**
 * The search box: facets, completions, and the features found, as a combobox with one list.
 * @param {HTMLInputElement} input
 * @param {SearchActions} actions
 * @returns {SearchBox}
 */
export function startSearch(input, { bundle, shown, goTo }) {
  const state = { facet: "fires_on", active: -1, turn: 0, sae: "", whole: false, limit: PAGE };
  /** @type {number[] | null} the spellings chosen among those with the same key */
  let chosen = null;
  /** @type {Map<string, Promise<Index>>} */
  const indexes = new Map();
  const panel = byId("found");
  const facets = element("div", "facets", [], { role: "radiogroup", "aria-label": "search in" });
  const spellings = element("div", "spellings", [], { role: "group", "aria-label": "spellings" });
  const list = element("div", "hits", [], { role: "listbox", id: "hits", "aria-label": "found" });
  const status = element("p", "muted", [], { role: "status" });
  const preview = element("p", "preview", []);
  panel.replaceChildren(facets, spellings, list, status, preview);
  input.setAttribute("aria-controls", "hits");
  facets.replaceChildren(...Object.entries(NAMES).map(([facet, name]) =>
    element("button", "quiet", [name], { type: "button", role: "radio", "data-facet": facet })));

  const index = async () => {
    const { sae } = shown;
    if (!sae) throw new Error("No feature is shown, so there is nothing to search yet.");
    if (!sae.parts?.search) throw new Error("This site was built without a search index. featviz build makes one unless it is told not to.");
    state.sae = sae.name;
    const opened = indexes.get(sae.name) ?? openIndex(bundle, sae);
    indexes.set(sae.name, opened);
    opened.catch(() => indexes.delete(sae.name));
    return opened;
  };

  const open = (/** @type {boolean} */ on) => {
    panel.hidden = !on;
    input.setAttribute("aria-expanded", String(on));
    if (!on) activate(-1);
  };

  const options = () => [...list.children];

  /** @param {number} at */
  const activate = (at) => {
    const all = options();
    all[state.active]?.setAttribute("aria-selected", "false");
    state.active = at < 0 ? -1 : at % all.length;
    const option = all[state.active];
    preview.replaceChildren();
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
    if (option instanceof HTMLElement && option.dataset.feature) showPreview(Number(option.dataset.feature));
  };

  /** The strongest window of the feature at hand. @param {number} feature */
  const showPreview = async (feature) => {
    const { turn } = state;
    const { sae } = shown;
    const record = sae && await bundle.record(sae, feature).catch(() => null);
    const option = options()[state.active];
    if (turn !== state.turn || !(option instanceof HTMLElement) || option.dataset.feature !== String(feature)) return;
    preview.replaceChildren(...(record ? excerpt(record) : ["No preview: its file cannot be read."]));
  };

  const search = async () => {
    const turn = state.turn += 1;
    const text = input.value;
    open(true);
    for (const button of facets.children) button.setAttribute("aria-checked", String(/** @type {HTMLElement} */ (button).dataset.facet === state.facet));
    try {
      const opened = await index();
      if (turn !== state.turn) return;
      if (!text.trim() && !text) return show([], [], "Type a token, or a word of a label.");
      const found = await query(opened, text);
      if (turn === state.turn) found();
    } catch (error) {
      if (turn === state.turn) show([], [], error instanceof Error ? error.message : String(error));
    }
  };

  /** @param {Index} opened @param {string} text */
  const query = async (opened, text) => {
    const { facet } = state;
    const words = facet === "label" ? wordsOf(text) : [text];
    const groups = opened.suggest(facet, words.at(-1) ?? "", SUGGESTIONS);
    const best = groups[0];
    if (!best) return () => show([], [], facet === "label" ? "No label has such a word." : "No feature is found under such a token.");
    const entries = opened.entriesOf(facet);
    const own = best.entries.filter((entry) => !chosen || chosen.includes(entry));
    const last = await opened.find(facet, own.length ? own : best.entries, state.whole);
    const earlier = await Promise.all(words.slice(0, -1).map(async (word) => {
      const [group] = opened.suggest(facet, word, 1);
      return group && isExact(group, word) ? new Set((await opened.find(facet, group.entries, true)).hits.map((hit) => hit.feature)) : new Set();
    }));
    const hits = last.hits.filter(({ feature }) => earlier.every((features) => features.has(feature)));
    return () => {
      const others = isExact(best, words.at(-1) ?? "") ? groups.slice(1) : groups;
      spellings.replaceChildren(...(best.entries.length > 1 ? best.entries.map((entry) => spelling(entries, entry, own.includes(entry))) : []));
      const features = hits.slice(0, state.limit).map((hit, k) => featureOption(state, hit, k, entries));
      const rest = hits.length > state.limit || last.more;
      const size = `${count(hits.length)}${last.more ? " or more" : ""}`;
      show(features, others.map((group, k) => suggestionOption(entries, group, k)), hits.length
        ? `${size} feature${hits.length === 1 ? "" : "s"}, strongest first${rest ? `; ${count(Math.min(state.limit, hits.length))} are listed` : ""}.`
        : "No feature is found under it in this facet.");
      if (rest) status.append(" ", element("button", "quiet", ["more"], { type: "button", "data-more": "" }));
      if (features.length) activate(0);
    };
  };

  /** @param {HTMLElement[]} features @param {HTMLElement[]} suggestions @param {string} message */
  const show = (features, suggestions, message) => {
    if (!features.length && !suggestions.length) spellings.replaceChildren();
    state.active = -1;
    input.removeAttribute("aria-activedescendant");
    preview.replaceChildren();
    list.replaceChildren(...features, ...suggestions);
    list.hidden = !list.childElementCount;
    status.textContent = message;
  };

  /** @param {Element} option */
  const take = (option) => {
    const { feature, key } = /** @type {HTMLElement} */ (option).dataset;
    if (feature !== undefined) {
      open(false);
      input.blur();
      goTo(state.sae, Number(feature));
    } else if (key !== undefined) {
      input.value = state.facet === "label" ? [...wordsOf(input.value).slice(0, -1), key].join(" ") : key;
      begin();
    }
  };

  const begin = () => {
    [chosen, state.whole, state.limit] = [null, false, PAGE];
    search();
  };

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let pause;
  input.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(begin, PAUSE);
  });
  input.addEventListener("focus", begin);
  input.addEventListener("keydown", (event) => {
    const size = list.childElementCount;
    if (event.key === "ArrowDown" && size) activate(state.active + 1);
    else if (event.key === "ArrowUp" && size) activate((state.active <= 0 ? size : state.active) - 1);
    else if (event.key === "Enter") {
      const option = options()[Math.max(0, state.active)];
      if (option) take(option);
    } else if (event.key === "Escape") {
      if (panel.hidden) input.blur();
      open(false);
    } else return;
    event.preventDefault();
  });
  panel.addEventListener("pointerdown", (event) => { if (!(event.target instanceof HTMLButtonElement)) event.preventDefault(); });
  panel.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element)) return;
    const option = target.closest("[role=option]");
    const button = /** @type {HTMLElement | null} */ (target.closest("button"));
    if (option) return take(option);
    if (!button) return;
    if (button.dataset.facet) {
      state.facet = button.dataset.facet;
      begin();
    } else if (button.dataset.entry) {
      const entry = Number(button.dataset.entry);
      chosen = button.getAttribute("aria-pressed") === "true" && chosen ? null : [entry];
      search();
    } else if (button.dataset.more !== undefined) {
      [state.whole, state.limit] = [true, state.limit + PAGE];
      search();
    }
    input.focus();
  });
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") { input.focus(); open(false); } });
  document.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Node && !panel.contains(target) && target !== input) open(false);
  });
  panel.parentElement?.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !panel.parentElement?.contains(relatedTarget)) open(false);
  });
  if (document.activeElement === input) begin();

  return {
    find: async (text, facet) => {
      [input.value, state.facet] = [text, facet];
      input.select();
      begin();
    },
  };
}

/** @param {import("./search_index.js").Entries} entries @param {number} entry @param {boolean} on */
function spelling(entries, entry, on) {
  return element("button", "chip", [...chip(entries, entry), element("span", "note", [` ${count(entries.postings[entry] ?? 0)}`])],
    { type: "button", "data-entry": String(entry), "aria-pressed": String(on) });
}

/** @param {{ facet: string, sae: string }} state @param {Hit} hit @param {number} k @param {import("./search_index.js").Entries} entries */
function featureOption({ facet, sae }, { feature, strength, entries: found }, k, entries) {
  const chips = found.slice(0, 3).map((entry) => element("span", "chip", chip(entries, entry)));
  return element("div", "hit", [element("b", "", [`${sae} / ${feature}`]), ...chips, element("span", "note", [REASONS[facet]?.[strength] ?? ""])],
    { role: "option", id: `hit-${k}`, "aria-selected": "false", "data-feature": String(feature) });
}

/** @param {import("./search_index.js").Entries} entries @param {Group} group @param {number} k */
function suggestionOption(entries, group, k) {
  const chips = group.entries.slice(0, 4).map((entry) => element("span", "chip", chip(entries, entry)));
  return element("div", "hit", [element("span", "muted", ["search"]), ...chips, element("span", "note", [count(group.postings)])],
    { role: "option", id: `completion-${k}`, "aria-selected": "false", "data-key": entries.text[group.entries[0] ?? 0]?.trimStart() || group.key });
}

/** @param {import("./search_index.js").Entries} entries @param {number} entry */
function chip({ text, bytes }, entry) {
  const spelled = text[entry] ?? "";
  return pieceNodes(Object.hasOwn(bytes, String(entry)) ? [{ text: spelled, mark: false }] : quotedPieces(spelled));
}

/** The feature's strongest window on one line. @param {import("./record.js").FeatureRecord} record */
function excerpt({ windows, tokens, label }) {
  const [first = 0, length = 0, pos = 0, start = 0] = [windows.first[0], windows.length[0], windows.pos[0], windows.start[0]];
  const text = (/** @type {number} */ from, /** @type {number} */ to) => windows.tokens.slice(from, to).map((token) => tokens.text[token]).join("").replace(/\n/g, "↵");
  const target = first + pos - start;
  if (!length) return [label?.text ?? "never fires"];
  const before = [...text(first, target)].slice(-BEFORE).join("");
  return [before, element("mark", "", [text(target, target + 1)]), text(target + 1, first + length), ...(label ? [element("span", "told", [label.text])] : [])];
}
