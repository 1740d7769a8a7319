// @ts-check

/**
 * @typedef {object} Entry
 * @property {Promise<any>} answer
 * @property {AbortController} controller
 * @property {number} waiting
 * @property {boolean} settled
 */

/**
 * A promise cache: asks for the same path share one request, which is aborted when nobody waits for it any more.
 * The `size` files last asked for are kept; failures are not.
 * @param {number} size
 * @param {(path: string, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>} download
 */
export function shared(size, download) {
  /** @type {Map<string, Entry>} */
  const entries = new Map();

  /** @param {string} path @param {(bytes: Uint8Array<ArrayBuffer>) => Promise<any>} read @returns {Entry} */
  const begin = (path, read) => {
    const controller = new AbortController();
    /** @type {Entry} */
    const entry = { controller, waiting: 0, settled: false, answer: download(path, controller.signal).then(read) };
    const settle = () => { entry.settled = true; };
    entry.answer.then(settle, () => {
      settle();
      if (entries.get(path) === entry) entries.delete(path);
    });
    return entry;
  };

  /** @param {string} path @param {Entry} entry */
  const keep = (path, entry) => {
    entries.delete(path);
    entries.set(path, entry);
    for (const [oldest, { settled }] of entries) {
      if (entries.size <= size) break;
      if (settled) entries.delete(oldest);
    }
  };

  /** @param {string} path @param {Entry} entry */
  const leave = (path, entry) => {
    entry.waiting -= 1;
    if (entry.waiting || entry.settled) return;
    entries.delete(path);
    entry.controller.abort();
  };

  /**
   * @template T
   * @param {string} path
   * @param {AbortSignal | undefined} signal
   * @param {(bytes: Uint8Array<ArrayBuffer>) => Promise<T>} read
   * @returns {Promise<T>}
   */
  return async (path, signal, read) => {
    signal?.throwIfAborted();
    const entry = entries.get(path) ?? begin(path, read);
    keep(path, entry);
    entry.waiting += 1;
    return unlessAborted(entry.answer, signal).finally(() => leave(path, entry));
  };
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<T>}
 */
function unlessAborted(promise, signal) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
