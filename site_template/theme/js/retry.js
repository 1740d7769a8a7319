// @ts-check
import { announce } from "./retry_notice.js";

/** @typedef {import("./bundle_error.js").BundleError} BundleError */

const ATTEMPTS = 6;
const [FIRST, LONGEST] = [500, 8000];
/** A host that asks for more patience than this is given up, in milliseconds. */
const PATIENCE = 60_000;

// Loaded while the host still answers, so that it can be shown when it no longer does.
import("./panels/failure.js").catch(() => undefined);

/**
 * Waits until it makes sense to ask again, and says so; throws the error where it does not.
 * @param {unknown} error what came of the last attempt
 * @param {number} attempt its number, from 0
 * @param {AbortSignal} signal
 */
export async function untilNextAttempt(error, attempt, signal) {
  const failed = /** @type {BundleError} */ (error);
  const busy = isBusy(failed.response);
  if (signal.aborted || !(busy || failed.kind === "offline")) throw error;
  if (busy) failed.kind = "busy";
  const wait = delay(attempt, failed.response);
  if (attempt + 1 >= ATTEMPTS || wait > PATIENCE || globalThis.navigator?.onLine === false) throw error;
  const what = busy ? "The host is busy." : "The host did not answer.";
  const done = announce(`${what} Asking again in ${Math.ceil(wait / 1000)} s (attempt ${attempt + 2} of ${ATTEMPTS}).`);
  try {
    await pause(wait, signal);
  } finally {
    done();
  }
}

/** @param {Response} [response] */
export function isBusy(response) {
  return response !== undefined && (response.status === 429 || response.status >= 500);
}

/**
 * Milliseconds to the next attempt: as long as the host asks for, or twice as long each time, a little at random
 * so that many readers do not come back at once.
 * @param {number} attempt
 * @param {Response} [response]
 * @param {number} [random] from 0 to 1
 */
export function delay(attempt, response, random = Math.random()) {
  const asked = response?.headers.get("Retry-After") ?? "";
  const until = /^\d+$/.test(asked) ? Number(asked) * 1000 : Date.parse(asked) - Date.now();
  const own = Math.min(FIRST * 2 ** attempt, LONGEST) * (0.75 + random / 2);
  return Number.isNaN(until) ? own : Math.max(until, own);
}

/** @param {number} wait @param {AbortSignal} signal @returns {Promise<void>} ends early when the network is back */
function pause(wait, signal) {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const end = (/** @type {() => void} */ settle) => () => {
      clearTimeout(timer);
      over.abort();
      settle();
    };
    const timer = setTimeout(end(resolve), wait);
    signal.addEventListener("abort", end(() => reject(signal.reason)), { signal: over.signal });
    globalThis.addEventListener?.("online", end(resolve), { signal: over.signal });
  });
}
