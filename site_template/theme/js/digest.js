// @ts-check

const HEX_DIGITS = 64;

/** @param {Uint8Array<ArrayBuffer>} content @returns {Promise<string>} its SHA-256 in hexadecimal */
export async function sha256(content) {
  const subtle = globalThis.crypto?.subtle;
  const hash = await (subtle ? subtle.digest("SHA-256", content) : import("./sha256.js").then(({ sha256 }) => sha256(content)));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Whether a manifest is the one that its `format.sha256` names: its digest is that of the text with zeros in its place.
 * @param {string} text
 * @param {unknown} digest
 */
export async function hasOwnDigest(text, digest) {
  if (typeof digest !== "string" || digest.length !== HEX_DIGITS) return false;
  return (await sha256(new TextEncoder().encode(text.replace(digest, "0".repeat(HEX_DIGITS))))) === digest;
}
