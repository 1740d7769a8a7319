// @ts-check
import { element } from "./element.js";

/** @typedef {import("./bundle_error.js").ErrorKind} ErrorKind */
/** @type {ErrorKind[]} What may be over when the same file is asked for again. */
const PASSING = ["offline", "busy"];
/** @type {ErrorKind[]} What may be mended when the page is read anew, its manifest included. */
const RELOADED = ["missing-manifest", "missing-chunk", "damaged-manifest", "damaged-chunk", "wrong-format", "unexpected"];

/**
 * A button that tries again, or null where that is no use.
 * @param {ErrorKind} kind
 */
export function againButton(kind) {
  if (![...PASSING, ...RELOADED].includes(kind)) return null;
  const button = element("button", "button", ["Try again"], { type: "button" });
  button.addEventListener("click", () => tryAgain(kind));
  if (kind === "offline") addEventListener("online", () => button.isConnected && tryAgain(kind), { once: true });
  return button;
}

/** Lets the viewer show what its address names; other pages, and where that is no use, are read anew. @param {ErrorKind} kind */
function tryAgain(kind) {
  if (PASSING.includes(kind) && document.getElementById("dashboard")) dispatchEvent(new PopStateEvent("popstate"));
  else location.reload();
}
