// @ts-check
import { chunkPath } from "./chunk_path.js";
import { receive } from "./receive.js";
import { findings } from "./verification.js";

/** @typedef {import("./panels/panel.js").Page} Page */

/** Compares what is shown with what was published: the manifest, the list of digests and the feature's chunk. @param {Page | null} page @param {(text: string) => void} say */
export async function verifyShown(page, say) {
  if (!page) return say("Nothing is shown that could be verified.");
  if (document.getElementById("featviz-bundle")) return say(`This file stands alone: release ${page.manifest.release} can be verified where it is published.`);
  say("Comparing …");
  say(await conclusion(page).catch((error) => `It cannot be verified: ${error instanceof Error ? error.message : error}`));
}

/** @param {Page} page */
async function conclusion({ manifest, sae, record }) {
  const shown = chunkPath(manifest.release, sae, record.feature);
  const verdicts = new Map();
  for await (const { path, verdict } of findings(bytesOf, (path) => path === shown)) verdicts.set(path, verdict);
  const others = [...verdicts].filter(([, verdict]) => verdict !== "same" && verdict !== "decoded").map(([path]) => path);
  if (others.length) return `Not what was published: ${others.join(", ")}.`;
  if (!verdicts.has(shown)) return `The site has been published anew: reload the page. It shows release ${manifest.release}.`;
  if (verdicts.get(shown) === "decoded") return "The host sends the feature’s file decompressed, so that its bytes cannot be compared.";
  return `${sae.name} / ${record.feature} is what was published in release ${manifest.release}: the SHA-256 of its file, of the list of digests and of the manifest agree.`;
}

/** @param {string} path */
async function bytesOf(path) {
  const { response, bytes } = await receive(fetch, path, new AbortController().signal);
  if (!response.ok) throw new Error(`the host answered ${response.status} in place of ${path}.`);
  return bytes;
}
