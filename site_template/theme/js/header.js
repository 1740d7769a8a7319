// @ts-check
import { byId, element } from "./element.js";
import { count } from "./format_number.js";
import { permalink } from "./location.js";

/** @typedef {import("./bundle.js").Manifest} Manifest */
/** @typedef {import("./bundle.js").Sae} Sae */

/**
 * Fills the choice of SAEs, once.
 * @param {Manifest} manifest
 */
export function fillHeader({ saes }) {
  if (byId("sae").childElementCount) return;
  const options = saes.map((sae) => {
    const text = `${sae.name} · ${sae.read_hook} · ${count(sae.d_sae)}`;
    return element("option", "", [text], { value: sae.name });
  });
  byId("sae").replaceChildren(...options);
}

/**
 * Says which feature is shown or on its way; its neighbours are links. Without a feature there are none.
 * @param {Sae} sae
 * @param {number | null} feature
 * @param {import("./location.js").Look} look
 */
export function updateHeader(sae, feature, look) {
  const onward = { ...look, group: null, pin: null };
  const place = feature === null ? -1 : sae.features ? sae.features.indexOf(feature) : feature;
  const last = (sae.features?.length ?? sae.d_sae) - 1;
  const at = (/** @type {number} */ place) => permalink(sae.name, sae.features?.[place] ?? place, onward);

  const number = /** @type {HTMLInputElement} */ (byId("number"));
  /** @type {HTMLSelectElement} */ (byId("sae")).value = sae.name;
  number.value = String(feature ?? "");
  number.style.setProperty("width", `${String(sae.d_sae).length + 1}ch`);
  byId("size").textContent = `of ${count(sae.d_sae)}`;
  link("previous", place > 0 ? at(place - 1) : null);
  link("next", place >= 0 && place < last ? at(place + 1) : null);
  link("open", permalink(sae.name, feature, { ...look, embed: false }));
  for (const page of ["features", "pairs"]) document.getElementById(page)?.setAttribute("href", `${page}.html?sae=${encodeURIComponent(sae.name)}`);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let silent;

/** Says something for a while, at the page's foot. @param {string} text */
export function say(text) {
  byId("said").textContent = text;
  clearTimeout(silent);
  silent = setTimeout(() => { byId("said").textContent = ""; }, Math.max(4000, 60 * text.length));
}

/** Copies the address of the feature shown, and says so on the button. */
export async function copyLink() {
  const button = byId("copy");
  const said = await navigator.clipboard.writeText(location.href).then(() => "copied", () => "see address bar");
  button.textContent = said;
  setTimeout(() => { button.textContent = "copy link"; }, 1500);
}

/** @param {string} id @param {string | null} address */
function link(id, address) {
  const node = byId(id);
  if (address) node.setAttribute("href", address);
  else node.removeAttribute("href");
}
