// @ts-check
import { element } from "./element.js";

/**
 * Lets the browser save a text as a file.
 * @param {string} name
 * @param {string} text
 * @param {string} type
 */
export function saveFile(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  element("a", "", [], { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
