// @ts-check
import { csv } from "./csv.js";
import { byId, element } from "./element.js";
import { matching } from "./feature_filter.js";
import { ordered } from "./feature_order.js";
import { columnsOf } from "./feature_columns.js";
import { filterForm } from "./filter_form.js";
import { count, percent } from "./format_number.js";
import { permalink } from "./location.js";
import { readNextBlock, readOverview } from "./overview.js";
import { ownNotes } from "./own_notes.js";
import { density, maxText, spellingChip } from "./overview_cells.js";
import { copyAddress, openPage, sayIgnored, withoutOverview } from "./overview_page.js";
import { pauses } from "./pauses.js";
import { saveFile } from "./save_file.js";
import { scaleOf } from "./scatter_scale.js";
import { scatter } from "./scatter.js";
import { formatView, parseView } from "./view_address.js";
import { virtualTable } from "./virtual_table.js";

/** @typedef {import("./overview.js").Overview} Overview */
/** @typedef {import("./overview_page.js").Asked} Asked */
/** @typedef {import("./feature_filter.js").Filter} Filter */
/** @typedef {import("./feature_order.js").Order} Order */

/** @param {Asked} asked */
async function drawFeatures({ bundle, manifest, sae, search }) {
  const pause = pauses(new AbortController().signal);
  const overview = await readOverview(bundle, sae);
  if (!overview) return withoutOverview(sae.name);
  await pause();
  const { counted } = manifest.tokens;
  for (const name of Object.keys(overview.partners)) if (!manifest.saes.some((sae) => sae.name === name)) delete overview.partners[name];
  const own = ownNotes(sae.name, () => {
    known = null;
    table.refresh();
  });
  const columns = columnsOf(overview, counted, own);
  const sortable = columns.map(({ name }) => name);
  const view = parseView(search, sortable);
  /** @type {Uint32Array} */
  let shown = new Uint32Array();
  const open = (/** @type {number} */ feature) => location.assign(permalink(sae.name, feature));

  const table = virtualTable(byId("table"), `features of ${sae.name}`, columns, {
    open,
    sort: (column) => {
      view.order = { column, descending: view.order.column === column ? !view.order.descending : startsHigh(column) };
      update("replaceState");
    },
    point: (feature) => picture?.mark(feature),
  });
  const picture = scatter(byId("picture"), pointsOf(overview, counted), {
    open,
    describe: (feature) => describe(overview, counted, feature),
    brush: (density, max) => change({ density, max }),
  });
  const form = filterForm(byId("filter"), (filter) => change(filter));

  /** @param {Partial<Filter>} filter */
  const change = (filter) => {
    Object.assign(view.filter, filter);
    update("replaceState");
  };

  /** What passed the filter last, which another order does not change. @type {{ filter: string, passing: Uint32Array } | null} */
  let known = null;
  let work = new AbortController();

  /** Filters, sorts and draws; says in the address what is shown. @param {"replaceState" | null} history_ */
  const update = async (history_) => {
    work.abort();
    work = new AbortController();
    const { signal } = work;
    const { order, filter } = structuredClone(view);
    form.show(filter);
    if (history_) history[history_](null, "", formatView(sae.name, order, filter));
    table.grid.setAttribute("aria-busy", "true");
    try {
      const pause = pauses(signal);
      const passing = known?.filter === JSON.stringify(filter) ? known.passing : await matching({ overview, counted, noteOf: own.of }, filter, pause);
      known = { filter: JSON.stringify(filter), passing };
      const value = columns.find(({ name }) => name === order.column)?.value ?? (() => null);
      shown = order.column === "feature" && !order.descending ? passing : await ordered(passing, value, order.descending, pause);
      table.show(shown, order);
      picture?.show(passing, filter.density, filter.max);
      byId("count").textContent = passing.length === overview.shown.length ? `${count(passing.length)} features` : `${count(passing.length)} of ${count(overview.shown.length)} features`;
      table.grid.setAttribute("aria-busy", "false");
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  };

  byId("export").addEventListener("click", () => {
    const rows = Array.from(shown, (feature) => columns.map(({ raw }) => raw(feature)));
    saveFile(`${sae.name}-features.csv`, csv(columns.map(({ name }) => name), rows), "text/csv;charset=utf-8");
  });
  byId("copy").addEventListener("click", copyAddress);
  offerTheRest(overview, () => readNextBlock(bundle, sae, overview), async () => {
    await pause();
    const points = pointsOf(overview, counted);
    await pause();
    picture?.replace(points, overview.shown);
    await pause();
    byId("heading").replaceChildren(...title(sae.name, overview));
    known = null;
    await update(null);
  }, sae.parts?.overview_blocks ?? 0);
  byId("heading").replaceChildren(...title(sae.name, overview));
  sayIgnored(view.ignored);
  await update(null);
}

/**
 * Where the overview is in blocks, says of how many features it is, and reads the others when asked to.
 * @param {Overview} overview
 * @param {() => Promise<void>} next reads a block more
 * @param {() => Promise<void>} drawn
 * @param {number} bytes of all blocks
 */
function offerTheRest(overview, next, drawn, bytes) {
  const note = byId("coarse");
  const button = element("button", "quiet", [`show all ${count(overview.features)}`], { type: "button", title: `${Math.ceil(bytes / 1e5) / 10} MB in ${overview.blocks} files` });
  const say = () => note.replaceChildren(...(overview.read === overview.blocks ? [] : [
    `One feature in ${overview.blocks}, evenly spread: ${count(overview.shown.length)} of ${count(overview.features)}. Filter, order and CSV are of these. `, button,
  ]));
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      while (overview.read < overview.blocks) {
        await next();
        button.textContent = `${overview.read} of ${overview.blocks} files`;
      }
    } catch (error) {
      button.disabled = false;
      button.textContent = `${error instanceof Error ? error.message : error} Try again`;
    }
    await drawn();
    if (overview.read === overview.blocks) say();
  });
  say();
}

/** @param {string} sae @param {Overview} overview */
function title(sae, { shown, firings, labels }) {
  const features = shown.length;
  const dead = shown.reduce((sum, feature) => sum + Number(firings[feature] === 0), 0);
  const stat = (/** @type {string} */ name, /** @type {string} */ value) => element("div", "stat", [element("dt", "", [name]), element("dd", "", [value])]);
  return [
    element("h1", "", [element("span", "sae", [`${sae} / `]), "all features"]),
    element("dl", "", [stat("features", count(features)), stat("dead", `${count(dead)} (${percent(dead / features)})`), stat("labelled", count(labels.size))]),
  ];
}

/** @param {Overview} overview @param {number} counted */
function pointsOf({ firings, max }, counted) {
  const x = new Float64Array(firings.length);
  for (let k = 0; k < x.length; k += 1) x[k] = firings[k] ? (firings[k] ?? 0) / counted : NaN;
  return { x, y: max, xScale: scaleOf(x, true), yScale: scaleOf(max) };
}

/** @param {Overview} overview @param {number} counted @param {number} feature */
function describe({ sae, firings, max, fires_on, promotes, tokens, labels }, counted, feature) {
  const fact = (/** @type {string} */ name, /** @type {import("./element.js").Child} */ value) => [element("dt", "", [name]), element("dd", "", [value])];
  const label = labels.get(feature);
  return [
    element("p", "name", [`${sae} / ${feature}`]),
    ...(label ? [element("p", "label", [label])] : []),
    element("dl", "", [
      ...fact("density", density(firings[feature] ?? 0, counted)),
      ...fact("max", maxText(max[feature])),
      ...fact("fires on", spellingChip(tokens, fires_on[feature] ?? -1)),
      ...fact("promotes", spellingChip(tokens, promotes[feature] ?? -1)),
    ]),
  ];
}

/** Numbers are looked at from the largest down. @param {string} column */
function startsHigh(column) {
  return column === "density" || column === "max" || column.startsWith("pearson");
}

openPage("All features", drawFeatures);
