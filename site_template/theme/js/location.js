// @ts-check

/**
 * How a dashboard is looked at: a group to go to, a pinned token, the tokens shown on each side, lines wrapped, all
 * white space visible, without the page's frame.
 * @typedef {object} Look
 * @property {string | null} group
 * @property {{ window: number, token: number } | null} pin
 * @property {number} context
 * @property {boolean} wrap
 * @property {boolean} spaces
 * @property {boolean} embed
 */
/** @typedef {{ sae: string | null, feature: string | null, look: Look }} Place */

/** @type {Look} */
export const PLAIN = { group: null, pin: null, context: 5, wrap: false, spaces: false, embed: false };
const GROUP = /^(top|bottom|interval-\d{1,3})$/;
const PIN = /^(\d{1,6})\.(\d{1,6})$/;
const CONTEXT = /^(all|[1-9]\d{0,3})$/;
const VIEWER = globalThis.document?.getElementById("featviz-bundle") ? "" : "feature.html";

/**
 * What a permalink's query names; other parameters, and values that make no sense, are ignored.
 * @param {string} search
 * @returns {Place}
 */
export function parseLocation(search) {
  const parameters = new URLSearchParams(search);
  const value = (/** @type {string} */ name) => parameters.get(name) ?? "";
  const [, window, token] = PIN.exec(value("pin")) ?? [];
  const context = CONTEXT.test(value("context")) ? value("context") : "5";
  const look = {
    group: GROUP.test(value("group")) ? value("group") : null,
    pin: window && token ? { window: Number(window), token: Number(token) } : null,
    context: context === "all" ? Infinity : Number(context),
    wrap: value("wrap") === "1",
    spaces: value("spaces") === "1",
    embed: value("embed") === "1",
  };
  return { sae: parameters.get("sae"), feature: parameters.get("feature"), look };
}

/**
 * A feature's permalink, relative to the site's root; it names of the look what is not plain.
 * @param {string} sae
 * @param {number | string | null} feature
 * @param {Partial<Look>} [look]
 */
export function permalink(sae, feature, look = {}) {
  const { group, pin, context, wrap, spaces, embed } = { ...PLAIN, ...look };
  const parts = [
    `sae=${encodeURIComponent(sae)}`,
    feature !== null && `feature=${encodeURIComponent(feature)}`,
    group && `group=${group}`,
    pin && `pin=${pin.window}.${pin.token}`,
    context !== PLAIN.context && `context=${context === Infinity ? "all" : context}`,
    wrap && "wrap=1",
    spaces && "spaces=1",
    embed && "embed=1",
  ];
  return `${VIEWER}?${parts.filter(Boolean).join("&")}`;
}
