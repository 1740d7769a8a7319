// @ts-check
import { findSae, openBundle } from "./bundle.js";
import { BundleError } from "./bundle_error.js";
import { byId, element } from "./element.js";
import { count } from "./format_number.js";
import { listenToKeys } from "./keyboard.js";
import { permalink } from "./location.js";
import { failure } from "./panels/failure.js";
import { muted } from "./panels/panel.js";
import { sayAtSearch } from "./say_at_search.js";
import { searchLater } from "./search_later.js";
import { nextTheme } from "./theme.js";

/** @typedef {import("./bundle.js").Manifest} Manifest */
/** @typedef {import("./bundle.js").Sae} Sae */
/**
 * What the address asks for, and what starts a search from it.
 * @typedef {{ bundle: ReturnType<typeof openBundle>, manifest: Manifest, sae: Sae, search: string, find: Find }} Asked
 * @typedef {(text: string, facet: string, sae: Sae) => void} Find
 */

const root = document.documentElement;

/**
 * Opens the bundle, finds the address's SAE, and lets `draw` fill the page; what keeps it from that is told in its place.
 * @param {string} title
 * @param {(asked: Asked) => Promise<void>} draw
 */
export async function openPage(title, draw) {
  const bundle = openBundle(new URL("./", location.href));
  /** @type {Manifest | null} */
  let manifest = null;
  /** @type {Sae | null} */
  let sae = null;
  /** @type {import("./search_box.js").SearchActions["shown"]} */
  const shown = { sae: null };
  const find = searchLater({ bundle, shown, goTo: (sae, feature) => location.assign(permalink(sae, feature)) }, sayAtSearch);
  listenToKeys({ "/": () => byId("search").focus(), t: nextTheme, "?": () => location.assign("reading.html#keys") });
  try {
    manifest = await bundle.manifest();
    fillSaes(manifest, title);
    const name = new URLSearchParams(location.search).get("sae");
    sae = name === null ? (manifest.saes[0] ?? null) : findSae(manifest, name);
    if (!sae) return;
    shown.sae = sae;
    markPages(sae.name);
    /** @type {HTMLSelectElement} */ (byId("choice")).value = sae.name;
    document.title = `${title} of ${sae.name} · ${manifest.title}`;
    await draw({ bundle, manifest, sae, search: location.search, find: (text, facet, sae) => { shown.sae = sae; find(text, facet); } });
    Object.assign(root.dataset, { state: "ready", sae: sae.name });
  } catch (error) {
    fail(error, manifest, sae);
  }
}

/** Says what of the address makes no sense. @param {string[]} ignored */
export function sayIgnored(ignored) {
  byId("ignored").textContent = ignored.length ? `The address says ${ignored.join(", ")}, which makes no sense here and is ignored.` : "";
}

/** Copies the page's address, and says so on the button. */
export async function copyAddress() {
  const button = byId("copy");
  button.textContent = await navigator.clipboard.writeText(location.href).then(() => "copied", () => "see address bar");
  setTimeout(() => { button.textContent = "copy link"; }, 1500);
}

/** Says that the site was built without an overview. @param {string} sae */
export function withoutOverview(sae) {
  const note = "It was built by a featviz that did not write one, or without it. Its dashboards work; build it again to see all features at a glance.";
  byId("body").replaceChildren(element("section", "panel failure", [
    element("h1", "", [`This site has no overview of ${sae}`]),
    muted(note),
    element("p", "ways", [element("a", "button", ["dashboards"], { href: `feature.html?sae=${encodeURIComponent(sae)}` })]),
  ]));
}

/** Marks this page among the links to the others, which stay with the SAE. @param {string} sae */
function markPages(sae) {
  for (const link of document.querySelectorAll(".pages a")) {
    if (!(link instanceof HTMLAnchorElement)) continue;
    if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
    if (/\/(features|pairs|feature)\.html$/.test(link.pathname)) link.search = `?sae=${encodeURIComponent(sae)}`;
  }
}

/** @param {unknown} error @param {Manifest | null} manifest @param {Sae | null} sae */
function fail(error, manifest, sae) {
  const known = error instanceof BundleError ? error : new BundleError("unexpected", String(error));
  if (known.kind === "unexpected") console.error(error);
  byId("body").replaceChildren(failure(known, manifest, sae));
  Object.assign(root.dataset, { state: "error", error: known.kind });
}

/** @param {Manifest} manifest @param {string} title */
function fillSaes({ saes }, title) {
  const choice = /** @type {HTMLSelectElement} */ (byId("choice"));
  choice.replaceChildren(...saes.map(({ name, read_hook, d_sae }) =>
    element("option", "", [`${name} · ${read_hook} · ${count(d_sae)}`], { value: name })));
  choice.setAttribute("aria-label", `${title}: SAE`);
  choice.addEventListener("change", () => { location.search = `?sae=${encodeURIComponent(choice.value)}`; });
}
