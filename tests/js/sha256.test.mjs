import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { hasOwnDigest, sha256 as digest } from "../../site_template/theme/js/digest.js";
import { sha256 } from "../../site_template/theme/js/sha256.js";

const hex = (buffer) => Buffer.from(buffer).toString("hex");
const reference = (content) => createHash("sha256").update(content).digest("hex");

test("our own SHA-256 is that of the platform, whatever the length", () => {
  for (let length = 0; length < 200; length += 1) {
    const content = Uint8Array.from({ length }, (_, k) => 91 * k + length);
    assert.equal(hex(sha256(content)), reference(content), String(length));
  }
});

test("where the platform offers none, ours is used", async (t) => {
  t.mock.getter(globalThis, "crypto", () => ({}));
  assert.equal(await digest(new Uint8Array([1, 2, 3])), reference(new Uint8Array([1, 2, 3])));
});

test("a manifest's digest is of the text with zeros in its place", async () => {
  const blank = `{"format": {"sha256": "${"0".repeat(64)}"}, "title": "é"}`;
  const own = reference(blank);
  assert.equal(await hasOwnDigest(blank.replace("0".repeat(64), own), own), true);
  assert.equal(await hasOwnDigest(blank.replace("0".repeat(64), own).replace("é", "e"), own), false);
});

for (const digest of [undefined, null, 7, "", "0".repeat(63), "\u0130".repeat(64)]) {
  test(`${JSON.stringify(digest)?.slice(0, 20)} is no digest`, async () => {
    assert.equal(await hasOwnDigest(`{"sha256": ${JSON.stringify(digest)}}`, digest), false);
  });
}
