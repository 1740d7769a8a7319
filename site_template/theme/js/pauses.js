// @ts-check

/** How long work goes on before the browser may draw and hear its reader, in milliseconds. */
const BUSY = 40;
/** How many steps of a loop are done between two asks for a pause. */
export const SLICE = 2 ** 14;

/** @typedef {() => Promise<void>} Pause */

/**
 * Long work asks for a pause now and then, and gets one when it was busy for long enough; it is given up, by the
 * signal's reason, when nobody wants its result any more.
 * @param {AbortSignal} signal
 * @returns {Pause}
 */
export function pauses(signal) {
  let begun = performance.now();
  return async () => {
    signal.throwIfAborted();
    if (performance.now() - begun < BUSY) return;
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    begun = performance.now();
  };
}
