import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const FOLDER = new URL("../../site_template/theme/js/", import.meta.url);
const modules = readdirSync(FOLDER, { recursive: true }).filter((path) => path.endsWith(".js") && !path.startsWith("vendor"));
const source = (path) => readFileSync(new URL(path, FOLDER), "utf-8");

test("every module's types are checked", () => {
  assert.deepEqual(modules.filter((path) => !source(path).startsWith("// @ts-check\n")), []);
});

test("text enters the page as text only", () => {
  const markup = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|setHTML/;
  assert.deepEqual(modules.filter((path) => markup.test(source(path))), []);
});

test("the bundle's reader does not touch the page", () => {
  for (const path of ["bundle.js", "bundle_error.js", "decompress.js", "digest.js", "receive.js", "record.js", "shared_request.js"])
    assert.doesNotMatch(source(path), /document\b|window\.|location\b/, path);
});

test("panels neither fetch nor touch the address", () => {
  for (const path of modules.filter((path) => path.startsWith("panels")))
    assert.doesNotMatch(source(path), /fetch\(|history\.|location\.(?!js)/, path);
});
