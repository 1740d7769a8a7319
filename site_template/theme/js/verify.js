// @ts-check
import { BundleError } from "./bundle_error.js";
import { byId, element } from "./element.js";
import { receive } from "./receive.js";
import { untilNextAttempt } from "./retry.js";
import { findings } from "./verification.js";

/** @typedef {import("./verification.js").Finding} Finding */

/** Files that are named at most. */
const NAMED = 20;
const REASONS = { changed: "other bytes than were published", missing: "cannot be fetched", decoded: "sent decompressed", same: "" };

const button = byId("verify");
const said = byId("verified");
/** @type {AbortController | null} */
let running = null;

button.addEventListener("click", async () => {
  if (running) return running.abort();
  running = new AbortController();
  button.textContent = "Stop";
  said.dataset.state = "running";
  try {
    said.replaceChildren(...(await verify(running.signal)));
  } catch (error) {
    said.replaceChildren(running.signal.aborted ? "Stopped." : `It cannot be verified: ${error instanceof Error ? error.message : error}`);
  }
  running = null;
  button.textContent = "Verify this site";
  said.dataset.state = "done";
});

/** @param {AbortSignal} signal */
async function verify(signal) {
  /** @type {Finding[]} */
  const wrong = [];
  let [files, bytes, decoded] = [0, 0, 0];
  for await (const finding of findings((path) => bytesOf(path, signal))) {
    files += 1;
    bytes += finding.bytes;
    if (finding.verdict === "decoded") decoded += 1;
    else if (finding.verdict !== "same") wrong.push(finding);
    said.replaceChildren(`${finding.done} of ${finding.of} files compared, ${wrong.length} wrong …`);
  }
  return conclusion(wrong, files, bytes, decoded);
}

/** @param {Finding[]} wrong @param {number} files @param {number} bytes @param {number} decoded */
function conclusion(wrong, files, bytes, decoded) {
  const size = `${files} files, ${(bytes / 1e6).toFixed(1)} MB`;
  const note = decoded ? ` ${decoded} of them are sent decompressed by the host, so that their bytes cannot be compared.` : "";
  if (!wrong.length) return [`Every file that was compared is the one that was published (${size}).${note}`];
  const named = wrong.slice(0, NAMED).map(({ path, verdict }) => element("li", "", [element("code", "", [path]), `: ${REASONS[verdict]}`]));
  return [`${wrong.length} of ${files} files are not those that were published.${note}`, element("ul", "", named)];
}

/** @param {string} path @param {AbortSignal} signal @param {number} [attempt] @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function bytesOf(path, signal, attempt = 0) {
  try {
    const { response, bytes } = await receive(fetch, path, signal);
    if (!response.ok) throw new BundleError("missing-chunk", `The host answered ${response.status} in place of ${path}.`, path, response);
    return bytes;
  } catch (error) {
    const known = error instanceof BundleError || signal.aborted ? error : new BundleError("offline", "The host did not answer.", path);
    await untilNextAttempt(known, attempt, signal);
    return bytesOf(path, signal, attempt + 1);
  }
}
