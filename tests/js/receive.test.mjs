import assert from "node:assert/strict";
import { test } from "node:test";
import { receive } from "../../site_template/theme/js/receive.js";

/** A host whose answer is written by hand. */
function host() {
  let stream;
  const body = new ReadableStream({ start: (controller) => { stream = controller; } });
  const request = async (_, { signal }) => {
    signal.addEventListener("abort", () => stream.error(signal.reason));
    return new Response(body);
  };
  return { request, send: (...bytes) => stream.enqueue(new Uint8Array(bytes)), end: () => stream.close() };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a host that is slow but sends is waited for", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { request, send, end } = host();
  const answer = receive(request, "x", new AbortController().signal);
  for (let part = 0; part < 5; part += 1) {
    await settled();
    t.mock.timers.tick(29_000);
    send(part);
  }
  await settled();
  end();
  assert.deepEqual([...(await answer).bytes], [0, 1, 2, 3, 4]);
});

test("a host that falls silent is given up", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { request, send } = host();
  const answer = receive(request, "x", new AbortController().signal);
  await settled();
  send(1);
  await settled();
  t.mock.timers.tick(30_000);
  await assert.rejects(answer, { name: "AbortError" });
});

test("a host that does not even begin to answer is given up", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const request = (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const answer = receive(request, "x", new AbortController().signal);
  t.mock.timers.tick(30_000);
  await assert.rejects(answer, { name: "AbortError" });
});

test("who no longer waits ends it", async () => {
  const { request } = host();
  const reader = new AbortController();
  const answer = receive(request, "x", reader.signal);
  await settled();
  reader.abort(new Error("gone"));
  await assert.rejects(answer, /gone/);
});

test("an answer without a body is empty", async () => {
  const { bytes, response } = await receive(async () => new Response(null, { status: 204 }), "x", new AbortController().signal);
  assert.deepEqual([bytes.length, response.status], [0, 204]);
});
