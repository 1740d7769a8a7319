// @ts-check
import { byId, element } from "./element.js";
import { count } from "./format_number.js";
import { answer, meant, wordsOf, written } from "./search_answer.js";
import { featureOption, preview as previewOf, spelling, suggestionOption } from "./search_hits.js";
import { openIndex } from "./search_query.js";

/**
 * @typedef {object} SearchActions
 * @property {ReturnType<typeof import("./bundle.js").openBundle>} bundle
 * @property {{ sae: import("./bundle.js").Sae | null }} shown the SAE that is searched
 * @property {(sae: string, feature: number) => void} goTo
 */
/** @typedef {import("./search_query.js").Index} Index */
/** @typedef {import("./search_answer.js").Answer} Answer */
/** @typedef {import("./search_hits.js").Facts} Facts */
/** @typedef {{ find: (text: string, facet: string) => void }} SearchBox */

const PAGE = 50;
const PAUSE = 120;
/** Bytes of an overview that are worth what it tells of the features found. */
const WORTH = 100_000;
/** @type {Record<string, string>} */
const NAMES = { fires_on: "fires on", promotes: "promotes", suppresses: "suppresses", label: "label words" };
/** @type {Record<string, string>} */
const VERBS = { fires_on: "fire on it", promotes: "promote it", suppresses: "suppress it" };
const HINT = "Type a token of the text, or several: they are searched by their parts. ↵ stands for a line end, ⇥ for a tab, · for a space.";

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
  /** @type {Map<string, Promise<{ index: Index, facts: Facts }>>} */
  const indexes = new Map();
  /** What the preview has to show. */
  let sought = { facet: "", texts: /** @type {string[]} */ ([]), whole: "" };
  const panel = byId("found");
  const facets = element("div", "facets", [], { role: "radiogroup", "aria-label": "search in" });
  const spellings = element("div", "spellings", [], { role: "group", "aria-label": "spellings" });
  const list = element("div", "hits", [], { role: "listbox", id: "hits", "aria-label": "found" });
  const status = element("p", "muted", [], { role: "status" });
  const preview = element("div", "preview", [], { "aria-live": "polite" });
  panel.replaceChildren(facets, spellings, list, status, preview);
  input.setAttribute("aria-controls", "hits");
  facets.replaceChildren(...Object.entries(NAMES).map(([facet, name]) =>
    element("button", "quiet", [name, element("span", "note")], { type: "button", role: "radio", "data-facet": facet })));

  const index = async () => {
    const { sae } = shown;
    if (!sae) throw new Error("No feature is shown, so there is nothing to search yet.");
    if (!sae.parts?.search) throw new Error("This site was built without a search index. featviz build makes one unless it is told not to.");
    state.sae = sae.name;
    const opened = indexes.get(sae.name) ?? openBoth(bundle, sae);
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
  const facetButtons = () => /** @type {HTMLElement[]} */ ([...facets.children]);

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
    const { counted } = (await bundle.manifest()).tokens;
    preview.replaceChildren(...(record ? previewOf(record, { ...sought, counted }) : ["No preview: its file cannot be read."]));
  };

  const search = async () => {
    const turn = state.turn += 1;
    const text = input.value;
    open(true);
    for (const button of facetButtons()) {
      const on = button.dataset.facet === state.facet;
      button.setAttribute("aria-checked", String(on));
      button.tabIndex = on ? 0 : -1;
    }
    try {
      const opened = await index();
      if (turn !== state.turn) return;
      const { facet, whole } = state;
      if (facet === "label" && !opened.index.entriesOf(facet).text.length) return show([], [], "No feature of this SAE has a label here.");
      if (!text) return show([], [], facet === "label" ? "Type a word of a label." : HINT);
      const found = await answer(opened.index, { facet, text, chosen, whole });
      if (turn === state.turn) draw(found, opened, facet, text);
    } catch (error) {
      if (turn === state.turn) show([], [], error instanceof Error ? error.message : String(error));
    }
  };

  /** @param {Answer} found @param {{ index: Index, facts: Facts }} opened @param {string} facet @param {string} text */
  const draw = (found, { index, facts }, facet, text) => {
    const entries = index.entriesOf(facet);
    const all = found.sought.flatMap((group) => group.entries);
    const hits = facts?.ordered(found, facet, entries.text) ?? found.hits;
    const rest = hits.length > state.limit || found.more;
    sought = { facet, texts: found.own.map((entry) => entries.text[entry] ?? ""), whole: meant(text).trim() };
    spellings.replaceChildren(...(all.length > 1 ? all.map((entry) => spelling(entries, entry, found)) : []));
    const features = hits.slice(0, state.limit).map((hit, k) => featureOption(state, hit, k, entries, facts));
    show(features, found.others.map((group, k) => suggestionOption(entries, group, k)), told(found, facet, Math.min(state.limit, hits.length)));
    countFacets(found);
    if (rest) status.append(" ", element("button", "quiet", ["more"], { type: "button", "data-more": "" }));
    if (features.length) activate(0);
  };

  /** How many features are found, or where else they are. @param {Answer} found @param {string} facet @param {number} listed */
  const told = ({ sought, hits, counts, more, parts }, facet, listed) => {
    if (!sought.length) return facet === "label" ? "No label has such a word." : "No feature is found under such a token.";
    const split = parts && sought.length > 1 ? "Not one token here: found by its parts. " : parts ? "Found by the part that is a token here. " : "";
    const elsewhere = Object.entries(VERBS).filter(([other]) => counts.get(other)).map(([other, verb]) => `${count(counts.get(other) ?? 0)} ${verb}`).join(", ");
    if (!hits.length) return `${split}No feature is found under it in this facet${elsewhere ? `; ${elsewhere}` : ""}.`;
    const size = `${count(hits.length)}${more ? " or more" : ""}`;
    return `${split}${size} feature${hits.length === 1 ? "" : "s"}, strongest first${more || hits.length > listed ? `; ${count(listed)} are listed` : ""}.`;
  };

  /** Says at each facet how many features it has. @param {Pick<Answer, "counts" | "more">} found */
  const countFacets = ({ counts, more }) => {
    for (const button of facetButtons()) {
      const number = counts.get(button.dataset.facet ?? "");
      if (button.lastChild) button.lastChild.textContent = number === undefined ? "" : ` ${count(number)}${more ? "+" : ""}`;
    }
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
    panel.setAttribute("aria-busy", "false");
    countFacets({ counts: new Map(), more: false });
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

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let pause;
  let searched = Promise.resolve();

  const begin = () => {
    clearTimeout(pause);
    pause = undefined;
    [chosen, state.whole, state.limit] = [null, false, PAGE];
    searched = search();
  };

  /** Takes the option at hand, or the first, when the list is of what stands in the box: typing waits to be searched. */
  const enter = async () => {
    if (pause !== undefined) begin();
    await searched;
    const option = options()[Math.max(0, state.active)];
    if (option && !panel.hidden) take(option);
  };

  input.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(begin, PAUSE);
    panel.setAttribute("aria-busy", "true");
  });
  input.addEventListener("focus", begin);
  input.addEventListener("keydown", (event) => {
    const size = list.childElementCount;
    if (event.key === "ArrowDown" && size) activate(state.active + 1);
    else if (event.key === "ArrowUp" && size) activate((state.active <= 0 ? size : state.active) - 1);
    else if (event.key === "Enter") enter();
    else if (event.key === "Escape") {
      event.stopPropagation();
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
  panel.addEventListener("keydown", (event) => {
    const at = facetButtons().findIndex((button) => button === event.target);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key] ?? 0;
    if (event.key === "Escape") {
      event.stopPropagation();
      input.focus();
      open(false);
    } else if (at >= 0 && step) {
      const button = facetButtons().at((at + step) % facets.childElementCount);
      state.facet = button?.dataset.facet ?? state.facet;
      begin();
      button?.focus();
      event.preventDefault();
      event.stopPropagation();
    }
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Node && !panel.contains(target) && target !== input) open(false);
  });
  panel.parentElement?.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !panel.parentElement?.contains(relatedTarget)) open(false);
  });
  if (document.activeElement === input) begin();

  return {
    find: async (text, facet) => {
      [input.value, state.facet] = [written(text), facet];
      input.select();
      begin();
    },
  };
}

/** The index, and what its overview has to say, where that is small. @param {SearchActions["bundle"]} bundle @param {import("./bundle.js").Sae} sae */
async function openBoth(bundle, sae) {
  const small = (sae.parts?.overview ?? WORTH) < WORTH;
  const facts = small ? import("./search_facts.js").then(({ readFacts }) => readFacts(bundle, sae)).catch(() => null) : null;
  const index = await openIndex(bundle, sae);
  return { index, facts: await facts };
}
