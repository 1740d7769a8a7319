// @ts-check

/** Nothing came for so long: the host is given up, in milliseconds. One that is slow is waited for. */
const SILENCE = 30_000;

/**
 * What a host answers, whole.
 * @param {typeof fetch} request
 * @param {URL | string} address
 * @param {AbortSignal} signal
 */
export async function receive(request, address, signal) {
  const silence = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE);
  };
  const heard = new TransformStream({
    transform(part, out) {
      listen();
      out.enqueue(part);
    },
  });
  listen();
  signal.addEventListener("abort", () => silence.abort(signal.reason));
  try {
    const response = await request(address, { signal: silence.signal });
    return { response, bytes: new Uint8Array(await new Response(response.body?.pipeThrough(heard)).arrayBuffer()) };
  } finally {
    clearTimeout(timer);
  }
}
