// @ts-check
import { findFeature, findSae, openBundle } from "./bundle.js";
import { BundleError } from "./bundle_error.js";
import { listenToControls } from "./controls.js";
import { drawDashboard, drawFailure, drawGroups, goToGroup, markLook, widen } from "./dashboard.js";
import { byId } from "./element.js";
import { fillHeader, updateHeader } from "./header.js";
import { inlinedRequest } from "./inlined_request.js";
import { parseLocation, permalink, PLAIN } from "./location.js";
import { markValue } from "./panels/bar_chart.js";
import { tooltip } from "./panels/tooltip.js";
import { followTheme } from "./theme.js";
import { followTokens, offerFirstToken } from "./token_focus.js";

/** @typedef {import("./bundle.js").Manifest} Manifest */
/** @typedef {import("./bundle.js").Sae} Sae */
/** @typedef {import("./location.js").Look} Look */
/** @typedef {import("./panels/panel.js").Page} Page */

const NEAR = 4;
const root = document.documentElement;
const bundle = openBundle(new URL("./", document.baseURI), inlinedRequest() ?? undefined);
/** @type {{ sae: Sae | null, feature: number | null, page: Page | null, look: Look }} */
const shown = { sae: null, feature: null, page: null, look: PLAIN };
let request = new AbortController();

const tip = followTokens(byId("groups"), byId("tooltip"), {
  describe: (flat) => (shown.page ? tooltip(shown.page.record, shown.page.manifest, flat) : []),
  widen: (line) => { if (shown.page) widen(shown.page, line); },
  changed: markToken,
});

/** Shows the feature that the address names, or says why it cannot. */
async function show() {
  request.abort();
  request = new AbortController();
  const { signal } = request;
  shown.sae = null;
  mark("loading", {});
  /** @type {Manifest | null} */
  let manifest = null;
  try {
    manifest = await bundle.manifest(signal);
    fillHeader(manifest);
    const { sae, feature } = choose(manifest);
    const record = await bundle.record(sae, feature, signal);
    shown.page = { manifest, sae, record, look: shown.look };
    drawDashboard(shown.page);
    ready(manifest, sae, feature);
  } catch (error) {
    if (!signal.aborted) fail(error, manifest);
  }
}

/**
 * The SAE and feature of the address; where it names none, a good first look.
 * @param {Manifest} manifest
 */
function choose(manifest) {
  const named = parseLocation(location.search);
  shown.look = named.look;
  root.toggleAttribute("data-embed", named.look.embed);
  const sae = named.sae === null ? manifest.saes[0] : findSae(manifest, named.sae);
  if (!sae) throw new BundleError("damaged-manifest", "The manifest lists no SAEs.", "manifest.json");
  Object.assign(shown, { sae, feature: null });
  updateHeader(sae, null, shown.look);
  const feature = named.feature === null ? (sae.picks[0] ?? 0) : findFeature(sae, named.feature);
  shown.feature = feature;
  updateHeader(sae, feature, shown.look);
  if (named.sae === null || named.feature === null) say("replaceState", permalink(sae.name, feature, shown.look));
  return { sae, feature };
}

/** @param {Manifest} manifest @param {Sae} sae @param {number} feature */
function ready(manifest, sae, feature) {
  tip.hide();
  offerFirstToken(byId("groups"));
  document.title = `${sae.name} / ${feature} · ${manifest.title}`;
  goToGroup(shown.look.group);
  pinToken();
  mark("ready", { sae: sae.name, feature: String(feature) });
  dispatchEvent(new CustomEvent("featviz:shown", { detail: shown.page }));
  const idle = window.requestIdleCallback ?? /** @type {any} */ (setTimeout);
  idle(() => {
    prefetch(sae, feature);
    import("./later.js").catch(() => undefined);
  }, { timeout: 200 });
}

/** @param {unknown} error @param {Manifest | null} manifest */
async function fail(error, manifest) {
  const known = error instanceof BundleError ? error : new BundleError("unexpected", String(error));
  if (known.kind === "unexpected") console.error(error);
  tip.hide();
  shown.page = null;
  document.title = manifest ? `not shown · ${manifest.title}` : "not shown";
  const { signal } = request;
  const { sae } = shown;
  const explained = await import("./panels/failure.js").then(({ failure }) => failure(known, manifest, sae), () => known.message);
  if (signal.aborted) return;
  drawFailure(explained);
  mark("error", { error: known.kind });
}

/** Says on the root element what the page shows. @param {"loading" | "ready" | "error"} state @param {Record<string, string>} facts */
function mark(state, facts) {
  for (const name of ["sae", "feature", "error"]) delete root.dataset[name];
  Object.assign(root.dataset, facts, { state });
}

/** Pins the token that the address names; the window is widened if it does not show it. */
function pinToken() {
  const { page, look: { pin } } = shown;
  const { first = [], length = [] } = page?.record.windows ?? {};
  if (!pin || !(pin.token < (length[pin.window] ?? 0))) return;
  const flat = (first[pin.window] ?? 0) + pin.token;
  const line = byId("groups").querySelectorAll(".line")[pin.window];
  if (page && line instanceof HTMLElement && !line.querySelector(`[data-at="${flat}"]`)) widen(page, line);
  const token = /** @type {HTMLElement | null | undefined} */ (line?.querySelector(`[data-at="${flat}"]`));
  if (token) tip.pin(token);
}

/** The token at hand, on the histogram, and if it is pinned in the address. @param {number | null} flat @param {boolean} pinned */
function markToken(flat, pinned) {
  const windows = shown.page?.record.windows;
  if (!windows || root.dataset.state !== "ready") return;
  const activation = flat === null ? 0 : (windows.activation[flat] ?? 0);
  markValue(document.querySelector(".activation_histogram .chart"), activation || null);
  const window = flat === null ? -1 : windows.first.findLastIndex((begin) => begin <= flat);
  const pin = pinned && flat !== null ? { window, token: flat - (windows.first[window] ?? 0) } : null;
  if (pin || shown.look.pin) setLook({ pin });
}

/** Looks at the same feature in another way; the address says so. @param {Partial<Look>} changes */
function setLook(changes) {
  const { page } = shown;
  if (!page) return;
  shown.look = page.look = { ...shown.look, ...changes };
  say("replaceState", permalink(page.sae.name, page.record.feature, shown.look));
  updateHeader(page.sae, page.record.feature, shown.look);
  markLook(shown.look);
  if (changes.context !== undefined || changes.spaces !== undefined) {
    tip.hide();
    drawGroups(page);
    offerFirstToken(byId("groups"));
  }
  if (changes.group) goToGroup(changes.group);
}

/** Fetches the chunk next door when its features are near. @param {Sae} sae @param {number} feature */
function prefetch(sae, feature) {
  for (const near of [feature + NEAR, feature - NEAR]) {
    if (near >= 0 && near < sae.d_sae && !sae.features) bundle.chunk(sae, near).catch(() => undefined);
  }
}

/** Goes to another feature, looked at as this one is. @param {string | null} sae @param {number | string | null} feature @param {Partial<Look>} [look] */
function goTo(sae, feature, look = {}) {
  if (shown.page && sae === shown.page.sae.name && String(feature) === String(shown.feature) && look.group) return setLook({ group: look.group });
  const { context, wrap, spaces, embed } = shown.look;
  say("pushState", permalink(sae ?? "", feature, { context, wrap, spaces, embed, group: look.group ?? null, pin: look.pin ?? null }));
  scrollTo(0, 0);
  show();
}

/** Says in the address what is shown; a frame in a notebook has none. @param {"pushState" | "replaceState"} change @param {string} address */
function say(change, address) {
  if (location.protocol !== "about:") history[change](null, "", address);
}

/** @param {string} address a permalink */
function go(address) {
  const { sae, feature, look } = parseLocation(new URL(address, document.baseURI).search);
  goTo(sae, feature, look);
}

/** The numbers of the features there are, in a file that holds some of them. @param {Sae} sae @param {number} place */
const numbered = (sae, place) => (sae.features ? sae.features[place] : place);

/** @param {number} step */
function goBy(step) {
  const { sae, feature } = shown;
  if (!sae || feature === null) return;
  const place = (sae.features ? sae.features.indexOf(feature) : feature) + step;
  const next = place >= 0 && place < sae.d_sae ? numbered(sae, place) : undefined;
  if (next !== undefined) goTo(sae.name, next);
}

function goToRandom() {
  const { sae } = shown;
  if (sae) goTo(sae.name, numbered(sae, Math.floor(Math.random() * (sae.features?.length ?? sae.d_sae))) ?? null);
}

followTheme();
listenToControls({ go, goTo, goBy, goToRandom, setLook, shown, bundle });
addEventListener("popstate", show);
show();
