// @ts-check
import { element } from "../element.js";
import { permalink } from "../location.js";
import { nearlyAsked } from "../nearly_asked.js";
import { againButton } from "../try_again.js";
import { muted } from "./panel.js";

/** @typedef {import("../bundle_error.js").BundleError} BundleError */
/** @typedef {{ title: string, advice: string }} Explanation */

/** Features of an exported file that a message names at most. */
const NAMED = 12;
/** @typedef {import("../bundle_error.js").ErrorKind} ErrorKind */

/** @type {Record<ErrorKind, Explanation>} */
const EXPLANATIONS = {
  "unknown-sae": { title: "No such SAE", advice: "Choose one that this site has:" },
  "unknown-feature": { title: "No such feature", advice: "Choose a number in that range, or start from one of these:" },
  "not-in-file": { title: "Not here", advice: "Only some features were built or exported. Here:" },
  "missing-manifest": {
    title: "No data here",
    advice: "The site’s data starts with manifest.json beside this page. If you publish this site, upload the whole output folder.",
  },
  "damaged-manifest": { title: "The manifest is damaged", advice: "If you publish this site, run featviz check on its folder and upload it again." },
  "wrong-format": { title: "This page cannot read this data", advice: "Reload the page. If that does not help, build the site again with one version of featviz." },
  "missing-chunk": {
    title: "A file of this site is missing",
    advice: "Reload the page: the site may just have been published anew. If you publish it, run featviz check on its folder and upload it again.",
  },
  "damaged-chunk": {
    title: "A file of this site is damaged",
    advice: "Reload the page. If you publish this site, run featviz check on its folder and upload it again.",
  },
  offline: { title: "The site cannot be reached", advice: "The page goes on by itself when the connection is back. If this is featviz serve, see whether it still runs." },
  busy: { title: "The host is busy", advice: "It was asked several times. Try again in a while." },
  unexpected: { title: "Something went wrong", advice: "Reload the page. If it happens again, it is a mistake in featviz: please report it with this message." },
};

/**
 * What went wrong and what can be done about it.
 * @param {BundleError} error
 * @param {import("../bundle.js").Manifest | null} manifest
 * @param {import("../bundle.js").Sae | null} sae the SAE that was asked for, if there is one
 */
export function failure(error, manifest, sae) {
  const { title, advice } = EXPLANATIONS[error.kind];
  const again = againButton(error.kind);
  const held = error.kind === "not-in-file" && sae ? ` ${holdings(sae)}` : "";
  const ways = !manifest ? [] : error.kind === "unknown-sae" ? meant(manifest) : waysOn(manifest, sae);
  return element("section", "panel failure", [
    element("h1", "", [title]),
    element("p", "", [error.message + held]),
    error.path && element("p", "", [element("code", "", [error.path])]),
    muted(advice),
    again && element("p", "ways", [again]),
    ways.length > 0 && element("p", "ways", ways),
  ], { role: "alert" });
}

/** @param {import("../bundle.js").Sae} sae */
function holdings({ name, features = [] }) {
  const others = features.length > NAMED ? ` and ${features.length - NAMED} more` : "";
  return features.length ? `Of ${name} it has ${features.slice(0, NAMED).join(", ")}${others}.` : `Of ${name} it has none.`;
}

/** The SAEs there are, or the feature that was meant. @param {import("../bundle.js").Manifest} manifest */
function meant(manifest) {
  const near = nearlyAsked(manifest);
  return near ? [way(...near)] : waysOn(manifest, null);
}

/** @param {import("../bundle.js").Manifest} manifest @param {import("../bundle.js").Sae | null} sae */
function waysOn(manifest, sae) {
  const held = manifest.saes.find(({ features }) => features?.length);
  if (held && !sae?.features?.length) return waysOn(manifest, held);
  if (!sae) return manifest.saes.map(({ name, picks }) => way(name, picks[0] ?? 0));
  const picks = sae.picks.length ? sae.picks : [0];
  return picks.slice(0, 6).map((feature) => way(sae.name, feature));
}

/** @param {string} name @param {number} feature */
function way(name, feature) {
  return element("a", "button", [`${name} / ${feature}`], { href: permalink(name, feature) });
}
