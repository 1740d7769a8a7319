// @ts-check
import { byId } from "./element.js";

const READ = ["sae", "feature", "group", "pin", "context", "wrap", "spaces", "embed"];
const LONG = 8000;

/** Says what of the address that the page was opened with makes no sense: the dashboard passes over it. */
export function sayIgnored() {
  const [opened] = performance.getEntriesByType("navigation");
  const found = opened && document.documentElement.dataset.state === "ready" ? ignoredIn(new URL(opened.name).search) : [];
  const said = byId("said");
  if (!found.length || said.textContent) return;
  said.textContent = `The address says ${found.join(", ")}, which makes no sense here and is ignored.`;
  setTimeout(() => { said.textContent = ""; }, LONG);
}

/** @param {string} search */
function ignoredIn(search) {
  /** @type {Set<string>} */
  const seen = new Set();
  return [...new URLSearchParams(search)].filter(([name, value]) => {
    const again = seen.has(name);
    seen.add(name);
    const misspelled = !READ.includes(name) && READ.includes(name.toLowerCase());
    return misspelled || (READ.includes(name) && (again || !makesSense(name, value)));
  }).map(([name, value]) => `${name}=${value.slice(0, 40)}`);
}

/** Whether the dashboard that is shown has such a thing. @param {string} name @param {string} value */
function makesSense(name, value) {
  if (name === "group") return /^(top|bottom|interval-\d{1,3})$/.test(value) && Boolean(document.querySelector(`[data-group="${value}"]`));
  if (name === "pin") return Boolean(document.querySelector("#tooltip.pinned"));
  if (name === "context") return /^(all|[1-9]\d{0,3})$/.test(value);
  return ["sae", "feature"].includes(name) || value === "1";
}
