// @ts-check
import { flow } from "./columns.js";
import { byId } from "./element.js";
import { concordance } from "./panels/concordance.js";
import { activationHistogram } from "./panels/activation_histogram.js";
import { correlatedFeatures } from "./panels/correlated_features.js";
import { correlatedNeurons } from "./panels/correlated_neurons.js";
import { groups } from "./panels/groups.js";
import { heading } from "./panels/heading.js";
import { labelPanel } from "./panels/label.js";
import { legend } from "./panels/legend.js";
import { logitHistogram } from "./panels/logit_histogram.js";
import { logitTable } from "./panels/logit_table.js";
import { neuronAlignment } from "./panels/neuron_alignment.js";
import { similarFeatures } from "./panels/similar_features.js";

/** @typedef {import("./panels/panel.js").Page} Page */

/**
 * Draws a feature's dashboard into the page's shell.
 * @param {Page} page
 */
export function drawDashboard(page) {
  fill("heading", heading(page));
  fill("left", [
    labelPanel(page),
    neuronAlignment(page),
    correlatedNeurons(page),
    ...correlatedFeatures(page),
    similarFeatures(page),
  ]);
  fill("middle", [activationHistogram(page), logitTable(page), logitHistogram(page)]);
  fill("legend", [legend(page)]);
  drawGroups(page);
  markLook(page.look);
  byId("failure").replaceChildren();
}

/** Draws the windows alone. @param {Page} page */
export function drawGroups(page) {
  flowGroups(groups(page));
}

/** Says how the windows are looked at. @param {import("./location.js").Look} look */
export function markLook({ wrap, spaces }) {
  byId("groups").classList.toggle("wrapped", wrap);
  document.getElementById("wrap")?.setAttribute("aria-pressed", String(wrap));
  document.getElementById("spaces")?.setAttribute("aria-pressed", String(spaces));
}

/** Marks a group and brings it into view. @param {string | null} name */
export function goToGroup(name) {
  document.querySelector(".group.asked")?.classList.remove("asked");
  const group = name && byId("groups").querySelector(`[data-group="${name}"]`);
  if (!group) return;
  group.classList.add("asked");
  group.scrollIntoView({ block: "start" });
}

/** Lets a line that was cut hold its whole window. @param {Page} page @param {HTMLElement} line */
export function widen(page, line) {
  const window = line.dataset.cut;
  if (window === undefined) return;
  delete line.dataset.cut;
  const whole = concordance({ ...page, look: { ...page.look, context: Infinity } })(Number(window));
  const { activeElement } = document;
  const at = activeElement instanceof HTMLElement && line.contains(activeElement) ? activeElement.dataset.at : undefined;
  const stop = /** @type {HTMLElement | null} */ (line.querySelector("[tabindex='0']"))?.dataset.at;
  line.replaceChildren(...whole.childNodes);
  line.querySelector(`[data-at="${stop}"]`)?.setAttribute("tabindex", "0");
  const focused = line.querySelector(`[data-at="${at}"]`);
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
}

/**
 * Shows a failure in place of the dashboard.
 * @param {HTMLElement | string} failure
 */
export function drawFailure(failure) {
  for (const id of ["heading", "left", "middle", "legend"]) fill(id, []);
  flowGroups([]);
  fill("failure", [failure]);
}

/** @type {ResizeObserver | undefined} */
let resized;

/** Sets the groups into columns, and again when another number of columns fits. @param {import("./panels/groups.js").GroupBox[]} boxes */
function flowGroups(boxes) {
  const container = byId("groups");
  resized?.disconnect();
  container.replaceChildren();
  if (!boxes.length) return;
  flow(container, boxes);
  resized = new ResizeObserver(() => flow(container, boxes));
  resized.observe(container);
}

/** @param {string} id @param {(Node | string | null)[]} nodes */
function fill(id, nodes) {
  byId(id).replaceChildren(...nodes.filter((node) => node !== null));
}
