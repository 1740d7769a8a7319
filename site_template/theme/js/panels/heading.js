// @ts-check
import { element } from "../element.js";
import { count, percent, significant } from "../format_number.js";

/** The page's title row: which feature, what it is called, how often and how strongly it fires. @param {import("./panel.js").Page} page */
export function heading({ record, sae, manifest }) {
  const { counted } = manifest.tokens;
  return [
    element("h1", "", [element("span", "sae", [`${sae.name} / `]), String(record.feature)]),
    element("dl", "", [
      stat("density", percent(record.firings / counted)),
      stat("max", significant(record.max)),
      stat("firings", count(record.firings), ` of ${count(counted)}`),
    ]),
    record.label && element("p", "label", [record.label.text]),
  ];
}

/** @param {string} name @param {string} value @param {string} [rest] */
function stat(name, value, rest = "") {
  return element("div", "stat", [element("dt", "", [name]), element("dd", "", [value, element("span", "muted", [rest])])]);
}
