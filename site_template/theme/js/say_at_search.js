// @ts-check
import { byId, element } from "./element.js";

/** Says in the search box's panel why there is no search. @param {string} message */
export function sayAtSearch(message) {
  byId("found").replaceChildren(element("p", "muted", [message]));
  byId("found").hidden = false;
}
