// @ts-check
import { findSae } from "./bundle.js";
import { BundleError } from "./bundle_error.js";
import { csv } from "./csv.js";
import { byId, element } from "./element.js";
import { ordered } from "./feature_order.js";
import { correlation, count, percent } from "./format_number.js";
import { readNextBlock, readOverview } from "./overview.js";
import { copyAddress, openPage, sayIgnored, withoutOverview } from "./overview_page.js";
import { pairColumns } from "./pair_columns.js";
import { countKinds, featuresOf, kindHistogram, kindOf, KINDS, pairKinds } from "./pairing.js";
import { pauses } from "./pauses.js";
import { saveFile } from "./save_file.js";
import { oneOf, taking } from "./view_address.js";
import { virtualTable } from "./virtual_table.js";

/** @typedef {import("./overview_page.js").Asked} Asked */
/** @typedef {import("./pairing.js").PairKind} PairKind */
/** @typedef {import("./overview.js").Overview} Overview */

const THRESHOLD = 0.7;
const BINS = 50;
/** @type {Record<PairKind, [name: string, meaning: string]>} */
const MEANINGS = {
  matched: ["matched", "each is the other’s best"],
  shared: ["one-to-many", "the match has a closer feature"],
  unmatched: ["unmatched", "no feature goes along as much"],
  dead: ["dead", "never fired"],
};

/** @param {Asked} asked */
async function drawPairs({ bundle, manifest, sae, search }) {
  const others = (sae.correlated_with ?? []).filter((name) => name !== sae.name);
  const query = new URLSearchParams(search);
  const name = query.get("with") ?? others[0];
  if (name === undefined) return single(sae.name);
  const partner = findSae(manifest, name);
  fillOthers(others, name);
  const [own, other] = await Promise.all([readWhole(bundle, sae), readWhole(bundle, partner)]);
  if (!own || !other) return withoutOverview(own ? name : sae.name);
  const pearson = own.partners[name]?.pearson;
  if (!pearson || !other.partners[sae.name])
    throw new BundleError("unknown-sae", `This site holds no correlations between ${sae.name} and ${name}, in both directions.`);

  let kinds = new Uint8Array();
  /** @type {Uint32Array} */
  let shown = new Uint32Array();
  const columns = pairColumns(own, other, manifest.tokens.counted, (feature) => kindOf(kinds, feature), MEANINGS);
  const view = viewOf(query, columns.map((column) => column.name));
  sayIgnored(view.ignored);
  const table = virtualTable(byId("table"), `pairs of ${sae.name} and ${name}`, columns, {
    open: (feature) => location.assign(compareAddress(sae.name, feature, name)),
    sort: (column) => {
      view.order = { column, descending: view.order.column === column ? !view.order.descending : column.startsWith("pearson") };
      update(true);
    },
    point: () => undefined,
  });

  let work = new AbortController();
  const update = async (/** @type {boolean} */ said) => {
    work.abort();
    work = new AbortController();
    const { signal } = work;
    const { threshold, kind, order } = view;
    byId("threshold-value").textContent = correlation(threshold);
    byId("threshold").setAttribute("aria-valuetext", correlation(threshold));
    if (said) history.replaceState(null, "", formatPairs(sae.name, name, view));
    table.grid.setAttribute("aria-busy", "true");
    try {
      await show(threshold, kind, order, pauses(signal));
      table.grid.setAttribute("aria-busy", "false");
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  };

  /** @param {number} threshold @param {PairKind | null} kind @param {import("./feature_order.js").Order} order @param {import("./pauses.js").Pause} pause */
  const show = async (threshold, kind, order, pause) => {
    const found = pairKinds(own, other, threshold);
    await pause();
    const theirs = countKinds(pairKinds(other, own, threshold));
    await pause();
    const value = columns.find((column) => column.name === order.column)?.value ?? (() => null);
    kinds = found;
    shown = await ordered(await featuresOf(found, kind, pause), value, order.descending, pause);
    drawKinds(countKinds(found), kind, (chosen) => {
      view.kind = view.kind === chosen ? null : chosen;
      update(true);
    });
    drawSpread(kindHistogram(pearson, found, low, BINS));
    table.show(shown, order);
    byId("count").textContent = `${count(shown.length)} of ${count(own.features)} features of ${sae.name}`;
    byId("alive").textContent = `seen from ${name}: ${KINDS.map((each) => `${count(theirs[each])} ${MEANINGS[each][0]}`).join(" · ")}`;
  };
  const low = pearson.some((value) => value < 0) ? -1 : 0;
  const slider = /** @type {HTMLInputElement} */ (byId("threshold"));
  slider.min = String(low);
  slider.value = String(view.threshold);
  slider.addEventListener("input", () => {
    view.threshold = Number(slider.value);
    update(true);
  });
  byId("export").addEventListener("click", () => {
    saveFile(`${sae.name}-${name}-pairs.csv`, csv(columns.map((column) => column.name), Array.from(shown, (feature) => columns.map(({ raw }) => raw(feature)))), "text/csv;charset=utf-8");
  });
  byId("copy").addEventListener("click", copyAddress);
  byId("heading").replaceChildren(element("h1", "", [`${sae.name} `, element("span", "sae", ["and"]), ` ${name}`]));
  byId("spread-axis").replaceChildren(...[low, (low + 1) / 2, 1].map((value) => element("span", "", [correlation(value)])));
  await update(false);
}

/** Pairs can be told only when both overviews are whole. @param {Asked["bundle"]} bundle @param {Asked["sae"]} sae */
async function readWhole(bundle, sae) {
  const overview = await readOverview(bundle, sae);
  while (overview && overview.read < overview.blocks) {
    byId("count").textContent = `${sae.name}: ${overview.read} of ${overview.blocks} files are read`;
    await readNextBlock(bundle, sae, overview);
  }
  return overview;
}

/** @param {string} sae @param {number} feature @param {string} other */
function compareAddress(sae, feature, other) {
  return `compare.html?${new URLSearchParams({ sae, feature: String(feature), with: other })}`;
}

/**
 * Threshold, kind and order of the address; what makes no sense is as at first, and `ignored` names it.
 * @param {URLSearchParams} query
 * @param {string[]} sortable
 */
function viewOf(query, sortable) {
  const { take, ignored } = taking(query);
  const threshold = take("threshold", (text) => (text.trim() && Math.abs(Number(text)) <= 1 ? Number(text) : undefined), THRESHOLD);
  const kind = take("kind", (text) => oneOf(text, KINDS), /** @type {PairKind | null} */ (null));
  const column = take("sort", (text) => oneOf(text, sortable), "pearson");
  const descending = take("order", (text) => oneOf(text, ["ascending", "descending"]), "descending") === "descending";
  return { threshold, kind, order: { column, descending }, ignored };
}

/** @param {string} sae @param {string} other @param {ReturnType<typeof viewOf>} view */
function formatPairs(sae, other, { threshold, kind, order }) {
  const query = new URLSearchParams({ sae, with: other, threshold: String(threshold), sort: order.column, order: order.descending ? "descending" : "ascending" });
  if (kind) query.set("kind", kind);
  return `?${query}`;
}

/** @param {Record<PairKind, number>} counts @param {PairKind | null} chosen @param {(kind: PairKind) => void} choose */
function drawKinds(counts, chosen, choose) {
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const focused = document.activeElement?.getAttribute("data-kind");
  const buttons = KINDS.map((kind) => {
    const [name, meaning] = MEANINGS[kind];
    const button = element("button", "kind", [
      element("b", "", [count(counts[kind])]),
      element("span", "what", [element("span", `swatch ${kind}`), `${name} · ${percent(counts[kind] / total)}`]),
      element("span", "muted note", [meaning]),
    ], { type: "button", "aria-pressed": String(kind === chosen), "data-kind": kind });
    button.addEventListener("click", () => choose(kind));
    return button;
  });
  byId("kinds").replaceChildren(...buttons);
  if (focused) buttons.find((button) => button.dataset.kind === focused)?.focus();
}

/** @param {ReturnType<typeof kindHistogram>} counts */
function drawSpread(counts) {
  const drawn = /** @type {const} */ (["shared", "matched", "unmatched"]);
  const totals = counts.matched.map((_, bin) => drawn.reduce((sum, kind) => sum + (counts[kind][bin] ?? 0), 0));
  const tallest = Math.max(1, ...totals);
  const bins = totals.map((_, bin) => element("div", "bin", drawn.map((kind) => {
    const bar = element("i", kind);
    bar.style.setProperty("height", `${((counts[kind][bin] ?? 0) / tallest) * 100}%`);
    return bar;
  })));
  const spread = byId("spread");
  spread.style.setProperty("--bins", String(BINS));
  spread.setAttribute("role", "img");
  spread.setAttribute("aria-label", `how the best correlations spread; the tallest of ${BINS} bins holds ${count(tallest)} features`);
  spread.replaceChildren(...bins);
}

/** @param {string[]} others @param {string} chosen */
function fillOthers(others, chosen) {
  const choice = /** @type {HTMLSelectElement} */ (byId("other"));
  choice.replaceChildren(...others.map((name) => element("option", "", [`with ${name}`], { value: name })));
  choice.value = chosen;
  choice.hidden = others.length < 2;
  choice.addEventListener("change", () => {
    const query = new URLSearchParams(location.search);
    query.set("with", choice.value);
    location.search = `?${query}`;
  });
}

/** @param {string} sae */
function single(sae) {
  byId("other").hidden = true;
  byId("body").replaceChildren(element("section", "panel failure", [
    element("h1", "", ["Nothing to compare"]),
    element("p", "muted", [`${sae} is not compared with another SAE in this site. Build it with two SAEs to see which of their features go along.`]),
  ]));
}

openPage("Pairs", drawPairs);
