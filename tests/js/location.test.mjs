import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLocation, permalink, PLAIN } from "../../site_template/theme/js/location.js";

test("a permalink is relative, and names SAE and feature", () => {
  assert.equal(permalink("A", 1207), "feature.html?sae=A&feature=1207");
});

test("a permalink reads as it was written", () => {
  const { search } = new URL(permalink("a.b_c-1", 0), "https://example.test/repo/");
  assert.deepEqual(parseLocation(search), { sae: "a.b_c-1", feature: "0", look: PLAIN });
});

test("unknown parameters are ignored", () => {
  assert.deepEqual(parseLocation("?utm=1&feature=2&sae=B&sae=C"), { sae: "B", feature: "2", look: PLAIN });
});

test("what is not there is null", () => {
  assert.deepEqual(parseLocation(""), { sae: null, feature: null, look: PLAIN });
});

for (const look of [
  { group: "interval-7" }, { pin: { window: 3, token: 0 } }, { context: Infinity }, { context: 20, wrap: true, spaces: true }, { embed: true },
]) {
  test(`a look reads as it was written: ${Object.keys(look)}`, () => {
    const { search } = new URL(permalink("A", 7, look), "https://example.test/");
    assert.deepEqual(parseLocation(search).look, { ...PLAIN, ...look });
  });
}

for (const value of ["group=<b>", "group=interval-", "pin=1", "pin=1.2.3", "pin=-1.0", "context=0", "context=ten", "wrap=yes", "embed=2"]) {
  test(`a mangled value is ignored: ${value}`, () => assert.deepEqual(parseLocation(`?sae=A&feature=1&${value}`).look, PLAIN));
}
