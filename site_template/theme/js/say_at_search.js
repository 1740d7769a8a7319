// @ts-check
import { byId } from "./element.js";
import { muted } from "./panels/panel.js";

/** Says in the search box's panel why there is no search. @param {string} message */
export function sayAtSearch(message) {
  byId("found").replaceChildren(muted(message));
  byId("found").hidden = false;
}
