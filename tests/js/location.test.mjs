import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLocation, permalink } from "../../site_template/theme/js/location.js";

test("a permalink is relative, and names SAE and feature", () => {
  assert.equal(permalink("A", 1207), "feature.html?sae=A&feature=1207");
});

test("a permalink reads as it was written", () => {
  const { search } = new URL(permalink("a.b_c-1", 0), "https://example.test/repo/");
  assert.deepEqual(parseLocation(search), { sae: "a.b_c-1", feature: "0" });
});

test("unknown parameters are ignored", () => {
  assert.deepEqual(parseLocation("?utm=1&feature=2&sae=B&sae=C"), { sae: "B", feature: "2" });
});

test("what is not there is null", () => {
  assert.deepEqual(parseLocation(""), { sae: null, feature: null });
});
