// @ts-check
import { flow } from "./columns.js";
import { byId } from "./element.js";
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
  flowGroups(groups(page));
  byId("failure").replaceChildren();
}

/**
 * Shows a failure in place of the dashboard.
 * @param {HTMLElement} failure
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

/** @param {string} id @param {(Node | null)[]} nodes */
function fill(id, nodes) {
  byId(id).replaceChildren(...nodes.filter((node) => node !== null));
}
