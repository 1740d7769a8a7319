// @ts-check
import { findFeature, findSae, openBundle } from "./bundle.js";
import { BundleError } from "./bundle_error.js";
import { listenToControls, markWrap } from "./controls.js";
import { drawDashboard, drawFailure } from "./dashboard.js";
import { byId } from "./element.js";
import { fillHeader, updateHeader } from "./header.js";
import { parseLocation, permalink } from "./location.js";
import { failure } from "./panels/failure.js";
import { tooltip } from "./panels/tooltip.js";
import { followTokens, offerFirstToken } from "./token_focus.js";

/** @typedef {import("./bundle.js").Manifest} Manifest */
/** @typedef {import("./bundle.js").Sae} Sae */
/** @typedef {import("./record.js").FeatureRecord} FeatureRecord */

const NEAR = 4;
const root = document.documentElement;
const bundle = openBundle(new URL("./", location.href));
/** @type {{ sae: Sae | null, feature: number | null, record: FeatureRecord | null }} */
const shown = { sae: null, feature: null, record: null };
let request = new AbortController();

const hideTooltip = followTokens(byId("groups"), byId("tooltip"), (flat) => (shown.record ? tooltip(shown.record, flat) : []));

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
    shown.record = record;
    drawDashboard({ manifest, sae, record });
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
  const sae = named.sae === null ? manifest.saes[0] : findSae(manifest, named.sae);
  if (!sae) throw new BundleError("damaged-manifest", "The manifest lists no SAEs.", "manifest.json");
  Object.assign(shown, { sae, feature: null });
  updateHeader(sae, null);
  const feature = named.feature === null ? (sae.picks[0] ?? 0) : findFeature(sae, named.feature);
  shown.feature = feature;
  updateHeader(sae, feature);
  if (named.sae === null || named.feature === null) history.replaceState(null, "", permalink(sae.name, feature));
  return { sae, feature };
}

/** @param {Manifest} manifest @param {Sae} sae @param {number} feature */
function ready(manifest, sae, feature) {
  hideTooltip();
  offerFirstToken(byId("groups"));
  markWrap();
  document.title = `${sae.name} / ${feature} · ${manifest.title}`;
  mark("ready", { sae: sae.name, feature: String(feature) });
  const idle = window.requestIdleCallback ?? setTimeout;
  idle(() => prefetch(sae, feature));
}

/** @param {unknown} error @param {Manifest | null} manifest */
function fail(error, manifest) {
  const known = error instanceof BundleError ? error : new BundleError("unexpected", String(error));
  if (known.kind === "unexpected") console.error(error);
  hideTooltip();
  drawFailure(failure(known, manifest, shown.sae));
  document.title = manifest ? `not shown · ${manifest.title}` : "not shown";
  mark("error", { error: known.kind });
}

/** Says on the root element what the page shows. @param {"loading" | "ready" | "error"} state @param {Record<string, string>} facts */
function mark(state, facts) {
  for (const name of ["sae", "feature", "error"]) delete root.dataset[name];
  Object.assign(root.dataset, facts, { state });
}

/** Fetches the chunk next door when its features are near. @param {Sae} sae @param {number} feature */
function prefetch(sae, feature) {
  for (const near of [feature + NEAR, feature - NEAR]) {
    if (near >= 0 && near < sae.d_sae) bundle.chunk(sae, near).catch(() => undefined);
  }
}

/** @param {string} address a permalink */
function go(address) {
  history.pushState(null, "", address);
  scrollTo(0, 0);
  show();
}

/** @param {number} step */
function goBy(step) {
  const { sae, feature } = shown;
  if (sae && feature !== null && feature + step >= 0 && feature + step < sae.d_sae) go(permalink(sae.name, feature + step));
}

function goToRandom() {
  const { sae } = shown;
  if (sae) go(permalink(sae.name, Math.floor(Math.random() * sae.d_sae)));
}

listenToControls({ go, goBy, goToRandom });
addEventListener("popstate", show);
show();
