// @ts-check
import { columnsIn, flow } from "./columns.js";
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
  flowGroups(groups(page), page.look.group || page.look.pin ? Infinity : innerHeight);
  requestAnimationFrame(() => requestAnimationFrame(() => {
    for (const group of document.querySelectorAll(".group[style]")) group.removeAttribute("style");
  }));
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
  for (const [id, on] of Object.entries({ wrap, spaces })) document.getElementById(id)?.setAttribute("aria-pressed", String(on));
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
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement | null} */ (line.querySelector(selector));
  const [at, stop] = [".t:focus", "[tabindex='0']"].map((selector) => find(selector)?.dataset.at);
  line.replaceChildren(...whole.childNodes);
  find(`[data-at="${stop}"]`)?.setAttribute("tabindex", "0");
  find(`[data-at="${at}"]`)?.focus({ preventScroll: true });
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

/** The groups that are shown, and in how many columns; 0 until the width is known. @type {{ boxes: import("./panels/groups.js").GroupBox[], columns: number }} */
const flowing = { boxes: [], columns: 0 };

/** Sets the groups into columns, and again when another number of columns fits. @param {import("./panels/groups.js").GroupBox[]} boxes @param {number} [fold] */
function flowGroups(boxes, fold) {
  const container = byId("groups");
  const fitting = () => columnsIn(container.clientWidth);
  const draw = (/** @type {number} */ columns, /** @type {number} */ fold = Infinity) => flow(container, flowing.boxes, flowing.columns = columns, fold);
  if (!flowing.columns) new ResizeObserver(() => { if (flowing.columns !== fitting()) draw(fitting()); }).observe(container);
  flowing.boxes = boxes;
  draw(flowing.columns || fitting(), fold);
}

/** @param {string} id @param {(Node | string | null)[]} nodes */
function fill(id, nodes) {
  byId(id).replaceChildren(.../** @type {(Node | string)[]} */ (nodes.filter(Boolean)));
}
