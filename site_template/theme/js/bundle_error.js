// @ts-check

/**
 * What keeps a feature from being shown; `kind` becomes the page's `data-error`.
 * @typedef {"unknown-sae" | "unknown-feature" | "not-in-file" | "missing-manifest" | "damaged-manifest" | "wrong-format"
 *   | "missing-chunk" | "damaged-chunk" | "offline" | "busy" | "unexpected"} ErrorKind
 */

/** A bundle that cannot be read, or an address that names nothing in it. */
export class BundleError extends Error {
  /**
   * @param {ErrorKind} kind
   * @param {string} message what was found and what was expected
   * @param {string} [path] the file in question, relative to the site
   * @param {Response} [response] what the host answered in its place
   */
  constructor(kind, message, path, response) {
    super(message);
    this.name = "BundleError";
    this.kind = kind;
    this.path = path;
    this.response = response;
  }
}
