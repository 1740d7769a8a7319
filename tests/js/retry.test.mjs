import assert from "node:assert/strict";
import { test } from "node:test";
import { BundleError } from "../../site_template/theme/js/bundle_error.js";
import { delay, isBusy, untilNextAttempt } from "../../site_template/theme/js/retry.js";

const open = () => new AbortController().signal;
const answer = (status, headers = {}) => new Response("no", { status, headers });
const offline = () => new BundleError("offline", "The host did not answer.", "a");
const failed = (status, headers) => new BundleError("missing-chunk", "no", "a", answer(status, headers));

test("the wait doubles up to eight seconds", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 20].map((attempt) => delay(attempt, undefined, 0.5)), [500, 1000, 2000, 4000, 8000, 8000, 8000]);
});

test("chance moves the wait by a quarter at most", () => {
  assert.deepEqual([0, 1].map((random) => delay(1, undefined, random)), [750, 1250]);
});

test("a host that says when is asked then", () => {
  assert.equal(delay(0, answer(429, { "Retry-After": "7" }), 0.5), 7000);
  const soon = delay(0, answer(503, { "Retry-After": new Date(Date.now() + 20_000).toUTCString() }), 0.5);
  assert.ok(soon > 18_000 && soon <= 20_000, String(soon));
});

for (const said of ["", "soon", "-5", "0", "Thu, 01 Jan 1970 00:00:00 GMT"]) {
  test(`Retry-After “${said}” does not make it sooner`, () => assert.equal(delay(0, answer(429, { "Retry-After": said }), 0.5), 500));
}

test("429 and what is the host's own fault may pass, the rest does not", () => {
  assert.deepEqual([200, 403, 404, 429, 500, 503].map((status) => isBusy(answer(status))), [false, false, false, true, true, true]);
});

test("a missing file is not asked for again", async () => {
  await assert.rejects(untilNextAttempt(failed(404), 0, open()), { kind: "missing-chunk" });
});

test("after six attempts it is given up", async () => {
  await assert.rejects(untilNextAttempt(offline(), 5, open()), { kind: "offline" });
  await assert.rejects(untilNextAttempt(failed(429), 5, open()), { kind: "busy" });
});

test("a host that wants an hour is given up", async () => {
  await assert.rejects(untilNextAttempt(failed(429, { "Retry-After": "3600" }), 0, open()), { kind: "busy" });
});

test("the wait ends when its time has come", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let over = false;
  const waiting = untilNextAttempt(offline(), 0, open()).then(() => { over = true; });
  t.mock.timers.tick(300);
  await Promise.resolve();
  assert.equal(over, false);
  t.mock.timers.tick(400);
  await waiting;
  assert.equal(over, true);
});

test("a wait that nobody needs ends at once", async () => {
  const giving = new AbortController();
  const waiting = untilNextAttempt(offline(), 4, giving.signal);
  giving.abort();
  await assert.rejects(waiting, { name: "AbortError" });
  await assert.rejects(untilNextAttempt(offline(), 0, giving.signal), { kind: "offline" });
});
