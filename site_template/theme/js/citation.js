// @ts-check

/** @typedef {import("./panels/panel.js").Page} Page */

/**
 * A line to cite a dashboard by.
 * @param {Page} page
 * @param {string} address
 * @param {Date} now
 */
export function citation({ manifest, sae, record }, address, now) {
  const label = record.label ? ` (“${record.label.text}”)` : "";
  const date = now.toISOString().slice(0, 10);
  return `${manifest.title}: SAE ${sae.name}, feature ${record.feature}${label}. Release ${manifest.release}. ${address} (accessed ${date}).`;
}

/** Copies it. @param {Page} page @param {(text: string) => void} say */
export async function copyCitation(page, say) {
  const text = citation(page, location.href, new Date());
  await navigator.clipboard.writeText(text).then(() => say("Citation copied."), () => say(text));
}
