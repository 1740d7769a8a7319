// @ts-check
import { element } from "../element.js";
import { signed, significant } from "../format_number.js";
import { tokenChip } from "../token_text.js";
import { muted } from "./panel.js";
import { tokenHalves } from "./token_halves.js";

/** @typedef {import("../record.js").FeatureRecord} FeatureRecord */

/**
 * What is known about the token at a flat index.
 * @param {FeatureRecord} record
 * @param {import("../bundle.js").Manifest} manifest
 * @param {number} flat
 */
export function tooltip(record, { effect, imported }, flat) {
  const { windows, tokens } = record;
  const token = windows.tokens[flat] ?? 0;
  const id = tokens.id[token] ?? 0;
  const title = element("p", "title", [tokenChip(tokens, token), imported?.places !== false && element("span", "note", [place(windows, flat)])]);
  if (windows.uncounted[flat]) return [title, muted(`Not counted: a special or masked token. Token id ${id}.`)];
  const entry = windows.affected[flat] ?? -1;
  const facts = element("dl", "", [
    ...fact("activation", significant(windows.activation[flat] ?? 0)),
    ...fact(`${effect ?? ""} loss effect`, entry < 0 ? "–" : verdict(windows.loss_effect[entry] ?? 0)),
    ...fact("token id", id < (imported?.token_ids ?? Infinity) ? String(id) : "–"),
  ]);
  return [title, facts, ...(effect ? effects(record, entry, effect === "exact" ? "before" : "one position before") : [])];
}

/** The tokens whose prediction changes most at this place. @param {FeatureRecord} record @param {number} entry @param {string} when it fired */
function effects({ windows: { effect }, tokens }, entry, when) {
  if (entry < 0) return [muted(`No predictions were affected: no firing ${when}.`)];
  const places = Array.from({ length: effect.width }, (_, k) => entry * effect.width + k);
  const changes = { token: places.map((at) => effect.token[at] ?? 0), logit: places.map((at) => effect.value[at] ?? 0) };
  const half = effect.width / 2;
  return [
    muted(`The firing ${when} changes the log-probabilities of this prediction:`),
    tokenHalves(tokens, ["more likely", take(changes, 0, half)], ["less likely", take(changes, half, effect.width)]),
  ];
}

/** @param {import("../record.js").TokenLogits} changes @param {number} from @param {number} to */
function take({ token, logit }, from, to) {
  return { token: token.slice(from, to), logit: logit.slice(from, to) };
}

/** @param {number} loss */
function verdict(loss) {
  return `${signed(loss)}${loss < 0 ? " helps" : loss > 0 ? " hurts" : ""}`;
}

/** @param {string} name @param {string} value */
function fact(name, value) {
  return [element("dt", "", [name]), element("dd", "", [value])];
}

/** @param {import("../record.js").Windows} windows @param {number} flat */
function place({ first, seq, start }, flat) {
  const window = first.findLastIndex((begin) => begin <= flat);
  return `seq ${seq[window]} · pos ${(start[window] ?? 0) + flat - (first[window] ?? 0)}`;
}
