// @ts-check
import { findSae, openBundle } from "./bundle.js";
import { byId } from "./element.js";
import { listenToKeys } from "./keyboard.js";
import { permalink } from "./location.js";
import { sayAtSearch } from "./say_at_search.js";
import { searchLater } from "./search_later.js";
import { nextTheme } from "./theme.js";

// Nothing is fetched before someone searches.
const bundle = openBundle(new URL("./", location.href));
const choice = /** @type {HTMLSelectElement} */ (byId("choice"));
/** @type {import("./search_box.js").SearchActions["shown"]} */
const shown = { sae: null };

async function choose() {
  try {
    shown.sae = findSae(await bundle.manifest(), choice.value);
  } catch {
    sayAtSearch("The features of this site cannot be reached.");
  }
}

searchLater({ bundle, shown, goTo: (sae, feature) => location.assign(permalink(sae, feature)) }, sayAtSearch);
byId("search").addEventListener("focus", choose);
choice.addEventListener("change", choose);
listenToKeys({ "/": () => byId("search").focus(), t: nextTheme, "?": () => location.assign("reading.html#keys") });
