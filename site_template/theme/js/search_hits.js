// @ts-check
import { element } from "./element.js";
import { count, percent, significant } from "./format_number.js";
import { written } from "./search_answer.js";
import { pieceNodes, quotedPieces } from "./token_text.js";

/** @typedef {import("./search_index.js").Entries} Entries */
/** @typedef {import("./search_query.js").Hit} Hit */
/** @typedef {import("./search_query.js").Group} Group */
/** @typedef {import("./record.js").FeatureRecord} FeatureRecord */
/** @typedef {Awaited<ReturnType<typeof import("./search_facts.js").readFacts>> | null} Facts */

/** Characters before the target in a preview. */
const BEFORE = 28;
/** Tokens of the logits that a preview shows. */
const LOGITS = 4;
/** Why a feature was found, by facet and class. @type {Record<string, string[]>} */
const REASONS = {
  fires_on: ["at least half of its top windows", "at least a quarter of its top windows", "some of its top windows"],
  promotes: ["promotes it most", "second or third most promoted", "among the promoted"],
  suppresses: ["suppresses it most", "second or third most suppressed", "among the suppressed"],
  label: ["in a short label", "in its label", "in a long label"],
};

/** A spelling to keep to, and how many features are found under it. @param {Entries} entries @param {number} entry @param {{ own: number[], hits: Hit[], more: boolean }} found */
export function spelling(entries, entry, { own, hits, more }) {
  const on = own.includes(entry);
  const size = `${count(hits.filter((hit) => hit.entries.includes(entry)).length)}${more ? "+" : ""}`;
  return element("button", "chip", [...chip(entries, entry), ...(on ? [element("span", "note", [` ${size}`])] : [])],
    { type: "button", "data-entry": String(entry), "aria-pressed": String(on) });
}

/** @param {{ facet: string, sae: string }} state @param {Hit} hit @param {number} k @param {Entries} entries @param {Facts} facts */
export function featureOption({ facet, sae }, { feature, strength, entries: found }, k, entries, facts) {
  const chips = found.slice(0, 3).map((entry) => element("span", "chip", chip(entries, entry)));
  const share = facet === "fires_on" && facts?.share(feature, found.map((entry) => entries.text[entry] ?? ""));
  const reason = share ? `${share} % of its top windows` : REASONS[facet]?.[strength] ?? "";
  return element("div", "hit", [element("b", "", [`${sae} / ${feature}`]), ...chips, element("span", "about", facts?.about(feature, facet) ?? []), element("span", "note", [reason])],
    { role: "option", id: `hit-${k}`, "aria-selected": "false", "data-feature": String(feature) });
}

/** @param {Entries} entries @param {Group} group @param {number} k */
export function suggestionOption(entries, group, k) {
  const chips = group.entries.slice(0, 4).map((entry) => element("span", "chip", chip(entries, entry)));
  const text = entries.text[group.entries[0] ?? 0] ?? "";
  return element("div", "hit", [element("span", "muted", ["search"]), ...chips, element("span", "note", [count(group.postings)])],
    { role: "option", id: `completion-${k}`, "aria-selected": "false", "data-key": written(text.trimStart() || text) });
}

/** @param {Entries} entries @param {number} entry */
function chip({ text, bytes }, entry) {
  const spelled = text[entry] ?? "";
  return pieceNodes(Object.hasOwn(bytes, String(entry)) ? [{ text: spelled, mark: false }] : quotedPieces(spelled));
}

/**
 * A window of the feature on one line, and what else it is: the first top window whose target was searched, else the strongest.
 * @param {FeatureRecord} record
 * @param {{ facet: string, texts: string[], whole: string, counted: number }} searched the tokens' texts, and the whole query's
 */
export function preview(record, searched) {
  const { label, logit_table, tokens, firings, max } = record;
  if (!firings) return [element("p", "excerpt", [label?.text ?? "never fires"])];
  const side = searched.facet === "suppresses" ? "negative" : "positive";
  const logits = (logit_table?.[side].token ?? []).slice(0, LOGITS).map((token) => element("span", "chip", pieceNodes(quotedPieces(tokens.text[token] ?? ""))));
  return [
    element("p", "excerpt", excerpt(record, windowOf(record, searched))),
    ...(label ? [element("p", "told", [label.text])] : []),
    element("p", "told muted", [`density ${percent(firings / searched.counted)} · max ${significant(max, 3)}`,
      ...(logits.length ? [side === "positive" ? " · promotes " : " · suppresses ", ...logits] : [])]),
  ];
}

/** The top window to show. @param {FeatureRecord} record @param {{ facet: string, texts: string[], whole: string }} searched */
function windowOf({ groups, windows, tokens }, { facet, texts, whole }) {
  if (facet !== "fires_on") return 0;
  const top = Array.from({ length: groups[0]?.windows ?? 0 }, (_, k) => k);
  const target = (/** @type {number} */ k) => tokens.text[windows.tokens[targetOf(windows, k)] ?? 0] ?? "";
  const all = (/** @type {number} */ k) => textOf({ windows, tokens }, windows.first[k] ?? 0, (windows.first[k] ?? 0) + (windows.length[k] ?? 0));
  const fitting = top.filter((k) => texts.includes(target(k)));
  return fitting.find((k) => all(k).toLowerCase().includes(whole.toLowerCase())) ?? fitting[0] ?? 0;
}

/** @param {FeatureRecord["windows"]} windows @param {number} k */
function targetOf({ first, pos, start }, k) {
  return (first[k] ?? 0) + (pos[k] ?? 0) - (start[k] ?? 0);
}

/** @param {Pick<FeatureRecord, "windows" | "tokens">} record @param {number} from @param {number} to */
function textOf({ windows, tokens }, from, to) {
  return windows.tokens.slice(from, to).map((token) => tokens.text[token]).join("");
}

/** @param {FeatureRecord} record @param {number} k */
function excerpt(record, k) {
  const { windows } = record;
  const [target, end] = [targetOf(windows, k), (windows.first[k] ?? 0) + (windows.length[k] ?? 0)];
  const text = (/** @type {number} */ from, /** @type {number} */ to) => written(textOf(record, from, to));
  const before = [...text(windows.first[k] ?? 0, target)].slice(-BEFORE).join("");
  return [before, element("mark", "", [text(target, target + 1)]), text(target + 1, end)];
}
